from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0007_remove_artwork_alt_language")]

    operations = [
        migrations.AddField(
            "campaign", "version", models.PositiveIntegerField(default=0, db_default=0)
        )
    ]
