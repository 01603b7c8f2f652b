"""Fans are served in the order in which they consented, and a cancelled row knows whether its save
may have been on its way.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0020_put_back")]

    operations = [
        migrations.AddField(
            model_name="presave", name="in_doubt", field=models.UUIDField(null=True)
        ),
        migrations.RemoveIndex(model_name="presave", name="presave_waiting"),
        migrations.AddIndex(
            model_name="presave",
            index=models.Index(
                condition=models.Q(("sent_for", None), ("state", "pending")),
                fields=["campaign", "due_at", "consented_at"],
                name="presave_waiting",
            ),
        ),
    ]
