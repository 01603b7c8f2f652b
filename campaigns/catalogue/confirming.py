"""Find and confirm the release in Spotify's catalogue: nothing is saved before the catalogue shows
it.

Spotify answers 200 to a save of an id that does not exist, so the look before the save is the only
proof there is.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db import DatabaseError
from django.db.models import F, Q, QuerySet

from campaigns import spotify
from campaigns.catalogue import markets
from campaigns.catalogue.looks import Finding, Round, RoundOverError, is_out, look
from campaigns.catalogue.markets import Daybreak
from campaigns.catalogue.names import Names, agrees
from campaigns.gate import closing
from campaigns.models import WATCH_EVERY, Campaign, CampaignState, Trouble
from campaigns.spotify import SpotifyError

logger = logging.getLogger(__name__)

# The first looks follow each other by a second; later ones by a tenth of the time already waited.
SHORTEST_WAIT: Final = timedelta(seconds=1)
# As long as a look is kept for the worker that began it: longer than its last call can take.
LONGEST_LOOK: Final = timedelta(seconds=25)


_BY_WEIGHT: Final = list(Finding)


def confirm_due(now: datetime, is_over: Callable[[], bool] = lambda: False) -> int:
    """Look once for every campaign whose release is due or being saved, as long as the gate is
    open.

    Answers how many were confirmed. One look that fails does not hold the others up.
    """
    confirmed, looks = 0, Round(now, is_over)
    longest_waiting = F("next_check_at").asc(nulls_first=True)
    for campaign in Campaign.objects.awaiting_look(now).order_by(longest_waiting):
        if not looks.has_time or not closing.is_open(now + timedelta(seconds=looks.seconds)):
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
    except (closing.GateClosedError, RoundOverError):
        next_look = looks.now
    except SpotifyError as error:
        closing.close_after(error)
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


def _shows_confirmed(campaign: Campaign, market: str, looks: Round) -> bool:
    """Whether the market shows exactly what is being saved, and it still agrees with all codes."""
    return any(
        hit.uri == campaign.confirmed_uri
        and agrees(Names.of(campaign), hit)
        and hit.is_playable
        and is_out(hit.release_date, looks.now)
        for hit in spotify.find_by_uri(campaign.confirmed_uri, market, looks.permit)
    )


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
