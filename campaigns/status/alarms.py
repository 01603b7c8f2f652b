"""Tell people when a release that is due does not go as it was promised: in the log and by email,
once for each trouble and release time. What they are told ahead of it, they are told once more
then. The dashboard shows the trouble for as long as it lasts.
"""

from __future__ import annotations

import logging
from datetime import datetime
from threading import Thread
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import DatabaseError
from django.db.models import F, Q
from django.template.loader import render_to_string
from django.urls import reverse

from campaigns.models import (
    CHOICES,
    EDITING_ROLES,
    Alarm,
    Campaign,
    CampaignState,
    PauseReason,
    Trouble,
    User,
)
from campaigns.status.entries import choices_of
from campaigns.status.phase import phase_of
from campaigns.status.progress import why_it_waits
from campaigns.status.sentences import release_time
from campaigns.status.troubles import QUESTIONS, explain, trouble_of, waiting_fans

logger = logging.getLogger(__name__)


def raise_due(now: datetime) -> int:
    """Raise the alarms that were not raised yet; returns how many.

    One that fails does not hold the others up.
    """
    asked_ahead = Q(state=CampaignState.OPEN, last_finding__in=CHOICES)
    is_paused = ~Q(paused_reason=PauseReason.NONE)
    due = Campaign.objects.filter(
        asked_ahead | is_paused | Q(release_at__lte=now),
        state__in=[CampaignState.OPEN, CampaignState.RELEASING],
    )
    Alarm.objects.filter(raised_at__lt=F("release_at"), release_at__lte=now).delete()
    raised = 0
    for campaign in due.with_waiting_fans(now).select_related("label"):
        trouble = trouble_of(campaign, phase_of(campaign, now), now)
        try:
            raised += bool(trouble and _raise_once(campaign, trouble, now))
        except DatabaseError:
            raise
        except Exception:
            logger.exception("alarm failed campaign=%s", campaign.id)
    return raised


def _raise_once(campaign: Campaign, trouble: Trouble, now: datetime) -> bool:
    # Of several workers the one that made the row tells. It is made first: a worker that dies now
    # leaves a message unsent, and none is ever sent twice.
    _, is_mine = Alarm.objects.get_or_create(
        campaign=campaign,
        release_at=campaign.release_at,
        trouble=trouble,
        defaults={"raised_at": now},
    )
    if is_mine:
        logger.error(
            "release in trouble campaign=%s trouble=%s finding=%s",
            campaign.id,
            trouble.value,
            campaign.last_finding or "none",
        )
        if messages := _messages(campaign, trouble, now):
            # On a thread of its own, as a slow mail server may not hold up the saves.
            Thread(target=_send, args=[campaign.id, messages], name="alarm").start()
    return is_mine


def _messages(campaign: Campaign, trouble: Trouble, now: datetime) -> list[EmailMessage]:
    """One for each owner and editor of the label."""
    if not settings.SENDS_EMAIL:
        return []
    page = f"{settings.PUBLIC_URL}{reverse('dashboard-campaign', args=[campaign.slug])}"
    fans = waiting_fans(campaign, now).count()
    context = {
        "campaign": campaign,
        "release_time": release_time(campaign),
        "explanation": explain(campaign, phase_of(campaign, now), trouble, fans),
        "waiting": why_it_waits(campaign, now),
        "is_ahead": campaign.release_at > now,
        "can_resume": PauseReason(campaign.paused_reason).is_resumable,
        "choices": choices_of(campaign, now.date()) if trouble in QUESTIONS else [],
        "page": page,
    }
    subject = " ".join(render_to_string("mail/alarm_subject.txt", context).split())
    body = render_to_string("mail/alarm_body.txt", context)
    told = User.objects.filter(
        is_active=True, memberships__label=campaign.label_id, memberships__role__in=EDITING_ROLES
    )
    addresses = told.order_by("email").values_list("email", flat=True).distinct()
    return [EmailMessage(subject, body, to=[address]) for address in addresses]


def _send(campaign_id: UUID, messages: list[EmailMessage]) -> None:
    for message in messages:
        try:
            message.send()
        except Exception as error:
            # Its text may hold an address, which is nobody's business in a log.
            reason = type(error).__name__
            logger.error("alarm email not sent campaign=%s: %s", campaign_id, reason)
