from typing import Any

from django.db import migrations, models


def forget_alarms(apps: Any, schema_editor: Any) -> None:
    """On the way back: the version before knows no such alarms."""
    apps.get_model("campaigns", "Alarm").objects.filter(
        trouble__in=["several_match", "unconfirmed"]
    ).delete()


class Migration(migrations.Migration):
    """The catalogue entries that an artist chooses from, with a default in the database, so that
    the version before can go on writing while an upgrade is under way.
    """

    dependencies = [
        ("campaigns", "0009_sent"),
    ]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="candidates",
            field=models.JSONField(blank=True, db_default=[], default=list),
        ),
        migrations.RemoveConstraint(
            model_name="alarm",
            name="alarm_trouble_known",
        ),
        migrations.AlterField(
            model_name="alarm",
            name="trouble",
            field=models.CharField(
                choices=[
                    ("late", "The release is not confirmed ten minutes after its release time"),
                    ("other_release", "The catalogue shows another title or artist"),
                    ("several_match", "The catalogue shows several releases under the code"),
                    ("unconfirmed", "Saves were sent, and no look confirms them"),
                    ("key_missing", "The campaign's key cannot be opened"),
                    ("release_refused", "Spotify refuses the release's address"),
                    ("app_not_open", "Spotify serves only the accounts on the app's list"),
                    ("release_changed", "Title or artist is not what fans agreed to"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="alarm",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "trouble__in",
                        [
                            "late",
                            "other_release",
                            "several_match",
                            "unconfirmed",
                            "key_missing",
                            "release_refused",
                            "app_not_open",
                            "release_changed",
                        ],
                    )
                ),
                name="alarm_trouble_known",
            ),
        ),
        migrations.RunPython(migrations.RunPython.noop, forget_alarms),
    ]
