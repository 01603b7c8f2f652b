"""How many saves have to be sent again is asked by a page, also among a million pre-saves."""

from django.db import migrations, models

from campaigns.migrations import _online


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("campaigns", "0019_language")]

    operations = [
        _online.AddIndex(
            model_name="presave",
            index=models.Index(
                condition=models.Q(
                    ("sent_at__isnull", False), ("sent_for", None), ("state", "pending")
                ),
                fields=["campaign"],
                name="presave_put_back",
            ),
        ),
    ]
