"""The rate: what Spotify's refusals tell of its limit, and how the pace is raised again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pytest_django import Settings

from campaigns.gate import closing, learning, permits, rows
from campaigns.models import ErrorReason, Gate, GateName
from campaigns.spotify import Slots
from campaigns.spotify.answers import SpotifyError

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 27, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def rate_limited(seconds: float, half: GateName = GateName.API) -> SpotifyError:
    return SpotifyError(ErrorReason.RATE_LIMITED, half=half, retry_after=seconds)


def start_of(permits: Slots, now: datetime = NOW) -> timedelta:
    """From NOW until the first of the permits may be used, to the millisecond."""
    return timedelta(seconds=round((now - NOW).total_seconds() + permits.first_in, 3))


def take(count: int, now: datetime = NOW, name: GateName = GateName.API) -> timedelta:
    return start_of(permits.take(name, count, now), now)


def gate(name: GateName = GateName.API) -> Gate:
    return Gate.objects.get(name=name)


def fill_window(seconds: int, per_second: int) -> datetime:
    """Take permits evenly; the answer is the moment after the last."""
    for second in range(seconds):
        take(per_second, NOW + second * SECOND)
    return NOW + seconds * SECOND


def test_a_429_tells_how_much_the_last_window_held(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 1000.0
    moment = fill_window(40, 100)
    closing.close(rate_limited(2), moment)
    assert gate().rate == pytest.approx(100 * learning.DECREASE_FACTOR, rel=0.02)
    after = moment + 2 * SECOND
    assert permits.take(GateName.API, 10, after).step == pytest.approx(1 / 97, rel=0.02)


def test_a_window_that_has_run_for_seconds_is_not_read_as_a_whole_one(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 20 / rows.SHARE_OF_CAP
    moment = fill_window(4, 20)
    closing.close(rate_limited(3), moment)
    assert gate().rate == pytest.approx(20)


def test_looks_before_a_release_do_not_make_its_first_seconds_a_whole_window(
    settings: Settings,
) -> None:
    settings.SPOTIFY_MAX_RATE = 20 / rows.SHARE_OF_CAP
    for second in range(60):
        take(2, NOW + second * SECOND)
    for second in range(60, 64):
        take(20, NOW + second * SECOND)
    closing.close(rate_limited(3), NOW + 64 * SECOND)
    assert gate().rate == pytest.approx(20)


def test_a_429_that_comes_again_shows_what_the_window_holds(settings: Settings) -> None:
    """Three seconds fill the window twice, with the wait in between."""
    settings.SPOTIFY_MAX_RATE = 1000.0
    closing.close(rate_limited(27), fill_window(3, 990))
    for second in range(30, 33):
        take(990, NOW + second * SECOND)
    closing.close(rate_limited(27), NOW + 33 * SECOND)
    assert gate().rate == pytest.approx(99 * learning.DECREASE_FACTOR, rel=0.02)


def test_permits_that_were_still_to_be_used_teach_nothing(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 100 / rows.SHARE_OF_CAP
    moment = fill_window(40, 100)
    take(25, moment)
    take(25, moment)
    closing.close(rate_limited(27), moment)
    assert gate().rate == pytest.approx(100 * learning.DECREASE_FACTOR, rel=0.01)


def test_echoes_of_one_429_teach_once(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 1000.0
    moment = fill_window(30, 100)
    closing.close(rate_limited(5), moment)
    learned = gate().rate
    for _ in range(10):
        closing.close(rate_limited(5), moment + SECOND)
    assert gate().rate == learned


def test_a_429_that_comes_again_after_next_to_nothing_halves_the_rate(settings: Settings) -> None:
    """Somebody else filled the window: what we sent says nothing about its size."""
    settings.SPOTIFY_MAX_RATE = 100 / rows.SHARE_OF_CAP
    take(3)
    closing.close(rate_limited(1), NOW)
    assert gate().rate == pytest.approx(100)
    closing.close(rate_limited(1), NOW + 2 * SECOND)
    assert gate().rate == pytest.approx(50)
    for number in range(2, 30):
        closing.close(rate_limited(1), NOW + 2 * number * SECOND)
    assert gate().rate == learning.LOWEST_RATE


def test_the_last_good_rate_is_reached_again_within_half_a_minute(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 20 / rows.SHARE_OF_CAP
    take(3)
    closing.close(rate_limited(1), NOW)
    closing.close(rate_limited(1), NOW + 2 * SECOND)
    rates = []
    for second in range(30):
        take(1, NOW + (3 + second) * SECOND)
        rates.append(gate().rate)
    assert rates[0] == pytest.approx(10)
    assert rates == sorted(rates)
    assert rates[10] == pytest.approx(17.5)
    assert rates[25] == pytest.approx(20)


def test_a_rate_that_fails_on_the_way_back_is_good_no_more(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 20 / rows.SHARE_OF_CAP
    closing.close(rate_limited(1), NOW)
    closing.close(rate_limited(1), NOW + 2 * SECOND)
    take(1, NOW + 9 * SECOND)
    assert gate().rate == pytest.approx(15)
    closing.close(rate_limited(1), NOW + 10 * SECOND)
    take(1, NOW + 40 * SECOND)
    assert gate().rate == pytest.approx(7.5)


def test_a_spent_quota_teaches_nothing_about_the_pace(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 100.0
    moment = fill_window(30, 50)
    closing.close(SpotifyError(ErrorReason.QUOTA_EXCEEDED, retry_after=5), moment)
    assert gate().adjusted_at is None


def test_the_rate_is_raised_slowly_then_faster_as_long_as_it_is_wanted(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 1000.0
    moment = fill_window(30, 100)
    closing.close(rate_limited(1), moment)
    learned, rates = gate().rate, []
    for second in range(1, 125):
        now = moment + second * SECOND
        while permits.has_room([gate()], now):
            take(25, now)
        rates.append(gate().rate / learned)
    quiet = sorted(set(rates))
    assert quiet == pytest.approx(
        [1, 1.02, 1.02 * 1.04, 1.02 * 1.04 * 1.08, 1.146 * 1.16], rel=0.01
    )


def test_an_idle_gate_is_not_raised(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 1000.0
    moment = fill_window(30, 100)
    closing.close(rate_limited(1), moment)
    learned = gate().rate
    for minute in range(1, 20):
        take(1, moment + minute * 60 * SECOND)
    assert gate().rate == learned


def test_the_operators_cap_bounds_what_is_learned(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 1000.0
    moment = fill_window(30, 100)
    closing.close(rate_limited(1), moment)
    settings.SPOTIFY_MAX_RATE = 20.0
    take(1, moment + 60 * SECOND)
    assert gate().rate == pytest.approx(20 * rows.SHARE_OF_CAP)


def test_an_estimate_of_yesterday_is_forgotten(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 1000.0
    moment = fill_window(30, 100)
    closing.close(rate_limited(1), moment)
    take(1, moment + timedelta(days=1))
    assert gate().rate == pytest.approx(1000 * rows.SHARE_OF_CAP)
    assert gate().adjusted_at is None


def test_the_window_holds_what_was_sent_in_the_last_30_seconds(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 1000.0
    moment = fill_window(10, 100)
    take(25, moment + SECOND)
    assert learning.calls_in_window(gate(), moment) == 1000
    assert learning.calls_in_window(gate(), moment + 25 * SECOND) == pytest.approx(525, abs=30)
    assert learning.calls_in_window(gate(), moment + 60 * SECOND) == 0
