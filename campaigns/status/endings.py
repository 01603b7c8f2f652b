"""How a campaign ended: the sentence that tells it, and the message to the label."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from django.db import DatabaseError, transaction
from django.template.loader import render_to_string
from django.utils.translation import ngettext

from campaigns.models import (
    Campaign,
    CampaignState,
    DailyCount,
    FinalFigures,
    MessageEvent,
    Reason,
    Totals,
)
from campaigns.status import outbox
from campaigns.status.alarms import facts_of
from campaigns.status.outbox import Told
from campaigns.status.phase import phase_of
from campaigns.status.sentences import in_one_line, report_page_of, sentence

logger = logging.getLogger(__name__)

# An end that nobody was told of for so long is no news any more.
NEWS_FOR: Final = timedelta(days=1)


def done(campaign: Campaign, totals: Totals, now: datetime) -> str:
    """How many fans have the release and how fast; empty for a campaign that has not finished."""
    if campaign.state != CampaignState.FINISHED:
        return ""
    figures = figures_of(campaign)
    return sentence(
        "done",
        campaign,
        phase=phase_of(campaign, now),
        totals=totals,
        half=spoken(campaign.delivery_p50),
        latest=spoken(figures.delivery_latest) if figures else "",
    )


def figures_of(campaign: Campaign) -> FinalFigures | None:
    """None while they are not written down, and for what ended before there were any. The campaign
    remembers the answer.
    """
    try:
        return campaign.figures
    except FinalFigures.DoesNotExist:
        return None


def spoken(seconds: int | None) -> str:
    """A time within which something was done, rounded up; empty if it is not known."""
    if seconds is None:
        return ""
    if seconds <= 120:
        at_least_one = max(seconds, 1)
        return ngettext("%(number)d second", "%(number)d seconds", at_least_one) % {
            "number": at_least_one
        }
    if seconds <= 2 * 3600:
        return ngettext("%(number)d minute", "%(number)d minutes", 2) % {
            "number": -(-seconds // 60)
        }
    if seconds <= 2 * 86_400:
        return ngettext("%(number)d hour", "%(number)d hours", 2) % {"number": -(-seconds // 3600)}
    return ngettext("%(number)d day", "%(number)d days", 2) % {"number": -(-seconds // 86_400)}


def announce(now: datetime) -> int:
    """Tell the labels of campaigns that have finished, once their figures are written down; returns
    of how many. One that fails does not hold the others up. Of one that an older database did not
    know to have ended, they were told then.
    """
    news = FinalFigures.objects.filter(
        announced_at=None,
        campaign__state=CampaignState.FINISHED,
        campaign__finished_at__gt=now - NEWS_FOR,
    ).exclude(campaign__failures__has_key=Reason.RESTORED)
    told = 0
    for figures in news.select_related("campaign__label"):
        try:
            told += _announce_once(figures, now)
        except DatabaseError:
            raise
        except Exception:
            logger.exception("end not told campaign=%s", figures.campaign_id)
    return told


@transaction.atomic
def _announce_once(figures: FinalFigures, now: datetime) -> bool:
    # Of several workers the one that changed the row tells.
    mine = FinalFigures.objects.filter(campaign=figures.campaign, announced_at=None)
    if not mine.update(announced_at=now):
        return False
    write = partial(_told, figures.campaign, figures, now)
    outbox.tell(figures.campaign, write, now)
    return True


def _told(campaign: Campaign, figures: FinalFigures, now: datetime) -> Told:
    totals = DailyCount.objects.totals_of(campaign.id)
    context = {
        "campaign": campaign,
        "done": done(campaign, totals, now),
        "totals": totals,
        "failures": [
            {"words": Reason(reason).label, "number": number}
            for reason, number in (campaign.failures or {}).items()
        ],
        "page": report_page_of(campaign),
    }
    seconds = {
        "half": campaign.delivery_p50,
        "95_of_100": campaign.delivery_p95,
        "last": figures.delivery_latest,
    }
    return Told(
        event=MessageEvent.FINISHED,
        subject=in_one_line(render_to_string("mail/finished_subject.txt", context)),
        note=f"{context['done']}\n{context['page']}",
        mail=render_to_string("mail/finished_body.txt", context),
        data={**facts_of(campaign), "seconds_to_save": seconds, "failures": campaign.failures},
    )
