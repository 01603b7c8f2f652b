"""Addresses that no campaign may take, because they are the service's own."""

from __future__ import annotations

import pytest
from django.urls import get_resolver

from campaigns.planning import addresses

pytestmark = pytest.mark.django_db


def test_every_first_word_of_the_services_addresses_is_reserved() -> None:
    served = set()
    for pattern in get_resolver().url_patterns:
        nested = getattr(pattern, "url_patterns", [])
        routes = [str(pattern.pattern) + str(inner.pattern) for inner in nested]
        for route in routes or [str(pattern.pattern)]:
            served.add(route.split("/")[0])
    words = {word for word in served if word and "<" not in word}

    assert words >= {"accounts", "dashboard", "callback", "receipt", "privacy", "transparency"}
    assert all(addresses.is_reserved(word) for word in words | {"static", "metrics"})
    assert not addresses.is_reserved("night-bus")
    assert not addresses.is_reserved("dashboards")


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("Łódź Straße", "lodz-strasse"),
        ("Björk & Sons Über_Nacht (2026)", "bjork-sons-uber-nacht-2026"),
        ("_Night__Bus_", "night-bus"),
        ("Əli Ŋa Ȼo", "eli-nga-co"),
        ("Кино Группа крови", "kino-gruppa-krovi"),
        ("Ωμέγα", "omega"),
        ("방탄소년단", "bangtansonyeondan"),
        ("宇多田ヒカル First Love", "hikaru-first-love"),
        ("Love ❤ & 👑", "love"),
        ("夜行", ""),
        ("!!!", ""),
    ],
)
def test_an_address_is_made_of_a_name_in_any_alphabet(name: str, address: str) -> None:
    assert addresses.made_of(name, 56) == address


def test_an_address_is_cut_between_words() -> None:
    assert addresses.made_of("Night Bus Deluxe", 16) == "night-bus-deluxe"
    assert addresses.made_of("Night Bus Deluxe", 15) == "night-bus"
    assert addresses.made_of("Night Bus Deluxe", 9) == "night-bus"
    assert addresses.made_of("Night" * 9, 9) == "nightnigh"
