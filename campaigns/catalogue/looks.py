"""One look into one market's catalogue and its finding; and the budget that all looks share."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from campaigns.catalogue.names import Names, agrees, find, is_by
from campaigns.gate import closing, permits, rows
from campaigns.models import Campaign, Finding, GateName

# A slow catalogue may not keep a worker from its saves: after so long no further market is asked,
# and after LAST_CALL_SECONDS no further call is sent. The other looks come with the next round.
LOOKUP_SECONDS: Final = 5
LAST_CALL_SECONDS: Final = 10
# Spotify gives a release's date, not its zone: the day begins first at UTC+14.
EARLIEST_ZONE: Final = timedelta(hours=14)


class LookupBudgetSpentError(Exception):
    """No call can be sent any more in this round of looks; nothing was found out."""


class LookupBudget:
    """How long one worker may look things up in one round. `now` is the database's clock at its
    beginning; the machine's steady clock counts on from there.
    """

    def __init__(self, now: datetime, is_over: Callable[[], bool] = lambda: False) -> None:
        self.now = now
        self._is_over = is_over
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    @property
    def has_time(self) -> bool:
        return not self._is_over() and self.seconds <= LOOKUP_SECONDS

    def permit(self) -> None:
        """Take the permit of one call, and wait for its turn. Raises GateClosedError, and
        LookupBudgetSpentError when the turn comes too late.
        """
        clock = self.now + timedelta(seconds=self.seconds)
        closing.check_open(clock)
        busy_for = (rows.gates(clock)[GateName.API].free_at - clock).total_seconds()
        if self._is_over() or self.seconds + busy_for > LAST_CALL_SECONDS:
            raise LookupBudgetSpentError
        first_in = permits.take(GateName.API, 1, clock).first_in
        time.sleep(max(first_in, 0.0))
        # Somebody may have met a ban while we waited.
        closing.check_open(clock + timedelta(seconds=max(first_in, 0.0)))


def look(campaign: Campaign, market: str, budget: LookupBudget) -> tuple[Finding, str]:
    """Look once into a market's catalogue: the finding, and the URI if it is confirmed. Raises
    SpotifyError, LookupBudgetSpentError and GateClosedError.
    """
    names = Names.of(campaign)
    hits = find(names, market, budget.permit)
    if not hits:
        return Finding.NOT_THERE_YET, ""
    matching = [hit for hit in hits if agrees(names, hit)]
    if not matching:
        return Finding.DIFFERENT_CODE, ""
    if not names.spotify_uri:
        # A mistyped code can be somebody else's; with a link the artist saw where it leads.
        matching = [hit for hit in matching if is_by(campaign.artist, hit)]
    if not matching:
        return Finding.OTHER_ARTIST, ""
    out = {hit.uri for hit in matching if hit.is_playable and is_out(hit.release_date, budget.now)}
    if not out:
        return Finding.NOT_OUT_YET, ""
    if len(out) > 1:
        return Finding.SEVERAL_MATCH, ""
    return Finding.CONFIRMED, out.pop()


def is_out(release_date: str, now: datetime) -> bool:
    """Whether a date of Spotify's (`2026`, `2026-12` or `2026-12-04`) has begun somewhere on
    Earth.
    """
    if not re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", release_date):
        return False
    latest_day = (now + EARLIEST_ZONE).date().isoformat()
    return release_date <= latest_day[: len(release_date)]
