"""How far a release has come, when it will be through, and what it waits for, in words."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Q
from django.utils.timezone import localtime

from campaigns.gate import permits, rows
from campaigns.models import Campaign, CampaignState, Gate, PreSave
from campaigns.models.counts import Totals

_WHY_CLOSED: Final = {
    "rate_limited": "Spotify asked for fewer calls. Nobody has to do anything: Presave goes on at "
    "a slower pace.",
    "quota_exceeded": "The quota that Spotify gives this app is used up. Presave goes on when "
    "Spotify allows it again; the operator can see the quota in Spotify's developer dashboard.",
    "outage": "Spotify fails for most fans. Nobody has to do anything: Presave tries with one fan "
    "at a time until it works.",
    "invalid_client": "Spotify does not accept this app's client id and secret. The operator has "
    "to set SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET as Spotify's developer dashboard shows "
    "them, and restart Presave.",
    "premium_lapsed": "Spotify serves this app only while the account that owns it has Premium. "
    "The operator has to renew that subscription.",
    "forbidden": "Spotify refuses this app and does not say why. The operator has to look into "
    "Spotify's developer dashboard for a message about the app.",
}
_UNKNOWN: Final = "Spotify told this app to wait."


@dataclass(frozen=True)
class Backlog:
    """What lies before a campaign: its due fans, the fans of other campaigns who are served before
    it is through, and how many of its own are being tried again.
    """

    due: int = 0
    of_others: int = 0
    tried_again: int = 0


@dataclass(frozen=True)
class Progress:
    """`done` of `total` fans have come to an end, one way or the other."""

    done: int
    total: int
    text: str


def progress_of(campaign: Campaign, totals: Totals, now: datetime) -> Progress | None:
    """None while there is nothing to be said. Three queries, however many fans there are."""
    is_due = campaign.state in (CampaignState.OPEN, CampaignState.RELEASING)
    if not is_due or campaign.is_paused or campaign.release_at > now:
        return None
    is_releasing = campaign.state == CampaignState.RELEASING
    backlog = backlog_of(campaign, now) if is_releasing else Backlog()
    total = totals.presaves - totals.cancelled if is_releasing else 0
    text = describe(campaign, backlog, list(rows.gates(now).values()), now)
    return Progress(total - totals.pending if is_releasing else 0, total, text)


def why_it_waits(campaign: Campaign, now: datetime) -> str:
    """Why nothing is sent to Spotify at present, for any campaign; empty while calls are sent."""
    return describe(campaign, Backlog(), list(rows.gates(now).values()), now)


def backlog_of(campaign: Campaign, now: datetime) -> Backlog:
    releasing, pending = Campaign.objects.releasing(), PreSave.objects.pending()
    due = pending.filter(campaign__in=releasing, due_at__lte=now).servable().order_by()
    due = due.exclude(lease=None, lease_until__gt=now)  # put off to a later try
    again = pending.filter(Q(refused_at__isnull=False) | Q(attempts__gt=0), campaign_id=campaign.id)
    counts = due.values_list("campaign_id").annotate(Count("id"))
    return share_of(dict(counts), campaign.id, again.count())


def share_of(due: Mapping[UUID, int], campaign_id: UUID, tried_again: int) -> Backlog:
    """Campaigns take turns: until this one's last fan is served, each other one has had at most as
    many.
    """
    mine = due.get(campaign_id, 0)
    others = sum(min(count, mine) for other, count in due.items() if other != campaign_id)
    return Backlog(mine, others, tried_again)


def describe(campaign: Campaign, backlog: Backlog, halves: Collection[Gate], now: datetime) -> str:
    closed = [gate for gate in halves if rows.is_blocked(gate, now)]
    sentences = [_while_closed(campaign, closed, now), _left(campaign, backlog, halves, now)]
    if backlog.tried_again:
        fans = "1 fan is" if backlog.tried_again == 1 else f"{backlog.tried_again} fans are"
        sentences.append(f"{fans} being tried again.")
    return " ".join(filter(None, sentences))


def _left(campaign: Campaign, backlog: Backlog, halves: Collection[Gate], now: datetime) -> str:
    if not backlog.due:
        return ""
    pace = permits.pace(halves)
    span = timedelta(seconds=(backlog.due + backlog.of_others) / pace)
    opens_at = max([now, *(gate.blocked_until for gate in halves if gate.blocked_until)])
    about = "After that about" if opens_at > now else "About"
    text = f"{about} {_spoken(span)} left, at {pace:.1f} saves a second"
    if backlog.of_others:
        text += "; other campaigns share this pace"
    if opens_at + span > campaign.last_day:
        text += (
            f". That is too long: what is not saved by {campaign.last_day:%-d %B %Y} is given up. "
            "The operator can raise SPOTIFY_MAX_RATE if Spotify allows this app more"
        )
    return f"{text}."


def _while_closed(campaign: Campaign, closed: list[Gate], now: datetime) -> str:
    if not closed:
        return ""
    gate = max(closed, key=lambda one: one.blocked_until or now)
    since = f"since {_clock(campaign, gate.blocked_at, now)} " if gate.blocked_at else ""
    until = _clock(campaign, gate.blocked_until or now, now)
    why = _WHY_CLOSED.get(gate.blocked_reason, _UNKNOWN)
    zone = campaign.release_zone
    return f"Presave has been waiting {since}and tries again at {until} ({zone}). {why}"


def _clock(campaign: Campaign, moment: datetime, now: datetime) -> str:
    zone = ZoneInfo(campaign.release_zone)
    local, today = localtime(moment, zone), localtime(now, zone)
    day = "" if local.date() == today.date() else f" on {local:%-d %B}"
    return f"{local:%H:%M}{day}"


def _spoken(span: timedelta) -> str:
    seconds = span.total_seconds()
    for unit, length in (("days", 86_400), ("hours", 3_600)):
        if seconds >= 2 * length:
            return f"{round(seconds / length)} {unit}"
    if seconds >= 90:
        return f"{round(seconds / 60)} minutes"
    return "a minute" if seconds > 30 else "half a minute"
