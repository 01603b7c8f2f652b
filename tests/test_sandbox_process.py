"""What tests of the product say to the sandbox about its catalogue."""

from __future__ import annotations

import pytest

from campaigns import spotify
from tests.sandbox_process import ALBUM_URI, Sandbox, window


def is_shown() -> bool:
    return bool(spotify.find_by_uri(ALBUM_URI, "US", lambda: None))


@pytest.mark.parametrize(
    ("offsets", "shown"),
    [
        ([], True),
        ([()], True),
        ([(-60,)], True),
        ([(-60, 60)], True),
        ([(-60, -30)], False),
        ([(60,)], False),
        ([(-60, -30), (60,)], False),
        ([(-60, -30), (-10,)], True),
    ],
)
def test_windows_are_seconds_from_now(
    offsets: list[tuple[int, ...]], shown: bool, sandbox: Sandbox
) -> None:
    sandbox.add_album()
    sandbox.show(ALBUM_URI, *(window(*seconds) for seconds in offsets))
    assert is_shown() is shown


def test_a_window_with_a_share_of_nothing_shows_nothing(sandbox: Sandbox) -> None:
    sandbox.add_album()
    sandbox.show(ALBUM_URI, window(-60, share=0))
    assert not is_shown()


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
