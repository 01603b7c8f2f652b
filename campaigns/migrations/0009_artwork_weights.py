from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0008_campaign_version")]

    operations = [
        migrations.AddField(
            "campaign",
            "artwork_weights",
            models.JSONField(blank=True, db_default={}, default=dict),
        )
    ]
