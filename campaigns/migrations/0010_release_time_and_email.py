from django.db import migrations, models


class Migration(migrations.Migration):
    """Other words for choices and for a field: nothing in the database changes."""

    dependencies = [("campaigns", "0009_artwork_weights")]

    operations = [
        migrations.AlterField(
            "alarm",
            "trouble",
            models.CharField(
                max_length=20,
                choices=[
                    ("late", "The release is not confirmed ten minutes after its release time"),
                    ("key_missing", "The campaign's key cannot be opened"),
                    ("release_refused", "Spotify refuses the release's address"),
                    ("app_not_open", "Spotify serves only the accounts on the app's list"),
                ],
            ),
        ),
        migrations.AlterField(
            "campaign",
            "release_mode",
            models.CharField(
                max_length=15,
                choices=[
                    ("one_instant", "Everywhere at the same time"),
                    ("local_midnight", "At midnight where each fan is"),
                ],
                default="one_instant",
                db_default="one_instant",
            ),
        ),
        migrations.AlterField(
            "user",
            "email",
            models.EmailField(max_length=254, unique=True, verbose_name="email address"),
        ),
    ]
