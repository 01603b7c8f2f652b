"""Find and confirm the release in Spotify's catalogue: nothing is saved before the catalogue shows
it.

Spotify answers 200 to a save of an id that does not exist, so the look before the save is the only
proof there is.
"""

from __future__ import annotations

import enum
import logging
import random
import re
import time
import unicodedata
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, NamedTuple, Self

from django.conf import settings
from django.db import DatabaseError
from django.db.models import F, Q, QuerySet

from campaigns import spotify
from campaigns.catalogue import markets
from campaigns.catalogue.markets import Daybreak
from campaigns.gate import permits
from campaigns.models import WATCH_EVERY, Campaign, CampaignState, GateName, Trouble
from campaigns.spotify import Permit, Release, SpotifyError

logger = logging.getLogger(__name__)

# The first looks follow each other by a second; later ones by a tenth of the time already waited.
SHORTEST_WAIT: Final = timedelta(seconds=1)
# A slow catalogue may not keep a worker from its saves: after so long no further market is asked,
# and after LAST_CALL_SECONDS no further call is sent. The other looks come with the next round.
LOOKS_SECONDS: Final = 5
LAST_CALL_SECONDS: Final = 10
# As long as a look is kept for the worker that began it: longer than its last call can take.
LONGEST_LOOK: Final = timedelta(seconds=25)
# Spotify gives a release's date, not its zone: the day begins first at UTC+14.
EARLIEST_ZONE: Final = timedelta(hours=14)


class Names(NamedTuple):
    """What names a release: at least one of the three; all that are given have to agree."""

    spotify_uri: str
    upc: str
    isrc: str

    @classmethod
    def of(cls, campaign: Campaign) -> Self:
        return cls(campaign.spotify_uri, campaign.upc, campaign.isrc)


class Finding(enum.Enum):
    """What one look into the catalogue found. Of several markets' findings the last one here tells
    the artist most.
    """

    UNREACHABLE = "unreachable"
    NOT_THERE_YET = "not_there_yet"
    NOT_OUT_YET = "not_out_yet"
    GONE = "gone"
    DIFFERENT_CODE = "different_code"
    OTHER_ARTIST = "other_artist"
    SEVERAL_MATCH = "several_match"
    OTHER_VARIANT = "other_variant"
    CONFIRMED = "confirmed"


_BY_WEIGHT: Final = list(Finding)


class RoundOverError(Exception):
    """No call can be sent any more in this round of looks; nothing was found out."""


class Round:
    """One worker's looks at a time: `now` is the database's clock at their beginning, and goes on
    with the machine's steady one.
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
        return not self._is_over() and self.seconds <= LOOKS_SECONDS

    def permit(self) -> None:
        """Take the permit of one call, and wait for its turn. Raises RoundOverError when that comes
        too late, and pacing.GateClosedError.
        """
        clock = self.now + timedelta(seconds=self.seconds)
        permits.check_open(clock)
        busy_for = (permits.gates(clock)[GateName.API].free_at - clock).total_seconds()
        if self._is_over() or self.seconds + busy_for > LAST_CALL_SECONDS:
            raise RoundOverError
        first_in = permits.take(GateName.API, 1, clock).first_in
        time.sleep(max(first_in, 0.0))
        # Somebody may have met a ban while we waited.
        permits.check_open(clock + timedelta(seconds=max(first_in, 0.0)))


def confirm_due(now: datetime, is_over: Callable[[], bool] = lambda: False) -> int:
    """Look once for every campaign whose release is due or being saved, as long as the gate is
    open.

    Answers how many were confirmed. One look that fails does not hold the others up.
    """
    confirmed, looks = 0, Round(now, is_over)
    longest_waiting = F("next_check_at").asc(nulls_first=True)
    for campaign in Campaign.objects.awaiting_look(now).order_by(longest_waiting):
        if not looks.has_time or not permits.is_open(now + timedelta(seconds=looks.seconds)):
            break
        try:
            confirmed += confirm(campaign, looks)
        except DatabaseError:
            raise
        except Exception:
            logger.exception("look failed campaign=%s", campaign.id)
    return confirmed


def confirm(campaign: Campaign, looks: Round) -> bool:
    """Look for one campaign's release: start releasing when it is there, let the fans of further
    markets in, or stop when it has gone. Says whether it started.

    Of several workers only one looks, for as long as it takes.
    """
    began = looks.now + timedelta(seconds=looks.seconds)
    reserved_until = _reserve_look(campaign, began)
    if reserved_until is None:
        return False
    next_look = _next_look(campaign, looks.now)
    try:
        if campaign.state == CampaignState.RELEASING:
            _look_again(campaign, looks)
            return False
        return _look_first(campaign, looks)
    except (permits.GateClosedError, RoundOverError):
        next_look = looks.now
    except SpotifyError as error:
        permits.close_after(error)
        if campaign.state == CampaignState.OPEN:
            _note(campaign, Finding.UNREACHABLE)
    finally:
        # An artist's act in between asks for a look at once, and stays as it is.
        reserved = Campaign.objects.filter(id=campaign.id, next_check_at=reserved_until)
        reserved.update(next_check_at=next_look)
    return False


def _look_first(campaign: Campaign, looks: Round) -> bool:
    findings: list[Finding] = []
    for daybreak, market in _to_ask(_begun(campaign, looks.now)):
        if findings and not looks.has_time:
            break
        finding, uri = look(campaign, market, looks)
        if finding is Finding.CONFIRMED:
            return _start_releasing(campaign, uri, daybreak, looks.now)
        findings.append(finding)
    if findings:
        _note(campaign, max(findings, key=_BY_WEIGHT.index))
    return False


def _to_ask(daybreaks: list[Daybreak]) -> list[tuple[Daybreak, str]]:
    """The markets that one look asks: those whose day began last, the operator's own, and one of
    the others by lot, so that in time each is asked. The latest come first: the more fans may be
    served.
    """
    latest_of = {market: daybreak for daybreak in daybreaks for market in daybreak.markets}
    newest = daybreaks[-1:]
    others = [
        market
        for market, daybreak in latest_of.items()
        if daybreak not in newest and market != settings.SPOTIFY_MARKET
    ]
    left_out = {*others} - {*random.sample(others, min(len(others), 1))}
    asked = [(daybreak, market) for market, daybreak in latest_of.items() if market not in left_out]
    return sorted(asked, key=lambda one: one[0].at, reverse=True)


def _start_releasing(campaign: Campaign, uri: str, seen: Daybreak, now: datetime) -> bool:
    started = _unchanged(campaign).update(
        state=CampaignState.RELEASING,
        confirmed_uri=uri,
        confirmed_at=now,
        confirmed_until=markets.confirmed_until(campaign, seen),
        last_finding=Finding.CONFIRMED.value,
    )
    if started:
        logger.info("release confirmed campaign=%s uri=%s", campaign.id, uri)
        if campaign.last_finding != Finding.GONE.value:
            _tell_anew(campaign)
    return bool(started)


def _look_again(campaign: Campaign, looks: Round) -> None:
    """Whether further markets show what was confirmed, or else whether the last one still does."""
    findings: list[Finding] = []
    for daybreak, market in _to_ask(_unseen(campaign, looks.now)):
        if findings and not looks.has_time:
            break
        if _shows_confirmed(campaign, market, looks):
            until = markets.confirmed_until(campaign, daybreak)
            _unchanged(campaign).update(confirmed_until=until, last_finding=Finding.CONFIRMED.value)
            _tell_anew(campaign)
            return
        findings.append(_shown_instead(campaign, market, looks))
    begun = _begun(campaign, looks.now)
    seen = [daybreak for daybreak in begun if _is_seen(campaign, daybreak)][-1]
    if any(_shows_confirmed(campaign, market, looks) for market in seen.markets):
        _note(campaign, max(findings, key=_BY_WEIGHT.index, default=Finding.CONFIRMED))
    elif _stop_releasing(campaign):
        logger.warning("release gone campaign=%s uri=%s", campaign.id, campaign.confirmed_uri)


def _tell_anew(campaign: Campaign) -> None:
    """A further market that is late is another matter than the one that people were told of."""
    if campaign.at_local_midnights:
        campaign.alarms.filter(trouble=Trouble.LATE).delete()


def _stop_releasing(campaign: Campaign) -> int:
    """Back to waiting: every permission is kept, and nothing counts as confirmed any more."""
    return _unchanged(campaign).update(
        state=CampaignState.OPEN,
        confirmed_uri="",
        confirmed_at=None,
        confirmed_until=None,
        last_finding=Finding.GONE.value,
    )


def _note(campaign: Campaign, finding: Finding) -> None:
    has_gone = campaign.last_finding == Finding.GONE.value
    if not (has_gone and finding in (Finding.UNREACHABLE, Finding.NOT_THERE_YET)):
        _unchanged(campaign).update(last_finding=finding.value)


def _unchanged(campaign: Campaign) -> QuerySet[Campaign]:
    """The campaign's row while it is still what was looked for: an artist may edit it."""
    return Campaign.objects.filter(
        id=campaign.id,
        state=campaign.state,
        release_mode=campaign.release_mode,
        release_at=campaign.release_at,
        spotify_uri=campaign.spotify_uri,
        upc=campaign.upc,
        isrc=campaign.isrc,
        confirmed_uri=campaign.confirmed_uri,
    )


def look(campaign: Campaign, market: str, looks: Round) -> tuple[Finding, str]:
    """One look into a market's catalogue. Raises SpotifyError, RoundOverError and
    pacing.GateClosedError.
    """
    names = Names.of(campaign)
    hits = find(names, market, looks.permit)
    if not hits:
        return Finding.NOT_THERE_YET, ""
    matching = [hit for hit in hits if agrees(names, hit)]
    if not matching:
        return Finding.DIFFERENT_CODE, ""
    if not names.spotify_uri:
        # A mistyped code can be somebody else's; who gives a link has seen where it leads.
        matching = [hit for hit in matching if is_by(campaign.artist, hit)]
    if not matching:
        return Finding.OTHER_ARTIST, ""
    out = {hit.uri for hit in matching if hit.is_playable and is_out(hit.release_date, looks.now)}
    if not out:
        return Finding.NOT_OUT_YET, ""
    if len(out) > 1:
        return Finding.SEVERAL_MATCH, ""
    return Finding.CONFIRMED, out.pop()


def _shows_confirmed(campaign: Campaign, market: str, looks: Round) -> bool:
    """Whether the market shows exactly what is being saved, and it still agrees with all codes."""
    return any(
        hit.uri == campaign.confirmed_uri
        and agrees(Names.of(campaign), hit)
        and hit.is_playable
        and is_out(hit.release_date, looks.now)
        for hit in spotify.find_by_uri(campaign.confirmed_uri, market, looks.permit)
    )


def is_out(release_date: str, now: datetime) -> bool:
    """Whether a date of Spotify's (`2026`, `2026-12` or `2026-12-04`) has begun somewhere on
    Earth.
    """
    if not re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", release_date):
        return False
    latest_day = (now + EARLIEST_ZONE).date().isoformat()
    return release_date <= latest_day[: len(release_date)]


def _shown_instead(campaign: Campaign, market: str, looks: Round) -> Finding:
    """What a market finds that does not show what was confirmed: nothing that is out, or the
    artist's codes under another id, a regional variant.
    """
    if campaign.spotify_uri:
        return Finding.NOT_THERE_YET
    finding, _ = look(campaign, market, looks)
    return Finding.OTHER_VARIANT if finding is Finding.CONFIRMED else finding


def _begun(campaign: Campaign, now: datetime) -> list[Daybreak]:
    return [daybreak for daybreak in markets.daybreaks(campaign) if daybreak.at <= now]


def _unseen(campaign: Campaign, now: datetime) -> list[Daybreak]:
    """The markets whose day has begun and whose fans may not be served yet."""
    return [daybreak for daybreak in _begun(campaign, now) if not _is_seen(campaign, daybreak)]


def _is_seen(campaign: Campaign, daybreak: Daybreak) -> bool:
    if campaign.state != CampaignState.RELEASING:
        return False
    return campaign.confirmed_until is None or daybreak.at < campaign.confirmed_until


def _reserve_look(campaign: Campaign, now: datetime) -> datetime | None:
    """Until when nobody else looks for this campaign; None when somebody does."""
    until = now + LONGEST_LOOK
    due = Q(next_check_at=None) | Q(next_check_at__lte=now)
    mine = Campaign.objects.filter(due, id=campaign.id)
    return until if mine.update(next_check_at=until) else None


def _next_look(campaign: Campaign, now: datetime) -> datetime:
    """Soon after a market's day has begun, later ever less often, and at the next one's daybreak
    in any case.
    """
    wait = WATCH_EVERY
    if unseen := _unseen(campaign, now):
        waited = (now - unseen[-1].at) / 10
        wait = min(max(waited, SHORTEST_WAIT), WATCH_EVERY)
    ahead = [daybreak.at for daybreak in markets.daybreaks(campaign) if daybreak.at > now]
    return min([now + wait, *ahead])


def find(names: Names, market: str, permit: Permit) -> list[Release]:
    """What a market shows under the link or, without one, the code. Raises SpotifyError."""
    if names.spotify_uri:
        return spotify.find_by_uri(names.spotify_uri, market, permit)
    if names.upc:
        return spotify.find_by_upc(names.upc, market, permit)
    return spotify.find_by_isrc(names.isrc, market, permit)


def agrees(names: Names, release: Release) -> bool:
    """Every name the artist gave is the release's own. UPCs may differ by leading zeros."""
    same_upc = not names.upc or names.upc.lstrip("0") == release.upc.lstrip("0")
    same_isrc = not names.isrc or names.isrc == release.isrc.upper()
    same_uri = not names.spotify_uri or names.spotify_uri == release.uri
    return same_upc and same_isrc and same_uri


def is_by(artist: str, release: Release) -> bool:
    """Whether the artist as the campaign writes it may be the catalogue's: accents, signs, capitals
    and guests on either side make no difference.
    """
    given, shown = _words(artist), [_words(one.name) for one in release.artists]
    if any("".join(words) == "".join(given) for words in shown):
        return True
    named = any(words and {*words} <= {*given} for words in shown)
    return named or {*given} <= {word for words in shown for word in words}


def _words(name: str) -> list[str]:
    plain = unicodedata.normalize("NFKD", name.casefold())
    return re.findall(r"\w+", "".join(c for c in plain if not unicodedata.combining(c)))
