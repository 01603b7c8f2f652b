from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def forget_alarms(apps: Any, schema_editor: Any) -> None:
    """On the way back: the version before knows no such alarm."""
    apps.get_model("campaigns", "Alarm").objects.filter(trouble="other_release").delete()


class Migration(migrations.Migration):
    """What a look found, what an artist accepted, and what was saved in Spotify's words. Everything
    has a default in the database, so that the version before can go on writing while an upgrade is
    under way.
    """

    dependencies = [
        ("campaigns", "0007_what_fans_agreed_to"),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoryEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("accepted_uri", models.CharField(max_length=40)),
                ("title", models.CharField(max_length=300)),
                ("artist", models.CharField(max_length=300)),
            ],
            options={
                "ordering": ["-at"],
            },
        ),
        migrations.CreateModel(
            name="LabelArtist",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("folded_name", models.CharField(max_length=300)),
                ("spotify_id", models.CharField(max_length=22)),
            ],
        ),
        migrations.AddField(
            model_name="campaign",
            name="accepted_uri",
            field=models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
        migrations.AddField(
            model_name="campaign",
            name="confirmed_artist",
            field=models.CharField(blank=True, db_default="", default="", max_length=300),
        ),
        migrations.AddField(
            model_name="campaign",
            name="confirmed_title",
            field=models.CharField(blank=True, db_default="", default="", max_length=300),
        ),
        migrations.AddField(
            model_name="campaign",
            name="found_artist",
            field=models.CharField(blank=True, db_default="", default="", max_length=300),
        ),
        migrations.AddField(
            model_name="campaign",
            name="found_title",
            field=models.CharField(blank=True, db_default="", default="", max_length=300),
        ),
        migrations.AddField(
            model_name="campaign",
            name="found_uri",
            field=models.CharField(blank=True, db_default="", default="", max_length=40),
        ),
        migrations.AddField(
            model_name="campaign",
            name="market",
            field=models.CharField(blank=True, db_default="", default="", max_length=2),
        ),
        migrations.AddField(
            model_name="campaign",
            name="vanished_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name="campaign",
            name="last_finding",
            field=models.CharField(
                blank=True,
                choices=[
                    ("unreachable", "Spotify did not answer"),
                    ("question_refused", "Spotify does not accept the question"),
                    ("not_there_yet", "The release is not there"),
                    ("not_out_yet", "It is there, and not out"),
                    ("gone", "It was there, and no longer is"),
                    ("relinked", "The link answers under another id"),
                    ("different_code", "Its link, UPC or ISRC differs"),
                    ("other_artist", "It is another artist's"),
                    ("other_title", "Its title is another one"),
                    ("several_match", "Several releases carry the code"),
                    ("other_variant", "A market shows it under another link"),
                    ("found_by_code", "The release is there under its code, not under the link"),
                    ("confirmed", "The release is there"),
                ],
                max_length=30,
            ),
        ),
        migrations.AddField(
            model_name="historyentry",
            name="by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="historyentry",
            name="campaign",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="history",
                to="campaigns.campaign",
            ),
        ),
        migrations.AddField(
            model_name="labelartist",
            name="label",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="artists",
                to="campaigns.label",
            ),
        ),
        migrations.AddConstraint(
            model_name="labelartist",
            constraint=models.UniqueConstraint(
                fields=("label", "folded_name", "spotify_id"), name="label_artist_once"
            ),
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
