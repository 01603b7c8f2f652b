"""Times for a page that is one fan's alone: by the artist's clock, with all that own_times.js needs
to tell them by the fan's, who gave no zone.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.formats import date_format, get_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from campaigns.fan import times
from campaigns.models import Campaign

# With what joins it to the month: " de " in Spanish and Portuguese.
_YEAR: Final = re.compile(r"(?: \\d\\e)? Y|Y年")
# The zones of the earth lie 26 hours apart.
_DAYS_AROUND: Final = range(-2, 3)


def in_row(instant: datetime, campaign: Campaign, *, to_the_second: bool = False) -> SafeString:
    """The fan's own time and nothing else, as short as receipts have it."""
    form = f"{get_format('SHORT_DATE_FORMAT')} {get_format('TIME_FORMAT')}"
    return _element(instant, campaign, form.replace(":i", ":i:s") if to_the_second else form)


def of_midnight(campaign: Campaign, now: datetime, *, is_own: bool) -> SafeString:
    """The day of a release at local midnights; `is_own` says whether this fan's own counts."""
    day = campaign.release_local.date()
    form = _without_this_year(get_format("DATE_FORMAT"), day, now)
    written = format_html('<time datetime="{}">{}</time>', day.isoformat(), date_format(day, form))
    return times.at_own_midnight(written) if is_own else written


def with_artists(instant: datetime, campaign: Campaign, now: datetime) -> SafeString:
    """The fan's own time, and the artist's behind it where their clocks differ. The year is told
    where it is another one.
    """
    local = localtime(instant, ZoneInfo(times.clock(campaign)))
    form = _without_this_year(get_format("DATETIME_FORMAT"), local, now)
    forms = (
        _("%(time)s your time") % {"time": "%s"},
        _behind(date_format(local, "TIME_FORMAT"), campaign),
        _behind(date_format(local, form), campaign),
    )
    return _element(instant, campaign, form, forms)


def _without_this_year(form: str, day: date, now: datetime) -> str:
    return _YEAR.sub("", form) if day.year == now.year else form


def _behind(theirs: str, campaign: Campaign) -> str:
    area, _slash, city = times.clock(campaign).rpartition("/")
    if not area:
        named = {"time": "%s", "theirs": f"{theirs} {city}"}
        return _("%(time)s your time (%(theirs)s)") % named
    told = {"time": "%s", "theirs": theirs, "city": city.replace("_", " ")}
    return _("%(time)s your time (%(theirs)s in %(city)s)") % told


def _element(
    instant: datetime, campaign: Campaign, form: str, forms: tuple[str, ...] = ()
) -> SafeString:
    """Each day around has 00:00 where the hour belongs; of the seconds all zones show the same."""
    local = localtime(instant, ZoneInfo(times.clock(campaign)))
    midnight = local.replace(hour=0, minute=0, tzinfo=None)
    days = (date_format(midnight + timedelta(day), form) for day in _DAYS_AROUND)
    return format_html(
        '<time datetime="{}" data-days="{}" data-forms="{}">{} {}</time>',
        local.isoformat(timespec="seconds"),
        "|".join(days),
        "|".join(forms),
        date_format(local, form),
        times.place(campaign),
    )
