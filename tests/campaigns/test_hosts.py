"""Where a label's pages are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from campaigns import hosts
from tests.factory import make_artist_page, make_campaign, make_label

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries, Settings

pytestmark = pytest.mark.django_db

OWN = "presave.label.example"


def test_a_page_is_at_its_labels_own_domain_or_at_public_url(settings: Settings) -> None:
    settings.PUBLIC_URL, settings.IS_HTTPS = "https://presave.example.com", True
    own, plain = make_label(domain=OWN), make_label()
    assert hosts.address_of(make_campaign(label=own, slug="a")) == f"https://{OWN}/a"
    assert hosts.address_of(make_artist_page(own)) == f"https://{OWN}/@demo-artist"
    assert hosts.address_of(make_campaign(label=plain, slug="b")) == f"{settings.PUBLIC_URL}/b"

    settings.PUBLIC_URL = "https://presave.example.com:8443"
    assert hosts.site_of(own.id) == f"https://{OWN}:8443"


def test_all_domains_cost_one_query_for_some_seconds(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    own, plain = make_label(domain=OWN), make_label()
    with django_assert_num_queries(1):
        assert hosts.domains() == {OWN: own.id}
        hosts.site_of(own.id)
        hosts.site_of(plain.id)
