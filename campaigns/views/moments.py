"""Dates and times as the fan pages state them: the artist's words, in the fan's language."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from django.utils.formats import date_format, get_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop, ngettext

from campaigns.models import Campaign

# Looked up by Django's date formats, here before there: Django's own Portuguese months begin with
# capitals, which nobody writes.
MONTHS: Final = (
    *(gettext_noop("January"), gettext_noop("February"), gettext_noop("March")),
    *(gettext_noop("April"), gettext_noop("May"), gettext_noop("June")),
    *(gettext_noop("July"), gettext_noop("August"), gettext_noop("September")),
    *(gettext_noop("October"), gettext_noop("November"), gettext_noop("December")),
)


def release_date(campaign: Campaign, *, own_midnight: bool = True) -> SafeString:
    """The release moment as the artist stated it, in the campaign's zone, as a `<time>` element.

    With local midnights that is a day; `own_midnight` says whether this fan's midnight counts.
    """
    if not campaign.releases_at_midnight:
        return stated(campaign.release_at, campaign)
    day = campaign.release_local.date()
    written = format_html(
        '<time datetime="{}">{}</time>', day.isoformat(), date_format(day, "DATE_FORMAT")
    )
    if campaign.at_local_midnights and own_midnight:
        # Translators: the day of a release
        return format_html(_("{day}, at midnight where you are"), day=written)
    return written


def release_time(campaign: Campaign) -> str:
    """The hour of the release by the campaign's clock: "00:00 Berlin time"."""
    return f"{date_format(campaign.release_local, 'TIME_FORMAT')} {place(campaign)}"


def stated(moment: datetime, campaign: Campaign, *, to_the_second: bool = False) -> SafeString:
    """A moment by the campaign's clock, as a `<time>` element: to the minute, or to the second."""
    local = localtime(moment, ZoneInfo(clock(campaign)))
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
    if seconds >= 2 * 86_400:
        return ngettext("%(count)d day", "%(count)d days", seconds // 86_400) % {
            "count": seconds // 86_400
        }
    if seconds >= 2 * 3_600:
        return ngettext("%(count)d hour", "%(count)d hours", seconds // 3_600) % {
            "count": seconds // 3_600
        }
    if seconds >= 2 * 60:
        return ngettext("%(count)d minute", "%(count)d minutes", seconds // 60) % {
            "count": seconds // 60
        }
    return ngettext("%(count)d second", "%(count)d seconds", seconds) % {"count": seconds}
