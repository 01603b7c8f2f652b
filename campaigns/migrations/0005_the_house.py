from django.db import migrations, models


class Migration(migrations.Migration):
    """Other words in the code alone: tables and columns keep their names, so that the version
    before can go on reading and writing while an upgrade is under way. For the same reason the
    column of the artwork's language stays until the next version.
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
        migrations.AlterField(
            model_name="campaign",
            name="last_finding",
            field=models.CharField(
                blank=True,
                choices=[
                    ("unreachable", "Spotify did not answer"),
                    ("not_there_yet", "The release is not there"),
                    ("not_out_yet", "It is there, and not out"),
                    ("gone", "It was there, and no longer is"),
                    ("different_code", "Its link, UPC or ISRC differs"),
                    ("other_artist", "The code is another artist's"),
                    ("several_match", "Several releases carry the code"),
                    ("other_variant", "A market shows it under another link"),
                    ("confirmed", "The release is there"),
                ],
                max_length=30,
            ),
        ),
        migrations.AlterField(
            model_name="gate",
            name="blocked_reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("unreachable", "No answer, or a broken one"),
                    ("unavailable", "Spotify says that it does not work"),
                    ("unusable_answer", "An answer that Spotify does not document"),
                    ("unexpected", "An error of Presave's own"),
                    ("not_sent", "The call was not made"),
                    ("invalid_grant", "The permission or the code is not valid"),
                    ("access_token_refused", "The access token is not valid"),
                    ("scope", "The permission does not allow this"),
                    ("not_listed", "The app does not serve this account"),
                    ("release_refused", "The release's address is refused"),
                    ("rate_limited", "Too many calls"),
                    ("quota_exceeded", "The app's quota is used up"),
                    ("invalid_client", "The client id or secret is not accepted"),
                    ("premium_lapsed", "The app's owner has no Premium"),
                    ("forbidden", "The app is refused without a reason"),
                    ("outage", "Spotify fails for most fans"),
                ],
                max_length=40,
            ),
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[migrations.RemoveField("campaign", "artwork_alt_language")]
        ),
        migrations.AddField(
            "campaign", "version", models.PositiveIntegerField(default=0, db_default=0)
        ),
        migrations.AddField(
            "campaign",
            "artwork_weights",
            models.JSONField(blank=True, db_default={}, default=dict),
        ),
        migrations.AlterField(
            model_name="presave",
            name="reason",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "None"),
                    ("revoked", "The permission was withdrawn at Spotify"),
                    ("scope", "Spotify said that the permission does not allow saving"),
                    ("wider_scope", "The permission allowed more than we had asked for"),
                    ("not_listed", "Spotify does not let this service serve the account yet"),
                    ("unreadable", "We could not open the permission"),
                    ("by_fan", "Cancelled by the fan"),
                    ("campaign_cancelled", "The campaign was cancelled"),
                    ("permission_age", "Spotify ends a permission after six months"),
                    ("hard_stop", "The release could not be saved within seven days"),
                ],
                default="",
                max_length=20,
            ),
        ),
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
