"""Queries put into SQL once: they find what the querysets find."""

from __future__ import annotations

from typing import Final

import pytest
from django.db import connection
from django.db.models import Value

from campaigns.models import Campaign, CampaignState
from campaigns.models.compiled import ASKED, CompiledQuery
from tests.factory import make_campaign

pytestmark = pytest.mark.django_db

LINKS: Final = ["https://music.example/album", "https://music.example/it's"]


def public() -> CompiledQuery[Campaign]:
    return CompiledQuery(Campaign.objects.public().filter(slug=ASKED))


def test_it_finds_the_whole_row_each_time_it_is_asked() -> None:
    query = public()
    for title in ("Night Bus", "It's 100 %s"):
        campaign = make_campaign(title=title, links=LINKS, artwork_weights={"320.jpg": 6040})
        found = query.first(campaign.slug)
        assert found is not None
        stored = Campaign.objects.get(id=campaign.id)
        for field in Campaign._meta.concrete_fields:
            assert getattr(found, field.attname) == getattr(stored, field.attname)
        assert not found._state.adding
        found.title = "Night Train"
        found.save()
        campaign.refresh_from_db()
        assert campaign.title == "Night Train"


@pytest.mark.parametrize("slug", ["", "no-such-page", ASKED, "' OR 1=1 --", "%s"])
def test_it_finds_nothing_that_the_queryset_does_not(slug: str) -> None:
    make_campaign()
    make_campaign(slug="draft", state=CampaignState.DRAFT)
    assert public().first(slug) is None
    assert public().first("draft") is None


@pytest.mark.django_db(transaction=True)
def test_a_connection_that_was_lost_is_opened_again() -> None:
    campaign, query = make_campaign(), public()
    assert query.first(campaign.slug) == campaign
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (lost,) = cursor.fetchone()
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [lost])
    other.close()
    assert query.first(campaign.slug) == campaign


def test_what_is_asked_along_with_it_comes_along() -> None:
    campaign = make_campaign()
    by_slug = Campaign.objects.filter(slug=ASKED)
    asked = by_slug.annotate(viewers_role=Value("viewer"))  # type: ignore[no-redef]
    found = CompiledQuery(asked).first(campaign.slug)
    assert found is not None
    assert (found.title, found.viewers_role) == (campaign.title, "viewer")
