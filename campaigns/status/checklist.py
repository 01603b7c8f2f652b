"""What to look at before a draft is opened, each with how it stands; the dashboard has a sentence
for each (templates/dashboard/checklist.html).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from django.conf import settings

from campaigns.models import LONGEST_LEAD, Campaign, Finding
from campaigns.status import heartbeat

# What a phone with two dots to a pixel shows sharply.
SHARP: Final = 640
# Nobody means these hours; midnight and what shops begin at are none of them.
SMALL_HOURS: Final = range(1, 6)


class Result(StrEnum):
    GOOD = "good"
    NOT_YET = "not_yet"
    WARNING = "warning"
    STOP = "stop"


class Check(NamedTuple):
    """`why` names the sentence, next to the subject."""

    subject: str
    why: str
    result: Result
    opens_from: datetime | None = None


def checks_of(campaign: Campaign, now: datetime) -> list[Check]:
    is_alive, in_development = heartbeat.is_alive(), settings.SPOTIFY_APP_MODE == "development"
    return [
        _release(campaign),
        _cover(campaign),
        _time(campaign, now),
        Check("app", "development", Result.WARNING)
        if in_development
        else Check("app", "extended", Result.GOOD),
        Check("worker", "alive", Result.GOOD)
        if is_alive
        else Check("worker", "silent", Result.STOP),
        Check("mail", "configured", Result.GOOD)
        if settings.SENDS_EMAIL
        else Check("mail", "missing", Result.WARNING),
    ]


def _release(campaign: Campaign) -> Check:
    match campaign.looked_up_finding:
        case "":
            return Check("release", "not_checked", Result.NOT_YET)
        case Finding.CONFIRMED:
            return Check("release", "found", Result.GOOD)
        case Finding.NOT_THERE_YET:
            return Check("release", "not_there", Result.NOT_YET)
        case _:
            return Check("release", "differs", Result.WARNING)


def _cover(campaign: Campaign) -> Check:
    width, height = campaign.artwork_width, campaign.artwork_height
    if not campaign.artwork:
        return Check("cover", "missing", Result.WARNING)
    if min(width, height) < SHARP:
        return Check("cover", "small", Result.WARNING)
    if width != height:
        return Check("cover", "not_square", Result.WARNING)
    return Check("cover", "sharp", Result.GOOD)


def _time(campaign: Campaign, now: datetime) -> Check:
    if campaign.release_at < now:
        return Check("time", "past", Result.STOP)
    if campaign.release_at > now + LONGEST_LEAD:
        return Check("time", "far", Result.STOP, campaign.release_at - LONGEST_LEAD)
    if campaign.release_local.hour in SMALL_HOURS and not campaign.at_local_midnights:
        return Check("time", "night", Result.WARNING)
    return Check("time", "sane", Result.GOOD)
