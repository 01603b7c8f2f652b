"""The start: one permission is asked for, by a fan who meant it, while consents are taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from campaigns.clock import database_now
from campaigns.consent.refusal import ConsentError
from campaigns.consent.starting import start_authorization
from campaigns.gate import closing
from campaigns.models import Campaign, CampaignState, GateName, PauseReason
from tests.factory import make_campaign
from tests.fans import Fan, query_of, text_of
from tests.sandbox_process import SAVE_SCOPE, Sandbox

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db


def test_the_start_asks_for_one_permission_and_for_a_real_answer(
    fan: Fan, campaign: Campaign
) -> None:
    url = fan.tap(campaign)
    asked = query_of(url)
    assert url.startswith(f"{fan.sandbox.url}/authorize?")
    assert asked.pop("state").startswith(f"{campaign.slug}.")
    assert asked == {
        "client_id": "test-client-id",
        "response_type": "code",
        "redirect_uri": f"{settings.PUBLIC_URL}/callback",
        "scope": SAVE_SCOPE,
        "show_dialog": "True",
    }


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "127.0.0.1:9999"},
        {"x_forwarded_host": "evil.example"},
        {"x_forwarded_proto": "https"},
        {"forwarded": "host=evil.example"},
    ],
)
def test_the_redirect_uri_never_follows_the_request(
    fan: Fan, campaign: Campaign, headers: dict[str, str]
) -> None:
    answer = fan.get(f"/{campaign.slug}/go", sec_fetch_site="same-origin", **headers)
    assert query_of(answer.headers["Location"])["redirect_uri"] == f"{settings.PUBLIC_URL}/callback"


def test_a_foreign_host_is_not_served(fan: Fan, campaign: Campaign) -> None:
    answer = fan.get(f"/{campaign.slug}/go", sec_fetch_site="same-origin", host="evil.example")
    assert answer.status_code == 400


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none", ""])
def test_a_start_from_elsewhere_is_asked_to_confirm(
    fan: Fan, campaign: Campaign, site: str
) -> None:
    answer = fan.get(f"/{campaign.slug}/go", **({"sec_fetch_site": site} if site else {}))
    assert answer.status_code == 200
    assert "Continue to Spotify" in text_of(answer)
    assert "opened from outside" in text_of(answer)
    assert "Location" not in answer.headers
    assert not answer.cookies


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "same-origin", "origin": settings.PUBLIC_URL},
        {"origin": settings.PUBLIC_URL},
    ],
)
def test_the_confirmed_start_goes_to_spotify(
    fan: Fan, campaign: Campaign, headers: dict[str, str]
) -> None:
    answer = fan.client.post(f"/{campaign.slug}/go", headers=headers)
    assert answer.status_code == 302
    assert "presave" in answer.cookies


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:8001", ""])
def test_a_forged_confirmation_is_asked_again(fan: Fan, campaign: Campaign, origin: str) -> None:
    headers = {"origin": origin} if origin else {}
    answer = fan.client.post(f"/{campaign.slug}/go", headers=headers)
    assert answer.status_code == 200
    assert "Continue to Spotify" in text_of(answer)
    assert not answer.cookies


@pytest.mark.parametrize(
    ("state", "title"),
    [
        (CampaignState.FINISHED, "Pre-save ended"),
        (CampaignState.CANCELLED, "The artist cancelled this"),
    ],
)
def test_an_ended_campaign_takes_no_start(fan: Fan, state: CampaignState, title: str) -> None:
    ended = make_campaign(state=state)
    answer = fan.get(f"/{ended.slug}/go", sec_fetch_site="same-origin")
    assert (answer.status_code, dict(answer.cookies)) == (410, {})
    assert f"<h1>{title}" in text_of(answer)


def test_an_unknown_campaign_has_no_start(client: Client) -> None:
    assert client.get("/nobody-knows/go").status_code == 404
    assert client.get(f"/{make_campaign(state='draft').slug}/go").status_code == 404


@pytest.mark.parametrize(
    ("fields", "status", "words"),
    [
        ({"public_key": None}, 503, "Not open yet."),
        ({"paused_reason": PauseReason.KEY_MISSING}, 503, "Paused for now."),
    ],
)
def test_a_campaign_without_its_key_takes_no_start(
    fan: Fan, fields: dict[str, Any], status: int, words: str
) -> None:
    answer = fan.get(f"/{make_campaign(**fields).slug}/go", sec_fetch_site="same-origin")
    assert (answer.status_code, dict(answer.cookies)) == (status, {})
    assert words in text_of(answer)


@pytest.mark.parametrize(
    ("half", "mode"), [(GateName.ACCOUNTS, "extended"), (GateName.API, "development")]
)
def test_nobody_is_sent_to_a_spotify_that_is_away(
    fan: Fan, campaign: Campaign, settings: Settings, half: GateName, mode: str
) -> None:
    settings.SPOTIFY_APP_MODE = mode
    closing.close_for_outage(half, database_now())
    answer = fan.get(f"/{campaign.slug}/go", sec_fetch_site="same-origin")
    assert (answer.status_code, dict(answer.cookies)) == (503, {})
    assert "Spotify is not taking pre-saves right now" in text_of(answer)
    assert f'href="/{campaign.slug}"' in text_of(answer)


# What a tap agrees to.


def agreed(campaign: Campaign) -> tuple[str, str]:
    campaign.refresh_from_db()
    return campaign.agreed_title, campaign.agreed_artist


def test_the_first_tap_settles_title_and_artist_and_the_others_write_nothing(
    sandbox: Sandbox, campaign: Campaign
) -> None:
    assert agreed(campaign) == ("", "")
    Fan(sandbox, "fan-1").tap(campaign)
    assert agreed(campaign) == (campaign.title, campaign.artist)
    with CaptureQueriesContext(connection) as queries:
        Fan(sandbox, "fan-2").tap(campaign)
    assert [query["sql"] for query in queries if query["sql"].startswith("UPDATE")] == []


@pytest.mark.parametrize(
    "headers",
    [
        *({"sec_purpose": "prefetch"}, {"sec_purpose": "prefetch;prerender"}),
        *({"purpose": "prefetch"}, {"x_moz": "prefetch"}),
    ],
    ids=str,
)
def test_a_browser_that_asks_ahead_is_no_fan_who_taps(
    fan: Fan, campaign: Campaign, headers: dict[str, str]
) -> None:
    answer = fan.get(f"/{campaign.slug}/go", sec_fetch_site="same-origin", **headers)
    assert (answer.status_code, dict(answer.cookies)) == (503, {})
    assert agreed(campaign) == ("", "")


def test_neither_a_look_at_the_head_nor_a_start_from_elsewhere_settles_anything(
    fan: Fan, campaign: Campaign
) -> None:
    path = f"/{campaign.slug}/go"
    answer = fan.client.head(path, headers={"sec-fetch-site": "same-origin"})
    assert (answer.status_code, dict(answer.cookies)) == (200, {})
    fan.get(path, sec_fetch_site="cross-site")
    fan.get(f"/{campaign.slug}")
    assert agreed(campaign) == ("", "")


def test_a_release_that_changes_while_the_fan_taps_is_shown_again(campaign: Campaign) -> None:
    Campaign.objects.update(title="Spam EP")
    with pytest.raises(ConsentError, match="release_changed"):
        start_authorization(campaign, database_now())
    assert agreed(campaign) == ("", "")


def test_while_nobody_has_pre_saved_a_tap_settles_what_an_older_version_changed(
    fan: Fan, campaign: Campaign
) -> None:
    """It knows nothing of taps, and may have changed the title after the first one."""
    fan.tap(campaign)
    Campaign.objects.update(title="Corrected Title")
    assert fan.pre_save(campaign).status_code == 303
    assert agreed(campaign)[0] == "Corrected Title"


def test_what_fans_have_pre_saved_is_settled_for_good(fan: Fan, campaign: Campaign) -> None:
    fan.pre_save(campaign)
    Campaign.objects.update(title="Spam EP")
    answer = Fan(fan.sandbox, "fan-2").get(f"/{campaign.slug}/go", sec_fetch_site="same-origin")
    assert (answer.status_code, dict(answer.cookies)) == (503, {})
    assert "Paused for now" in text_of(answer)
    assert agreed(campaign)[0] == "Night Bus"
