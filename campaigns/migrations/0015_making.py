from django.db import migrations, models


class Migration(migrations.Migration):
    """What the artist says on the page, where the cover is cropped, the team's preview link, and
    what a look showed before the campaign was opened; with defaults in the database, so that the
    version before can go on writing while an upgrade is under way.
    """

    dependencies = [
        ("campaigns", "0014_archived"),
    ]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="note",
            field=models.CharField(blank=True, db_default="", default="", max_length=280),
        ),
        migrations.AddField(
            model_name="campaign",
            name="artwork_focus_x",
            field=models.PositiveSmallIntegerField(db_default=50, default=50),
        ),
        migrations.AddField(
            model_name="campaign",
            name="artwork_focus_y",
            field=models.PositiveSmallIntegerField(db_default=50, default=50),
        ),
        migrations.AddField(
            model_name="campaign",
            name="preview_nonce",
            field=models.CharField(blank=True, db_default="", default="", max_length=32),
        ),
        migrations.AddField(
            model_name="campaign",
            name="preview_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="campaign",
            name="looked_up_finding",
            field=models.CharField(blank=True, db_default="", default="", max_length=30),
        ),
        migrations.AddField(
            model_name="campaign",
            name="looked_up_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
