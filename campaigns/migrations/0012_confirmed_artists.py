from django.db import migrations, models
from django.db.models.functions import Now


class Migration(migrations.Migration):
    """When a label's artist was confirmed, and for which name as it was typed; with defaults in the
    database, so that the version before can go on writing while an upgrade is under way.

    Artists of before count as confirmed now: not for campaigns that are open already.
    """

    dependencies = [
        ("campaigns", "0011_after_the_upgrade"),
    ]

    operations = [
        migrations.AddField(
            model_name="labelartist",
            name="typed_name",
            field=models.CharField(blank=True, db_default="", default="", max_length=120),
        ),
        migrations.AddField(
            model_name="labelartist",
            name="confirmed_at",
            field=models.DateTimeField(db_default=Now()),
        ),
    ]
