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
