"""The line of consents: who is called up when, and that the saves come first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from django.db import connections
from pytest_django import DjangoAssertNumQueries, Settings

from campaigns.gate import closing, line, permits, rows, shares
from campaigns.gate.closing import GateClosedError
from campaigns.gate.line import Turn
from campaigns.models import ErrorReason, Gate, GateName
from campaigns.spotify.answers import SpotifyError

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 27, tzinfo=UTC)
SECOND = timedelta(seconds=1)
NO_WAIT = timedelta()


def come(place: int = 0, now: datetime = NOW, *, again: bool = True, patience: int = 600) -> Turn:
    return line.take_turn(place, again, now, NOW + patience * SECOND)


def gate(name: GateName) -> Gate:
    return Gate.objects.get(name=name)


@pytest.fixture(autouse=True)
def ten_a_second(settings: Settings) -> None:
    """For both together, of which the saves may have half."""
    settings.SPOTIFY_MAX_RATE = 5 / rows.SHARE_OF_CAP


def refuse(seconds: int, now: datetime) -> None:
    error = SpotifyError(
        ErrorReason.RATE_LIMITED, half=GateName.ACCOUNTS, retry_after=float(seconds)
    )
    closing.close(error, now)


def test_few_come_at_once_and_the_others_in_their_order_at_the_pace() -> None:
    turns = [come() for _ in range(12)]
    assert [turn.wait for turn in turns[:5]] == [NO_WAIT] * 5
    assert [turn.place for turn in turns] == list(range(1, 13))
    assert turns[5].wait == line.COME_BACK / 10
    assert turns[11].wait == 7 * line.COME_BACK / 10
    later = NOW + 0.45 * SECOND
    assert [come(place, later).wait > NO_WAIT for place in (6, 9, 10, 12)] == [
        *(False, False, True, True)
    ]


def test_who_has_a_place_waits_without_a_lock_or_a_change(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    places = [come().place for _ in range(12)]
    with django_assert_num_queries(2) as asked:
        assert come(places[-1], NOW + 0.1 * SECOND).place == places[-1]
    assert all(query["sql"].startswith("SELECT") for query in asked)
    assert not any("FOR UPDATE" in query["sql"] for query in asked)


def test_time_in_which_nobody_came_is_not_made_up_for() -> None:
    come()
    turns = [come(now=NOW + 60 * SECOND) for _ in range(12)]
    assert [turn.wait for turn in turns].count(NO_WAIT) == 5


def test_who_never_comes_back_holds_no_place() -> None:
    for _ in range(5):
        come()
    for _ in range(100):
        assert come(again=False) == Turn(line.COME_BACK, 0)
    assert come().place == 6


def test_nobody_is_given_a_place_whose_turn_comes_too_late() -> None:
    for _ in range(60):
        come()
    assert come(patience=3) == Turn(5.6 * SECOND, 0)
    assert gate(GateName.CONSENTS).places == 60


def test_of_two_who_come_at_once_none_calls_up_a_time_that_was_counted() -> None:
    places = [come().place for _ in range(60)]
    for _ in range(20):
        come(places[-1] + 1, NOW + SECOND)
        come(now=NOW + SECOND)
        come(now=NOW + 0.8 * SECOND)
    later = NOW + SECOND
    assert [come(place, later).wait > NO_WAIT for place in places[13:17]] == [
        *(False, False, True, True)
    ]


def test_a_clock_that_was_set_back_stops_the_line_for_nobody() -> None:
    places = [come().place for _ in range(60)]
    before = NOW - 3600 * SECOND
    come(now=before)
    assert [come(place, before + SECOND).wait > NO_WAIT for place in places[13:17]] == [
        *(False, False, True, True)
    ]


def test_a_place_from_before_a_backup_was_restored_is_the_last_one() -> None:
    place = [come().place for _ in range(400)][-1]
    Gate.objects.update(places=20, called_up=5, called_at=NOW)
    assert come(place).wait == 1.6 * SECOND


def test_who_held_their_places_and_come_late_are_no_rush() -> None:
    refuse(1, NOW - 10 * SECOND)  # the rate stays
    places = [come().place for _ in range(400)]
    now = NOW + 35 * SECOND  # 355 are called up, 200 of them in time
    late = [come(place, now) for place in places[5:150]]
    waits = [turn.wait for turn in late]
    assert 30 <= waits.count(NO_WAIT) <= 31
    assert waits.count(line.COME_BACK) == len(late) - waits.count(NO_WAIT)
    assert come(places[353], now).wait == NO_WAIT, "who comes in time does not wait for them"


def test_nobody_is_called_up_while_spotify_says_wait() -> None:
    waiting = [come() for _ in range(12)][-1]
    refuse(20, NOW)
    assert come(waiting.place, NOW + 10 * SECOND).wait == (10 + 0.7) * SECOND
    left = come(waiting.place, NOW + 20 * SECOND).wait
    assert NO_WAIT < left <= SECOND
    assert come(waiting.place, NOW + 21 * SECOND).wait == NO_WAIT
    with pytest.raises(GateClosedError):
        come(now=NOW + 10 * SECOND, patience=15)


def test_an_outage_is_waited_for() -> None:
    closing.close_for_outage(GateName.ACCOUNTS, NOW)
    assert come().wait == closing.FIRST_OUTAGE_PAUSE


def test_a_wrong_client_secret_is_nothing_to_wait_for() -> None:
    closing.close(SpotifyError(ErrorReason.INVALID_CLIENT, half=GateName.ACCOUNTS), NOW)
    with pytest.raises(GateClosedError):
        come()


def test_a_429_counts_code_exchanges_and_leaves_the_saves_their_pace() -> None:
    for second in range(40):
        now = NOW + second * SECOND
        permits.take(GateName.ACCOUNTS, 4, now)
        for quarter in range(4):
            assert come(now=now + quarter * SECOND / 4, patience=10_000).wait == NO_WAIT
    now = NOW + 40 * SECOND
    refuse(1, now)
    assert gate(GateName.ACCOUNTS).rate == pytest.approx(8 * 0.97, rel=0.02)
    later = now + SECOND
    assert permits.take(GateName.ACCOUNTS, 1, later).step == pytest.approx(1 / 5)


def test_a_429_that_nothing_explains_slows_the_consents_and_not_the_saves() -> None:
    come()
    for second in range(0, 20, 2):
        refuse(1, NOW + second * SECOND)
    now = NOW + 20 * SECOND
    assert permits.take(GateName.ACCOUNTS, 1, now).step == pytest.approx(1 / 5)
    accounts, consents = gate(GateName.ACCOUNTS), gate(GateName.CONSENTS)
    assert shares.pace_of_consents(accounts, consents, now) < 6


def test_consents_have_what_the_saves_leave_and_a_tenth_in_any_case() -> None:
    come()
    Gate.objects.update(rate=5.0, adjusted_at=NOW)
    for second in range(5):
        permits.take(GateName.ACCOUNTS, 5, NOW + second * SECOND)
    now = NOW + 5 * SECOND
    accounts, consents = gate(GateName.ACCOUNTS), gate(GateName.CONSENTS)
    assert shares.pace_of_consents(accounts, consents, now) == pytest.approx(0.5)
    idle = now + 10 * SECOND
    assert shares.pace_of_consents(accounts, consents, idle) == pytest.approx(5)


@pytest.mark.parametrize(("consents", "yielded"), [(1, 1 / 3), (9, 0.5)])
def test_saves_leave_consents_what_they_use_and_a_tenth_at_most(
    consents: int, yielded: float
) -> None:
    for _ in range(consents):
        come(again=False)
        Gate.objects.update(called_at=None)
    Gate.objects.update(rate=5.0, adjusted_at=NOW)
    permits.take(GateName.API, 1, NOW)
    assert permits.take(GateName.ACCOUNTS, 1, NOW).step == pytest.approx(1 / (5 - yielded))
    assert permits.take(GateName.API, 1, NOW).step == pytest.approx(1 / 5)


def test_the_rate_that_was_learned_grows_slowly_while_fans_wait() -> None:
    refuse(1, NOW)
    later = NOW + 32 * SECOND
    for _ in range(12):
        come(now=later)
    assert gate(GateName.ACCOUNTS).rate == pytest.approx(10 * 1.02)


def test_the_rate_stays_while_nobody_waits_for_long() -> None:
    for now in (NOW, NOW + 15 * SECOND):
        for _ in range(40):
            come(now=now)
    assert gate(GateName.ACCOUNTS).rate == 10


def test_the_token_endpoint_is_asked_for_so_much_and_no_more() -> None:
    come()
    Gate.objects.update(rate=390.0, adjusted_at=NOW)
    Gate.objects.update(places=20_000)
    come(now=NOW + 15 * SECOND)
    assert gate(GateName.ACCOUNTS).rate == rows.MOST_TOKENS


def test_the_rate_grows_while_fans_wait_and_nobody_is_saved() -> None:
    def rate_after(seconds: int) -> float:
        now = NOW + seconds * SECOND
        for _ in range(200):
            come(now=now, patience=10_000)
        return gate(GateName.ACCOUNTS).rate

    assert rate_after(0) == 10
    assert rate_after(10) == 15
    assert rate_after(20) == 22.5
    permits.take(GateName.ACCOUNTS, 5, NOW + 29 * SECOND)
    assert rate_after(30) == 22.5
    refuse(1, NOW + 31 * SECOND)
    assert rate_after(45) <= 22.5


@pytest.mark.django_db(transaction=True)
def test_web_processes_that_race_never_give_the_same_place_or_let_more_through() -> None:
    processes, fans = 4, 10
    barrier = Barrier(processes)

    def serve(_: int) -> list[Turn]:
        barrier.wait()
        try:
            return [come() for _ in range(fans)]
        finally:
            connections.close_all()

    with ThreadPoolExecutor(processes) as pool:
        turns = [turn for served in pool.map(serve, range(processes)) for turn in served]
    assert sorted(turn.place for turn in turns) == list(range(1, processes * fans + 1))
    assert sum(turn.wait == NO_WAIT for turn in turns) == 5
    assert sum(count for _, count in gate(GateName.CONSENTS).recent) == 5
