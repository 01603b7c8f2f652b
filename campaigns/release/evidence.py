"""Evidence: whether what Spotify tells some fans is about everybody, or about them.

Stragglers are none: fans who are told the same at every try, while others were served.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from campaigns.clock import Clock
from campaigns.models import Campaign, ErrorReason, PreSave, PreSaveQuerySet
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
            presaves = campaign.presaves.all() if about else PreSave.objects.all()
            if _is_about_everybody(list(told.values()), presaves, reason):
                yield reason, campaign


def _is_about_everybody(told: list[Told], presaves: PreSaveQuerySet, reason: ErrorReason) -> bool:
    """Fans who were never tried before have to be told so too, more of them than would be odd among
    those who were served, and nobody may have been served since, by another worker either.

    `presaves` are the campaign's, or the app's.
    """
    fewest = FEWEST_TOLD
    if reason is ErrorReason.RELEASE_REFUSED:
        fewest = presaves.waiting()[:FEWEST_TOLD].count()
    if len(told) < fewest:
        return False
    served = presaves.exclude(sent_at=None)
    seen = served[:REFUSALS_SEEN].count()
    if not seen:
        return True
    newcomers = sum(one.held.is_first_try for one in told)
    if newcomers < max(FEWEST_TOLD, int(seen * MOST_REFUSED) + 1):
        return False
    return not served.filter(sent_at__gte=min(one.at for one in told)).exists()
