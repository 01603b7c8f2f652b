"""How many saves have to be sent again is asked by a page, also among a million pre-saves."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0019_language")]

    operations = [
        migrations.AddIndex(
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
