from django.db import migrations, models


class Migration(migrations.Migration):
    """The name of a label's artist in the catalogue's words, with a default in the database, so
    that the version before can go on writing while an upgrade is under way.
    """

    dependencies = [
        ("campaigns", "0010_candidates"),
    ]

    operations = [
        migrations.AddField(
            model_name="labelartist",
            name="name",
            field=models.CharField(blank=True, db_default="", default="", max_length=300),
        ),
    ]
