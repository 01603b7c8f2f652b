"""The report of a campaign that has ended. It is read from counts and figures alone, so that it is
the same after the fans' rows were deleted; nothing in it is about one fan.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaigns.models import (
    Campaign,
    CampaignState,
    DailyCount,
    FinalFigures,
    Funnel,
    PreSaveState,
    Reason,
    SourceCount,
    Totals,
)
from campaigns.models.counts import COUNTED
from campaigns.status.endings import done, figures_of, spoken
from campaigns.status.numbers import most_first
from campaigns.status.sentences import release_time, release_time_in_utc

_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)
# More hours than these are drawn by day.
MOST_HOURS: Final = 72
_EXPIRED_FOR: Final = (Reason.PERMISSION_AGE, Reason.HARD_STOP)
_CANCELLED: Final[Mapping[str, str | Promise]] = {
    Reason.BY_FAN: _("The fan cancelled"),
    Reason.CAMPAIGN_CANCELLED: _("The campaign was cancelled"),
}


@dataclass(frozen=True)
class Outcome:
    state: PreSaveState
    reason: str
    words: str | Promise
    number: int


@dataclass(frozen=True)
class Report:
    """`figures` is None while they are not written down, and for campaigns that ended before there
    were any.
    """

    campaign: Campaign
    done: str
    release_time: str
    release_time_in_utc: str
    totals: Totals
    days: tuple[tuple[date, Totals], ...]
    outcomes: tuple[Outcome, ...]
    sources: dict[str, Funnel]
    figures: FinalFigures | None

    @property
    def without_source(self) -> int:
        """Pre-saves made before sources were counted."""
        return self.totals.presaves - sum(one.presaves for one in self.sources.values())

    @property
    def half(self) -> str:
        return spoken(self.campaign.delivery_p50)

    @property
    def most(self) -> str:
        return spoken(self.campaign.delivery_p95)

    @property
    def latest(self) -> str:
        return spoken(self.figures.delivery_latest) if self.figures else ""

    @property
    def destroyed(self) -> list[tuple[datetime, int]]:
        """How many permissions were destroyed in which hour; hours without any are left out."""
        pairs = self.figures.destroyed_by_hour if self.figures else []
        return [(datetime.fromisoformat(hour), number) for hour, number in pairs]

    @property
    def destroyed_to_draw(self) -> list[tuple[datetime, int]]:
        """Each hour from the first to the last, or each day where those are too many."""
        hours = self.destroyed
        if not hours:
            return []
        if hours[-1][0] - hours[0][0] <= MOST_HOURS * _HOUR:
            return _without_gaps(dict(hours), _HOUR)
        days: dict[datetime, int] = {}
        for hour, number in hours:
            day = hour.replace(hour=0)
            days[day] = days.get(day, 0) + number
        return _without_gaps(days, _DAY)

    @property
    def key_destroyed_at(self) -> datetime | None:
        """Campaigns that never had a key get their time, too, as there is none."""
        return self.campaign.key_destroyed_at if self.campaign.public_key else None

    @property
    def is_by_day(self) -> bool:
        """Whether that is drawn by day."""
        drawn = self.destroyed_to_draw
        return len(drawn) > 1 and drawn[1][0] - drawn[0][0] == _DAY


def _without_gaps(numbers: Mapping[datetime, int], step: timedelta) -> list[tuple[datetime, int]]:
    at, last = min(numbers), max(numbers)
    drawn = []
    while at <= last:
        drawn.append((at, numbers.get(at, 0)))
        at += step
    return drawn


def has_report(campaign: Campaign) -> bool:
    """Once it has ended, unless it never opened."""
    return campaign.has_ended and campaign.opened_at is not None


def with_report() -> QuerySet[Campaign]:
    ended = Q(state__in=[CampaignState.FINISHED, CampaignState.CANCELLED])
    return Campaign.objects.filter(ended, opened_at__isnull=False).select_related("label")


def report_of(campaign: Campaign, now: datetime) -> Report:
    """Four queries, whatever the number of pre-saves."""
    counts = campaign.daily_counts.order_by("day")
    days = tuple((one.day, Totals(*(getattr(one, name) for name in COUNTED))) for one in counts)
    totals = DailyCount.objects.totals_of(campaign.id)
    figures = figures_of(campaign)
    return Report(
        campaign=campaign,
        done=done(campaign, totals, now),
        release_time=release_time(campaign),
        release_time_in_utc=release_time_in_utc(campaign),
        totals=totals,
        days=tuple(_each_day(dict(days))),
        outcomes=tuple(_outcomes(campaign, figures)),
        sources=most_first(SourceCount.objects.by_source(campaign.id)),
        figures=figures,
    )


def _each_day(days: Mapping[date, Totals]) -> Iterator[tuple[date, Totals]]:
    """Also those on which nothing happened, from the first to the last."""
    if not days:
        return
    day = min(days)
    while day <= max(days):
        yield day, days.get(day, Totals())
        day += _DAY


def _outcomes(campaign: Campaign, figures: FinalFigures | None) -> Iterator[Outcome]:
    """Why pre-saves ended without a save."""
    for reason, number in (campaign.failures or {}).items():
        state = PreSaveState.EXPIRED if reason in _EXPIRED_FOR else PreSaveState.FAILED
        yield Outcome(state, reason, Reason(reason).label, number)
    for reason, number in (figures.cancellations if figures else {}).items():
        yield Outcome(PreSaveState.CANCELLED, reason, _CANCELLED[reason], number)


def as_json(report: Report) -> dict[str, Any]:
    campaign, figures = report.campaign, report.figures
    return {
        "campaign": {
            "title": campaign.title,
            "artist": campaign.artist,
            "label": campaign.label.name,
            "state": campaign.state,
            "spotify_uri": campaign.confirmed_uri or campaign.spotify_uri,
            "release_at": campaign.release_at,
            "opened_at": campaign.opened_at,
            "finished_at": campaign.finished_at,
            "cancelled_at": campaign.cancelled_at,
            "key_destroyed_at": report.key_destroyed_at,
        },
        "totals": report.totals.by_name,
        "seconds_to_save": {
            "p50": campaign.delivery_p50,
            "p95": campaign.delivery_p95,
            "latest": figures.delivery_latest if figures else None,
        },
        "outcomes": [
            {"state": one.state, "reason": one.reason, "number": one.number}
            for one in report.outcomes
        ],
        "permissions_destroyed": {
            "first": figures.first_destroyed_at if figures else None,
            "last": figures.last_destroyed_at if figures else None,
            "by_hour": [{"hour": hour, "number": number} for hour, number in report.destroyed],
        },
        "by_day": [{"day": day, **vars(totals)} for day, totals in report.days],
        "by_source": [{"source": name, **vars(funnel)} for name, funnel in report.sources.items()],
        "presaves_without_source": report.without_source,
    }


def as_rows(report: Report) -> Iterator[tuple[str, str, Any]]:
    """The same as lines of section, item and value."""
    content = as_json(report)
    for section in ("campaign", "totals", "seconds_to_save"):
        for item, value in content[section].items():
            yield section, item, _plain(value)
    for one in report.outcomes:
        yield "outcomes", f"{one.state}: {one.reason}", one.number
    destroyed = content["permissions_destroyed"]
    for item in ("first", "last"):
        yield "permissions_destroyed", item, _plain(destroyed[item])
    for hour, number in report.destroyed:
        yield "permissions_destroyed_by_hour", _plain(hour), number
    for name in COUNTED:
        for day, totals in report.days:
            yield f"{name}_by_day", day.isoformat(), getattr(totals, name)
    for source, funnel in report.sources.items():
        for measure, number in vars(funnel).items():
            yield f"{measure}_by_source", source, number
    yield "totals", "presaves_without_source", report.without_source


def _plain(value: Any) -> Any:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else value
