from django.db import migrations, models


class Migration(migrations.Migration):
    """Further findings of a look and a reason of an error: other choices, the same columns."""

    dependencies = [("campaigns", "0005_the_house")]

    operations = [
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
                    ("other_artist", "The code is another artist's"),
                    ("several_match", "Several releases carry the code"),
                    ("other_variant", "A market shows it under another link"),
                    ("found_by_code", "The release is there under its code, not under the link"),
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
                    ("question_refused", "The catalogue does not accept the question"),
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
    ]
