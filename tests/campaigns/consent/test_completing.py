"""A consent that comes back: one exchange, one sealed row, one receipt; or nothing at all."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from django.db import connection, connections

from campaigns import keyring, spotify
from campaigns.models import Campaign, CampaignState, PreSave, PreSaveState, Reason
from tests.factory import make_campaign
from tests.fans import Fan, ask_for_token, query_of, text_of
from tests.sandbox_process import SAVE_SCOPE, Sandbox

if TYPE_CHECKING:
    from pytest_django import Settings

    from campaigns.keyring import Secret

pytestmark = pytest.mark.django_db


def test_a_consent_becomes_one_sealed_row_and_a_receipt(fan: Fan, campaign: Campaign) -> None:
    answer = fan.pre_save(campaign)
    assert (answer.status_code, answer.cookies["presave"].value) == (303, "")
    receipt = fan.get(answer.headers["Location"])
    assert "You're in" in text_of(receipt)

    assert [call["endpoint"] for call in fan.sandbox.calls()] == ["authorize", "token.code"]

    presave = PreSave.objects.get()
    assert (presave.state, presave.campaign_id) == (PreSaveState.PENDING, campaign.id)
    assert presave.due_at == campaign.release_at
    key = keyring.from_settings().open(campaign.id)
    token = key.open(bytes(presave.sealed or b""), presave.id, campaign.agreed_digest)
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
    agreed = campaign.agreed_digest
    permission = opened.open(bytes(presave.sealed or b""), presave.id, agreed).reveal()
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
    start, twins = threading.Barrier(2), [Fan(sandbox), Fan(sandbox)]
    answers = []

    def come_back(twin: Fan) -> None:
        twin.cookie = fan.cookie
        start.wait()
        answer = twin.get(back)
        answers.append((answer.status_code, answer.headers["Location"]))
        connections.close_all()

    threads = [threading.Thread(target=come_back, args=[twin]) for twin in twins]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [status for status, _ in answers] == [303, 303]
    assert len(set(answers)) == 1, "both lead to the one receipt"
    assert len(sandbox.calls("token.code")) == 1
    assert PreSave.objects.count() == 1
    for twin in twins:
        assert "You're in" in text_of(twin.get(answers[0][1]))
        assert twin.cookie == ""
        assert twin.get(f"/{campaign.slug}/mine").status_code == 200


def test_a_campaign_that_ends_during_the_exchange_stores_nothing_and_says_why(
    fan: Fan, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange = spotify.exchange_code

    def meanwhile(code: Secret) -> Any:
        Campaign.objects.update(state=CampaignState.CANCELLED)
        return exchange(code)

    monkeypatch.setattr(spotify, "exchange_code", meanwhile)
    answer = fan.pre_save(campaign)
    assert "<h1>The artist cancelled this" in text_of(answer)
    assert not PreSave.objects.exists()


def test_a_code_counts_once(fan: Fan, campaign: Campaign) -> None:
    code = query_of(fan.decide(fan.tap(campaign)))["code"]
    exchange = {"grant_type": "authorization_code", "redirect_uri": fan.sandbox.redirect_uri}
    assert ask_for_token(fan.sandbox, {**exchange, "code": code}) == 200
    state = query_of(fan.tap(campaign))["state"]
    answer = fan.get(f"/callback?{urlencode({'code': code, 'state': state})}")
    assert answer.status_code == 400
    assert "Spotify did not confirm your answer" in text_of(answer)
    assert not PreSave.objects.exists()


@pytest.mark.parametrize(
    ("granted", "title"),
    [
        (f"{SAVE_SCOPE} user-read-email", "Spotify gave us more than we asked for"),
        ("user-library-read", "The one permission is missing"),
        ("", "The one permission is missing"),
        ("omitted", "The one permission is missing"),
        ("blank", "The one permission is missing"),
    ],
)
def test_any_other_scope_is_dropped(fan: Fan, campaign: Campaign, granted: str, title: str) -> None:
    fan.sandbox.set(scope_in_answer=granted)
    answer = fan.pre_save(campaign)
    assert answer.status_code == 400
    assert f"<h1>{title}" in text_of(answer)
    assert not PreSave.objects.exists()


def test_a_scope_that_is_named_twice_is_one(fan: Fan, campaign: Campaign) -> None:
    fan.sandbox.set(scope_in_answer="doubled")
    fan.pre_save(campaign)
    assert PreSave.objects.count() == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 503},
        {"kind": "reset_before"},
        {"kind": "reset_after_effect"},
        {"kind": "html"},
        {"kind": "empty"},
        {"kind": "redirect"},
    ],
    ids=lambda fault: f"{fault['kind']}-{fault.get('status', '')}",
)
def test_when_spotify_is_down_the_fan_is_told_and_the_log_says_why(
    fan: Fan, campaign: Campaign, fault: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    fan.sandbox.fault("token.code", **fault)
    answer = fan.pre_save(campaign)
    assert answer.status_code == 503
    assert "Spotify is not answering" in text_of(answer)
    assert not PreSave.objects.exists()
    assert "a consent met an error of Spotify's: " in caplog.text
    assert f"no consent campaign={campaign.id}: spotify_down" in caplog.text
    # The answer was meant: Django need not call it an error of ours.
    assert "Service Unavailable" not in caplog.text


def test_an_answer_without_a_permission_to_keep_is_refused(fan: Fan, campaign: Campaign) -> None:
    fan.sandbox.set(refresh_token_in_answer=False)
    assert fan.pre_save(campaign).status_code == 503
    assert not PreSave.objects.exists()


@pytest.mark.parametrize(("listed", "status"), [(True, 303), (False, 403)])
def test_in_development_mode_only_listed_fans_are_taken(
    fan: Fan, campaign: Campaign, settings: Settings, listed: bool, status: int
) -> None:
    settings.SPOTIFY_APP_MODE = "development"
    fan.sandbox.set(mode="development")
    fan.sandbox.post("users", {"accounts": [{"id": "a-stranger", "listed": listed}]})
    fan.account = "a-stranger"
    answer = fan.pre_save(campaign)
    assert answer.status_code == status
    text = text_of(answer)
    assert ("For invited testers" in text) is not listed
    assert (f'href="/{campaign.slug}/calendar.ics"' in text) is not listed
    assert PreSave.objects.exists() is listed


def test_going_back_after_the_receipt_leads_to_it(fan: Fan, campaign: Campaign) -> None:
    to_spotify = fan.tap(campaign)
    back = fan.decide(to_spotify)
    receipt = fan.get(back).headers["Location"]

    for again in (back, fan.decide(to_spotify)):
        answer = fan.get(again)
        assert (answer.status_code, answer.headers["Location"]) == (303, receipt)
    assert PreSave.objects.count() == 1


def test_a_browser_that_keeps_nothing_is_told_that_it_is_in(fan: Fan, campaign: Campaign) -> None:
    to_spotify = fan.tap(campaign)
    back = fan.decide(to_spotify)
    assert fan.get(back).status_code == 303

    for again in (back, fan.decide(to_spotify)):
        fan.client.cookies.clear()
        answer = fan.get(again)
        assert answer.status_code == 400
        assert "If you saw your receipt, you're in" in text_of(answer)
        assert "Not pre-saved" not in text_of(answer)
        assert "Nothing was stored" not in text_of(answer)
    assert PreSave.objects.count() == 1
