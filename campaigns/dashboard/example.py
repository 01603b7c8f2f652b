"""The example next to the release time: when a fan in another place gets it."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from django.utils.translation import gettext, gettext_lazy

# One that is far from the artist: the first whose clock differs.
_FANS: Final = {
    "Asia/Tokyo": gettext_lazy("Tokyo"),
    "America/New_York": gettext_lazy("New York"),
}


class Example(NamedTuple):
    """A fan's city, and the same time by their clock and by the artist's: both without a zone, as
    they are shown.
    """

    city: str
    there: datetime
    here: datetime
    zone: str


def of_instant(moment: datetime, zone: str) -> Example:
    """`moment` by the clock of that zone."""
    at = moment.replace(tzinfo=ZoneInfo(zone))
    fan = _somebody_far_from(at)
    there = at.astimezone(ZoneInfo(fan)).replace(tzinfo=None)
    return Example(str(_FANS[fan]), there, moment, _spoken(zone))


def of_midnight(day: date, zone: str) -> Example:
    midnight = datetime.combine(day, time.min)
    fan = _somebody_far_from(midnight.replace(tzinfo=ZoneInfo(zone)))
    here = midnight.replace(tzinfo=ZoneInfo(fan)).astimezone(ZoneInfo(zone))
    return Example(str(_FANS[fan]), midnight, here.replace(tzinfo=None), _spoken(zone))


def _somebody_far_from(at: datetime) -> str:
    return next(fan for fan in _FANS if at.astimezone(ZoneInfo(fan)).utcoffset() != at.utcoffset())


def _spoken(zone: str) -> str:
    """ "Berlin time" for Europe/Berlin."""
    city = zone.rpartition("/")[2].replace("_", " ")
    return gettext("%(city)s time") % {"city": city} if "/" in zone else zone
