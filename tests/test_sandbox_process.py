"""What tests of the product say to the sandbox about its catalogue."""

from __future__ import annotations

from typing import Any

import pytest

from campaigns import spotify
from tests.sandbox_process import ALBUM_URI, Sandbox, window


def is_shown() -> bool:
    return bool(spotify.find_by_uri(ALBUM_URI, "US", lambda: None))


@pytest.mark.parametrize(
    ("windows", "shown"),
    [
        ([], True),
        ([window()], True),
        ([window(-60)], True),
        ([window(-60, 60)], True),
        ([window(-60, -30)], False),
        ([window(60)], False),
        ([window(-60, -30), window(60)], False),
        ([window(-60, -30), window(-10)], True),
        ([window(-60, share=0)], False),
    ],
)
def test_windows_are_seconds_from_now(
    windows: list[dict[str, Any]], shown: bool, sandbox: Sandbox
) -> None:
    sandbox.add_album()
    sandbox.show(ALBUM_URI, *windows)
    assert is_shown() is shown


def test_a_hidden_item_is_shown_again_as_it_was(sandbox: Sandbox) -> None:
    sandbox.add_album(explicit=True)
    before = sandbox.get("catalogue")
    sandbox.hide(ALBUM_URI)
    assert not is_shown()
    sandbox.show(ALBUM_URI)
    assert is_shown()
    assert sandbox.get("catalogue") == before


def test_half_of_the_calls_see_it(sandbox: Sandbox) -> None:
    sandbox.add_album()
    sandbox.show(ALBUM_URI, window(share=0.5), seed=3)
    first = [is_shown() for _ in range(20)]
    assert set(first) == {True, False}
    sandbox.show(ALBUM_URI, window(share=0.5), seed=3)
    assert [is_shown() for _ in range(20)] == first
