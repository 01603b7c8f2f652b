"""Evidence: whether what Spotify tells some fans is about everybody, or about them.

Stragglers are none: fans who are told the same at every try, while others were served.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Max

from campaigns.clock import Clock
from campaigns.models import Campaign, ErrorReason, PreSave, PreSaveQuerySet, Reason
from campaigns.release.claims import Held
from campaigns.release.outages import MOST_REFUSED, REFUSALS_SEEN

# What Spotify says to one or two fans may be about them. When a third is told the same, and nobody
# was served in between, it is about the campaign or the app.
FEWEST_TOLD: Final = 3


@dataclass(frozen=True)
class Told:
    at: datetime
    held: Held


class Evidence:
    """What one worker's fans were told, since one of theirs was served."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        # By what they were told, and the campaign that it would be about; None is the whole app.
        self._told: dict[tuple[ErrorReason, UUID | None], dict[UUID, Told]] = {}
        self._has_news = False

    def note(self, held: Held, reason: ErrorReason) -> None:
        about = None if reason is ErrorReason.FORBIDDEN else held.claim.campaign.id
        told = self._told.setdefault((reason, about), {})
        told.setdefault(held.row.id, Told(self._clock(), held))
        self._has_news = True

    def note_served(self, campaign: Campaign) -> None:
        """What was told before is about those who were told it."""
        for reason, about in list(self._told):
            if about in (None, campaign.id):
                del self._told[reason, about]

    def conclusions(self) -> Iterator[tuple[ErrorReason, Campaign]]:
        """What is about everybody, by all that was noted; call it when what is known is recorded.

        The campaign is the one that it is about, or one of the app's.
        """
        if not self._has_news:
            return
        self._has_news = False
        for (reason, about), told in self._told.items():
            campaign = next(iter(told.values())).held.claim.campaign
            if about is None and _others_are_to_come(told.values(), self._clock()):
                continue
            presaves = campaign.presaves.all() if about else PreSave.objects.all()
            if _is_about_everybody(_told_to(presaves, told.values(), reason), presaves, reason):
                yield reason, campaign


def _others_are_to_come(told: Collection[Told], now: datetime) -> bool:
    """Whether one campaign's fans alone were told, and others' are due of whom nothing is known."""
    campaigns = {one.held.claim.campaign.id for one in told}
    others = Campaign.objects.releasing().exclude(id__in=campaigns)
    due = PreSave.objects.waiting().never_tried().servable().filter(due_at__lte=now)
    return len(campaigns) == 1 and due.filter(campaign__in=others).exists()


def _told_to(
    presaves: PreSaveQuerySet, told: Collection[Told], reason: ErrorReason
) -> list[tuple[datetime, bool]]:
    """When fans were told so, and whether they had never been tried before. Of an account that is
    not listed the rows say it too: those who come one by one are told in turns of their own.
    """
    if reason is ErrorReason.NOT_LISTED:
        refused = presaves.waiting().filter(reason=Reason.NOT_LISTED, refused_at__isnull=False)
        first = refused.order_by("-refused_at").values_list("refused_at", flat=True)
        return [(at, True) for at in first[:REFUSALS_SEEN] if at]
    return [(one.at, one.held.is_first_try) for one in told]


def _is_about_everybody(
    told: Collection[tuple[datetime, bool]], presaves: PreSaveQuerySet, reason: ErrorReason
) -> bool:
    """Since somebody was last served, by another worker too, fans who were never tried before have
    to be told so, more of them than would be odd among those who were served.

    `presaves` are the campaign's, or the app's.
    """
    fewest = FEWEST_TOLD
    if reason is ErrorReason.RELEASE_REFUSED:
        fewest = presaves.waiting()[:FEWEST_TOLD].count() or FEWEST_TOLD
    if len(told) < fewest:
        return False
    served = presaves.exclude(sent_at=None)
    if not served.exists():
        return True
    newcomers = [at for at, is_first_try in told if is_first_try]
    fewest = fewest_of_all(presaves)
    if len(newcomers) < fewest:
        return False
    last: datetime = served.aggregate(at=Max("sent_at"))["at"]
    return sum(at > last for at in newcomers) >= fewest


def fewest_of_all(presaves: PreSaveQuerySet) -> int:
    """How many with the same trouble are more than would be odd among those who were served."""
    served = presaves.exclude(sent_at=None)[:REFUSALS_SEEN].count()
    return max(FEWEST_TOLD, int(served * MOST_REFUSED) + 1)
