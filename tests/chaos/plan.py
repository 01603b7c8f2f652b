"""What happens in a night of faults: how often, in which order and when, all from one seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from campaigns.release.claims import LEASE
from sandbox import mixed

# Of every hundred kills. Pool children are back at once; a whole worker takes seconds.
VICTIMS: Final = {"kill_child": 82, "kill_release_worker": 12, "kill_worker": 3, "kill_beat": 3}
WIPES: Final = ("flush_valkey", "flush_valkey", "restart_valkey", "fill_valkey")
# As many signals that ask a worker to end as a tenth of the kills, and so many seconds over its
# lease that a stalled one stands still.
KILLS_PER_SIGNAL: Final = 10
STALL_BEYOND_LEASE: Final = 3.0
# So many of a hundred fans change their minds, half of them while the release is on its way.
CANCELLING: Final = 4
# So many of a thousand gave a permission that does not allow the save.
REFUSED: Final = 2
# When no more of the fans are pending, the faults end.
LAST_FANS: Final = 0.03
# An app-wide 429 every so many seconds: each one stops everybody.
SECONDS_BETWEEN_BANS: Final = 45.0
RETRY_AFTER_SECONDS: Final = 3

# Fans who consent late do so this long after the others can have been saved; and what is said of
# them is said of so many seconds.
LATE_AFTER: Final = 15.0
SERVED_WITHIN: Final = 30.0
# Within so many seconds those come who pre-save another release meanwhile.
CONSENTS_WITHIN: Final = 60.0
# What Spotify counts its limits over.
WINDOW_SECONDS: Final = 30.0


class Window(NamedTuple):
    begins: float | None
    ends: float | None
    share: float = 1.0


class Told(NamedTuple):
    """What Spotify tells so many of the fans at their save, or with None all of them, in all of its
    wordings: for so many seconds from the release on, or for good.
    """

    refusal: str
    seconds: float | None
    fans: int | None = None


@dataclass(frozen=True)
class Plan:
    """`rate` is SPOTIFY_MAX_RATE, `fault_share` the share of the calls for fans that go wrong.

    `late` fans consent when the others have been served. An artist resumes what is paused, unless
    the night is one in which nothing may be.

    `consents` fans pre-save another release at the site within the first minute; `token_limit` is
    what Spotify's token endpoint then allows in 30 s, of refreshes and code exchanges together.
    With `within`, everybody has to be done within so many times the `ideal`.

    In each of `windows`, from so many seconds after the release until so many after it, that share
    of the calls sees the release; with none, all do. In the last one they all do, for good.
    """

    name: str
    seed: int
    fans: int
    rate: float
    kills: int = 0
    crashes: int = 0
    wipes: int = 0
    stalls: int = 0
    fault_share: float = 0.0
    lease_seconds: float | None = None
    second_look_seconds: float | None = None
    confirmed_after_seconds: float | None = None
    windows: tuple[Window, ...] = ()
    told: Told | None = None
    late: int = 0
    consents: int = 0
    token_limit: int | None = None
    within: float | None = None

    @property
    def ideal(self) -> float:
        """How many seconds it takes all to be done at the pace that is allowed. A call that goes
        wrong takes its turn as well.
        """
        if self.token_limit:
            return (self.fans + self.consents) * WINDOW_SECONDS / self.token_limit
        return self.fans / self.rate / (1 - self.fault_share)

    @property
    def steady_from(self) -> float:
        """How many seconds after the release every call sees it."""
        return self.windows[-1].begins or 0.0 if self.windows else 0.0

    @property
    def quickest(self) -> float:
        """In how many seconds all fans are saved when nothing else stops anybody."""
        told_until = self.told.seconds or 0.0 if self.told else 0.0
        return self.steady_from + told_until + self.fans / self.rate

    @property
    def may_pause(self) -> bool:
        """What some fans alone are told pauses nobody."""
        return self.told is None or self.told.fans is None

    @property
    def stall_seconds(self) -> float:
        """Longer than a lease, so that somebody else takes what the stalled worker held."""
        return (self.lease_seconds or LEASE.total_seconds()) + STALL_BEYOND_LEASE

    @property
    def slow_seconds(self) -> float:
        """How long a slow answer takes. Under short leases that is longer than one: then somebody
        else has saved the fan before, and only the fence keeps the answer from counting.
        """
        return 1.5 * self.lease_seconds if self.lease_seconds else 0.5

    @property
    def deadline(self) -> float:
        """A night that is not over after so many seconds has lost somebody."""
        return 4 * self.quickest + (60 if self.lease_seconds else 400)


@dataclass(frozen=True)
class Event:
    at: float
    action: str


def events(plan: Plan) -> list[Event]:
    """What is done and at which second; all of it before the last fan can be saved."""
    chance = random.Random(plan.seed)
    actions = [
        *chance.choices(list(VICTIMS), list(VICTIMS.values()), k=plan.kills),
        *["signal_release_worker"] * (plan.kills // KILLS_PER_SIGNAL),
        *["crash_postgres"] * plan.crashes,
        *["stall_release_worker"] * plan.stalls,
        *[WIPES[number % len(WIPES)] for number in range(plan.wipes)],
        *["cancel_fan"] * (plan.fans * CANCELLING // 200),
    ]
    if plan.fault_share:
        actions += ["ban"] * max(1, int(plan.quickest / SECONDS_BETWEEN_BANS))
    chance.shuffle(actions)
    # Where calls go wrong every fan takes more of them, and the night at least a third longer.
    first, last = 0.03 * plan.quickest, (1.2 if plan.fault_share else 0.9) * plan.quickest
    instants = sorted(chance.uniform(first, last) for _ in actions)
    drawn = [Event(at, action) for at, action in zip(instants, actions, strict=True)]
    return sorted([*drawn, *_set_events(plan)], key=lambda event: event.at)


def _set_events(plan: Plan) -> Iterator[Event]:
    if plan.told and plan.told.seconds:
        yield Event(plan.told.seconds, "take_back")
    if plan.late:
        yield Event(plan.quickest + LATE_AFTER, "arrive_late")


def faults(plan: Plan) -> Iterator[dict[str, Any]]:
    """The scripts of the sandbox by which that share of the calls goes wrong, each kind alike."""
    if plan.fault_share:
        yield from mixed.scripts(plan.fault_share, plan.seed, plan.slow_seconds)
