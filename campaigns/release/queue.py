"""The queue of campaigns with due fans: whose are claimed next."""

from __future__ import annotations

import random
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef

from campaigns import keyring
from campaigns.clock import Clock
from campaigns.keyring import CampaignKey, KeyringError
from campaigns.models import Campaign, PreSave
from campaigns.release import claims
from campaigns.release.claims import Claim

# How often a worker that is busy saving looks for new campaigns.
LOOK_AROUND: Final = timedelta(seconds=1)


class Queue:
    """Claims fans of the campaign that was served longest ago, so that a small one does not wait
    for a large one. Of its fans every other turn is for those who were never tried, so that fans
    with trouble of their own, who keep their place in line, take half of the pace at most.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._turns = 0
        self._last_turn: dict[UUID, int] = {}
        # Each shift begins with either: at a slow pace a shift may have one turn.
        self._is_newcomers_turn = defaultdict[UUID, bool](lambda: random.random() < 0.5)  # nosec B311 # noqa: S311 -- a turn is no secret
        self._waiting: list[tuple[Campaign, CampaignKey]] = []
        self._looked_at: datetime | None = None

    def claim(self, size: int, *, is_trial: bool = False) -> tuple[Claim, CampaignKey] | None:
        """Claim up to `size` fans; for a trial, one who was never tried, if there is one."""
        now = self._clock()
        if self._looked_at is None or now - self._looked_at >= LOOK_AROUND:
            due = PreSave.objects.waiting().filter(campaign=OuterRef("pk"), due_at__lte=now)
            waiting = Campaign.objects.serving().filter(Exists(due))
            self._waiting = [(one, key) for one in waiting if (key := _open_key(one))]
            # Each shift begins with another one: at a slow pace a shift does not come round.
            random.shuffle(self._waiting)
            self._looked_at = now
        while self._waiting:
            first = min(self._waiting, key=lambda one: self._last_turn.get(one[0].id, 0))
            claim = self._claim_of(first[0], size, now, is_trial=is_trial)
            if claim:
                self._turns += 1
                self._last_turn[claim.campaign.id] = self._turns
                return claim, first[1]
            self._waiting.remove(first)
        return None

    def _claim_of(
        self, campaign: Campaign, size: int, now: datetime, *, is_trial: bool
    ) -> Claim | None:
        if is_trial:
            newcomer = claims.claim_newcomers(campaign, 1, now)
            return newcomer or claims.claim_least_tried(campaign, now)
        is_newcomers_turn = self._is_newcomers_turn[campaign.id]
        self._is_newcomers_turn[campaign.id] = not is_newcomers_turn
        newcomers = claims.claim_newcomers(campaign, size, now) if is_newcomers_turn else None
        return newcomers or claims.claim_block(campaign, size, now)


def _open_key(campaign: Campaign) -> CampaignKey | None:
    """None when the key does not open or fit; keys.check_keys then pauses the campaign."""
    try:
        key = keyring.from_settings().open(campaign.id)
    except KeyringError:
        return None
    # With another key every permission would look damaged, and be destroyed for it.
    return key if key.public_bytes == bytes(campaign.public_key or b"") else None
