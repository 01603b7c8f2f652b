"""The outage detector: whether Spotify works, from one worker's last answers taken together.

Trouble with one fan is that fan's. Trouble with most fans is an outage, which closes the gate; and
when many are refused at once, no refusal is believed for a while.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from campaigns.clock import Clock
from campaigns.gate import closing
from campaigns.models import HALVES, Gate, GateName
from campaigns.release.claims import Held

# An outage is when more than half of the last fans asked for the first time were not served.
LAST_ANSWERS: Final = 20
MOST_TROUBLES: Final = 10
WORKING_NOTED_EVERY: Final = timedelta(seconds=10)
# More refused fans than one in twenty, of so many at least, are not all the fans' own doing. Of
# fewer fans, as a small campaign has, more than a few are not.
REFUSALS_SEEN: Final = 100
FEWEST_SEEN: Final = 20
MOST_REFUSED: Final = 0.05
A_FEW: Final = 3


class OutageDetector:
    """`halt` is called when a half of Spotify is found to be out of order."""

    def __init__(self, clock: Clock, halt: Callable[[GateName], None]) -> None:
        self._clock = clock
        self._halt = halt
        # Of fans asked for the first time: whose campaign, and whether it went wrong.
        self._troubles = {half: deque[tuple[UUID, bool]](maxlen=LAST_ANSWERS) for half in HALVES}
        self._refusals = {half: deque[bool](maxlen=REFUSALS_SEEN) for half in HALVES}
        self._working_noted: dict[GateName, datetime] = {}

    def note_working(self, held: Held, half: GateName, gate: Gate) -> None:
        self._troubles[half].append((held.claim.campaign.id, False))
        if held.is_first_try:
            self._refusals[half].append(False)
        now, noted = self._clock(), self._working_noted.get(half)
        if gate.outages or noted is None or now - noted >= WORKING_NOTED_EVERY:
            if closing.note_working(half, now):
                gate.outages = 0
            self._working_noted[half] = now

    def note_trouble(self, held: Held, half: GateName, gate: Gate) -> None:
        """Count trouble with a fan who is tried for the first time: others may be the odd ones."""
        if not held.is_first_try:
            return
        self._troubles[half].append((held.claim.campaign.id, True))
        if gate.outages or _is_outage(self._troubles[half]):
            closing.close_for_outage(half, self._clock())
            gate.outages += 1
            self._halt(half)
            self._troubles[half].clear()

    def note_refusal(self, held: Held, half: GateName, gate: Gate) -> None:
        """Count a refusal. Few of the fans who are tried for the first time are refused for a
        reason of their own: when many are, no refusal is believed for a while.
        """
        if not held.is_first_try:
            return
        refusals = self._refusals[half]
        refusals.append(True)
        refused, seen = sum(refusals), len(refusals)
        if (seen >= FEWEST_SEEN or refused > A_FEW) and refused > seen * MOST_REFUSED:
            now = self._clock()
            closing.distrust_refusals(half, now)
            gate.distrusted_until = now + closing.DISTRUST
            refusals.clear()

    def await_confirmation(self, half: GateName) -> None:
        """Let the next good answer be noted at once: it can confirm that Spotify works."""
        self._working_noted.pop(half, None)


def _is_outage(answers: Collection[tuple[UUID, bool]]) -> bool:
    """Whether more than half of the last answers were trouble, and no campaign goes well: else it
    is one campaign's fans, and not Spotify.
    """
    balance: Counter[UUID] = Counter()
    for campaign_id, is_trouble in answers:
        balance[campaign_id] += 1 if is_trouble else -1
    troubles = sum(is_trouble for _, is_trouble in answers)
    return troubles > MOST_TROUBLES and min(balance.values()) > 0
