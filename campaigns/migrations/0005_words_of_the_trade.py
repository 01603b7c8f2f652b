from django.db import migrations, models


class Migration(migrations.Migration):
    """Other words in the code alone: tables and columns keep their names, so that the version
    before can go on reading and writing while an upgrade is under way.
    """

    dependencies = [("campaigns", "0004_artwork_alt_language")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.RenameModel(old_name="Pulse", new_name="Heartbeat"),
                migrations.AlterModelTable(name="heartbeat", table="campaigns_pulse"),
                migrations.RenameField("heartbeat", old_name="given_at", new_name="beat_at"),
                migrations.AlterField(
                    "heartbeat", "beat_at", models.DateTimeField(db_column="given_at")
                ),
                migrations.RenameField("dailycount", old_name="consented", new_name="presaves"),
                migrations.AlterField(
                    "dailycount",
                    "presaves",
                    models.PositiveIntegerField(default=0, db_column="consented"),
                ),
                migrations.RenameField("gate", old_name="raises", new_name="increases"),
                migrations.AlterField(
                    "gate",
                    "increases",
                    models.PositiveSmallIntegerField(default=0, db_default=0, db_column="raises"),
                ),
                migrations.RenameField(
                    "gate", old_name="doubted_until", new_name="distrusted_until"
                ),
                migrations.AlterField(
                    "gate",
                    "distrusted_until",
                    models.DateTimeField(null=True, db_column="doubted_until"),
                ),
                migrations.RenameField(
                    "campaign", old_name="added_later", new_name="codes_added_after_consent"
                ),
                migrations.AlterField(
                    "campaign",
                    "codes_added_after_consent",
                    models.JSONField(
                        default=list, db_default=[], blank=True, db_column="added_later"
                    ),
                ),
            ],
        ),
    ]
