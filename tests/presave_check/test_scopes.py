"""The table of Spotify's scopes is whole, and says where each is listed."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml

from campaigns.spotify import SCOPE
from presave_check.scopes import NEEDED, OPENAPI, SCOPES

COPY = Path(__file__).parents[1] / "data" / "spotify-scopes.yml"


@pytest.fixture
def published() -> dict[str, str]:
    # The whole file can be put in the copy's place to compare with a newer one.
    path = os.environ.get("SPOTIFY_OPENAPI", str(COPY))
    description = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    flows = description["components"]["securitySchemes"]["oauth_2_0"]["flows"]
    return {name: text.strip() for name, text in flows["authorizationCode"]["scopes"].items()}


def test_it_holds_every_scope_of_spotifys_description_in_its_words(
    published: dict[str, str],
) -> None:
    assert len(published) >= 19
    listed = {scope.name: scope.shown for scope in SCOPES if scope.source == OPENAPI}
    assert listed == published


def test_each_stands_there_once_with_its_source() -> None:
    assert len({scope.name for scope in SCOPES}) == len(SCOPES)
    for scope in SCOPES:
        assert urlsplit(scope.source).hostname in ("developer.spotify.com", "spotify.github.io")
        assert scope.lets.endswith("."), scope


def test_a_pre_save_needs_the_one_that_this_service_asks_for() -> None:
    assert NEEDED == SCOPE
    assert NEEDED in {scope.name for scope in SCOPES}
