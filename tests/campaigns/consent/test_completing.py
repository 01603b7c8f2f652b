"""A fan's consent from the tap to the receipt, with the sandbox as Spotify."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from django.conf import settings
from django.db import connection, connections

from campaigns import keyring
from campaigns.models import PreSave, PreSaveState, Reason, SpentState
from tests.factory import make_campaign
from tests.fans import Fan, ask_for_token, query_of, text_of
from tests.sandbox_process import SAVE_SCOPE, Sandbox

if TYPE_CHECKING:
    from pytest_django import Settings

    from campaigns.models import Campaign

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign() -> Campaign:
    return make_campaign()


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


def test_the_start_sets_one_sealed_cookie_and_no_row(fan: Fan, campaign: Campaign) -> None:
    state = query_of(fan.tap(campaign))["state"]
    assert list(fan.client.cookies) == ["presave"]
    cookie = fan.client.cookies["presave"]
    assert (cookie["max-age"], cookie["path"], cookie["samesite"]) == (1200, "/", "Lax")
    assert cookie["httponly"]
    assert not cookie["secure"]
    assert state not in cookie.value
    assert campaign.slug not in cookie.value
    assert not SpentState.objects.exists()


def test_on_https_the_cookie_is_bound_to_the_host(
    fan: Fan, campaign: Campaign, settings: Settings
) -> None:
    settings.IS_HTTPS, settings.COOKIE_PREFIX = True, "__Host-"
    back = fan.decide(fan.tap(campaign))
    assert list(fan.client.cookies) == ["__Host-presave"]
    cookie = fan.client.cookies["__Host-presave"]
    assert (cookie["path"], cookie["samesite"], cookie["domain"]) == ("/", "Lax", "")
    assert cookie["httponly"]
    assert cookie["secure"]

    gone = fan.get(back).cookies["__Host-presave"]
    assert (gone.value, gone["max-age"], gone["path"]) == ("", 0, "/")
    assert gone["secure"]


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


def test_a_consent_becomes_one_sealed_row_and_a_receipt(fan: Fan, campaign: Campaign) -> None:
    answer = fan.pre_save(campaign)
    assert (answer.status_code, answer.cookies["presave"].value) == (303, "")
    receipt = fan.get(answer.headers["Location"])
    assert "You're in" in text_of(receipt)

    assert [call["endpoint"] for call in fan.sandbox.calls()] == ["authorize", "token.code"]

    presave = PreSave.objects.get()
    assert (presave.state, presave.campaign_id) == (PreSaveState.PENDING, campaign.id)
    assert presave.due_at == campaign.release_at
    token = keyring.from_settings().open(campaign.id).open(bytes(presave.sealed or b""), presave.id)
    refresh = {"grant_type": "refresh_token", "refresh_token": token.reveal()}
    assert ask_for_token(fan.sandbox, refresh) == 200


def test_a_cancelled_pre_save_holds_nothing(fan: Fan, campaign: Campaign) -> None:
    receipt = fan.receipt_of(campaign)
    answer = fan.client.post(f"{receipt}/cancel")
    assert (answer.status_code, answer.headers["Location"]) == (303, receipt)
    assert "Cancelled, as you asked" in text_of(fan.get(receipt))
    presave = PreSave.objects.get()
    assert (presave.state, presave.reason, presave.sealed) == (
        PreSaveState.CANCELLED,
        Reason.BY_FAN,
        None,
    )


def test_neither_permission_nor_receipt_stands_in_the_database(
    fan: Fan, campaign: Campaign
) -> None:
    receipt_token = fan.receipt_of(campaign).rpartition("/")[2]
    presave = PreSave.objects.get()
    opened = keyring.from_settings().open(campaign.id)
    permission = opened.open(bytes(presave.sealed or b""), presave.id).reveal()
    everything = whole_database()
    assert str(presave.id) in everything
    for secret in (receipt_token, permission):
        assert secret not in everything
        assert secret.encode().hex() not in everything


def whole_database() -> str:
    rows = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT whole::text FROM "{table}" AS whole')  # noqa: S608
            rows += [row for (row,) in cursor.fetchall()]
    return "\n".join(rows)


def test_two_returns_at_once_make_one_exchange_and_one_row_and_both_lead_to_it(
    transactional_db: None, sandbox: Sandbox
) -> None:
    fan, campaign = Fan(sandbox), make_campaign()
    back = fan.decide(fan.tap(campaign))
    sandbox.set(latency_ms={"token.code": 200})
    start, answers = threading.Barrier(2), []

    def come_back() -> None:
        twin = Fan(sandbox)
        twin.cookie = fan.cookie
        start.wait()
        answer = twin.get(back)
        answers.append((answer.status_code, answer.headers.get("Location")))
        connections.close_all()

    threads = [threading.Thread(target=come_back) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [status for status, _ in answers] == [303, 303]
    assert len(set(answers)) == 1, "both lead to the one receipt"
    assert len(sandbox.calls("token.code")) == 1
    assert PreSave.objects.count() == 1
