"""The release as an event for a calendar (RFC 5545): a reminder that needs no permission, account
or address.

A campaign is one event for good: people who subscribed to it, or open a newer file, see the moved
date in the place of the old one. The same campaign gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, timedelta
from typing import Final

from django.conf import settings
from django.utils.translation import gettext
from icalendar import Alarm, Calendar, Event

from campaigns import hosts
from campaigns.models import Campaign, CampaignState

# A release is an instant; calendars show what has a length.
EVENT_LENGTH: Final = timedelta(minutes=15)
# How long a subscribed calendar may go on with what it has: RFC 7986, section 5.7.
REFRESH_EVERY: Final = timedelta(hours=12)


def of_landing_page(campaign: Campaign, address: str) -> bytes:
    """The event of a campaign that was opened, in the active language, for anybody."""
    return _file(campaign, address, _listen_here(address))


def of_receipt(campaign: Campaign, address: str) -> bytes:
    """The same event for one fan, who finds the way back to the receipt in it."""
    hint = gettext(
        "Your receipt, which says what became of your pre-save: %(address)s\n"
        "Don't share this address: anyone who has it can see your receipt and cancel."
    )
    return _file(campaign, address, hint % {"address": address})


def of_artist(name: str, campaigns: Iterable[Campaign], query: str) -> bytes:
    """The events of an artist's campaigns, each the same as on its own page; `query` keeps their
    addresses in a chosen language.
    """
    calendar = _calendar()
    calendar.add("name", name)
    # The same for Apple's, Google's and Outlook's calendars.
    calendar.add("x-wr-calname", name)
    for campaign in campaigns:
        address = f"{hosts.address_of(campaign)}{query}"
        calendar.add_component(_event(campaign, address, _listen_here(address)))
    content: bytes = calendar.to_ical()
    return content


def _listen_here(address: str) -> str:
    return gettext("Listen here: %(address)s") % {"address": address}


def _file(campaign: Campaign, address: str, hint: str) -> bytes:
    calendar = _calendar()
    calendar.add_component(_event(campaign, address, hint))
    content: bytes = calendar.to_ical()
    return content


def _calendar() -> Calendar:
    calendar = Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", f"-//Presave//Presave {settings.VERSION}//EN")
    calendar.add("refresh-interval", REFRESH_EVERY, parameters={"VALUE": "DURATION"})
    # The same for Outlook, which does not know the standard's name.
    calendar.add("x-published-ttl", "PT12H")
    return calendar


def _event(campaign: Campaign, address: str, hint: str) -> Event:
    is_cancelled = campaign.state == CampaignState.CANCELLED
    changed_at = campaign.told_calendars_at.astimezone(UTC)
    # Calendars take a higher sequence for the newer event.
    sequence = changed_at - (campaign.opened_at or campaign.created_at)
    begin, end = _begin_and_end(campaign)
    event = Event()
    event.add("uid", f"{campaign.id}@{settings.PUBLIC_HOST}")
    event.add("dtstamp", changed_at)
    event.add("last-modified", changed_at)
    event.add("sequence", int(sequence.total_seconds()))
    event.add("dtstart", begin)
    event.add("dtend", end)
    event.add("summary", _summary(campaign))
    event.add("description", _description(campaign, hint))
    event.add("url", address)
    event.add("status", "CANCELLED" if is_cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT")
    if not is_cancelled:
        event.add_component(_alarm(campaign))
    return event


def _alarm(campaign: Campaign) -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", _summary(campaign))
    alarm.add("trigger", timedelta(0))
    return alarm


def _begin_and_end(campaign: Campaign) -> tuple[date, date]:
    """A release at each fan's own midnight is a day, which begins when theirs does."""
    if campaign.at_local_midnights:
        day = campaign.release_local.date()
        return day, day + timedelta(days=1)
    begin = campaign.release_at.astimezone(UTC)
    return begin, begin + EVENT_LENGTH


def _summary(campaign: Campaign) -> str:
    names = {"title": campaign.title, "artist": campaign.artist}
    if campaign.state == CampaignState.CANCELLED:
        return gettext("Cancelled: %(title)s by %(artist)s") % names
    return gettext("%(title)s by %(artist)s is out") % names


def _description(campaign: Campaign, hint: str) -> str:
    if campaign.state == CampaignState.CANCELLED:
        return gettext("The artist cancelled this campaign. Nothing more will be saved.")
    if campaign.at_local_midnights:
        return "\n".join([gettext("It comes out at midnight where you are."), hint])
    return hint
