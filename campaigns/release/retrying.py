"""Retries: when a fan is tried again, and when a refusal is believed."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Final

from campaigns.models import Gate

# Exponential back-off with full jitter, at most 15 minutes, between two attempts for one fan. After
# so many attempts it is this fan who cannot be served, and about an hour passes between two.
LONGEST_DELAY: Final = timedelta(minutes=15)
QUICK_ATTEMPTS: Final = 12
LATE_RETRY_INTERVAL: Final = timedelta(hours=1)
# A refusal that would end a pre-save is believed when it is repeated this much later, and Spotify
# has served other fans meanwhile. Without that confirmation it has to last for a day: an incident
# at Spotify has answered `invalid_grant` to everybody before.
SECOND_LOOK: Final = timedelta(minutes=30)
UNCONFIRMED_REFUSAL_WAIT: Final = timedelta(days=1)
# Answers so close together are answers of the same Spotify.
SAME_ANSWER_TOLERANCE: Final = timedelta(seconds=2)
LATEST_SECOND_LOOK: Final = timedelta(minutes=35)
# What Spotify itself calls final is believed of so many fans of a campaign at first sight.
MOST_AT_FIRST_SIGHT: Final = 3


def is_confirmed(refused_at: datetime | None, gate: Gate, now: datetime) -> bool:
    """Whether a refusal by this half of Spotify is to be believed, the first of which came then."""
    if refused_at is None or now - refused_at < SECOND_LOOK:
        return False
    if _is_distrusted(gate, now):
        return False
    # An outage may have ended unseen, when nobody else was left to be asked.
    if gate.outages and (
        not gate.blocked_until or now - gate.blocked_until < UNCONFIRMED_REFUSAL_WAIT
    ):
        return False
    worked_since = (
        gate.worked_at is not None and gate.worked_at >= refused_at - SAME_ANSWER_TOLERANCE
    )
    return worked_since or now - refused_at >= UNCONFIRMED_REFUSAL_WAIT


def is_believed_at_first_sight(
    refused_at: datetime | None, gate: Gate, ended_lately: int, now: datetime
) -> bool:
    """Whether what Spotify calls final ends this row at once. Of many at once it ends nobody."""
    is_calm = not (gate.outages or _is_distrusted(gate, now))
    return is_calm and refused_at is None and ended_lately < MOST_AT_FIRST_SIGHT


def _is_distrusted(gate: Gate, now: datetime) -> bool:
    return gate.distrusted_until is not None and gate.distrusted_until > now


def delay_after(attempts: int) -> timedelta:
    if attempts >= QUICK_ATTEMPTS:
        return _random_between(LATE_RETRY_INTERVAL / 2, LATE_RETRY_INTERVAL * 3 / 2)
    longest = min(timedelta(seconds=2.0 ** (attempts + 1)), LONGEST_DELAY)
    return _random_between(timedelta(seconds=0.5), longest)


def until_second_look() -> timedelta:
    return _random_between(SECOND_LOOK, LATEST_SECOND_LOOK)


def _random_between(shortest: timedelta, longest: timedelta) -> timedelta:
    return shortest + (longest - shortest) * random.random()  # nosec B311 # noqa: S311 -- spreads load, hides nothing
