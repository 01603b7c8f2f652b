"""The transparency page and its JSON: what they say, how they may be cached, in which language."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone, translation

from campaigns.fan import transparency_report
from campaigns.models import Campaign, CampaignState, PreSaveState, Reason
from campaigns.retention import figures
from tests.factory import make_campaign, make_presave, make_presaves
from tests.fans import text_of
from tests.sandbox_process import SAVE_SCOPE

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries, Settings

pytestmark = pytest.mark.django_db

RELEASED = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def small_campaigns_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transparency_report, "FEWEST_FANS", 1)


@pytest.fixture
def campaign() -> Campaign:
    """Finished: 1234 fans of 1236 were saved after 150 seconds, and one permission is held
    elsewhere.
    """
    campaign = make_campaign(
        state=CampaignState.FINISHED, release_at=RELEASED, title="Night Bus", slug="night-bus"
    )
    settled_at = RELEASED + timedelta(seconds=150)
    make_presaves(campaign, ["a"] * 1234, state=PreSaveState.SAVED, settled_at=settled_at)
    make_presave(campaign, state=PreSaveState.FAILED, reason=Reason.REVOKED)
    make_presave(campaign, state=PreSaveState.CANCELLED, reason=Reason.BY_FAN)
    make_presave(make_campaign(), consented_at=timezone.now() - timedelta(days=41))
    figures.write_down(RELEASED)
    return campaign


def test_the_page_says_what_is_held_and_what_is_gone(
    client: Client, settings: Settings, campaign: Campaign
) -> None:
    settings.COMMIT = "c" * 40
    text = text_of(client.get("/transparency"))
    assert '<dt>Permissions held now</dt> <dd class="figure">1</dd>' in text
    assert ", 41 days ago." in text
    assert '<dt>Permissions destroyed</dt> <dd class="figure">1,236</dd>' in text
    assert '<th scope="row">The release was saved</th><td>1,234</td>' in text
    assert '<th scope="row">The permission was withdrawn at Spotify</th><td>1</td>' in text
    assert '<th scope="row">20 November 2026</th><td>3 min</td><td>3 min</td><td>99%</td>' in text
    assert f"<code>{SAVE_SCOPE}</code>" in text
    assert f"<dd>{settings.VERSION}</dd>" in text
    assert f'<code class="commit">{"c" * 40}</code>' in text
    assert "the people who run it could show you different ones" in text


@pytest.mark.parametrize("path", ["/transparency", "/transparency.json"])
def test_it_names_no_campaign(client: Client, campaign: Campaign, path: str) -> None:
    body = client.get(path).content.decode()
    for secret in ("Night Bus", "night-bus", "Demo Artist", str(campaign.id), "20T12:00"):
        assert secret not in body


def test_a_fresh_instance_says_that_nothing_has_happened(client: Client) -> None:
    text = text_of(client.get("/transparency"))
    assert "There are no permissions here to lose." in text
    assert "No permission has ended here yet." in text
    assert "No campaign with 1 fans or more has finished here yet." in text
    assert "<table" not in text


def test_a_campaign_of_nine_fans_is_left_out_and_the_page_says_so(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transparency_report, "FEWEST_FANS", 10)
    small = make_campaign(state=CampaignState.FINISHED)
    make_presaves(small, ["gone"] * 9, state=PreSaveState.SAVED)
    text = text_of(client.get("/transparency"))
    assert '<th scope="row">The release was saved</th><td>9</td>' in text
    assert "No campaign with 10 fans or more has finished here yet." in text

    cache.clear()
    make_presave(small, state=PreSaveState.SAVED)
    text = text_of(client.get("/transparency"))
    assert "<td>100%</td>" in text
    assert "Campaigns with fewer than 10 fans aren't listed" in text


def test_the_json_has_the_same_numbers_and_no_others(client: Client, campaign: Campaign) -> None:
    found = json.loads(client.get("/transparency.json").content)
    assert found["held"].keys() == {"number", "oldest_day", "oldest_age_days"}
    assert (found["held"]["number"], found["held"]["oldest_age_days"]) == (1, 41)
    assert found["destroyed"] == {
        "number": 1236,
        "saved": 1234,
        "failed": 1,
        "cancelled": 1,
        "expired": 0,
    }
    assert found["failures_of_ended_campaigns"] == {"revoked": 1}
    assert found["keys"] == {"alive": 2, "destroyed": 0}
    assert found["releases"] == [
        {"day": "2026-11-20", "delay_p50": 150, "delay_p95": 150, "saved_percent": 99}
    ]
    assert found["scope"] == SAVE_SCOPE
    assert found["fewest_fans_of_a_release"] == 1
    assert set(found) == {
        *("counted_at", "version", "commit", "scope", "held", "destroyed", "keys", "releases"),
        *("failures_of_ended_campaigns", "fewest_fans_of_a_release"),
    }


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (119, "119 s"), (120, "2 min"), (121, "3 min"), (7199, "120 min"), (7201, "3 h")],
)
def test_a_delay_is_rounded_up_to_a_unit(client: Client, seconds: int, words: str) -> None:
    campaign = make_campaign(state=CampaignState.FINISHED, delivery_p50=seconds)
    make_presave(campaign, state=PreSaveState.SAVED)
    assert f"<td>{words}</td><td>\N{EN DASH}</td>" in text_of(client.get("/transparency"))


@pytest.mark.parametrize("path", ["/transparency", "/transparency.json"])
def test_any_cache_may_keep_it_for_a_minute(client: Client, path: str) -> None:
    first = client.get(path, headers={"Accept-Language": "en"})
    assert first.headers["Cache-Control"] == "public, max-age=60"
    assert "form-action 'none'" in first.headers["Content-Security-Policy"]
    assert "Cookie" not in first.headers.get("Vary", "")
    assert not first.cookies
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304
    assert "form-action 'none'" in again.headers["Content-Security-Policy"]
    assert client.post(path).status_code == 405


def test_a_flood_does_not_make_the_database_count(
    client: Client, campaign: Campaign, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    def held(path: str) -> int:
        return int(json.loads(client.get(path).content)["held"]["number"])

    assert held("/transparency.json") == 1
    make_presave(make_campaign())
    with django_assert_num_queries(1):
        assert held("/transparency.json?again") == 1
    cache.clear()
    assert held("/transparency.json") == 2


def test_it_answers_in_the_fans_language(client: Client) -> None:
    assert client.get("/transparency?lang=de").headers["Content-Language"] == "de"
    answer = client.get("/transparency", headers={"Accept-Language": "fr"})
    assert answer.headers["Content-Language"] == "fr"
    assert "Accept-Language" in answer.headers["Vary"]


def test_every_reason_has_its_words() -> None:
    english = {reason: str(reason.label) for reason in Reason}
    with translation.override("de"):
        translated = {reason for reason in Reason if str(reason.label) != english[reason]}
    assert translated == set(Reason)


@pytest.mark.parametrize("path", ["/", "/night-bus"])
def test_the_fans_pages_lead_there(client: Client, campaign: Campaign, path: str) -> None:
    assert '<a href="/transparency">Transparency</a>' in text_of(client.get(path))
