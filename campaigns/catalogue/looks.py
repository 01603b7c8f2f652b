"""One look into one market's catalogue and its finding; and the budget that all looks share."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Final, NamedTuple

from campaigns.catalogue import markets
from campaigns.catalogue.comparing import difference
from campaigns.catalogue.names import (
    Names,
    codes_agree,
    find_by_code,
    find_under_link,
    is_dated,
    the_one,
    versions,
)
from campaigns.gate import closing, permits, rows
from campaigns.gate.paces import Paces
from campaigns.models import WATCH_EVERY, Campaign, CampaignState, ErrorReason, Finding, GateName
from campaigns.spotify import APP_TOKEN, Release, SpotifyError

# A slow catalogue may not keep a worker from its saves: after so long no further market is asked,
# and after LAST_CALL_SECONDS no further call is sent. The other looks come with the next round.
LOOKUP_SECONDS: Final = 5
LAST_CALL_SECONDS: Final = 10
# At a slow pace, after as long as the calls of a whole look take: a dead link, and a code's three
# forms or what it leads to.
CALLS_OF_A_LOOK: Final = 4
# Spotify gives a release's date, not its zone: the day begins first at UTC+14.
EARLIEST_ZONE: Final = timedelta(hours=14)
# A link that has shown nothing for so long is dead. A younger one may be of a catalogue that is
# just being filled, in which what its code leads to is another entry.
DEAD_AFTER: Final = timedelta(seconds=60)


# While a release wants the calls, look-ups for forms have so much of each web process's pace, the
# forms of one label half of that, and the calls of a whole look at once; they never wait for long.
SHARE_OF_FORMS: Final = 1 / 40
SHARE_OF_LABEL: Final = 1 / 2
LONGEST_FORM_WAIT: Final = 3
_FORMS: Final = Paces()


class LookupBudgetSpentError(Exception):
    """No call can be sent any more in this round of looks; nothing was found out."""


class LookupBudget:
    """How long one worker may look things up in one round. `now` is the database's clock at its
    beginning; the machine's steady clock counts on from there. `calls` is how many were sent, and
    `called_at` when the last of them was.
    """

    last_call = LAST_CALL_SECONDS

    def __init__(self, now: datetime, is_over: Callable[[], bool] = lambda: False) -> None:
        self.now = now
        self.calls = 0
        self.called_at = now
        self._is_over = is_over
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    @property
    def clock(self) -> datetime:
        """The database's clock, as it stands now."""
        return self.now + timedelta(seconds=self.seconds)

    @cached_property
    def campaigns_being_saved(self) -> int:
        """How many share the looks that are made while fans are being served."""
        return Campaign.objects.being_saved(self.now).count()

    @property
    def has_time(self) -> bool:
        return not self._is_over() and self.seconds <= LOOKUP_SECONDS

    def permit(self) -> None:
        """Take the permit of one call, and wait for its turn. Raises GateClosedError, and
        LookupBudgetSpentError when the turn comes too late.
        """
        clock = self.clock
        closing.check_open(clock)
        gate = rows.gates(clock)[GateName.API]
        busy_for = (gate.free_at - clock).total_seconds()
        longest = max(self.last_call, CALLS_OF_A_LOOK / gate.rate)
        if self._is_over() or self.seconds + busy_for > longest:
            raise LookupBudgetSpentError
        first_in = permits.take(GateName.API, 1, clock).first_in
        self.calls += 1
        if not APP_TOKEN.is_kept:
            permits.note_call(GateName.ACCOUNTS, clock)
        time.sleep(max(first_in, 0.0))
        self.called_at = clock + timedelta(seconds=max(first_in, 0.0))
        # Somebody may have met a ban while we waited.
        closing.check_open(self.called_at)


class FormBudget(LookupBudget):
    """For an artist who waits: while a release wants the calls, a small share of them."""

    last_call = LONGEST_FORM_WAIT

    def __init__(self, now: datetime, label: object) -> None:
        super().__init__(now)
        self._label = str(label)

    @cached_property
    def is_release_on(self) -> bool:
        """Whether a release is to be looked for, or fans are being saved or can be within seconds.
        Who was put off, or waits for a market that has not shown it, wants no calls meanwhile.
        """
        looked_for = Campaign.objects.awaiting_look(self.now).filter(state=CampaignState.OPEN)
        return looked_for.exists() or any(map(self._is_saved, Campaign.objects.releasing()))

    def _is_saved(self, campaign: Campaign) -> bool:
        fans = campaign.presaves.held_or_due(self.now + WATCH_EVERY)
        # In their order, which is an index's, it ends at the first one, as a claim does.
        first = fans.servable_until(campaign.confirmed_until).first_come().values("id")[:1]
        return bool(first)

    def permit(self) -> None:
        """As for the night's own looks, but nobody waits where the share is used up."""
        if self.is_release_on and not self._has_share():
            raise LookupBudgetSpentError
        super().permit()

    def _has_share(self) -> bool:
        """A look that was begun goes on, however many calls it takes: the next one waits longer."""
        pace = permits.pace([rows.gates(self.clock)[GateName.API]]) * SHARE_OF_FORMS
        calls = math.inf if self.calls else CALLS_OF_A_LOOK
        is_labels_turn = _FORMS.take(f"label {self._label}", pace * SHARE_OF_LABEL, calls)
        return is_labels_turn and _FORMS.take("all", pace, 2 * calls)


class Look(NamedTuple):
    """What one look found, and the catalogue's entry that it is about: the release where it is
    confirmed, and otherwise what is there in its place. The candidates are several entries, or
    the versions of one, of which an artist may choose.
    """

    finding: Finding
    release: Release | None = None
    candidates: tuple[Release, ...] = ()


def look(campaign: Campaign, market: str, budget: LookupBudget) -> Look:
    """Look once into a market's catalogue. Raises SpotifyError, LookupBudgetSpentError and
    GateClosedError.

    Where the link is dead, the code next to it is asked, unless an artist said that it is this very
    entry: under the code there may be the version that was not chosen.
    """
    names = Names.of(campaign)
    try:
        hits = find_under_link(names, market, budget.permit) if names.spotify_uri else []
        if hits:
            return _judge(campaign, names, hits, budget.now, Finding.RELINKED)
        is_meant = names.spotify_uri == campaign.accepted_uri
        if names.spotify_uri and (is_meant or budget.now < _dead_from(campaign, market)):
            return Look(Finding.NOT_THERE_YET)
        hits = find_by_code(names, market, budget.permit)
    except SpotifyError as error:
        if error.reason is not ErrorReason.QUESTION_REFUSED:
            raise
        return Look(Finding.QUESTION_REFUSED)
    return _judge(campaign, names, hits, budget.now, Finding.NOT_THERE_YET)


def _dead_from(campaign: Campaign, market: str) -> datetime:
    """From when on a link that the market does not show is dead: counted from the market's
    midnight, and anew once the link's release has vanished.
    """
    midnights = markets.market_midnights(campaign)
    begins = min((one.at for one in midnights if market in one.markets), default=midnights[0].at)
    return max(begins, campaign.vanished_at or begins) + DEAD_AFTER


def _judge(
    campaign: Campaign, names: Names, hits: list[Release], now: datetime, elsewhere: Finding
) -> Look:
    """What the hits are. `elsewhere` is the finding where they are not under the link, and nothing
    proves that they are the release.
    """
    if not hits:
        return Look(Finding.NOT_THERE_YET)
    theirs = (names.spotify_uri, campaign.accepted_uri)
    if not names.code and all(hit.uri not in theirs for hit in hits):
        return _about(elsewhere, hits)
    agreeing = [hit for hit in hits if codes_agree(names, hit)]
    if not agreeing:
        return _about(Finding.DIFFERENT_CODE, hits)
    accepted = [hit for hit in agreeing if hit.uri == campaign.accepted_uri]
    same = accepted or [hit for hit in agreeing if difference(campaign, hit) is None]
    if not same:
        return _about_other(campaign, agreeing)
    day = campaign.release_local.date()
    # Under one code there may be an older release of the same name.
    meant = [hit for hit in same if hit.uri in theirs or is_dated(hit, day)]
    if names.spotify_uri and not meant:
        return _about(elsewhere, same)
    return _judge_date(meant or same, day, now)


def _judge_date(hits: list[Release], day: date, now: datetime) -> Look:
    out = [hit for hit in hits if hit.is_playable and is_out(hit.release_date, now)]
    found = the_one(out or hits, day)
    if not found:
        return _about(Finding.SEVERAL_MATCH, out or hits)
    if out:
        return Look(Finding.CONFIRMED, found)
    return Look(Finding.NOT_OUT_YET, found, tuple(versions(hits, day)))


def _about_other(campaign: Campaign, hits: list[Release]) -> Look:
    """Another release of the artist's tells more than another artist's."""
    by_artist = [hit for hit in hits if difference(campaign, hit) is Finding.OTHER_TITLE]
    if by_artist:
        return _about(Finding.OTHER_TITLE, by_artist)
    return _about(Finding.OTHER_ARTIST, hits)


def _about(finding: Finding, hits: list[Release]) -> Look:
    if len(hits) == 1:
        return Look(finding, hits[0])
    return Look(finding, candidates=tuple(sorted(hits, key=lambda hit: hit.uri)))


def is_out(release_date: str, now: datetime) -> bool:
    """Whether a date of Spotify's (`2026`, `2026-12` or `2026-12-04`) has begun somewhere on
    Earth.
    """
    if not re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", release_date):
        return False
    latest_day = (now + EARLIEST_ZONE).date().isoformat()
    return release_date <= latest_day[: len(release_date)]
