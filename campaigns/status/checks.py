"""What is checked before a draft is opened and before a release, each check with how it stands and
what it says (templates/status/check_title.txt and check_text.txt).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from django.conf import settings

from campaigns.models import (
    LONGEST_LEAD,
    Campaign,
    ErrorReason,
    Finding,
    Gate,
    PauseReason,
    Totals,
)
from campaigns.spotify import AppMode, app_mode
from campaigns.status import heartbeat
from campaigns.status.progress import gate_closed
from campaigns.status.sentences import release_time, sentence

# What a phone with two dots to a pixel shows sharply.
SHARP: Final = 640
# Nobody means these hours; midnight and what shops begin at are none of them.
SMALL_HOURS: Final = range(1, 6)
_IN_THE_CATALOGUE: Final = (
    *(Finding.CONFIRMED, Finding.NOT_OUT_YET, Finding.FOUND_BY_CODE, Finding.OTHER_VARIANT),
)
# A look that found nothing wrong; most releases appear in the catalogue at their time.
_NOT_SEEN_YET: Final = ("", Finding.NOT_THERE_YET, Finding.UNREACHABLE)
# Gates that open by themselves are no reason to get up; these wait for a person.
_FOR_THE_OPERATOR: Final = (
    *(ErrorReason.INVALID_CLIENT, ErrorReason.PREMIUM_LAPSED, ErrorReason.FORBIDDEN),
    ErrorReason.QUOTA_EXCEEDED,
)


class Mark(StrEnum):
    GOOD = "good"
    OPEN = "open"  # worth knowing, and nobody has to act
    WARNING = "warning"  # may be meant; somebody should look at it
    BAD = "bad"


@dataclass(frozen=True)
class Check:
    name: str
    mark: Mark
    title: str
    text: str


# Too far ahead is no fault: a draft may wait.
_MARK_OF_TIME: Final = {
    "": Mark.GOOD,
    "far": Mark.OPEN,
    "night": Mark.WARNING,
    "past": Mark.BAD,
}

# That there is no app is the operator's choice.
_MARK_OF_APP: Final = {
    AppMode.NONE: Mark.OPEN,
    AppMode.DEVELOPMENT: Mark.WARNING,
    AppMode.EXTENDED: Mark.GOOD,
}


def before_opening(campaign: Campaign, now: datetime) -> list[Check]:
    """Of a draft, with one query."""
    worker_warning, finding = heartbeat.artists_warning(), campaign.looked_up_finding
    cover, time = _cover(campaign), _time(campaign, now)
    mode = app_mode()
    asks_spotify = mode is not AppMode.NONE
    marks = {
        **({"release": _of_the_finding(finding)} if asks_spotify else {}),
        "cover": Mark.WARNING if cover else Mark.GOOD,
        "time": _MARK_OF_TIME[time],
        "app": _MARK_OF_APP[mode],
        **({} if _leads_on(campaign, asks_spotify) else {"links": Mark.WARNING}),
        **_of_the_house(worker_warning),
    }
    return _in_words(
        campaign,
        marks,
        finding=finding,
        why={"cover": cover, "time": time},
        release_time=release_time(campaign),
        opens_from=campaign.release_at - LONGEST_LEAD,
        worker_warning=worker_warning,
    )


def before_release(
    campaign: Campaign, totals: Totals, gates: Collection[Gate], worker_warning: str, now: datetime
) -> list[Check]:
    """Without a query. `worker_warning` is the heartbeat's."""
    closed = gate_closed(campaign, gates, now)
    house = _of_the_house(worker_warning)
    is_page_alone = app_mode() is AppMode.NONE or not campaign.names_a_release
    if is_page_alone and not totals.pending:
        marks = {"worker": house["worker"], "mail": house["mail"]}
        return _in_words(campaign, marks, worker_warning=worker_warning)
    marks = {
        "worker": house["worker"],
        "key": _of_the_key(campaign),
        "release": _of_the_release(campaign),
        "question": Mark.BAD if campaign.asks_the_artist else Mark.GOOD,
        "gate": _of_the_gate(closed),
        "mail": house["mail"],
        "fans": Mark.GOOD if totals.pending else Mark.OPEN,
    }
    return _in_words(
        campaign,
        marks,
        finding=campaign.last_finding,
        closed=closed,
        fans=totals.pending,
        worker_warning=worker_warning,
    )


def _in_words(campaign: Campaign, marks: dict[str, Mark], **facts: Any) -> list[Check]:
    return [
        Check(
            name,
            mark,
            sentence("check_title", campaign, check=name, mark=mark, **facts),
            sentence("check_text", campaign, check=name, mark=mark, **facts),
        )
        for name, mark in marks.items()
    ]


def _of_the_house(worker_warning: str) -> dict[str, Mark]:
    return {
        "worker": Mark.BAD if worker_warning else Mark.GOOD,
        "mail": Mark.GOOD if settings.SENDS_EMAIL else Mark.OPEN,
    }


def _of_the_finding(finding: str) -> Mark:
    if finding in _NOT_SEEN_YET:
        return Mark.OPEN
    return Mark.GOOD if finding in _IN_THE_CATALOGUE else Mark.BAD


def _of_the_release(campaign: Campaign) -> Mark:
    # What an artist is asked stands in a check of its own.
    if campaign.asks_the_artist:
        return Mark.OPEN
    was_accepted = bool(campaign.found_uri) and campaign.found_uri == campaign.accepted_uri
    mark = _of_the_finding(campaign.last_finding)
    return Mark.GOOD if mark is Mark.BAD and was_accepted else mark


def _of_the_key(campaign: Campaign) -> Mark:
    if campaign.paused_reason == PauseReason.KEY_MISSING:
        return Mark.BAD
    return Mark.OPEN if campaign.public_key is None else Mark.GOOD


def _of_the_gate(closed: dict[str, str] | None) -> Mark:
    if closed is None:
        return Mark.GOOD
    return Mark.BAD if closed["reason"] in _FOR_THE_OPERATOR else Mark.OPEN


def _leads_on(campaign: Campaign, asks_spotify: bool) -> bool:
    """Whether the page leads anywhere once it is out: a code does if it is looked up."""
    is_found = asks_spotify and campaign.names_a_release
    return bool(campaign.links or campaign.spotify_uri or is_found)


def _cover(campaign: Campaign) -> str:
    """What is to be seen to; empty where nothing is."""
    width, height = campaign.artwork_width, campaign.artwork_height
    if not campaign.artwork:
        return "missing"
    if min(width, height) < SHARP:
        return "small"
    return "not_square" if width != height else ""


def _time(campaign: Campaign, now: datetime) -> str:
    if campaign.release_at < now:
        return "past"
    if campaign.release_at > now + LONGEST_LEAD:
        return "far"
    is_night = campaign.release_local.hour in SMALL_HOURS and not campaign.at_local_midnights
    return "night" if is_night else ""
