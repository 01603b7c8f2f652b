"""How far away a release time is, as people say it: tonight, in 12 days, 3 weeks ago."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.models import Campaign

# A night begins in the evening of one day and ends in the morning of the next.
EVENING, MORNING = 18, 6
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
# Below these many days they are told as days, as weeks, as months.
MOST_DAYS, MOST_WEEKS, MOST_MONTHS = 21, 63, 730


def relative(campaign: Campaign, now: datetime) -> str:
    """On the calendar of the campaign's own zone."""
    there = localtime(now, ZoneInfo(campaign.release_zone))
    release = campaign.release_local
    days = (release.date() - there.date()).days
    if release > there:
        return _to_come(release, there, days)
    if campaign.at_local_midnights and now < campaign.everywhere_at:
        return _("today")
    return _passed(release, there, days)


def _to_come(release: datetime, there: datetime, days: int) -> str:
    if release - there < HOUR:
        return _in_minutes(release - there)
    if _is_tonight(release, there, days):
        return _("tonight")
    if days < 2:
        return _("tomorrow") if days else _("today")
    return _in_days(days)


def _is_tonight(release: datetime, there: datetime, days: int) -> bool:
    if days == 0:
        return release.hour >= EVENING
    # Before the morning the night that is meant is the one that still lasts.
    return days == 1 and release.hour < MORNING and there.hour >= MORNING


def _in_minutes(ahead: timedelta) -> str:
    minutes = max(1, round(ahead.total_seconds() / 60))
    return ngettext("in %(number)d minute", "in %(number)d minutes", minutes) % {"number": minutes}


def _in_days(days: int) -> str:
    if days < MOST_DAYS:
        return ngettext("in %(number)d day", "in %(number)d days", days) % {"number": days}
    if days < MOST_WEEKS:
        weeks = round(days / 7)
        return ngettext("in %(number)d week", "in %(number)d weeks", weeks) % {"number": weeks}
    if days < MOST_MONTHS:
        months = round(days / 30.4)
        return ngettext("in %(number)d month", "in %(number)d months", months) % {"number": months}
    years = round(days / 365)
    return ngettext("in %(number)d year", "in %(number)d years", years) % {"number": years}


def _passed(release: datetime, there: datetime, days: int) -> str:
    ago = there - release
    if ago < HOUR:
        minutes = int(ago.total_seconds() / 60)
        if not minutes:
            return _("just now")
        text = ngettext("%(number)d minute ago", "%(number)d minutes ago", minutes)
        return text % {"number": minutes}
    if ago < DAY:
        hours = int(ago / HOUR)
        return ngettext("%(number)d hour ago", "%(number)d hours ago", hours) % {"number": hours}
    return _("yesterday") if days == -1 else _days_ago(-days)


def _days_ago(days: int) -> str:
    if days < MOST_DAYS:
        return ngettext("%(number)d day ago", "%(number)d days ago", days) % {"number": days}
    if days < MOST_WEEKS:
        weeks = round(days / 7)
        return ngettext("%(number)d week ago", "%(number)d weeks ago", weeks) % {"number": weeks}
    if days < MOST_MONTHS:
        months = round(days / 30.4)
        text = ngettext("%(number)d month ago", "%(number)d months ago", months)
        return text % {"number": months}
    years = round(days / 365)
    return ngettext("%(number)d year ago", "%(number)d years ago", years) % {"number": years}
