"""Each way in which a consent comes to nothing: its own page, no row, no call that need not be."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.test import Client

from campaigns import spotify
from campaigns.clock import database_now
from campaigns.consent import oauth_state
from campaigns.gate import closing
from campaigns.models import Campaign, CampaignState, GateName, PauseReason, PreSave
from tests.factory import make_campaign
from tests.fans import Fan, ask_for_token, query_of, text_of
from tests.sandbox_process import SAVE_SCOPE

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries, Settings

    from campaigns.keyring import Secret

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign() -> Campaign:
    return make_campaign()


SomeReturn = Callable[[Fan, Campaign], str]


def denied(fan: Fan, campaign: Campaign) -> str:
    return fan.decide(fan.tap(campaign), "deny")


def failed_at_spotify(fan: Fan, campaign: Campaign) -> str:
    state = query_of(fan.tap(campaign))["state"]
    return f"/callback?{urlencode({'error': 'server_error', 'state': state})}"


def without_cookie(fan: Fan, campaign: Campaign) -> str:
    back = fan.decide(fan.tap(campaign))
    fan.client.cookies.clear()
    return back


def with_an_altered_cookie(fan: Fan, campaign: Campaign) -> str:
    back = fan.decide(fan.tap(campaign))
    middle = len(fan.cookie) // 2
    other = "A" if fan.cookie[middle] != "A" else "B"
    fan.cookie = fan.cookie[:middle] + other + fan.cookie[middle + 1 :]
    return back


def with_another_browsers_cookie(fan: Fan, campaign: Campaign) -> str:
    other = Fan(fan.sandbox, "fan-2")
    other.tap(campaign)
    back = fan.decide(fan.tap(campaign))
    fan.cookie = other.cookie
    return back


def with_a_made_up_state(fan: Fan, campaign: Campaign) -> str:
    code = query_of(fan.decide(fan.tap(campaign)))["code"]
    return f"/callback?{urlencode({'code': code, 'state': campaign.slug + '.made-up'})}"


def without_a_state(fan: Fan, campaign: Campaign) -> str:
    code = query_of(fan.decide(fan.tap(campaign)))["code"]
    return f"/callback?{urlencode({'code': code})}"


def to_a_cancelled_campaign(fan: Fan, campaign: Campaign) -> str:
    back = fan.decide(fan.tap(campaign))
    campaign.state, campaign.cancelled_at = CampaignState.CANCELLED, campaign.opened_at
    campaign.save()
    return back


def to_a_finished_campaign(fan: Fan, campaign: Campaign) -> str:
    back = fan.decide(fan.tap(campaign))
    campaign.state, campaign.finished_at = CampaignState.FINISHED, campaign.opened_at
    campaign.save()
    return back


def to_a_paused_campaign(fan: Fan, campaign: Campaign) -> str:
    back = fan.decide(fan.tap(campaign))
    campaign.paused_reason = PauseReason.KEY_MISSING
    campaign.save()
    return back


def to_a_deleted_campaign(fan: Fan, campaign: Campaign) -> str:
    back = fan.decide(fan.tap(campaign))
    campaign.delete()
    return back


FORGED: list[Any] = [
    pytest.param(denied, 200, "You said no", id="denied"),
    pytest.param(failed_at_spotify, 503, "Spotify is not answering", id="error at Spotify"),
    pytest.param(without_cookie, 400, "Your browser changed", id="no cookie"),
    pytest.param(with_an_altered_cookie, 400, "Your browser changed", id="altered cookie"),
    pytest.param(with_another_browsers_cookie, 400, "Two starts got mixed up", id="other cookie"),
    pytest.param(with_a_made_up_state, 400, "Two starts got mixed up", id="wrong state"),
    pytest.param(without_a_state, 400, "Two starts got mixed up", id="no state"),
    pytest.param(to_a_cancelled_campaign, 410, "The artist called this off", id="cancelled"),
    pytest.param(to_a_finished_campaign, 410, "Pre-save ended", id="finished"),
    pytest.param(to_a_paused_campaign, 503, "Paused just now.", id="paused"),
    pytest.param(to_a_deleted_campaign, 410, "The artist called this off", id="deleted"),
]


@pytest.mark.parametrize(("make_return", "status", "title"), FORGED)
def test_what_did_not_start_here_never_reaches_spotify(
    fan: Fan, campaign: Campaign, make_return: SomeReturn, status: int, title: str
) -> None:
    back, slug = make_return(fan, campaign), campaign.slug
    answer = fan.get(back)
    assert answer.status_code == status
    assert f"<h1>{title}" in text_of(answer)
    assert "Not pre-saved</title>" in text_of(answer)
    assert "Nothing was stored" in text_of(answer)
    back_to_it = f'href="/{slug}/go"' if "Your browser changed" in title else f'href="/{slug}"'
    assert back_to_it in text_of(answer) or "state=" not in back
    assert fan.sandbox.calls("token.code") == []
    assert not PreSave.objects.exists()


def test_one_fans_refusal_does_not_lead_another_to_the_wrong_release(client: Client) -> None:
    for slug in ("night-bus", "night-train"):
        state = oauth_state.new(slug)
        assert f'href="/{slug}/go"' in text_of(client.get(f"/callback?code=x&state={state}"))


@pytest.mark.parametrize(
    "make_return", [denied, with_a_made_up_state, failed_at_spotify, to_a_cancelled_campaign]
)
def test_the_cookie_stays_while_the_fan_may_come_back_with_it(
    fan: Fan, campaign: Campaign, make_return: SomeReturn
) -> None:
    fan.get(make_return(fan, campaign))
    assert fan.cookie


def test_the_cookie_goes_with_a_code_that_was_used_up(fan: Fan, campaign: Campaign) -> None:
    fan.sandbox.fault("token.code", status=503)
    assert fan.pre_save(campaign).status_code == 503
    assert fan.cookie == ""


def test_a_campaign_that_ends_during_the_exchange_stores_nothing_and_says_why(
    fan: Fan, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange = spotify.exchange_code

    def meanwhile(code: Secret) -> Any:
        Campaign.objects.update(state=CampaignState.CANCELLED)
        return exchange(code)

    monkeypatch.setattr(spotify, "exchange_code", meanwhile)
    answer = fan.pre_save(campaign)
    assert "<h1>The artist called this off" in text_of(answer)
    assert not PreSave.objects.exists()


def test_a_forged_return_costs_no_query(
    fan: Fan, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for made_up in ("night-bus.forged", f"night-bus..{'x' * 43}.{'0' * 32}"):
        with django_assert_num_queries(0):
            answer = fan.get(f"/callback?code=forged&state={made_up}")
        assert answer.status_code == 400


@pytest.mark.parametrize(
    "make_return",
    [
        *(to_a_cancelled_campaign, to_a_finished_campaign, to_a_paused_campaign),
        *(denied, failed_at_spotify),
    ],
)
def test_a_refusal_that_is_loaded_again_says_the_same(
    fan: Fan, campaign: Campaign, make_return: SomeReturn
) -> None:
    back = make_return(fan, campaign)
    assert text_of(fan.get(back)) == text_of(fan.get(back))


@pytest.mark.parametrize("state", ['"><script>alert(1)</script>.x', "a/../b.x", "", "\x00.x"])
def test_a_made_up_state_leads_nowhere(fan: Fan, state: str) -> None:
    answer = fan.get(f"/callback?{urlencode({'code': 'forged', 'state': state})}")
    assert answer.status_code == 400
    assert "script" not in text_of(answer)
    assert 'class="button"' not in text_of(answer)
    assert "Open the link of the release again" in text_of(answer)


def test_an_old_start_is_too_late(fan: Fan, campaign: Campaign) -> None:
    began = datetime.now(UTC)
    with time_machine.travel(began, tick=False):
        back = fan.decide(fan.tap(campaign))
    with time_machine.travel(began + timedelta(minutes=10, seconds=2), tick=False):
        answer = fan.get(back)
    assert (answer.status_code, fan.sandbox.calls("token.code")) == (400, [])
    assert "That took a little too long" in text_of(answer)
    assert not PreSave.objects.exists()


def test_a_start_lasts_ten_minutes(fan: Fan, campaign: Campaign) -> None:
    began = datetime.now(UTC)
    with time_machine.travel(began, tick=False):
        back = fan.decide(fan.tap(campaign))
    with time_machine.travel(began + timedelta(minutes=9, seconds=58), tick=False):
        assert fan.get(back).status_code == 303


def test_a_return_counts_once(fan: Fan, campaign: Campaign) -> None:
    back = fan.decide(fan.tap(campaign))
    assert fan.get(back).status_code == 303
    fan.client.cookies.clear()
    answer = fan.get(back)
    assert answer.status_code == 400
    assert "This link was used already" in text_of(answer)
    assert len(fan.sandbox.calls("token.code")) == 1
    assert PreSave.objects.count() == 1


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
    ],
)
def test_any_other_scope_is_dropped(fan: Fan, campaign: Campaign, granted: str, title: str) -> None:
    fan.sandbox.set(scope_in_answer=granted)
    answer = fan.pre_save(campaign)
    assert answer.status_code == 400
    assert f"<h1>{title}" in text_of(answer)
    assert not PreSave.objects.exists()


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 503},
        {"kind": "reset_before"},
        {"kind": "reset_after_effect"},
        {"kind": "html"},
        {"kind": "empty"},
        {"kind": "redirect"},
        {"kind": "status", "status": 429, "headers": {"Retry-After": "30"}},
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
    assert ("Not open to everyone yet" in text_of(answer)) is not listed
    assert PreSave.objects.exists() is listed


@pytest.mark.parametrize(
    ("state", "title"),
    [
        (CampaignState.FINISHED, "Pre-save ended"),
        (CampaignState.CANCELLED, "The artist called this off"),
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
        ({"paused_reason": PauseReason.KEY_MISSING}, 503, "Paused just now."),
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
        assert "If you saw your receipt, you are in" in text_of(answer)
        assert "Not pre-saved" not in text_of(answer)
        assert "Nothing was stored" not in text_of(answer)
    assert PreSave.objects.count() == 1


def test_of_two_tabs_the_one_that_was_started_last_comes_through(
    fan: Fan, campaign: Campaign
) -> None:
    first, second = fan.tap(campaign), fan.tap(campaign)

    assert "Two starts got mixed up" in text_of(fan.get(fan.decide(first)))
    assert fan.get(fan.decide(second)).status_code == 303
