"""What a rehearsal measured, and what it says about a real night."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from campaigns.gate.rows import SHARE_OF_CAP

# Within so much of the pace that is allowed the pace is the limit, and not the machine.
NEARLY: Final = 0.9
# A worker's processes that are busy for so much of the time have no more to give.
MOSTLY_BUSY: Final = 0.75
HALF_BUSY: Final = 0.5
# More wait for each core than the rehearsal's own processes do.
CROWDED: Final = 3


@dataclass(frozen=True)
class Figures:
    """Seconds count from the release time."""

    fans: int
    limit: float
    cap: float
    with_faults: bool
    database: str
    cores: int
    workers: int
    first_sent: float
    last_sent: float
    last_confirmed: float
    key_destroyed: float
    saved: int
    failed: int
    held_by_libraries: int
    tokens_left: int
    saves_answered: int
    refused: int
    gone_wrong: int
    commit_ms: float
    # Seconds, from the release to the last save.
    worker_cpu: float
    # How many processes of the machine wanted a core meanwhile.
    load: float

    @property
    def allowed(self) -> float:
        """Saves a second."""
        return min(self.limit, self.cap * SHARE_OF_CAP)

    @property
    def pace(self) -> float:
        return self.fans / max(self.last_sent - self.first_sent, 0.001)

    @property
    def lost(self) -> int:
        return self.fans - self.saved - self.failed

    @property
    def busy(self) -> float:
        """How much of one core the workers used while they saved."""
        return self.worker_cpu / max(self.last_sent, 0.001)

    @property
    def kept_every_promise(self) -> bool:
        return self.saved == self.held_by_libraries == self.fans and not self.tokens_left

    def lines(self) -> list[tuple[str, str]]:
        return [
            ("From the release to the last save confirmed", in_words(self.last_confirmed)),
            ("First save", in_words(self.first_sent)),
            ("Last save", in_words(self.last_sent)),
            ("Key destroyed", in_words(self.key_destroyed)),
            ("Pace", f"{self.pace:.1f} saves a second, of {self.allowed:.1f} that were allowed"),
            ("Saved, failed, lost", f"{self.saved:,}, {self.failed:,}, {self.lost:,}"),
            ("Libraries that hold the release", f"{self.held_by_libraries:,}"),
            ("Permissions left", f"{self.tokens_left:,}"),
            ("Saves sent again", f"{self.saves_answered - self.held_by_libraries:,}"),
            ("Calls answered 429", f"{self.refused:,}"),
            ("Calls that went wrong", f"{self.gone_wrong:,}"),
            ("A commit", f"{self.commit_ms:.1f} ms"),
            ("Workers' processor time", self._worker_time()),
            ("Processes that wanted a core", f"{self.load:.1f}, of {self.cores} cores"),
        ]

    def _worker_time(self) -> str:
        per_fan = 1000 * self.worker_cpu / self.fans
        return f"{per_fan:.1f} ms a fan, {self.busy:.0%} of one core"

    def limited_by(self) -> str:
        """What a faster night would need, in sentences."""
        if self.pace >= NEARLY * self.allowed:
            return f"{self._pace_limit()} {self._room()}"
        if self.with_faults:
            return (
                "The calls that went wrong: a fan whose call fails is tried again, seconds later "
                f"at first and then ever more rarely. {self._pace_limit()}"
            )
        if self.refused:
            return (
                f"Spotify's limit, which the workers had to find by {self.refused} answers of 429. "
                f"SPOTIFY_MAX_RATE={self.limit:g} would have kept them just below it."
            )
        if self.busy >= MOSTLY_BUSY * min(self.workers, self.cores):
            return (
                "The worker, whose processes were busy nearly all of the time. Give it more cores, "
                "with as many processes (--concurrency), or a second host."
            )
        if self.load > self.cores:
            return (
                f"This machine: {self.load:.0f} processes wanted its {self.cores} cores, the "
                "sandbox among them, and the workers waited for their turn. Give it more cores."
            )
        return (
            "The database: the workers waited for it most of the time, and a commit takes "
            f"{self.commit_ms:.1f} ms. A faster disk or a database nearer by helps."
        )

    def _pace_limit(self) -> str:
        if self.cap * SHARE_OF_CAP <= self.limit:
            return (
                f"SPOTIFY_MAX_RATE={self.cap:g} sets the pace: {self.fans:,} fans take "
                f"{in_words(self.fans / (self.cap * SHARE_OF_CAP))} at the least."
            )
        return (
            f"Spotify's limit of {self.limit:g} a second sets the pace: {self.fans:,} fans take "
            f"{in_words(self.fans / self.limit)} at the least."
        )

    def _room(self) -> str:
        has_room = self.busy < HALF_BUSY * min(self.workers, self.cores)
        if has_room and self.load > CROWDED * self.cores:
            return (
                f"This machine was busy with other work: {self.load:.0f} processes wanted its "
                f"{self.cores} cores. The figures are too low; rehearse again when it is quiet."
            )
        room = "has room" if has_room else "has little room left"
        return f"This machine {room}: the workers used {self.busy:.0%} of one core."


def in_words(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
