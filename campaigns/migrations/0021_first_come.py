"""A cancelled row knows whether its save may have been on its way."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0020_put_back")]

    operations = [
        migrations.AddField(
            model_name="presave", name="in_doubt", field=models.UUIDField(null=True)
        ),
    ]
