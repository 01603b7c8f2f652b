"""What reads every pre-save: the indexes that came after version 0.1, and the rows of before against
the checks that came since.
"""

from django.db import migrations, models
from django.db.models import Q

from campaigns.migrations import _online

INDEXES = (
    models.Index(
        fields=["campaign", "due_at", "consented_at"],
        condition=Q(("sent_for", None), ("state", "pending")),
        name="presave_waiting",
    ),
    models.Index(
        fields=["campaign", "sent_at"],
        condition=Q(("sent_for__isnull", False), ("state", "pending")),
        name="presave_sent",
    ),
    models.Index(
        fields=["campaign", "consented_at"],
        condition=Q(("state", "pending")),
        name="presave_oldest",
    ),
    models.Index(
        fields=["settled_at"],
        condition=Q(("reason", "by_fan"), ("state", "cancelled")),
        name="presave_cancelled_by_fan",
    ),
)
CHECKS = ("presave_state_known", "presave_state_holds", "presave_bound_is_not_unreadable")


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("campaigns", "0033_instance_report")]
    operations = [
        *(_online.AddIndex("presave", index) for index in INDEXES),
        _online.RemoveIndex("presave", "presave_due"),
        *(_online.ValidateCheck("presave", name) for name in CHECKS),
    ]
