"""What a web process keeps for a second: made by one of many threads, never shown for long."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from campaigns.fan import page_cache
from campaigns.fan.page_cache import PageCache

KEY = ("night-bus", "de")


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pages(clock: Clock) -> PageCache[str]:
    return PageCache(clock=clock)


def test_what_was_made_is_kept_for_a_second(pages: PageCache[str], clock: Clock) -> None:
    assert pages.get(KEY, lambda: "first") == "first"
    clock.now += 0.9
    assert pages.get(KEY, lambda: "second") == "first"
    clock.now += 0.2
    assert pages.get(KEY, lambda: "third") == "third"
    pages.clear()
    assert pages.get(KEY, lambda: "fourth") == "fourth"


def test_another_key_is_another_page(pages: PageCache[str]) -> None:
    pages.get(KEY, lambda: "first")
    assert pages.get(("night-bus", "fr"), lambda: "other") == "other"


@pytest.mark.parametrize(("seconds", "shown"), [(1.1, "first"), (9.9, "first"), (10.1, "made now")])
def test_one_thread_makes_it_anew_while_the_others_show_what_is_not_too_old(
    pages: PageCache[str], clock: Clock, seconds: float, shown: str
) -> None:
    pages.get(KEY, lambda: "first")
    clock.now += seconds
    is_making, may_go_on = Event(), Event()

    def slowly() -> str:
        is_making.set()
        may_go_on.wait(10)
        return "second"

    with ThreadPoolExecutor() as threads:
        maker = threads.submit(pages.get, KEY, slowly)
        is_making.wait(10)
        assert pages.get(KEY, lambda: "made now") == shown
        may_go_on.set()
        assert maker.result(10) == "second"
    assert pages.get(KEY, lambda: "later") == "second"


def test_what_was_overtaken_is_not_kept(pages: PageCache[str], clock: Clock) -> None:
    def slowly() -> str:
        clock.now += 1.5
        assert pages.get(KEY, lambda: "newer") == "newer"
        return "older"

    assert pages.get(KEY, slowly) == "older"
    assert pages.get(KEY, lambda: "newest") == "newer"


def test_what_could_not_be_made_is_tried_again(pages: PageCache[str], clock: Clock) -> None:
    pages.get(KEY, lambda: "first")
    clock.now += 1.1
    with pytest.raises(ZeroDivisionError):
        pages.get(KEY, lambda: str(1 / 0))
    assert pages.get(KEY, lambda: "second") == "second"


def test_no_more_is_kept_than_fits(pages: PageCache[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page_cache, "MOST", 2)
    for number in range(3):
        pages.get((str(number),), lambda: "first")
    assert pages.get(("2",), lambda: "second") == "first"
    assert pages.get(("0",), lambda: "second") == "second"
