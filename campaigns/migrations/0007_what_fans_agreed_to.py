from django.db import migrations, models

from campaigns.migrations import _online


class Migration(migrations.Migration):
    """Title and artist as fans agreed to them, and a digest of it in each pre-save. Everything has
    a default in the database, so that the version before can go on writing while an upgrade is
    under way.
    """

    dependencies = [
        ("campaigns", "0006_findings"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="alarm",
            name="alarm_trouble_known",
        ),
        migrations.RemoveConstraint(
            model_name="campaign",
            name="campaign_state_known",
        ),
        migrations.AddField(
            model_name="campaign",
            name="agreed_artist",
            field=models.CharField(blank=True, db_default="", default="", max_length=120),
        ),
        migrations.AddField(
            model_name="campaign",
            name="agreed_title",
            field=models.CharField(blank=True, db_default="", default="", max_length=120),
        ),
        migrations.AddField(
            model_name="presave",
            name="agreed_digest",
            field=models.BinaryField(max_length=32, null=True),
        ),
        migrations.AlterField(
            model_name="alarm",
            name="trouble",
            field=models.CharField(
                choices=[
                    ("late", "The release is not confirmed ten minutes after its release time"),
                    ("key_missing", "The campaign's key cannot be opened"),
                    ("release_refused", "Spotify refuses the release's address"),
                    ("app_not_open", "Spotify serves only the accounts on the app's list"),
                    ("release_changed", "Title or artist is not what fans agreed to"),
                ],
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="campaign",
            name="paused_reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "Not paused"),
                    ("key_missing", "The campaign's key cannot be opened"),
                    ("release_refused", "Spotify refuses the release's address"),
                    ("app_not_open", "Spotify serves only the accounts on the app's list"),
                    ("release_changed", "Title or artist is not what fans agreed to"),
                ],
                default="",
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
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "accent__in",
                        [
                            "",
                            "rust",
                            "amber",
                            "green",
                            "teal",
                            "blue",
                            "indigo",
                            "violet",
                            "rose",
                            "ink",
                        ],
                    ),
                    (
                        "paused_reason__in",
                        ["", "key_missing", "release_refused", "app_not_open", "release_changed"],
                    ),
                    ("release_mode__in", ["one_instant", "local_midnight"]),
                    ("state__in", ["draft", "open", "releasing", "finished", "cancelled"]),
                ),
                name="campaign_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("agreed_artist", ""), ("agreed_title", "")),
                    models.Q(
                        models.Q(("agreed_title", ""), _negated=True),
                        models.Q(("agreed_artist", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="campaign_agreed_to_both",
            ),
        ),
        _online.AddCheck(
            model_name="presave",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reason", "unreadable"), _negated=True),
                    ("agreed_digest", None),
                    _connector="OR",
                ),
                name="presave_bound_is_not_unreadable",
            ),
        ),
    ]
