"""Names of sources: those that are offered, and the artist's own."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from campaigns.dashboard.sources import SOURCES, link_of, source_called
from campaigns.models import Campaign
from campaigns.models.sources import KNOWN, cleaned
from tests.factory import make_campaign, make_label

if TYPE_CHECKING:
    from pytest_django import Settings


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Poster", "poster"),
        ("  Flyer Köln ", "flyer-koln"),
        ("Łódź/Straße", "lodz-strasse"),
        ("mini_mix.v2", "mini_mix.v2"),
        ("a&b=c#d", "a-b-c-d"),
        ("x" * 60, "x" * 40),
        ("\uff46lyer", "flyer"),
        ("Insta", "instagram"),
    ],
)
def test_a_name_is_written_as_it_is_counted(text: str, name: str) -> None:
    source = source_called(text)

    assert source is not None
    assert source.name == name
    assert re.fullmatch(r"[a-z0-9._-]{1,40}", source.name)
    assert cleaned(source.name) == name


@pytest.mark.parametrize("text", ["", "  ", "плакат", "…", "--", "direct", "a@example.com"])
def test_a_name_that_would_not_count_apart_is_none(text: str) -> None:
    assert source_called(text) is None


def test_one_of_those_that_are_offered_is_found_again() -> None:
    assert all(source_called(source.name) is source for source in SOURCES)
    assert {source.name for source in SOURCES} <= set(KNOWN)


@pytest.mark.django_db
def test_the_link_names_the_source(settings: Settings) -> None:
    settings.PUBLIC_URL, settings.IS_HTTPS = "https://presave.example.com", True
    campaign = Campaign(slug="first-light")
    own = make_campaign(label=make_label(domain="presave.label.example"), slug="first-light")

    assert link_of(campaign) == "https://presave.example.com/first-light"
    assert link_of(campaign, SOURCES[0]) == (
        "https://presave.example.com/first-light?src=instagram"
    )
    assert link_of(own, SOURCES[0]) == "https://presave.label.example/first-light?src=instagram"
