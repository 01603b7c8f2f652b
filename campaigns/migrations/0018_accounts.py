"""Which accounts were made by those who use them, without an invitation."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0017_the_end")]

    operations = [
        migrations.AddField(
            model_name="user",
            name="is_self_made",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
