"""Tell people when a release does not go as it was promised: in the log, by email and through the
label's webhooks, once for each trouble and release time. What they are told ahead of it, they are
told once more then, and of a pause that ended by itself when another one comes. Webhooks are told
too when the trouble is over. The dashboard shows it for as long as it lasts.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from django.db import DatabaseError, transaction
from django.db.models import Exists, F, OuterRef, Q
from django.template.loader import render_to_string

from campaigns.clock import database_now
from campaigns.gate import closing
from campaigns.models import (
    CHOICES,
    ENDED_STATES,
    TOLD_TO_FANS,
    Alarm,
    Campaign,
    CampaignState,
    DailyCount,
    MessageEvent,
    PauseReason,
    Trouble,
)
from campaigns.status import outbox
from campaigns.status.entries import choices_of
from campaigns.status.outbox import Told
from campaigns.status.phase import phase_of
from campaigns.status.progress import why_it_waits
from campaigns.status.sentences import in_one_line, page_of, release_time, sentence
from campaigns.status.troubles import QUESTIONS, explain, trouble_of, waiting_fans

logger = logging.getLogger(__name__)

# A pause that ends when a newcomer is served may come and go many times in a night.
TOLD_AGAIN_AFTER: Final = timedelta(hours=1)


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
    _resolve_over(now)
    Alarm.objects.filter(raised_at__lt=F("release_at"), release_at__lte=now).delete()
    raised = 0
    for campaign in due.with_waiting_fans(now).select_related("label"):
        trouble = trouble_of(campaign, phase_of(campaign, now), now)
        if trouble is Trouble.LATE and campaign.is_answered and closing.is_open(now):
            continue  # a look comes with the next round
        try:
            raised += bool(trouble and _raise_once(campaign, trouble, now))
        except DatabaseError:
            raise
        except Exception:
            logger.exception("alarm failed campaign=%s", campaign.id)
    return raised


@transaction.atomic
def _raise_once(campaign: Campaign, trouble: Trouble, now: datetime) -> bool:
    # Of several workers the one that made the row tells, and the messages are made with it.
    alarm, is_mine = Alarm.objects.get_or_create(
        campaign=campaign,
        release_at=campaign.release_at,
        trouble=trouble,
        defaults={"raised_at": now},
    )
    is_mine = is_mine or _is_paused_anew(alarm, now)
    if is_mine:
        outbox.tell(campaign, partial(_told, campaign, trouble, now), now)
        logger.error(
            "release in trouble campaign=%s trouble=%s finding=%s",
            campaign.id,
            trouble.value,
            campaign.last_finding or "none",
        )
    return is_mine


def _is_paused_anew(alarm: Alarm, now: datetime) -> bool:
    """Whether a pause for what Spotify told fans had ended by itself, and is news again."""
    before = Alarm.objects.filter(id=alarm.id, trouble__in=TOLD_TO_FANS).exclude(resolved_at=None)
    again = before.filter(raised_at__lte=now - TOLD_AGAIN_AFTER)
    return bool(again.update(raised_at=now, resolved_at=None))


def _told(campaign: Campaign, trouble: Trouble, now: datetime) -> Told:
    fans = waiting_fans(campaign, now).count()
    explanation = explain(campaign, phase_of(campaign, now), trouble, fans)
    context = {
        "campaign": campaign,
        "release_time": release_time(campaign),
        "explanation": explanation,
        "waiting": why_it_waits(campaign, now),
        "is_ahead": campaign.release_at > now,
        "can_resume": PauseReason(campaign.paused_reason).is_resumable,
        "choices": choices_of(campaign, now.date()) if trouble in QUESTIONS else [],
        "page": page_of(campaign),
    }
    return Told(
        event=MessageEvent.TROUBLE,
        subject=in_one_line(render_to_string("mail/alarm_subject.txt", context)),
        note=f"{explanation.found} {explanation.advice}\n{page_of(campaign)}",
        mail=render_to_string("mail/alarm_body.txt", context),
        data={**facts_of(campaign), "trouble": trouble.value},
    )


def facts_of(campaign: Campaign) -> dict[str, object]:
    """What a label's tools are told of a campaign: counts, and nothing of one fan."""
    return {
        "campaign": {
            "title": campaign.title,
            "artist": campaign.artist,
            "label": campaign.label.name,
            "release_at": campaign.release_at.isoformat(),
            "page": page_of(campaign),
        },
        "numbers": DailyCount.objects.totals_of(campaign.id).by_name,
    }


def _resolve_over(now: datetime) -> None:
    """Tell of what is over. Of a campaign that has ended its end is told, or it was cancelled."""
    unresolved = Alarm.objects.filter(resolved_at=None)
    unresolved.filter(campaign__state__in=ENDED_STATES).update(resolved_at=now)
    troubled = Campaign.objects.filter(Exists(unresolved.filter(campaign=OuterRef("pk"))))
    for campaign in troubled.with_waiting_fans(now).select_related("label"):
        is_in_trouble = trouble_of(campaign, phase_of(campaign, now), now) is not None
        if not (is_in_trouble or campaign.is_paused):
            resolve(campaign, now)


@transaction.atomic
def resolve(campaign: Campaign, now: datetime | None = None) -> None:
    """Note that the campaign is in no trouble any more, and tell its webhooks if that is news."""
    now = now or database_now()
    if not campaign.alarms.filter(resolved_at=None).update(resolved_at=now):
        return
    outbox.tell(campaign, partial(_resolved, campaign), now)


def _resolved(campaign: Campaign) -> Told:
    return Told(
        event=MessageEvent.RESOLVED,
        subject=sentence("resolved_title", campaign),
        note=f"{sentence('resolved', campaign)}\n{page_of(campaign)}",
        data=facts_of(campaign),
    )
