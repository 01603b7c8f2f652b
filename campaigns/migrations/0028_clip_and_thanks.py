"""Half a minute to listen to, and an artist's words of thanks for the receipt."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0027_links_before_and_after")]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="clip",
            field=models.CharField(blank=True, db_default="", default="", max_length=32),
        ),
        migrations.AddField(
            model_name="campaign",
            name="clip_seconds",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="campaign",
            name="thanks",
            field=models.CharField(blank=True, db_default="", default="", max_length=280),
        ),
    ]
