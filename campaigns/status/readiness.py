"""Whether all is ready for a release, check by check, before its time comes."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from django.conf import settings

from campaigns.models import Campaign, ErrorReason, Finding, Gate, PauseReason, Totals
from campaigns.status.progress import gate_closed
from campaigns.status.sentences import sentence

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
    BAD = "bad"


@dataclass(frozen=True)
class Check:
    name: str
    mark: Mark
    title: str
    text: str


def checks_of(
    campaign: Campaign, totals: Totals, gates: Collection[Gate], worker_warning: str, now: datetime
) -> list[Check]:
    """Without a query. `worker_warning` is the heartbeat's."""
    closed = gate_closed(campaign, gates, now)
    marks = {
        "worker": Mark.BAD if worker_warning else Mark.GOOD,
        "key": _of_the_key(campaign),
        "release": _of_the_release(campaign),
        "question": Mark.BAD if campaign.asks_the_artist else Mark.GOOD,
        "gate": _of_the_gate(closed),
        "mail": Mark.GOOD if settings.SENDS_EMAIL else Mark.OPEN,
        "fans": Mark.GOOD if totals.pending else Mark.OPEN,
    }
    facts = {
        "worker_warning": worker_warning,
        "closed": closed,
        "fans": totals.pending,
        "finding": campaign.last_finding,
    }
    return [
        Check(
            name,
            mark,
            sentence("check_title", campaign, check=name, mark=mark, **facts),
            sentence("check_text", campaign, check=name, mark=mark, **facts),
        )
        for name, mark in marks.items()
    ]


def _of_the_key(campaign: Campaign) -> Mark:
    if campaign.paused_reason == PauseReason.KEY_MISSING:
        return Mark.BAD
    return Mark.OPEN if campaign.public_key is None else Mark.GOOD


def _of_the_release(campaign: Campaign) -> Mark:
    # What an artist is asked stands in a check of its own.
    if campaign.last_finding in _NOT_SEEN_YET or campaign.asks_the_artist:
        return Mark.OPEN
    was_accepted = bool(campaign.found_uri) and campaign.found_uri == campaign.accepted_uri
    is_good = campaign.last_finding in _IN_THE_CATALOGUE or was_accepted
    return Mark.GOOD if is_good else Mark.BAD


def _of_the_gate(closed: dict[str, str] | None) -> Mark:
    if closed is None:
        return Mark.GOOD
    return Mark.BAD if closed["reason"] in _FOR_THE_OPERATOR else Mark.OPEN
