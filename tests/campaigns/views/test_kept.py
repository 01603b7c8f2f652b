"""What a web process keeps for a second: made by one of many threads, never shown for long."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Event

import pytest
import time_machine

from campaigns.views import kept

NOW = datetime(2026, 11, 26, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def keep(value: str) -> str:
    return kept.for_a_second("pages", ("night-bus", "de"), lambda: value)


def test_what_was_made_is_kept_for_a_second(clock: time_machine.Traveller) -> None:
    assert keep("first") == "first"
    clock.shift(timedelta(seconds=0.9))
    assert keep("second") == "first"
    clock.shift(timedelta(seconds=0.2))
    assert keep("third") == "third"


def test_another_key_is_another_page() -> None:
    keep("first")
    assert kept.for_a_second("pages", ("night-bus", "fr"), lambda: "other") == "other"


@pytest.mark.parametrize(("seconds", "shown"), [(1.1, "first"), (1.9, "first"), (2.1, "made now")])
def test_one_thread_makes_it_anew_while_the_others_show_what_is_not_too_old(
    clock: time_machine.Traveller, seconds: float, shown: str
) -> None:
    keep("first")
    clock.shift(timedelta(seconds=seconds))
    is_making, may_go_on = Event(), Event()

    def slowly() -> str:
        is_making.set()
        may_go_on.wait(10)
        return "second"

    with ThreadPoolExecutor() as threads:
        maker = threads.submit(kept.for_a_second, "pages", ("night-bus", "de"), slowly)
        is_making.wait(10)
        assert keep("made now") == shown
        may_go_on.set()
        assert maker.result(10) == "second"
    assert keep("later") == "second"


def test_what_was_overtaken_is_not_kept(clock: time_machine.Traveller) -> None:
    def slowly() -> str:
        clock.shift(timedelta(seconds=1.5))
        assert keep("newer") == "newer"
        return "older"

    assert kept.for_a_second("pages", ("night-bus", "de"), slowly) == "older"
    assert keep("newest") == "newer"


def test_what_could_not_be_made_leaves_what_was_there(clock: time_machine.Traveller) -> None:
    keep("first")
    clock.shift(timedelta(seconds=1.1))
    with pytest.raises(ZeroDivisionError):
        kept.for_a_second("pages", ("night-bus", "de"), lambda: str(1 / 0))
    assert keep("second") == "first"
    clock.shift(timedelta(seconds=1))
    assert keep("third") == "third"
