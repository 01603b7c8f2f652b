from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Since when a campaign is archived. The version before does not know the column and writes no
    row that the constraint refuses, unless it opens a draft that this version has archived.
    """

    dependencies = [
        ("campaigns", "0013_visits"),
    ]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="archived_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name="campaign",
            constraint=models.CheckConstraint(
                condition=Q(archived_at=None) | Q(state__in=["draft", "finished", "cancelled"]),
                name="campaign_archived_does_not_run",
            ),
        ),
    ]
