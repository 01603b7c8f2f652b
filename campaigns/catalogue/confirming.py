"""Confirms releases in Spotify's catalogue: nothing is saved before the catalogue shows it, and no
save counts before it shows it afterwards.

Spotify answers 200 to a save of an id that does not exist, so the looks before and after the save
are the only proof there is.
"""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from django.db import DatabaseError
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Least

from campaigns.catalogue import candidates, markets, series
from campaigns.catalogue.comparing import is_what_fans_saw
from campaigns.catalogue.looks import Look, LookupBudget, LookupBudgetSpentError, is_out, look
from campaigns.catalogue.markets import MarketMidnight
from campaigns.catalogue.names import Names, agrees, find
from campaigns.gate import closing, permits, rows
from campaigns.models import (
    CHOICES,
    HALVES,
    MISMATCHES,
    Campaign,
    CampaignState,
    ErrorReason,
    Finding,
    PreSave,
    Trouble,
)
from campaigns.retention import sent
from campaigns.spotify import AppMode, Release, SpotifyError, app_mode

logger = logging.getLogger(__name__)

# As long as a look is kept for the worker that began it: longer than its last call can take.
LONGEST_LOOK: Final = timedelta(seconds=35)
# Looks while fans are served take at most this part of the calls.
SHARE_OF_PACE: Final = 1 / 4
# How long after a look ahead that got no answer the next one follows; and after one that led to a
# question for the artist, as the distributor may correct the entry.
LOOK_AHEAD_AGAIN: Final = timedelta(hours=1)
ASK_AGAIN: Final = timedelta(days=1)
# Looks that found out nothing.
NO_ANSWER: Final = (Finding.UNREACHABLE, Finding.QUESTION_REFUSED)
NOT_SHOWN: Final[dict[str, Any]] = {"shown_uri": "", "shown_market": "", "shown_looks": 0}
_BY_WEIGHT: Final = list(Finding)


def confirm_due(now: datetime, is_over: Callable[[], bool] = lambda: False) -> int:
    """Look for every campaign whose release is due or being saved, as long as the gate is open:
    once, or so often until the first that is shown is believed, and its fans can be served.

    Returns how many were confirmed. One look that fails does not hold the others up.
    """
    budget = LookupBudget(now, is_over)
    confirmed = _look_for_each(budget)
    for _ in range(1, series.FIRST_LOOKS):
        wait = _wait_for_next_of_first_looks(budget.clock)
        if confirmed or wait is None or not budget.has_time:
            break
        time.sleep(wait.total_seconds())
        confirmed = _look_for_each(budget)
    return confirmed


def _wait_for_next_of_first_looks(now: datetime) -> timedelta | None:
    begun = Campaign.objects.awaiting_look(now + series.FIRST_LOOKS_APART).filter(
        shown_looks__gt=0, shown_looks__lt=series.FIRST_LOOKS
    )
    due_at = begun.order_by("next_check_at").values_list("next_check_at", flat=True).first()
    return max(due_at - now, timedelta()) if due_at else None


def _look_for_each(budget: LookupBudget) -> int:
    confirmed = 0
    longest_waiting = F("next_check_at").asc(nulls_first=True)
    awaiting = Campaign.objects.awaiting_look(budget.clock)
    if app_mode() is AppMode.NONE:
        # Who waits since there was an app makes somebody look after it: the gate closes.
        awaiting = awaiting.filter(
            Exists(PreSave.objects.pending().filter(campaign=OuterRef("pk")))
        )
    for campaign in awaiting.order_by(longest_waiting):
        if not budget.has_time or not closing.is_open(budget.clock):
            break
        try:
            confirmed += confirm(campaign, budget)
        except DatabaseError:
            raise
        except Exception:
            logger.exception("look failed campaign=%s", campaign.id)
    return confirmed


def confirm(campaign: Campaign, budget: LookupBudget) -> bool:
    """Look for one campaign's release: start releasing when it is there, let the fans of further
    markets in, settle what was saved, or stop when it has gone. Returns whether it started.

    Of several workers only one looks, for as long as it takes.
    """
    began, calls = budget.clock, budget.calls
    reserved_until = _reserve_look(campaign, began)
    if reserved_until is None:
        return False
    # It may have been edited since it was read.
    campaign, started, is_cut_short = Campaign.objects.get(id=campaign.id), False, False
    try:
        if campaign.state == CampaignState.RELEASING:
            _look_again(campaign, budget)
        elif campaign.state == CampaignState.OPEN:
            started = _look_first(campaign, budget)
    except (closing.GateClosedError, LookupBudgetSpentError):
        is_cut_short = True
    except SpotifyError as error:
        closing.close_after(error)
        if campaign.state == CampaignState.OPEN:
            _note(campaign, Finding.UNREACHABLE)
    finally:
        after = Campaign.objects.get(id=campaign.id)
        share = _share(campaign, after, budget.calls - calls, budget)
        next_look = _next_look(after, began, share)
        if is_cut_short:
            next_look = began + max(share, series.SHORTEST_WAIT)
        # If an artist has asked for a look at once meanwhile, that stays.
        reserved = Campaign.objects.filter(id=campaign.id, next_check_at=reserved_until)
        reserved.update(next_check_at=next_look)
        if started or after.shown_at != campaign.shown_at:
            _watch_until(campaign, next_look + series.LATE_BY, began)
    return started


def _watch_until(campaign: Campaign, until: datetime, now: datetime) -> None:
    """Note when at the latest the next look has to come; none has to while nobody is served."""
    mine = Campaign.objects.filter(id=campaign.id)
    is_served = Campaign.objects.being_saved(now).filter(id=campaign.id).exists()
    mine.update(watched_until=until if is_served else None)


def _share(before: Campaign, after: Campaign, calls: int, budget: LookupBudget) -> timedelta:
    """How long so many calls of a look have to do for, while fans are being served."""
    if {before.state, after.state} != {CampaignState.RELEASING}:
        return timedelta()
    gates = rows.gates(budget.clock)
    pace = permits.pace([gates[half] for half in HALVES])
    return timedelta(seconds=calls * budget.campaigns_being_saved / (pace * SHARE_OF_PACE))


def look_ahead(now: datetime, is_over: Callable[[], bool] = lambda: False) -> None:
    """Look for one campaign whose release is still to come, while nothing else is to be done: an
    artist whose link or code leads to another release, or to several, is asked before the night.
    One look does for each, and one a day where it led to a question.

    The opening asks as well. This look is for what it did not ask about, as Spotify was silent or
    version 0.1 opened the campaign, and for what was changed since.
    """
    if _is_busy(now) or not closing.is_open(now):
        return
    campaign = Campaign.objects.awaiting_look_ahead(now).order_by("release_at").first()
    if campaign is None:
        return
    try:
        _look_ahead(campaign, LookupBudget(now, is_over))
    except DatabaseError:
        raise
    except Exception:
        logger.exception("look ahead failed campaign=%s", campaign.id)


def _is_busy(now: datetime) -> bool:
    """Whether a look ahead could hold up a release: one that is looked for, being saved, or due
    before a slow look ends.
    """
    soon = Campaign.objects.filter(
        state=CampaignState.OPEN, release_at__gt=now, release_at__lte=now + LONGEST_LOOK
    )
    mine = Campaign.objects.awaiting_look(now), Campaign.objects.being_saved(now), soon
    return any(campaigns.exists() for campaigns in mine)


def _look_ahead(campaign: Campaign, budget: LookupBudget) -> None:
    """Note what the artist is asked about. That a release is not there yet is normal before its
    time.
    """
    again_at = min(budget.now + LOOK_AHEAD_AGAIN, campaign.release_at)
    waiting = Campaign.objects.awaiting_look_ahead(budget.now)
    if not waiting.filter(id=campaign.id).update(next_check_at=again_at):
        return
    try:
        found = look(campaign, markets.market_of(campaign), budget)
    except (closing.GateClosedError, LookupBudgetSpentError):
        return
    except SpotifyError as error:
        closing.close_after(error)
        # The others would wait for the same silence.
        waiting.update(next_check_at=Least(budget.now + LOOK_AHEAD_AGAIN, F("release_at")))
        return
    if found.finding in NO_ANSWER:
        return
    is_question = found.finding in MISMATCHES or bool(found.candidates and found.finding in CHOICES)
    if is_question:
        _note(campaign, *found)
    elif campaign.asks_the_artist:
        _take_question_back(campaign)
    ask_again_at = min(budget.now + ASK_AGAIN, campaign.release_at)
    mine = Campaign.objects.filter(id=campaign.id, next_check_at=again_at)
    mine.update(next_check_at=ask_again_at if is_question else campaign.release_at)


def _take_question_back(campaign: Campaign) -> None:
    """The catalogue does not show any more what the artist was asked about."""
    nothing = _as_spotify_has_it("found", None)
    _unchanged(campaign).update(last_finding="", candidates=[], **nothing)


def _look_first(campaign: Campaign, budget: LookupBudget) -> bool:
    instead: list[Look] = []
    under_code: tuple[Release, MarketMidnight, str] | None = None
    asked = _to_ask(campaign, _begun(campaign, budget.clock))
    for midnight, market in asked:
        if (instead or under_code) and not budget.has_time:
            break
        try:
            found = look(campaign, market, budget)
        except (SpotifyError, LookupBudgetSpentError, closing.GateClosedError) as error:
            if under_code is None:
                raise
            if isinstance(error, SpotifyError):
                closing.close_after(error)
            break
        if found.finding is not Finding.CONFIRMED or found.release is None:
            instead.append(found)
        elif _all_is_well(campaign, found.release.uri) is Finding.CONFIRMED:
            return _go_on(campaign, found.release, midnight, market, budget.clock)
        else:
            # Another market may show the link itself.
            under_code = under_code or (found.release, midnight, market)
    if under_code:
        return _go_on(campaign, *under_code, budget.clock)
    if instead:
        _end_series(campaign, [found.finding for found in instead])
        _note_heaviest(campaign, instead, is_whole=len(instead) == len(asked))
    return False


def _note_heaviest(campaign: Campaign, instead: list[Look], *, is_whole: bool) -> None:
    """Note what tells the artist most. Where time was too short to ask every market, another one
    may still show what the artist is asked about.
    """
    heaviest = max(instead, key=lambda found: _BY_WEIGHT.index(found.finding))
    asked = [Finding(campaign.last_finding)] if campaign.asks_the_artist else []
    if is_whole or heaviest.finding == max([*asked, heaviest.finding], key=_BY_WEIGHT.index):
        _note(campaign, *heaviest)


def _to_ask(
    campaign: Campaign, market_midnights: list[MarketMidnight]
) -> list[tuple[MarketMidnight, str]]:
    """The markets that one look asks: those whose day began last, the campaign's own, the one that
    showed the release last time, and one of the others by lot, so that in time each is asked. While
    the artist is asked about what one of them shows, each is asked every time: the question ends
    when none shows it any more. The latest come first: the more fans may be served.
    """
    latest_of = {market: midnight for midnight in market_midnights for market in midnight.markets}
    newest = market_midnights[-1:]
    others = [
        market
        for market, midnight in latest_of.items()
        if midnight not in newest
        and market not in (markets.market_of(campaign), campaign.shown_market)
    ]
    by_lot = len(others) if campaign.asks_the_artist else min(len(others), 1)
    left_out = {*others} - {*random.sample(others, by_lot)}  # nosec B311 # a lot, not a secret
    asked = [(midnight, market) for market, midnight in latest_of.items() if market not in left_out]
    return sorted(asked, key=lambda one: one[0].at, reverse=True)


def _go_on(
    campaign: Campaign, release: Release, seen: MarketMidnight, market: str, now: datetime
) -> bool:
    """Start releasing once the looks agree. Returns whether it started."""
    _note_shown(campaign, release, market, now)
    if series.is_steady(campaign, now):
        return _start_releasing(campaign, release, seen, now)
    return False


def _note_shown(campaign: Campaign, release: Release, market: str, now: datetime) -> None:
    """Count a look that showed what is not believed yet."""
    is_as_before = (campaign.shown_uri, campaign.shown_market) == (release.uri, market)
    if not (is_as_before and series.is_going_on(campaign)):
        campaign.shown_uri, campaign.shown_market = release.uri, market
        campaign.shown_looks = 0
        if campaign.state == CampaignState.OPEN:
            campaign.shown_since = now
    campaign.shown_looks = min(campaign.shown_looks + 1, 32_000)
    _unchanged(campaign).update(
        shown_uri=campaign.shown_uri,
        shown_market=campaign.shown_market,
        shown_looks=campaign.shown_looks,
        shown_since=campaign.shown_since,
    )


def _end_series(campaign: Campaign, findings: Collection[Finding]) -> None:
    """Forget what the last looks showed, if this one does not show it."""
    if series.is_going_on(campaign) and any(finding not in NO_ANSWER for finding in findings):
        _unchanged(campaign).update(**NOT_SHOWN)


def _start_releasing(
    campaign: Campaign, release: Release, seen: MarketMidnight, now: datetime
) -> bool:
    uri = release.uri
    started = _unchanged(campaign).update(
        state=CampaignState.RELEASING,
        confirmed_at=now,
        confirmed_until=markets.confirmed_until(campaign, seen),
        last_finding=_all_is_well(campaign, uri),
        candidates=[],
        **_as_spotify_has_it("confirmed", release),
        **_as_spotify_has_it("found", None),
        **NOT_SHOWN,
    )
    if started:
        logger.info("release confirmed campaign=%s uri=%s", campaign.id, uri)
        if campaign.spotify_uri not in ("", uri):
            logger.warning(
                "release found by its code, not under its link campaign=%s link=%s uri=%s",
                *(campaign.id, campaign.spotify_uri, uri),
            )
        if campaign.last_finding != Finding.GONE:
            _tell_anew(campaign)
    return bool(started)


def _as_spotify_has_it(prefix: str, release: Release | None) -> dict[str, str]:
    """The columns of the campaign that name a catalogue entry."""
    return {
        f"{prefix}_uri": release.uri if release else "",
        f"{prefix}_title": release.title if release else "",
        f"{prefix}_artist": release.artist_names if release else "",
    }


def _all_is_well(campaign: Campaign, uri: str) -> Finding:
    """What is said of a release that is there: also that it is not where the link leads."""
    is_elsewhere = campaign.spotify_uri not in ("", uri)
    return Finding.FOUND_BY_CODE if is_elsewhere else Finding.CONFIRMED


def _look_again(campaign: Campaign, budget: LookupBudget) -> None:
    """Whether what was confirmed is still there, and whether further markets show it too. No market
    is asked any more that showed it, if the artist chose another one.
    """
    began = budget.clock
    seen = [one for one in _begun(campaign, began) if _is_seen(campaign, one)]
    is_shown = _is_still_shown(campaign, seen[-1], budget) if seen else None
    if is_shown is False:
        if _stop_releasing(campaign, budget.clock):
            logger.warning("release gone campaign=%s uri=%s", campaign.id, campaign.confirmed_uri)
            sent.put_back()
        return
    if is_shown:
        _settle(campaign, began, budget)
    findings = _look_into_further_markets(campaign, budget)
    if seen and not findings:
        all_is_well = _all_is_well(campaign, campaign.confirmed_uri)
        findings = [all_is_well if is_shown else Finding.QUESTION_REFUSED]
    if findings:
        _note(campaign, max(findings, key=_BY_WEIGHT.index))


def _settle(campaign: Campaign, began: datetime, budget: LookupBudget) -> None:
    """After a look that showed the release: a save is believed when the look before showed it too,
    and both came after the save. A look counts from its last call on, which at a fast pace may come
    many saves after its first.
    """
    if campaign.shown_at:
        last = min(campaign.shown_at, began - series.CONFIRMED_AFTER)
        sent.settle(campaign, last, budget.clock)
    if unwatched := series.unwatched(campaign, began):
        sent.send_again(campaign, *unwatched)
    _unchanged(campaign).update(shown_at=budget.called_at)


def _look_into_further_markets(campaign: Campaign, budget: LookupBudget) -> list[Finding]:
    """What markets whose fans may not be served yet show in place of what was confirmed. One that
    shows it, as often as it takes, is let in.
    """
    findings: list[Finding] = []
    for midnight, market in _to_ask(campaign, _unseen(campaign, budget.clock)):
        if findings and not budget.has_time:
            break
        finding, release = _look_for_confirmed(campaign, market, budget)
        if finding is Finding.CONFIRMED and release:
            _note_shown(campaign, release, market, budget.clock)
            if series.is_steady(campaign, budget.clock):
                _let_market_in(campaign, release, midnight, budget.clock)
                return []
            break
        findings.append(finding)
    else:
        _end_series(campaign, findings)
    return findings


def _is_still_shown(campaign: Campaign, seen: MarketMidnight, budget: LookupBudget) -> bool | None:
    """Whether one of the last markets that showed the release still does, each time that it is
    asked; None where none does and Spotify does not accept the question for one.
    """
    times = series.CALLS_WHILE_YOUNG if series.is_young(campaign, budget.clock) else 1
    answers = (_is_shown_once(campaign, seen, budget) for _ in range(times))
    return next((shown for shown in answers if not shown), True)


def _is_shown_once(campaign: Campaign, seen: MarketMidnight, budget: LookupBudget) -> bool | None:
    is_refused = False
    for market in seen.markets:
        try:
            if _confirmed_in(campaign, market, budget):
                return True
        except SpotifyError as error:
            if error.reason is not ErrorReason.QUESTION_REFUSED:
                raise
            is_refused = True
    return None if is_refused else False


def _let_market_in(
    campaign: Campaign, release: Release, seen: MarketMidnight, now: datetime
) -> None:
    """Serve the fans of a further market too. One that shows the link itself, where an earlier one
    had only what its code led to, is believed: from then on the link's release is saved, also for
    those whose save no look has confirmed yet.
    """
    is_another = release.uri != campaign.confirmed_uri
    let_in = _unchanged(campaign).update(
        confirmed_until=markets.confirmed_until(campaign, seen),
        confirmed_at=now if is_another else campaign.confirmed_at,
        shown_at=None if is_another else F("shown_at"),
        shown_since=now,
        last_finding=_all_is_well(campaign, release.uri),
        **(_as_spotify_has_it("confirmed", release) if is_another else {}),
        **NOT_SHOWN,
    )
    if let_in and is_another:
        logger.warning("release shown under its link campaign=%s uri=%s", campaign.id, release.uri)
    _tell_anew(campaign)


def _tell_anew(campaign: Campaign) -> None:
    """Let people be told of the next market that is late, which is another matter than the last."""
    if campaign.at_local_midnights:
        campaign.alarms.filter(trouble=Trouble.LATE).delete()


def _stop_releasing(campaign: Campaign, now: datetime) -> int:
    """Go back to waiting: every permission is kept, and nothing counts as confirmed any more."""
    return _unchanged(campaign).update(
        state=CampaignState.OPEN,
        confirmed_at=None,
        confirmed_until=None,
        shown_at=None,
        vanished_at=now,
        last_finding=Finding.GONE,
        **_as_spotify_has_it("confirmed", None),
        **NOT_SHOWN,
    )


def _note(
    campaign: Campaign,
    finding: Finding,
    release: Release | None = None,
    several: Iterable[Release] = (),
) -> None:
    """Note what a look found, unless the last one told more; and the entry that is there in place
    of the release, or the several, which the artist is asked about.
    """
    last = campaign.last_finding
    if last == Finding.GONE and finding in (*NO_ANSWER, Finding.NOT_THERE_YET):
        return
    if (campaign.asks_the_artist or campaign.offers_a_choice) and finding in NO_ANSWER:
        return
    found = release if finding in MISMATCHES else None
    asked_about = several if finding in CHOICES else ()
    _unchanged(campaign).update(
        last_finding=finding,
        candidates=candidates.to_json(candidates.newest(asked_about)),
        **_as_spotify_has_it("found", found),
    )


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
        title=campaign.title,
        artist=campaign.artist,
        market=campaign.market,
        accepted_uri=campaign.accepted_uri,
        confirmed_uri=campaign.confirmed_uri,
        confirmed_at=campaign.confirmed_at,
    )


def _confirmed_in(campaign: Campaign, market: str, budget: LookupBudget) -> Release | None:
    """Exactly what is being saved, if the market shows it and it still agrees with all codes and is
    what fans saw.

    Version 0.1 confirmed without a title, and compared none: a release that it began goes on.
    """
    was_compared = bool(campaign.confirmed_title)
    confirmed = Names.of(campaign)._replace(spotify_uri=campaign.confirmed_uri)
    shown = (
        hit
        for hit in find(confirmed, market, budget.permit)
        if agrees(confirmed, hit)
        and (not was_compared or is_what_fans_saw(campaign, hit))
        and hit.is_playable
        and is_out(hit.release_date, budget.now)
    )
    return next(shown, None)


def _look_for_confirmed(
    campaign: Campaign, market: str, budget: LookupBudget
) -> tuple[Finding, Release | None]:
    """Whether a further market shows what was confirmed, or the link itself where that was only
    found by its code; or what it finds instead: nothing that is out, or the artist's codes under
    another id, a regional variant.
    """
    try:
        if shown := _confirmed_in(campaign, market, budget):
            return Finding.CONFIRMED, shown
    except SpotifyError as error:
        if error.reason is not ErrorReason.QUESTION_REFUSED:
            raise
        return Finding.QUESTION_REFUSED, None
    if campaign.spotify_uri == campaign.confirmed_uri:
        return Finding.NOT_THERE_YET, None
    finding, release, _ = look(campaign, market, budget)
    is_variant = release and release.uri != campaign.spotify_uri
    if finding is Finding.CONFIRMED and is_variant:
        return Finding.OTHER_VARIANT, None
    return finding, release


def _begun(campaign: Campaign, now: datetime) -> list[MarketMidnight]:
    return [midnight for midnight in markets.market_midnights(campaign) if midnight.at <= now]


def _unseen(campaign: Campaign, now: datetime) -> list[MarketMidnight]:
    """The markets whose day has begun and whose fans may not be served yet."""
    return [midnight for midnight in _begun(campaign, now) if not _is_seen(campaign, midnight)]


def _is_seen(campaign: Campaign, midnight: MarketMidnight) -> bool:
    if campaign.state != CampaignState.RELEASING:
        return False
    return campaign.confirmed_until is None or midnight.at < campaign.confirmed_until


def _reserve_look(campaign: Campaign, now: datetime) -> datetime | None:
    """Until when nobody else looks for this campaign; None when somebody does."""
    until = now + LONGEST_LOOK
    due = Q(next_check_at=None) | Q(next_check_at__lte=now)
    mine = Campaign.objects.filter(due, id=campaign.id)
    return until if mine.update(next_check_at=until) else None


def _next_look(campaign: Campaign, now: datetime, share: timedelta) -> datetime:
    """Soon after a market's day has begun, later ever less often; soon while fans are being served,
    but after their `share` of the pace; and in any case when a series of looks goes on, and at the
    next market's midnight.
    """
    waits = [series.LONGEST_WAIT]
    if unseen := _unseen(campaign, now):
        waits.append(series.wait_until_shown(now - unseen[-1].at))
    if campaign.state == CampaignState.RELEASING:
        waits.append(series.wait_while_saving(campaign, now))
    wait = max(min(waits), share)
    if series.is_going_on(campaign):
        wait = series.wait_within(campaign)
    ahead = [midnight.at for midnight in markets.market_midnights(campaign) if midnight.at > now]
    return min([now + wait, *ahead])
