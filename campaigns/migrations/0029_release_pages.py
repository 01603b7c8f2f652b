from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0028_clip_and_thanks"),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="campaign", name="campaign_names_a_release"),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=~Q(spotify_uri="", upc="", isrc="") | Q(public_key=None),
                name="campaign_names_a_release",
            ),
        ),
    ]
