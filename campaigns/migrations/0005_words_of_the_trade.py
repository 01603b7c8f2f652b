from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0004_artwork_alt_language")]

    operations = [
        migrations.RemoveConstraint(model_name="pulse", name="pulse_is_one"),
        migrations.RenameModel(old_name="Pulse", new_name="Heartbeat"),
        migrations.RenameField(model_name="heartbeat", old_name="given_at", new_name="beat_at"),
        migrations.AddConstraint(
            model_name="heartbeat",
            constraint=models.CheckConstraint(
                condition=models.Q(("id", 1)), name="heartbeat_is_one"
            ),
        ),
        migrations.RenameField(model_name="dailycount", old_name="consented", new_name="presaves"),
        migrations.RenameField(model_name="gate", old_name="raises", new_name="increases"),
        migrations.RenameField(
            model_name="gate", old_name="doubted_until", new_name="distrusted_until"
        ),
        migrations.RenameField(
            model_name="campaign",
            old_name="added_later",
            new_name="codes_added_after_consent",
        ),
    ]
