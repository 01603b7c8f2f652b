"""What a web process keeps for a moment: made once, not shown for longer."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine
from django.core.cache import caches

from campaigns.fan.page_cache import get_or_make

KEY = ("night-bus", "de")


def test_what_was_made_is_kept_for_a_second() -> None:
    with time_machine.travel(datetime(2026, 12, 4, tzinfo=UTC), tick=False) as clock:
        assert get_or_make("pages", KEY, 1, lambda: "first") == "first"
        clock.shift(0.9)
        assert get_or_make("pages", KEY, 1, lambda: "second") == "first"
        clock.shift(0.2)
        assert get_or_make("pages", KEY, 1, lambda: "third") == "third"


@pytest.mark.parametrize("other", [("night-bus", "fr"), ("night", "bus-de"), ("x" * 300, "de")])
def test_another_key_is_another_page(other: tuple[str, str]) -> None:
    get_or_make("pages", KEY, 1, lambda: "first")
    assert get_or_make("pages", other, 1, lambda: "other") == "other"


def test_while_one_thread_makes_it_anew_the_others_get_what_there_is() -> None:
    with time_machine.travel(datetime(2026, 12, 4, tzinfo=UTC), tick=False) as clock:
        get_or_make("pages", KEY, 1, lambda: "first")
        clock.shift(2)
        others: list[str] = []

        def make() -> str:
            others.append(get_or_make("pages", KEY, 1, lambda: "made twice"))
            return "second"

        assert get_or_make("pages", KEY, 1, make) == "second"
        assert others == ["first"]
        assert get_or_make("pages", KEY, 1, lambda: "third") == "second"


def test_nothing_is_shown_ten_seconds_after_its_time() -> None:
    with time_machine.travel(datetime(2026, 12, 4, tzinfo=UTC), tick=False) as clock:
        get_or_make("pages", KEY, 1, lambda: "first")
        clock.shift(11)
        nested: list[str] = []

        def make() -> str:
            nested.append(get_or_make("pages", KEY, 1, lambda: "its own"))
            return "second"

        assert get_or_make("pages", KEY, 1, make) == "second"
        assert nested == ["its own"]


def test_what_could_not_be_made_is_tried_again() -> None:
    with pytest.raises(ZeroDivisionError):
        get_or_make("pages", KEY, 1, lambda: str(1 / 0))
    assert get_or_make("pages", KEY, 1, lambda: "second") == "second"


def test_a_flood_of_refusals_pushes_no_landing_page_out() -> None:
    get_or_make("pages", KEY, 60, lambda: "first")
    for number in range(2000):
        get_or_make("refusals", (str(number),), 60, lambda: "refused")
    assert get_or_make("pages", KEY, 60, lambda: "second") == "first"
    assert len(caches["refusals"]._cache) <= 1000  # type: ignore[attr-defined]
