import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    """Visits, taps and pre-saves by day and source, and the names that are counted apart. The
    version before writes neither: its pre-saves have no source.
    """

    dependencies = [
        ("campaigns", "0012_confirmed_artists"),
    ]

    operations = [
        migrations.CreateModel(
            name="Source",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=40)),
                ("slot", models.PositiveSmallIntegerField()),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sources",
                        to="campaigns.campaign",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("campaign", "name"), name="one_source_per_name"
                    ),
                    models.UniqueConstraint(
                        fields=("campaign", "slot"), name="one_source_per_slot"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("slot__gte", 1), ("slot__lte", 30)),
                        name="source_slot_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SourceCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("source", models.CharField(max_length=40)),
                (
                    "kind",
                    models.CharField(
                        choices=[("visit", "Visit"), ("tap", "Tap"), ("presave", "Pre-save")],
                        max_length=7,
                    ),
                ),
                ("number", models.PositiveIntegerField()),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="source_counts",
                        to="campaigns.campaign",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("campaign", "day", "source", "kind"),
                        name="one_source_count_per_day",
                    )
                ],
            },
        ),
    ]
