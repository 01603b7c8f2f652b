"""One look into one market's catalogue and its finding; and the budget that all looks share."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from campaigns.catalogue.comparing import is_by
from campaigns.catalogue.folding import is_same_name
from campaigns.catalogue.names import (
    Names,
    codes_agree,
    find_by_code,
    find_under_link,
    the_one,
)
from campaigns.gate import closing, permits, rows
from campaigns.models import Campaign, ErrorReason, Finding, GateName
from campaigns.spotify import Permit, Release, SpotifyError

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


class Look(NamedTuple):
    """What one look found, and the catalogue's entry that it is about: the release where it is
    confirmed, and otherwise what is there in its place, if that is one entry.
    """

    finding: Finding
    release: Release | None = None


def look(campaign: Campaign, market: str, budget: LookupBudget) -> Look:
    """Look once into a market's catalogue. Raises SpotifyError, LookupBudgetSpentError and
    GateClosedError.

    Where the link shows nothing, the code next to it is asked.
    """
    names = Names.of(campaign)
    try:
        hits = _find(campaign, names, market, budget.permit)
    except SpotifyError as error:
        if error.reason is not ErrorReason.QUESTION_REFUSED:
            raise
        return Look(Finding.QUESTION_REFUSED)
    return _judge(campaign, names, hits, budget.now)


def _find(campaign: Campaign, names: Names, market: str, permit: Permit) -> list[Release]:
    """What the market shows under the link, or else under the code. A code that was given after
    fans had said yes can be of another release of the artist's: next to a link it has to lead to
    the title that they saw.
    """
    if names.spotify_uri and (hits := find_under_link(names, market, permit)):
        return hits
    hits = find_by_code(names, market, permit)
    code = "isrc" if names.is_track else "upc"
    if names.spotify_uri and code in campaign.codes_added_after_consent:
        return [hit for hit in hits if is_same_name(campaign.title, hit.title)]
    return hits


def _judge(campaign: Campaign, names: Names, hits: list[Release], now: datetime) -> Look:
    if not hits:
        return Look(Finding.NOT_THERE_YET)
    if not names.code and all(hit.uri != names.spotify_uri for hit in hits):
        return Look(Finding.RELINKED)
    hits = [hit for hit in hits if codes_agree(names, hit)]
    if not hits:
        return Look(Finding.DIFFERENT_CODE)
    # A mistyped code can be somebody else's; with a link the artist saw where it leads.
    hits = [hit for hit in hits if hit.uri == names.spotify_uri or is_by(campaign.artist, hit)]
    if not hits:
        return Look(Finding.OTHER_ARTIST)
    out = [hit for hit in hits if hit.is_playable and is_out(hit.release_date, now)]
    if not out:
        return Look(Finding.NOT_OUT_YET)
    found = the_one(out, campaign.release_local.date())
    return Look(Finding.CONFIRMED, found) if found else Look(Finding.SEVERAL_MATCH)


def is_out(release_date: str, now: datetime) -> bool:
    """Whether a date of Spotify's (`2026`, `2026-12` or `2026-12-04`) has begun somewhere on
    Earth.
    """
    if not re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", release_date):
        return False
    latest_day = (now + EARLIEST_ZONE).date().isoformat()
    return release_date <= latest_day[: len(release_date)]
