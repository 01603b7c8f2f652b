"""Markets that Spotify serves, and two ways to refuse another."""

from __future__ import annotations

import pytest

from sandbox.markets import MARKETS, UNLAUNCHED
from tests.sandbox.driver import ALBUM_ID, ISRC, TRACK_ID, UPC, Sandbox, error_of

INVALID = (400, "Invalid market code")
ASKED = [
    (f"/albums/{ALBUM_ID}", {}),
    (f"/tracks/{TRACK_ID}", {}),
    ("/search", {"q": f"upc:{UPC}", "type": "album"}),
    ("/search", {"q": f"isrc:{ISRC}", "type": "track"}),
]
ASKED_FOR = pytest.mark.parametrize(("path", "query"), ASKED)


@ASKED_FOR
@pytest.mark.parametrize("market", ["UK", "EU", "ZZ", "us", "USA", "Germany", "undefined"])
def test_what_is_no_country_is_no_market(
    sandbox: Sandbox, path: str, query: dict[str, str], market: str
) -> None:
    sandbox.add_album()
    sandbox.add_track()
    app = sandbox.app_token()
    assert error_of(sandbox.get(path, app, market=market, **query)) == INVALID


@ASKED_FOR
@pytest.mark.parametrize("market", ["RU", "CN", "IR", "CU"])
def test_a_country_that_spotify_does_not_serve_is_another_error(
    sandbox: Sandbox, path: str, query: dict[str, str], market: str
) -> None:
    sandbox.add_album()
    sandbox.add_track()
    app = sandbox.app_token()
    assert error_of(sandbox.get(path, app, market=market, **query)) == (400, "Unlaunched market")


@ASKED_FOR
@pytest.mark.parametrize("market", ["GB", "DE", "US", "NZ", "FJ", "KR", "XK"])
def test_a_market_that_spotify_serves_is_answered(
    sandbox: Sandbox, path: str, query: dict[str, str], market: str
) -> None:
    sandbox.add_album()
    sandbox.add_track()
    assert sandbox.get(path, sandbox.app_token(), market=market, **query).status_code == 200


def test_a_wrong_market_is_told_of_an_unknown_id_and_to_a_fan_too(sandbox: Sandbox) -> None:
    path = f"/albums/{ALBUM_ID}"
    assert error_of(sandbox.get(path, sandbox.app_token(), market="UK")) == INVALID
    assert error_of(sandbox.get(path, sandbox.consent(), market="UK")) == INVALID


def test_an_album_that_is_out_everywhere_names_every_market(sandbox: Sandbox) -> None:
    sandbox.add_album()
    album = sandbox.get(f"/albums/{ALBUM_ID}", sandbox.app_token(), market="DE").json()
    assert album["available_markets"] == MARKETS
    assert len(set(MARKETS)) == 185


def test_every_country_is_served_or_not() -> None:
    assert not set(MARKETS) & set(UNLAUNCHED)
    # The 249 of ISO 3166-1, and Kosovo.
    assert len({*MARKETS, *UNLAUNCHED}) == 250
