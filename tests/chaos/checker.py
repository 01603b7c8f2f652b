"""Whether a night kept its promises: the sandbox's libraries and call log against what was
consented, and our own rows only beside them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from math import inf
from typing import Any, Final

from django.utils import timezone

from campaigns import keyring
from campaigns.fan import words
from campaigns.models import DailyCount, PreSave
from tests.chaos.night import Record
from tests.chaos.plan import SERVED_WITHIN, VICTIMS, WINDOW_SECONDS, WIPES, Plan
from tests.sandbox_process import ALBUM_URI, Sandbox

Call = Mapping[str, Any]
# What was on its way to Spotify when a 429 was answered, or a fan cancelled, cannot be called back:
# permits are taken half a second ahead, and other workers look at the gate at every turn.
GRACE_SECONDS: Final = 1.5
MOST_REPEATS: Final = 0.01
# A 200 with one of these was a save: the others are pages instead of an answer.
EFFECTIVE: Final = (None, "slow_body")
# What can make a worker forget an answer.
FORGETTING: Final = {*VICTIMS, "signal_release_worker", "stall_release_worker", "crash_postgres"}
PACED: Final = ("library", "token.refresh")


@dataclass
class Verdict:
    """The figures of a night, and every promise that it broke."""

    figures: dict[str, str] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def promise(self, kept: bool, sentence: str) -> None:
        if not kept:
            self.broken.append(sentence)


def check(plan: Plan, record: Record, sandbox: Sandbox) -> Verdict:
    verdict, calls = Verdict(), all_calls(sandbox)
    _tell(verdict, plan, record, calls)
    verdict.promise(record.is_over, f"The night was not over after {plan.deadline:.0f} s.")
    planned = plan.kills + plan.crashes + plan.wipes + plan.stalls
    disasters = {*VICTIMS, *WIPES, "crash_postgres", "stall_release_worker"}
    happened = sum(record.done[name] for name in disasters)
    verdict.promise(happened == planned, f"Only {happened} of {planned} disasters happened.")
    _check_fans(verdict, record, sandbox, calls)
    _check_receipts(verdict, record, sandbox)
    _check_who_cancelled(verdict, record, sandbox)
    _check_books(verdict, record)
    _check_repeats(verdict, plan, record, calls)
    _check_bans(verdict, calls)
    _check_pace(verdict, plan, calls)
    if plan.told:
        _check_told(verdict, plan, record, sandbox, calls)
    if plan.within:
        _check_haste(verdict, plan, record, sandbox)
    if plan.windows:
        _tell_of_flicker(verdict, plan, record, sandbox, calls)
    return verdict


def all_calls(sandbox: Sandbox) -> list[Call]:
    calls: list[Call] = []
    since, more = 0, True
    while more:
        answer = sandbox.get(f"calls?since={since}&limit=100000")
        calls += answer["calls"]
        since, more = answer["next_since"], answer["more"]
    return calls


def _tell(verdict: Verdict, plan: Plan, record: Record, calls: list[Call]) -> None:
    paced = [call for call in calls if call["endpoint"] in PACED]
    spoiled = sum(call["fault"] is not None for call in paced)
    victims = ", ".join(f"{record.done[name]} {name.removeprefix('kill_')}" for name in VICTIMS)
    refreshed = Counter(
        call["account"]
        for call in paced
        if call["endpoint"] == "token.refresh" and call["status"] == 200 and not call["fault"]
    )
    verdict.figures |= {
        "seed": str(plan.seed),
        "fans": str(plan.fans),
        "SPOTIFY_MAX_RATE": f"{plan.rate:g}",
        "kill -9": f"{sum(record.done[name] for name in VICTIMS)} ({victims.replace('_', ' ')})",
        "SIGTERM, SIGQUIT": str(record.done["signal_release_worker"]),
        "stalls beyond a lease": str(record.done["stall_release_worker"]),
        "Postgres crashes": str(record.done["crash_postgres"]),
        "Redis wipes": str(sum(record.done[name] for name in set(WIPES))),
        "429 for everybody": str(record.done["ban"]),
        "calls that went wrong": f"{spoiled} of {len(paced)} ({_share(spoiled, len(paced))})",
        "seconds": f"{record.seconds:.0f}",
        "fans begun more than once": str(sum(count > 1 for count in refreshed.values())),
    }


def _check_fans(verdict: Verdict, record: Record, sandbox: Sandbox, calls: Iterable[Call]) -> None:
    """Who has the release, and who should."""
    libraries = sandbox.libraries()
    saved = {name for name, library in libraries.items() if ALBUM_URI in library}
    forbidden = {call["account"] for call in calls if call["status"] == 403}
    expected = set(record.rows) - set(record.cancelled_at) - (record.refused & forbidden)
    lost = expected - saved
    late = {
        name: instant(libraries[name][ALBUM_URI]) - cancelled_at
        for name, cancelled_at in record.cancelled_at.items()
        if name in saved
    }
    worst = max(late.values(), default=0.0)
    strangers = saved - set(record.rows)
    verdict.figures["saved, cancelled, refused"] = (
        f"{len(saved)}, {len(record.cancelled_at)}, {len(record.refused & forbidden)}"
    )
    verdict.figures["lost"] = str(len(lost))
    verdict.figures["saved after cancelling"] = (
        f"{sum(delay > 0 for delay in late.values())} (latest after {max(worst, 0):.3f} s)"
    )
    verdict.promise(not lost, f"Lost: {sorted(lost)[:10]} and {max(0, len(lost) - 10)} more.")
    verdict.promise(not strangers, f"Saved, but never consented: {sorted(strangers)[:10]}.")
    verdict.promise(worst <= GRACE_SECONDS, f"A fan was saved {worst:.1f} s after cancelling.")


def _check_receipts(verdict: Verdict, record: Record, sandbox: Sandbox) -> None:
    """Nobody was told "in your library", and no permission erased for it, before it was there."""
    saved_at, name_of = _first_saves(sandbox), {id: name for name, id in record.rows.items()}
    told = PreSave.objects.filter(campaign_id=record.campaign_id, state="saved")
    untrue = [
        name_of[row.id]
        for row in told
        if row.settled_at is None
        or saved_at.get(name_of[row.id], float("inf")) > row.settled_at.timestamp()
    ]
    verdict.figures["told what was not true"] = str(len(untrue))
    verdict.promise(not untrue, f"Told that they have it, and had it not: {sorted(untrue)[:10]}.")


def _check_told(
    verdict: Verdict, plan: Plan, record: Record, sandbox: Sandbox, calls: Iterable[Call]
) -> None:
    """Nobody was ended by it, and those who came late were served as if nothing were wrong."""
    told = [call for call in calls if call["fault"] == "refusal"]
    verdict.figures["told"] = f"{len(told)} times, {len({call['account'] for call in told})} fans"
    verdict.figures["paused"] = "yes" if record.was_paused else "no"
    verdict.promise(bool(told), "Nobody was told anything: this proves nothing.")
    if record.late:
        saved_at = _first_saves(sandbox)
        waits = [saved_at.get(name, inf) - came for name, came in record.late.items()]
        verdict.figures["late fans served"] = f"{len(waits)} within {max(waits):.1f} s"
        soon = max(waits) <= SERVED_WITHIN
        verdict.promise(soon, f"A fan who came late was saved after {max(waits):.0f} s.")
    if not plan.may_pause:
        verdict.promise(not record.was_paused, "The campaign was paused for some stragglers.")


def _check_haste(verdict: Verdict, plan: Plan, record: Record, sandbox: Sandbox) -> None:
    """Everybody was done soon, those who pre-saved another release meanwhile as well."""
    consents = record.consents
    ended = max(*_first_saves(sandbox).values(), consents.ended)
    times = (ended - record.released_at) / plan.ideal
    verdict.figures["everybody is done after"] = (
        f"{ended - record.released_at:.1f} s, {times:.2f} times the ideal"
    )
    soon = times <= (plan.within or inf)
    verdict.promise(soon, f"It took {times:.2f} times the ideal, and {plan.within} are promised.")
    if plan.consents:
        verdict.figures["consents"] = (
            f"{len(consents.waits)} of {plan.consents}, the longest wait {consents.longest:.0f} s"
        )
        everybody = len(consents.waits) == plan.consents
        verdict.promise(everybody, f"Refused at the site: {consents.refused[:5]}.")


def _check_who_cancelled(verdict: Verdict, record: Record, sandbox: Sandbox) -> None:
    """No receipt says "nothing will be saved" to a fan who has the release."""
    saved_at = _first_saves(sandbox)
    rows = {
        row.id: row for row in PreSave.objects.filter(state="cancelled").select_related("campaign")
    }
    cancelled = {name: rows[id] for name, id in record.rows.items() if id in rows}
    told = {name: words.outcome(row, timezone.now()).text for name, row in cancelled.items()}
    untrue = [
        name for name, text in told.items() if name in saved_at and text == words.NOTHING_SAVED
    ]
    verdict.promise(not untrue, f"Told that nothing is saved, and have it: {sorted(untrue)[:10]}.")


def _first_saves(sandbox: Sandbox) -> dict[str, float]:
    libraries = sandbox.libraries()
    return {
        name: instant(library[ALBUM_URI])
        for name, library in libraries.items()
        if ALBUM_URI in library
    }


def _tell_of_flicker(
    verdict: Verdict, plan: Plan, record: Record, sandbox: Sandbox, calls: Iterable[Call]
) -> None:
    saved_at, steady_at = _first_saves(sandbox), record.released_at + plan.steady_from
    sent = [call for call in calls if call["endpoint"] == "library" and call["status"] == 200]
    without_effect = [call for call in sent if _had_no_effect(call, saved_at)]
    times_sent = Counter(call["account"] for call in sent)
    steadily = [at - steady_at for at in map(_arrival, sent) if at >= steady_at]
    verdict.figures |= {
        "saves without effect": f"{len(without_effect)} of {len(sent)}",
        "fans put back": str(sum(times > 1 for times in times_sent.values())),
        "looks": f"{sum(call['endpoint'] == 'album' for call in calls)} calls",
        "steadily shown": f"{plan.steady_from:g} s after the release",
        "first save after that": f"{min(steadily, default=0):.1f} s",
        "everybody has it after that": f"{max(saved_at.values(), default=0) - steady_at:.1f} s",
    }


def _had_no_effect(call: Call, saved_at: Mapping[str, float]) -> bool:
    """Whether it was answered before the first save that the library knows of."""
    return _arrival(call) < saved_at.get(call["account"], float("inf")) - GRACE_SECONDS


def _arrival(call: Call) -> float:
    return instant(call["at"])


def _check_books(verdict: Verdict, record: Record) -> None:
    """Our own rows and counts: they have to agree with what the sandbox knows."""
    rows = PreSave.objects.filter(campaign_id=record.campaign_id)
    tokens = rows.exclude(sealed=None).count()
    states = Counter(rows.values_list("state", flat=True))
    failed = set(rows.filter(state="failed").values_list("id", flat=True))
    wrongly = failed - {record.rows[name] for name in record.refused}
    totals = DailyCount.objects.totals_of(record.campaign_id)
    verdict.figures["tokens left in rows"] = str(tokens)
    verdict.promise(tokens == 0, f"{tokens} permissions are left in rows.")
    key_is_gone = record.campaign_id not in set(keyring.from_settings().campaign_ids())
    verdict.figures["key"] = "destroyed" if key_is_gone else "still there"
    verdict.promise(key_is_gone, "The campaign's key is still there.")
    verdict.promise(not wrongly, f"{len(wrongly)} fans failed for no reason of Spotify's.")
    counted = totals.saved + totals.failed + totals.cancelled + totals.expired
    verdict.figures["counted"] = f"{counted} of {totals.presaves} consented"
    verdict.promise(
        counted == totals.presaves == len(record.rows),
        f"Of {len(record.rows)} fans who consented, {counted} are accounted for.",
    )
    agree = all(getattr(totals, state) == count for state, count in states.items())
    verdict.promise(agree, f"The counts {totals} do not agree with the rows {dict(states)}.")


def _check_repeats(verdict: Verdict, plan: Plan, record: Record, calls: Iterable[Call]) -> None:
    answered: defaultdict[tuple[str, str], list[float]] = defaultdict(list)
    for call in calls:
        if call["endpoint"] == "library" and call["status"] == 200 and call["fault"] in EFFECTIVE:
            for uri in call["uris"]:
                answered[call["account"], uri].append(instant(call["at"]))
    forgotten = [at for instants in answered.values() for at in sorted(instants)[:-1]]
    causes = Counter(_what_followed(at, record) for at in forgotten)
    verdict.figures["repeated saves"] = f"{len(forgotten)} ({_share(len(forgotten), plan.fans)})"
    verdict.figures["which followed on"] = ", ".join(
        f"{count} {cause.replace('_', ' ')}" for cause, count in causes.most_common()
    )
    if not (plan.fault_share or plan.windows or plan.told or plan.token_limit):
        few = len(forgotten) <= MOST_REPEATS * plan.fans
        verdict.promise(few, f"{_share(len(forgotten), plan.fans)} of the saves were repeated.")


def _what_followed(at: float, record: Record) -> str:
    """The first thing that was done after a save whose answer was not recorded: its likely cause,
    if it came soon.
    """
    causes = [(when, what) for when, what in record.history if when >= at and what in FORGETTING]
    when, what = min(causes, default=(at + 2 * GRACE_SECONDS, ""))
    return what if when - at <= GRACE_SECONDS else "nothing"


def _check_bans(verdict: Verdict, calls: Iterable[Call]) -> None:
    ages = [call["ban_age_ms"] / 1000 for call in calls if call["inside_ban"]]
    late = [age for age in ages if age > GRACE_SECONDS]
    oldest = max(ages, default=0.0)
    verdict.figures["calls inside a ban"] = f"{len(late)} later than {GRACE_SECONDS:g} s"
    verdict.figures["on their way then"] = f"{len(ages)} (the latest {oldest:.3f} s after the 429)"
    verdict.promise(not late, f"{len(late)} calls were sent inside a ban, up to {oldest:.1f} s in.")


def _check_pace(verdict: Verdict, plan: Plan, calls: Iterable[Call]) -> None:
    arrivals: defaultdict[str, list[float]] = defaultdict(list)
    for call in calls:
        arrivals[call["lane"]].append(instant(call["at"]))
    most, limit = max(map(busiest_window, arrivals.values())), int(plan.rate * WINDOW_SECONDS)
    verdict.figures["most calls in 30 s"] = f"{most} of {limit}"
    verdict.promise(most <= limit, f"{most} calls came within 30 s, and {limit} are allowed.")


def busiest_window(arrivals: list[float]) -> int:
    arrivals, busiest, first = sorted(arrivals), 0, 0
    for last, arrived in enumerate(arrivals):
        while arrivals[first] <= arrived - WINDOW_SECONDS:
            first += 1
        busiest = max(busiest, last - first + 1)
    return busiest


def instant(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.2f} %" if whole else "none"
