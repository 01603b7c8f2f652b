"""How far a release has come, when it will be through, and what it waits for, in words."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Min, Q
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from campaigns.gate import permits, rows
from campaigns.models import SERVABLE, Campaign, DailyCount, Gate, PreSave, PreSaveQuerySet, Totals
from campaigns.status.overview import Standing
from campaigns.status.phase import Phase
from campaigns.status.sentences import sentence
from campaigns.status.troubles import waiting_fans

# So many rows are counted while a page is made. Beyond that the daily counts say it well enough,
# and nobody waits for a million rows to be counted.
MOST_COUNTED: Final = 10_000


@dataclass(frozen=True)
class Backlog:
    """What lies before a campaign: its due fans, the fans of other campaigns who are served before
    it is through, how many of its own are being tried again, how many no market that showed the
    release speaks for, and how many saves were sent and are being confirmed. Of those who are tried
    again, how many Spotify refused, and when the first of them is asked for once more.
    """

    due: int = 0
    of_others: int = 0
    tried_again: int = 0
    waiting: int = 0
    sent: int = 0
    refused: int = 0
    again_at: datetime | None = None


@dataclass(frozen=True)
class Progress:
    """`done` of `total` fans have come to an end, one way or the other; a save that was sent has
    not, before a look has confirmed it.
    """

    done: int
    total: int
    text: str


def progress_of(
    standing: Standing, totals: Totals, backlog: Backlog, now: datetime
) -> Progress | None:
    """None while there is nothing to be said. One query."""
    campaign, phase = standing.campaign, standing.phase
    is_live = not (phase is Phase.DRAFT or phase.has_ended)
    if not is_live or campaign.is_paused or campaign.release_at > now:
        return None
    text = describe(campaign, backlog, rows.gates(now).values(), now)
    if not phase.is_releasing:
        return Progress(0, 0, text)
    total = totals.presaves - totals.cancelled
    return Progress(total - totals.pending, total, text)


def why_it_waits(campaign: Campaign, now: datetime) -> str:
    """Why nothing is sent to Spotify at present, for any campaign; empty while calls are sent."""
    return describe(campaign, Backlog(), rows.gates(now).values(), now)


def backlog_of(standing: Standing, now: datetime) -> Backlog:
    """Two queries, or four if there are more fans than are counted; none while nobody is served."""
    campaign = standing.campaign
    if not standing.phase.is_releasing or campaign.is_paused:
        return Backlog()
    releasing = Campaign.objects.releasing().values_list("id", flat=True)
    totals = DailyCount.objects.totals_by_campaign(releasing)
    pending = {campaign_id: numbers.pending for campaign_id, numbers in totals.items()}
    if sum(pending.values()) > MOST_COUNTED:
        return _estimated(campaign, pending, now)
    return _counted(campaign, now)


def _estimated(campaign: Campaign, pending: Mapping[UUID, int], now: datetime) -> Backlog:
    """From the daily counts where there are more fans than are counted. Who is being tried again is
    left out: no index finds them.
    """
    mine, until = PreSave.objects.filter(campaign=campaign), campaign.confirmed_until
    sent = _count(mine.sent())
    due = max(0, pending[campaign.id] - sent)
    # Without a bound all who wait are due. To count them would be slow: their index still holds
    # those who have left it in this release.
    if until:
        counted = _count(mine.waiting().filter(due_at__lte=now).servable_until(until))
        due = due if counted > MOST_COUNTED else counted
    _, of_others = share_of({**pending, campaign.id: due}, campaign.id)
    return Backlog(due, of_others, waiting=_count(waiting_fans(campaign, now)), sent=sent)


def _count(presaves: PreSaveQuerySet) -> int:
    """How many there are, or one more than are counted."""
    return presaves.order_by()[: MOST_COUNTED + 1].count()


def _counted(campaign: Campaign, now: datetime) -> Backlog:
    is_sent, put_off = Q(sent_for__isnull=False), Q(lease=None, lease_until__gt=now)
    refused = Q(refused_at__isnull=False)
    tried = refused | Q(attempts__gt=0)
    counts = (
        PreSave.objects.pending()
        .filter(campaign__in=Campaign.objects.releasing(), due_at__lte=now)
        .order_by()
        .values_list("campaign_id")
        .annotate(
            due=Count("id", filter=SERVABLE & ~put_off & ~is_sent),
            tried_again=Count("id", filter=tried & ~is_sent),
            waiting=Count("id", filter=~SERVABLE & ~is_sent),
            sent=Count("id", filter=is_sent),
            refused=Count("id", filter=refused),
            again_at=Min("lease_until", filter=refused & put_off),
        )
    )
    found = {campaign_id: numbers for campaign_id, *numbers in counts}
    _due, *rest = found.get(campaign.id, (0, 0, 0, 0))
    mine, of_others = share_of({id: due for id, (due, *_) in found.items()}, campaign.id)
    return Backlog(mine, of_others, *rest)


def share_of(due: Mapping[UUID, int], campaign_id: UUID) -> tuple[int, int]:
    """The due fans of a campaign, and those of others who come before its last one. Campaigns take
    turns: until that one is served, each other campaign has had at most as many.
    """
    mine = due.get(campaign_id, 0)
    of_others = sum(min(count, mine) for other, count in due.items() if other != campaign_id)
    return mine, of_others


def describe(campaign: Campaign, backlog: Backlog, halves: Collection[Gate], now: datetime) -> str:
    return sentence(
        "progress",
        campaign,
        closed=gate_closed(campaign, halves, now),
        left=time_left(campaign, backlog, halves, now),
        tried_again=backlog.tried_again,
        sent=backlog.sent,
    )


def time_left(
    campaign: Campaign, backlog: Backlog, halves: Collection[Gate], now: datetime
) -> dict[str, Any] | None:
    """How long the due fans take at the present pace; None while nobody is due."""
    if not backlog.due:
        return None
    pace = permits.pace(halves)
    span = timedelta(seconds=(backlog.due + backlog.of_others) / pace)
    opens_at = max([now, *(gate.blocked_until for gate in halves if gate.blocked_until)])
    return {
        "span": _spoken(span),
        "pace": f"{pace:.1f}" if pace < 10 else f"{pace:.0f}",
        "is_shared": backlog.of_others,
        "is_too_long": opens_at + span > campaign.last_day,
    }


def gate_closed(
    campaign: Campaign, halves: Collection[Gate], now: datetime
) -> dict[str, str] | None:
    """Why nothing is sent to Spotify, since when and until when; None while calls are sent."""
    closed = [gate for gate in halves if rows.is_blocked(gate, now)]
    if not closed:
        return None
    gate = max(closed, key=lambda one: one.blocked_until or now)
    return {
        "since": clock_of(campaign, gate.blocked_at, now) if gate.blocked_at else "",
        "until": clock_of(campaign, gate.blocked_until or now, now),
        "reason": gate.blocked_reason,
    }


def clock_of(campaign: Campaign, at: datetime, now: datetime) -> str:
    """A time by the campaign's clock, with the day where that is another one."""
    zone = ZoneInfo(campaign.release_zone)
    local, today = localtime(at, zone), localtime(now, zone)
    time = date_format(local, "TIME_FORMAT")
    if local.date() == today.date():
        return time
    return _("%(time)s on %(day)s") % {"time": time, "day": date_format(local, "MONTH_DAY_FORMAT")}


def _spoken(span: timedelta) -> str:
    seconds = span.total_seconds()
    if seconds >= 2 * 86_400:
        return _("%(number)d days") % {"number": round(seconds / 86_400)}
    if seconds >= 2 * 3600:
        return _("%(number)d hours") % {"number": round(seconds / 3600)}
    if seconds >= 90:
        return _("%(number)d minutes") % {"number": round(seconds / 60)}
    return _("a minute") if seconds > 30 else _("half a minute")
