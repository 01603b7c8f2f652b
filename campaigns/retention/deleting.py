"""Deletes what was kept long enough: the rows of fans, labels' histories, invitations and
log-ins.
"""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Final

from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection

from campaigns.models import Campaign, HistoryEntry, Invitation, PreSave
from campaigns.models.limits import HISTORY_LIFETIME

logger = logging.getLogger(__name__)

# So few that a deletion never keeps a worker from its saves.
ROWS_DELETED_AT_ONCE: Final = 1000


def delete_old_rows(now: datetime) -> int:
    """Delete some rows of one campaign whose receipts were kept long enough; the counts stay."""
    campaign = Campaign.objects.awaiting_deletion(now).order_by("release_at").first()
    if campaign is None:
        return 0
    ids = list(campaign.presaves.values_list("id", flat=True)[:ROWS_DELETED_AT_ONCE])
    deleted, _ = PreSave.objects.filter(id__in=ids).delete()
    if len(ids) < ROWS_DELETED_AT_ONCE:
        Campaign.objects.filter(id=campaign.id).update(rows_deleted_at=now)
        logger.info("rows deleted campaign=%s", campaign.id)
    return deleted


def forget_history(now: datetime) -> None:
    """Delete what labels' histories told long enough, and invitations that have expired."""
    HistoryEntry.objects.filter(at__lt=now - HISTORY_LIFETIME).delete()
    Invitation.objects.filter(expires_at__lte=now).delete()


def forget_log_ins(now: datetime) -> None:
    """Delete sessions that have run out, with what their owners see of them, and the counts of
    log-in attempts with the IP addresses that these came from. Django deletes none by time.
    """
    Session.objects.filter(expire_date__lt=now).delete()
    kept = Session.objects.values("session_key")
    UserSession.objects.exclude(session_key__in=kept).delete()
    table = connection.ops.quote_name(settings.CACHES["default"]["LOCATION"])
    with connection.cursor() as cursor:
        ran_out_before = connection.ops.adapt_datetimefield_value(now)
        cursor.execute(f"DELETE FROM {table} WHERE expires < %s", [ran_out_before])  # nosec B608 # noqa: S608 -- the table's name is ours
