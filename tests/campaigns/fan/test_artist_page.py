"""Which releases an artist's page lists, and how a release finds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from campaigns.fan import artist_page
from campaigns.models import CampaignState
from campaigns.status.phase import Phase
from tests.factory import make_artist_page, make_campaign, make_label

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db


def test_cancelled_ones_are_announced_and_not_listed() -> None:
    label = make_label()
    page = make_artist_page(label)
    make_campaign(label=label)
    make_campaign(label=label, state=CampaignState.CANCELLED)
    make_campaign(label=label, state=CampaignState.FINISHED)
    make_campaign(label=label, state=CampaignState.FINISHED, confirmed_uri="", confirmed_at=None)
    now = timezone.now()
    listed = {one.phase for one in artist_page.listed(page, now)}
    assert listed == {Phase.OPEN, Phase.FINISHED}
    assert {one.phase for one in artist_page.announced(page, now)} == {*listed, Phase.CANCELLED}


def test_a_labels_pages_are_looked_up_once_for_all_its_releases(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    label = make_label()
    make_artist_page(label)
    mine = [make_campaign(label=label), make_campaign(label=label, artist="Demo Artist ft. Duo")]
    other = make_campaign(label=label, artist="Night Desk")
    with django_assert_num_queries(1):
        assert {artist_page.address_for(one) for one in mine} == {"/@demo-artist"}
        assert artist_page.address_for(other) == ""
