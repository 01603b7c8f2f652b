"""Titles and artists of 300 characters. Postgres changes no row for it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0021_first_come")]

    operations = [
        migrations.AlterField("campaign", "title", models.CharField(max_length=300)),
        migrations.AlterField("campaign", "artist", models.CharField(max_length=300)),
        *(
            migrations.AlterField(
                model, name, models.CharField(max_length=300, db_default="", default="", blank=True)
            )
            for model, name in (
                ("campaign", "agreed_title"),
                ("campaign", "agreed_artist"),
                ("labelartist", "typed_name"),
            )
        ),
    ]
