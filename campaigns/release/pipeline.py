"""The pipeline: many claimed pre-saves of one worker at once, each refreshed, saved and settled.

Each answer is recorded within milliseconds, so that little is repeated when a worker dies. The gate
sets the pace, call by call.
"""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Collection, Iterable
from contextlib import suppress
from datetime import datetime
from typing import Final
from uuid import UUID

from campaigns.clock import Clock
from campaigns.gate import closing, permits, rows
from campaigns.keyring import CampaignKey, Secret, UnreadablePermissionError
from campaigns.models import (
    HALVES,
    TOLD_TO_FANS,
    Campaign,
    ErrorReason,
    Gate,
    GateName,
    PauseReason,
    Reason,
)
from campaigns.release import claims, retrying
from campaigns.release.claims import Claim, Confirmation, Held, Outcome
from campaigns.release.evidence import Evidence, fewest_of_all
from campaigns.release.outages import OutageDetector
from campaigns.spotify import SCOPE, Answered, FanCalls, Slots
from campaigns.spotify.answers import Grant, Scope, SpotifyError

logger = logging.getLogger(__name__)

# Calls on the way at once to each half of Spotify, and fans held at once: at 50 ms a call, more
# than one core can serve.
CONNECTIONS: Final = 400
LARGEST_HOLD: Final = 1600
LONGEST_HOLD_SECONDS: Final = 5
LARGEST_BLOCK: Final = 400
# Answers that come close together are recorded together, so that the database costs at most a
# fifth of a worker's time. No answer waits longer than this for others, and at a pace at which few
# would come it does not wait at all: what is not recorded when a worker dies is saved again.
SHARE_FOR_DATABASE: Final = 5
LONGEST_GATHERING: Final = 0.05
FEWEST_GATHERED: Final = 2
# How long a step waits when nothing comes back: other workers may close the gate meanwhile.
LONGEST_STEP: Final = 0.03
# After so long a stand-still the answers say more about this machine than about Spotify.
STOOD_STILL_SECONDS: Final = 3.0
# How a pre-save ends that Spotify refuses again and again, by what it says.
VERDICTS: Final = {
    ErrorReason.INVALID_GRANT: Reason.REVOKED,
    ErrorReason.SCOPE: Reason.SCOPE,
    ErrorReason.NOT_LISTED: Reason.NOT_LISTED,
}
# What pauses a campaign when it is about all of its fans.
PAUSES: Final = {
    ErrorReason.RELEASE_REFUSED: PauseReason.RELEASE_REFUSED,
    ErrorReason.NOT_LISTED: PauseReason.APP_NOT_OPEN,
}
# What the token endpoint says alone, so that its next good answer takes it back.
OF_THE_TOKEN_ENDPOINT: Final = (Reason.REVOKED, Reason.PERMISSION_AGE, Reason.WIDER_SCOPE)


class Pipeline:
    def __init__(self, calls: FanCalls[UUID], clock: Clock) -> None:
        self._calls = calls
        self._clock = clock
        self._held: dict[UUID, Held] = {}
        self._granted: dict[UUID, Secret] = {}
        self._sent_as: dict[UUID, Confirmation] = {}
        self._outcomes: defaultdict[UUID, Outcome] = defaultdict(Outcome)
        self._outages = OutageDetector(clock, calls.halt)
        self._evidence = Evidence(clock)
        self._stood_still, self._stepped_at = False, time.monotonic()
        self._rest_until = 0.0
        self._is_ending = False
        self.gates: dict[GateName, Gate] = {}
        self.sent = 0

    @property
    def is_empty(self) -> bool:
        return not self._held

    @property
    def room(self) -> int:
        """How many more fans may be held: few enough that all are served long before their lease
        ends.
        """
        served_soon = permits.pace(self.gates.values()) * LONGEST_HOLD_SECONDS
        return min(LARGEST_HOLD, max(1, int(served_soon))) - len(self._held)

    def apply_gates(self) -> None:
        """Read the gates, and halt the calls that they do not allow."""
        now = self._clock()
        self.gates = rows.gates(now)
        blocked = {half for half in HALVES if rows.is_blocked(self.gates[half], now)}
        if GateName.API in blocked:
            blocked.add(GateName.ACCOUNTS)  # a refresh is of no use without its save
        for half in HALVES:
            if half in blocked:
                self._calls.halt(half)
            else:
                self._calls.resume(half)

    def admit(self, claim: Claim, key: CampaignKey) -> None:
        """Take on a claim: open its permissions and send them to be refreshed."""
        for row in claim.rows:
            self._held[row.id] = Held(row, claim)
            self._granted.pop(row.id, None)  # of a claim whose lease had ended
        tokens = self._opened(claim, key)
        unopened = [self._held[row.id] for row in claim.rows if row.id not in tokens]
        if not tokens and _is_of_all(claim, unopened):
            self._hold(claim)
            return
        self._put_off_unopened(unopened)
        if not tokens:
            return
        try:
            slots = permits.take(GateName.ACCOUNTS, len(tokens), self._clock())
        except closing.GateClosedError:
            self._outcomes[claim.campaign.id].returned += tokens
            return
        self._calls.refresh(tokens, slots)

    def _opened(self, claim: Claim, key: CampaignKey) -> dict[UUID, Secret]:
        tokens, agreed = {}, claim.campaign.agreed_digest
        for row in claims.as_agreed(claim):
            with suppress(UnreadablePermissionError):
                tokens[row.id] = key.open(row.sealed, row.id, agreed)
        return tokens

    def _put_off_unopened(self, unopened: Iterable[Held]) -> None:
        """Nobody can tell a damaged permission from one whose row was changed, and which opens
        again when the row is put back: none is erased before its time.
        """
        for held in unopened:
            if held.is_first_try:
                logger.error("permission unreadable presave=%s", held.row.id)
            self._delay(held)

    def _hold(self, claim: Claim) -> None:
        """Give a claim back and pause its campaign, which is not what fans agreed to, or of which
        nothing opens: once its rows are put back, every permission is good again.
        """
        self._outcomes[claim.campaign.id].returned += [row.id for row in claim.rows]
        if pause(claim.campaign, PauseReason.RELEASE_CHANGED, self._clock()):
            logger.error("campaign is not what fans agreed to campaign=%s", claim.campaign.id)

    def step(self, *, block: bool = True) -> None:
        """Act on the answers that came in, and record the outcomes. `block`: wait for some."""
        began = time.monotonic()
        if not block or self._outcomes:
            answers = self._calls.collect(0, 0)
        else:
            answers = self._calls.collect(max(0, self._rest_until - began), LONGEST_STEP)
        began = time.monotonic()
        self._stood_still = began - self._stepped_at > STOOD_STILL_SECONDS
        self._stepped_at = began
        for answer in answers:
            self._sort(answer)
        self._settle()
        self._stop_what_concerns_everybody()
        self._save_granted()
        ended = time.monotonic()
        self._rest_until = ended + self._rest_after(ended - began)

    def _rest_after(self, seconds_at_work: float) -> float:
        rest = min(seconds_at_work * (SHARE_FOR_DATABASE - 1), LONGEST_GATHERING)
        coming = min(len(self._held), permits.pace(self.gates.values()) * rest)
        return rest if coming >= FEWEST_GATHERED else 0

    def drain(self) -> None:
        """Send nothing more, wait for the calls that are on their way, and give the rest back."""
        self._is_ending = True
        while not self.is_empty:
            for half in HALVES:
                self._calls.halt(half)
            self.step()

    def _sort(self, answer: Answered[UUID]) -> None:
        held = self._held.get(answer.key)
        if held is None:
            return  # settled before: its lease had ended, and it was claimed again
        if isinstance(answer.result, SpotifyError):
            self._sort_error(held, answer.half, answer.result)
            return
        if isinstance(answer.result, Grant):
            self._sort_grant(held, answer.result)
            return
        self._outages.note_working(held, answer.half, self.gates[answer.half])
        self._evidence.note_served(held.claim.campaign)
        self._outcome(held).sent[held.row.id] = self._sent_as[held.row.id]

    def _sort_grant(self, held: Held, grant: Grant) -> None:
        row, half = held.row, GateName.ACCOUNTS
        if grant.refresh_token:
            claims.keep_rotated_tokens(held.claim, {row.id: grant.refresh_token})
        scopes = {SCOPE} if grant.scope is None else set(grant.scope.split())
        if scopes != {SCOPE}:
            reason = Reason.WIDER_SCOPE if SCOPE in scopes else Reason.SCOPE
            self._sort_refusal(held, half, reason)
            return
        self._outages.note_working(held, half, self.gates[half])
        if row.reason in OF_THE_TOKEN_ENDPOINT:
            claims.forget_refusal(row, held.claim.fence)
        self._granted[row.id] = grant.access_token

    def _sort_error(self, held: Held, half: GateName, error: SpotifyError) -> None:
        match error.scope:
            case Scope.APP:
                self._outcome(held).returned.append(held.row.id)
                closing.close(error, self._clock())
            case Scope.CAMPAIGN:
                self._delay(held)
                self._evidence.note(held, error.reason)
            case Scope.FAN:
                self._sort_error_of_fan(held, half, error)

    def _sort_error_of_fan(self, held: Held, half: GateName, error: SpotifyError) -> None:
        if error.is_final:
            self._sort_refusal(held, half, Reason.PERMISSION_AGE, is_final=True)
        elif error.reason in VERDICTS:
            self._sort_refusal(held, half, VERDICTS[error.reason])
        elif error.reason is ErrorReason.NOT_SENT:
            self._outcome(held).returned.append(held.row.id)
        elif error.reason is ErrorReason.FORBIDDEN:
            self._delay(held)
            self._evidence.note(held, error.reason)
        else:
            self._note_trouble(held, half)
            self._delay(held)
            if held.row.id in self._sent_as:
                self._outcome(held).unanswered.add(held.row.id)

    def _delay(self, held: Held) -> None:
        self._outcome(held).delayed[held.row.id] = held.row.attempts

    def _sort_refusal(
        self, held: Held, half: GateName, reason: Reason, *, is_final: bool = False
    ) -> None:
        """Doubt a verdict that would end this pre-save: it is believed when it is repeated later,
        and never of many fans at once.
        """
        gate, row, outcome = self.gates[half], held.row, self._outcome(held)
        if reason is Reason.NOT_LISTED:
            self._evidence.note(held, ErrorReason.NOT_LISTED)
        else:
            self._note_trouble(held, half)
        self._outages.note_refusal(held, half, gate)
        is_known = retrying.is_confirmed(row.refused_at, gate, self._clock())
        is_repeated = row.reason == reason and is_known
        if is_repeated or (is_final and self._ends_at_first_sight(held, gate)):
            outcome.failed[reason].append(row.id)
        else:
            outcome.refused[reason].append(row.id)
            self._outages.await_confirmation(half)

    def _ends_at_first_sight(self, held: Held, gate: Gate) -> bool:
        now, presaves = self._clock(), held.claim.campaign.presaves
        lately = presaves.failed_since(now - closing.DISTRUST)[: retrying.MOST_AT_FIRST_SIGHT]
        ending = sum(map(len, self._outcome(held).failed.values()))
        ended = lately.count() + ending
        return retrying.is_believed_at_first_sight(held.row.refused_at, gate, ended, now)

    def _note_trouble(self, held: Held, half: GateName) -> None:
        if not self._stood_still:
            self._outages.note_trouble(held, half, self.gates[half])

    def _save_granted(self) -> None:
        """Check once more that the claims stand, take permits, and send the saves: of as many fans
        as can be sent almost at once, so that no check is old when its save is sent.
        """
        granted = self._next_granted()
        if not granted:
            return
        standing = self._standing(granted)
        slots = self._slots(len(standing))
        if slots:
            self._send_saves({id: granted.pop(id) for id in standing}, standing, slots)
        for row_id in granted:
            self._outcome(self._held[row_id]).returned.append(row_id)

    def _next_granted(self) -> dict[UUID, Secret]:
        gate, now = self.gates[GateName.API], self._clock()
        is_closed = self._is_ending or rows.is_blocked(gate, now)
        count = len(self._granted) if is_closed else permits.usable_soon(gate, now)
        return {id: self._granted.pop(id) for id in list(self._granted)[:count]}

    def _standing(self, ids: Collection[UUID]) -> dict[UUID, Confirmation]:
        if self._is_ending:
            return {}
        return claims.still_standing(ids, set(self._fences(ids).values()), self._clock())

    def _slots(self, count: int) -> Slots | None:
        try:
            return permits.take(GateName.API, count, self._clock()) if count else None
        except closing.GateClosedError:
            return None

    def _send_saves(
        self, tokens: dict[UUID, Secret], confirmed: dict[UUID, Confirmation], slots: Slots
    ) -> None:
        self._sent_as |= confirmed
        by_uri: defaultdict[str, dict[UUID, Secret]] = defaultdict(dict)
        for row_id, token in tokens.items():
            by_uri[confirmed[row_id].uri][row_id] = token
        for uri, part in by_uri.items():
            self._calls.save(part, uri, slots)
            slots = slots._replace(first_in=slots.first_in + len(part) * slots.step)

    def _settle(self) -> None:
        outcomes, self._outcomes = self._outcomes, defaultdict(Outcome)
        for outcome in outcomes.values():
            ids = outcome.settled()
            if not ids:
                continue
            campaign = self._held[next(iter(ids))].claim.campaign
            claims.settle(campaign, self._fences(ids), outcome, self._clock())
            self.sent += len(outcome.sent)
            if outcome.sent and campaign.is_paused:
                _go_on(campaign)
            for row_id in ids:
                del self._held[row_id]
                self._granted.pop(row_id, None)
                self._sent_as.pop(row_id, None)

    def _stop_what_concerns_everybody(self) -> None:
        for reason, campaign in self._evidence.conclusions():
            if reason in PAUSES:
                pause(campaign, PAUSES[reason], self._clock())
            else:
                closing.close(SpotifyError(reason), self._clock())

    def _outcome(self, held: Held) -> Outcome:
        return self._outcomes[held.claim.campaign.id]

    def _fences(self, ids: Iterable[UUID]) -> dict[UUID, UUID]:
        return {row_id: self._held[row_id].claim.fence for row_id in ids}


def _is_of_all(claim: Claim, unopened: Collection[Held]) -> bool:
    """Whether it is the campaign that is not what fans agreed to, or whose rows were rewritten, and
    not these few rows that are damaged.
    """
    if not any(held.is_first_try for held in unopened):
        return False
    are_many = len(claims.as_agreed(claim)) >= fewest_of_all(claim.campaign.presaves.all())
    return are_many or not claims.is_what_some_agreed_to(claim.campaign)


def pause(campaign: Campaign, reason: PauseReason, now: datetime) -> bool:
    """Pause a releasing campaign until somebody acts; its permissions are kept.

    Returns whether this changed anything.
    """
    going_on = Campaign.objects.releasing().filter(id=campaign.id)
    return bool(going_on.update(paused_reason=reason, paused_at=now))


def _go_on(campaign: Campaign) -> None:
    """End a pause for what Spotify told others, as it has served somebody who came later."""
    paused = Campaign.objects.filter(id=campaign.id, paused_reason__in=TOLD_TO_FANS)
    if paused.update(paused_reason=PauseReason.NONE, paused_at=None, next_check_at=None):
        logger.warning("campaign goes on, as a newcomer was served campaign=%s", campaign.id)
