from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0006_finding_and_gate_choices")]

    operations = [migrations.RemoveField("campaign", "artwork_alt_language")]
