"""When a landing page is made anew: when something that it shows has changed, and not each second.
What it takes is counted, as no other page is asked for as often.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.core.cache import caches
from django.test import Client
from django.test.signals import template_rendered

from campaigns.clock import database_now
from campaigns.fan import prepared_page
from campaigns.fan.page_cache import CACHE_SECONDS
from campaigns.fan.views import landing
from campaigns.gate import closing
from campaigns.models import Campaign, CampaignState, ErrorReason, GateName
from campaigns.spotify import SpotifyError
from tests.factory import make_campaign
from tests.fans import text_of

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
RELEASE = NOW + timedelta(days=30)
A_MOMENT = CACHE_SECONDS + 0.1
# Of all templates of the page, as it is for a campaign with everything.
MOST_TEMPLATES = 25


@pytest.fixture(autouse=True)
def clock() -> Iterator[Any]:
    caches["pages"].clear()
    with time_machine.travel(NOW, tick=False) as clock:
        yield clock


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows with each page that is made."""
    made, render = list[str](), prepared_page.render

    def note(name: str, context: dict[str, Any]) -> str:
        made.append(context["campaign"].slug)
        return render(name, context)

    monkeypatch.setattr(prepared_page, "render", note)
    return made


def make_page(**fields: Any) -> Campaign:
    fields = {"opened_at": NOW, "release_at": RELEASE, **fields}
    return make_campaign(**fields)


def test_a_page_that_nothing_has_changed_is_not_made_again(
    client: Client, clock: Any, made: list[str]
) -> None:
    campaign, pages = make_page(), set()
    for _ in range(int(landing.MADE_ANEW_SECONDS / A_MOMENT)):
        pages.add(client.get(f"/{campaign.slug}").content)
        clock.shift(A_MOMENT)
    assert (len(made), len(pages)) == (1, 1)


def test_what_the_label_changed_is_shown_as_soon_as_caches_may_ask(
    client: Client, clock: Any, made: list[str]
) -> None:
    campaign = make_page()
    client.get(f"/{campaign.slug}")
    clock.shift(landing.MADE_ANEW_SECONDS + 1)
    client.get(f"/{campaign.slug}")
    assert len(made) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"title": "Night Train"},
        {"artist": "Somebody Else"},
        {"note": "Recorded on a bus."},
        {"links": ["https://music.example/album"]},
        {"release_at": RELEASE + timedelta(days=1)},
        {"release_zone": "Asia/Tokyo"},
        {"state": CampaignState.CANCELLED, "cancelled_at": NOW},
        {"artwork_alt": "A bus at night"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_change_past_every_form_is_shown_at_once(
    change: dict[str, Any], client: Client, clock: Any, made: list[str]
) -> None:
    campaign = make_page()
    client.get(f"/{campaign.slug}")
    Campaign.objects.filter(id=campaign.id).update(**change)
    clock.shift(A_MOMENT)
    client.get(f"/{campaign.slug}")
    assert len(made) == 2


def test_the_release_is_shown_although_no_row_has_changed(
    client: Client, clock: Any, made: list[str]
) -> None:
    campaign = make_page(release_at=NOW + timedelta(seconds=30))
    before = text_of(client.get(f"/{campaign.slug}"))
    clock.shift(30.1)
    assert text_of(client.get(f"/{campaign.slug}")) != before


def test_no_cache_is_told_to_keep_it_beyond_the_release(client: Client, clock: Any) -> None:
    campaign = make_page(release_at=NOW + timedelta(seconds=50))
    for left in (50, 40, 30):
        told = client.get(f"/{campaign.slug}").headers["Cache-Control"]
        assert f"max-age={left - CACHE_SECONDS}" in told
        clock.shift(10)


def test_that_spotify_is_away_is_shown_although_the_campaign_is_as_before(
    client: Client, clock: Any, made: list[str]
) -> None:
    campaign = make_page()
    client.get(f"/{campaign.slug}")
    away = SpotifyError(ErrorReason.QUOTA_EXCEEDED, half=GateName.ACCOUNTS, retry_after=86_400)
    closing.close(away, database_now())
    clock.shift(A_MOMENT)
    client.get(f"/{campaign.slug}")
    assert len(made) == 2


def test_each_language_and_each_campaign_has_a_page_of_its_own(
    client: Client, made: list[str]
) -> None:
    one, other = make_page(), make_page(title="Night Train")
    pages = {
        client.get(f"/{campaign.slug}", headers={"accept-language": language}).content
        for campaign in (one, other)
        for language in ("en", "de", "fr")
    }
    assert (len(made), len(pages)) == (6, 6)


def test_what_a_page_costs(
    client: Client, clock: Any, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    """Three queries for the first of a label, as it asks for its domain and its artists' pages, and
    one for each other; one look at the row when it was kept for a second, and nothing before that.
    Its templates run once for all campaigns that look alike.
    """
    rendered: list[str] = []

    def note(template: Any, **of_signal: Any) -> None:
        rendered.append(template.name)

    one = make_page()
    other = make_page(title="Night Train", label=one.label)
    template_rendered.connect(note)
    try:
        for campaign, queries in ((one, 3), (one, 0), (other, 1)):
            with django_assert_num_queries(queries):
                client.get(f"/{campaign.slug}")
        clock.shift(A_MOMENT)
        with django_assert_num_queries(1):
            client.get(f"/{one.slug}")
    finally:
        template_rendered.disconnect(note)
    assert len(rendered) <= MOST_TEMPLATES, rendered
    assert rendered.count("fan/landing.html") <= 1
