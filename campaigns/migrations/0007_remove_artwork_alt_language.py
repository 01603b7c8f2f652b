from django.db import migrations


class Migration(migrations.Migration):
    """The column itself stays until the next version: the one before still reads and writes it."""

    dependencies = [("campaigns", "0006_finding_and_gate_choices")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField("campaign", "artwork_alt_language")]
        )
    ]
