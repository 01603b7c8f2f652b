"""Find and confirm the release in Spotify's catalogue: nothing is saved before the catalogue shows
it.

Spotify answers 200 to a save of an id that does not exist, so the look before the save is the only
proof there is.
"""

from __future__ import annotations

import enum
import logging
import re
import time
import unicodedata
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, NamedTuple, Self

from django.db import DatabaseError
from django.db.models import F, Q, QuerySet

from campaigns import markets, pacing, spotify
from campaigns.markets import Daybreak
from campaigns.models import WATCH_EVERY, Campaign, CampaignState, GateName
from campaigns.spotify import Release, SpotifyError

logger = logging.getLogger(__name__)

# The first looks follow each other by a second; later ones by a tenth of the time already waited.
SHORTEST_WAIT: Final = timedelta(seconds=1)
# A slow catalogue may not keep a worker from its saves: the other looks come with the next round.
LOOKS_SECONDS: Final = 5
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


def confirm_due(now: datetime, is_over: Callable[[], bool] = lambda: False) -> int:
    """Look once for every campaign whose release is due or being saved, as long as the gate is
    open.

    Answers how many were confirmed. One look that fails does not hold the others up.
    """
    confirmed, enough = 0, time.monotonic() + LOOKS_SECONDS
    longest_waiting = F("next_check_at").asc(nulls_first=True)
    for campaign in Campaign.objects.awaiting_look(now).order_by(longest_waiting):
        if is_over() or time.monotonic() > enough or not pacing.is_open(pacing.database_now()):
            break
        try:
            confirmed += confirm(campaign, now)
        except DatabaseError:
            raise
        except Exception:
            logger.exception("look failed campaign=%s", campaign.id)
    return confirmed


def confirm(campaign: Campaign, now: datetime) -> bool:
    """Look for one campaign's release: start releasing when it is there, let the fans of further
    markets in, or stop when it has gone. Says whether it started.

    Of several workers only one looks.
    """
    if not _reserve_look(campaign, now):
        return False
    try:
        if campaign.state == CampaignState.RELEASING:
            _look_again(campaign, now)
            return False
        return _look_first(campaign, now)
    except pacing.GateClosedError:
        pass
    except SpotifyError as error:
        pacing.close_after(error)
        if campaign.state == CampaignState.OPEN:
            _note(campaign, Finding.UNREACHABLE)
    return False


def _look_first(campaign: Campaign, now: datetime) -> bool:
    """Ask the markets whose day has begun, the latest first: the more fans may be served."""
    findings = []
    for daybreak in reversed(_begun(campaign, now)):
        for market in daybreak.markets:
            finding, uri = look(campaign, market, now)
            if finding is Finding.CONFIRMED:
                return _start_releasing(campaign, uri, daybreak, now)
            findings.append(finding)
    if findings:
        _note(campaign, max(findings, key=_BY_WEIGHT.index))
    return False


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
    return bool(started)


def _look_again(campaign: Campaign, now: datetime) -> None:
    """Whether further markets show what was confirmed, or else whether the last one still does."""
    finding = Finding.CONFIRMED
    for daybreak in reversed(_unseen(campaign, now)):
        for market in daybreak.markets:
            if _shows_confirmed(campaign, market, now):
                until = markets.confirmed_until(campaign, daybreak)
                _unchanged(campaign).update(
                    confirmed_until=until, last_finding=Finding.CONFIRMED.value
                )
                return
            if _shows_another(campaign, market, now):
                finding = Finding.OTHER_VARIANT
    seen = [daybreak for daybreak in _begun(campaign, now) if _is_seen(campaign, daybreak)][-1]
    if any(_shows_confirmed(campaign, market, now) for market in seen.markets):
        _note(campaign, finding)
    elif _stop_releasing(campaign):
        logger.warning("release gone campaign=%s uri=%s", campaign.id, campaign.confirmed_uri)


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


def look(campaign: Campaign, market: str, now: datetime) -> tuple[Finding, str]:
    """One look into a market's catalogue. Raises SpotifyError and pacing.GateClosedError."""
    pacing.take(GateName.API, 1, now)
    names = Names.of(campaign)
    hits = find(names, market)
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
    out = {hit.uri for hit in matching if hit.is_playable and is_out(hit.release_date, now)}
    if not out:
        return Finding.NOT_OUT_YET, ""
    if len(out) > 1:
        return Finding.SEVERAL_MATCH, ""
    return Finding.CONFIRMED, out.pop()


def _shows_confirmed(campaign: Campaign, market: str, now: datetime) -> bool:
    """Whether the market shows exactly what is being saved, and it still agrees with all codes."""
    pacing.take(GateName.API, 1, now)
    return any(
        hit.uri == campaign.confirmed_uri
        and agrees(Names.of(campaign), hit)
        and hit.is_playable
        and is_out(hit.release_date, now)
        for hit in spotify.find_by_uri(campaign.confirmed_uri, market)
    )


def is_out(release_date: str, now: datetime) -> bool:
    """Whether a date of Spotify's (`2026`, `2026-12` or `2026-12-04`) has begun somewhere on
    Earth.
    """
    if not re.fullmatch(r"\d{4}(-\d\d(-\d\d)?)?", release_date):
        return False
    latest_day = (now + EARLIEST_ZONE).date().isoformat()
    return release_date <= latest_day[: len(release_date)]


def _shows_another(campaign: Campaign, market: str, now: datetime) -> bool:
    """Whether the market shows the artist's codes under another id, a regional variant."""
    if campaign.spotify_uri:
        return False
    finding, uri = look(campaign, market, now)
    return finding is Finding.CONFIRMED and uri != campaign.confirmed_uri


def _begun(campaign: Campaign, now: datetime) -> list[Daybreak]:
    return [daybreak for daybreak in markets.daybreaks(campaign) if daybreak.at <= now]


def _unseen(campaign: Campaign, now: datetime) -> list[Daybreak]:
    """The markets whose day has begun and whose fans may not be served yet."""
    return [daybreak for daybreak in _begun(campaign, now) if not _is_seen(campaign, daybreak)]


def _is_seen(campaign: Campaign, daybreak: Daybreak) -> bool:
    if campaign.state != CampaignState.RELEASING:
        return False
    return campaign.confirmed_until is None or daybreak.at < campaign.confirmed_until


def _reserve_look(campaign: Campaign, now: datetime) -> bool:
    due = Q(next_check_at=None) | Q(next_check_at__lte=now)
    mine = Campaign.objects.filter(due, id=campaign.id)
    return bool(mine.update(next_check_at=_next_look(campaign, now)))


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


def find(names: Names, market: str) -> list[Release]:
    """What a market shows under the link or, without one, the code. Raises SpotifyError."""
    if names.spotify_uri:
        return spotify.find_by_uri(names.spotify_uri, market)
    if names.upc:
        return spotify.find_by_upc(names.upc, market)
    return spotify.find_by_isrc(names.isrc, market)


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


class ReleaseLinkError(ValueError):
    """The text is not the address of an album or track.

    The message tells the artist what to give instead.
    """


_LINK: Final = re.compile(
    r"(?:https?://)?(?:open|play)\.spotify\.com/(?:intl-[a-z-]+/)?(?P<kind>[a-z-]+)/(?P<id>[A-Za-z0-9]+)/?(?:[?#].*)?"
    r"|spotify:(?P<uri_kind>[a-z-]+):(?P<uri_id>[A-Za-z0-9]+)"
)
_WRONG_KIND: Final = {
    "prerelease": "This is the link of a Countdown Page. It has another id than the album and "
    "cannot be saved by an app: give the album's own link from Spotify for Artists or your "
    "distributor, or its UPC.",
    "playlist": "This is a playlist. A pre-save saves an album, single, EP or track: give its "
    "link, or its UPC.",
    "artist": "This is an artist's page. Give the link of the album or track that comes out, or "
    "its UPC.",
}


def parse_release_link(text: str) -> str:
    """The Spotify URI of an album's or track's link or URI. Raises ReleaseLinkError."""
    found = _LINK.fullmatch(text.strip())
    if not found:
        raise ReleaseLinkError(
            "This is not the link of an album or track. It looks like "
            "https://open.spotify.com/album/… (in Spotify: Share, Copy link) or spotify:album:…"
        )
    kind, item_id = found["kind"] or found["uri_kind"], found["id"] or found["uri_id"]
    if kind not in ("album", "track"):
        raise ReleaseLinkError(
            _WRONG_KIND.get(kind, f"A {kind} cannot be pre-saved. Give an album's or track's link.")
        )
    if len(item_id) != 22:
        raise ReleaseLinkError("The id in this link is incomplete: it has 22 letters and digits.")
    return f"spotify:{kind}:{item_id}"
