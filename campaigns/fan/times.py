"""Dates and times as the fan pages state them: the artist's words, in the fan's language."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.formats import get_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from campaigns.fan.dates import date_format
from campaigns.models import Campaign
from campaigns.status.phase import Phase

# Looked up by Django's date formats, here before there: Django's own Portuguese months and days of
# the week begin with capitals, which nobody writes.
MONTHS: Final = (
    *(gettext_noop("January"), gettext_noop("February"), gettext_noop("March")),
    *(gettext_noop("April"), gettext_noop("May"), gettext_noop("June")),
    *(gettext_noop("July"), gettext_noop("August"), gettext_noop("September")),
    *(gettext_noop("October"), gettext_noop("November"), gettext_noop("December")),
)
WEEKDAYS: Final = (
    *(gettext_noop("Monday"), gettext_noop("Tuesday"), gettext_noop("Wednesday")),
    *(gettext_noop("Thursday"), gettext_noop("Friday"), gettext_noop("Saturday")),
    gettext_noop("Sunday"),
)


def release_date(campaign: Campaign) -> SafeString:
    """The release time as the artist stated it, in the campaign's zone, as a `<time>` element."""
    if not campaign.releases_at_midnight:
        return stated(campaign.release_at, campaign)
    written = release_day(campaign)
    return at_own_midnight(written) if campaign.at_local_midnights else written


def at_own_midnight(day: SafeString) -> SafeString:
    # Translators: the day of a release
    return format_html(_("{day}, at midnight where you are"), day=day)


def release_day(campaign: Campaign) -> SafeString:
    """The day alone, in the campaign's zone, as a `<time>` element."""
    day = campaign.release_local.date()
    return format_html(
        '<time datetime="{}">{}</time>', day.isoformat(), date_format(day, "DATE_FORMAT")
    )


def announced(campaign: Campaign, phase: Phase, now: datetime) -> SafeString:
    """The release time as the landing page leads with it: with the day of the week, and the year
    only where it is not this one. Until the release it has the words in which a script tells it in
    the fan's own time: the days around it, each at midnight, from two before it to two after it,
    as the zones of the earth lie 26 hours apart.
    """
    local = campaign.release_local
    day = _weekday(local, now)
    if campaign.at_local_midnights or not (phase.is_to_come or phase == Phase.DUE):
        written = format_html('<time datetime="{}">{}</time>', local.date().isoformat(), day)
        is_to_come = campaign.at_local_midnights and not phase.is_out
        return at_own_midnight(written) if is_to_come else written
    midnight = local.replace(hour=0, minute=0)
    around = [_weekday(midnight + timedelta(days), now) for days in range(-2, 3)]
    return format_html(
        '<time datetime="{}" data-own="{}">{} {}</time>',
        local.isoformat(timespec="minutes"),
        "|".join(_in_own_time(day, date_format(midnight, "TIME_FORMAT")) for day in around),
        _at(day, date_format(local, "TIME_FORMAT")),
        place(campaign),
    )


def _weekday(moment: datetime, now: datetime) -> str:
    is_this_year = moment.year == localtime(now, moment.tzinfo).year
    return date_format(moment, "WEEKDAY_FORMAT" if is_this_year else "WEEKDAY_YEAR_FORMAT")


def _at(day: str, time: str) -> str:
    # Translators: the day of a release, and the time of day
    return _("{day}, {time}").format(day=day, time=time)


def _in_own_time(day: str, time: str) -> str:
    # Translators: a day and a time of day, by the clocks where the fan is
    return _("{time} your time").format(time=_at(day, time))


def countdown_words() -> str:
    """Of each unit for one and for more, with "%(count)d" where the number belongs, for the script
    that counts down; the fan pages' languages have no more than two forms.
    """
    return "|".join(form(n) for form in (_days, _hours, _minutes, _seconds) for n in (1, 2))


def stated(instant: datetime, campaign: Campaign, *, to_the_second: bool = False) -> SafeString:
    """An instant by the campaign's clock, as a `<time>` element: to the minute, or the second."""
    local = localtime(instant, ZoneInfo(clock(campaign)))
    form = get_format("DATETIME_FORMAT")
    return format_html(
        '<time datetime="{}">{} {}</time>',
        local.isoformat(timespec="seconds"),
        date_format(local, form.replace(":i", ":i:s") if to_the_second else form),
        place(campaign),
    )


def clock(campaign: Campaign) -> str:
    """The zone in which times are stated: the artist's, or UTC where every fan has another."""
    return "UTC" if campaign.at_local_midnights else campaign.release_zone


def place(campaign: Campaign) -> str:
    """The same zone as people say it: "Berlin time" for Europe/Berlin."""
    area, _slash, city = clock(campaign).rpartition("/")
    if not area:
        return clock(campaign)
    return _("%(city)s time") % {"city": city.replace("_", " ")}


def spoken(span: timedelta) -> str:
    """Two of the unit at least, so that little precision is lost: "90 minutes", not "1 hour"."""
    seconds = int(span.total_seconds())
    for length, form in ((86_400, _days), (3_600, _hours), (60, _minutes)):
        if seconds >= 2 * length:
            return form(seconds // length) % {"count": seconds // length}
    return _seconds(seconds) % {"count": seconds}


def _days(count: int) -> str:
    return ngettext("%(count)d day", "%(count)d days", count)


def _hours(count: int) -> str:
    return ngettext("%(count)d hour", "%(count)d hours", count)


def _minutes(count: int) -> str:
    return ngettext("%(count)d minute", "%(count)d minutes", count)


def _seconds(count: int) -> str:
    return ngettext("%(count)d second", "%(count)d seconds", count)
