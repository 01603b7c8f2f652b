"""A fan who comes back: the browser keeps the receipt, and a second tap makes no second row."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.utils import timezone

from campaigns import keyring, spotify
from campaigns.consent import receipts
from campaigns.consent.receipts import REMEMBERED_FOR
from campaigns.fan.page_context import digest_shown
from campaigns.models import Campaign, CampaignState, PauseReason, PreSave, PreSaveState, Reason
from tests.factory import make_campaign, make_local_campaign
from tests.fans import Fan, query_of, text_of

if TYPE_CHECKING:
    from django.http import HttpResponse

    from campaigns.keyring import Secret

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign() -> Campaign:
    return make_campaign()


def start(fan: Fan, campaign: Campaign) -> HttpResponse:
    return fan.get(f"/{campaign.slug}/go", sec_fetch_site="same-origin")


def test_the_browser_keeps_the_receipt_sealed(fan: Fan, campaign: Campaign) -> None:
    answer = fan.pre_save(campaign)
    kept = answer.cookies["receipts"]
    assert kept["max-age"] == REMEMBERED_FOR.total_seconds() <= timedelta(days=210).total_seconds()
    assert (kept["httponly"], kept["samesite"], kept["path"]) == (True, "Lax", "/")
    token = answer.headers["Location"].removeprefix("/receipt/")
    assert token not in kept.value
    assert receipts.remembered(kept.value) == {campaign.slug: token}


@pytest.mark.parametrize("make", [make_campaign, make_local_campaign])
def test_a_second_tap_leads_to_the_receipt(fan: Fan, make: type[Campaign]) -> None:
    campaign = make()
    receipt = fan.receipt_of(campaign, "Asia/Tokyo" if campaign.at_local_midnights else None)
    answer = start(fan, campaign)
    assert (answer.status_code, answer.headers["Location"]) == (303, receipt)
    assert PreSave.objects.count() == 1


def test_a_second_tap_on_the_way_to_spotify_makes_no_second_row(
    fan: Fan, campaign: Campaign
) -> None:
    """Two tabs are at Spotify before the first comes back."""
    other = Fan(fan.sandbox)
    back = other.decide(other.tap(campaign))
    receipt = fan.receipt_of(campaign)
    fan.cookie = other.cookie
    answer = fan.get(back)
    assert (answer.status_code, answer.headers["Location"]) == (303, receipt)
    assert PreSave.objects.count() == 1
    assert len(fan.sandbox.calls("token.code")) == 1


def test_a_tab_that_was_left_open_leads_to_the_receipt(fan: Fan, campaign: Campaign) -> None:
    left_open, second = fan.tap(campaign), fan.tap(campaign)
    receipt = fan.get(fan.decide(second)).headers["Location"]
    answer = fan.get(fan.decide(left_open))
    assert (answer.status_code, answer.headers["Location"]) == (303, receipt)


# A phone that lost the answer: the browser has neither the receipt nor a word of it.


@pytest.fixture
def lost(fan: Fan, campaign: Campaign) -> tuple[str, str]:
    """The way back, and the receipt to which the lost answer led."""
    back = fan.decide(fan.tap(campaign))
    cookie = fan.cookie
    receipt = fan.get(back).headers["Location"]
    fan.client.cookies.clear()
    fan.cookie = cookie
    return back, receipt


def test_who_loads_the_lost_answer_again_gets_the_receipt(
    fan: Fan, campaign: Campaign, lost: tuple[str, str]
) -> None:
    back, receipt = lost
    answer = fan.get(back)
    assert (answer.status_code, answer.headers["Location"]) == (303, receipt)
    assert receipts.remembered(answer.cookies["receipts"].value).keys() == {campaign.slug}
    assert fan.cookie == ""
    assert len(fan.sandbox.calls("token.code")) == PreSave.objects.count() == 1


def test_who_starts_again_after_a_lost_answer_gets_the_receipt(
    fan: Fan, campaign: Campaign, lost: tuple[str, str]
) -> None:
    answer = start(fan, campaign)
    assert (answer.status_code, answer.headers["Location"]) == (303, lost[1])
    assert receipts.remembered(answer.cookies["receipts"].value).keys() == {campaign.slug}
    assert start(fan, campaign).headers["Location"] == lost[1]


@pytest.mark.parametrize("way", ["load again", "start again", "go back and say no"])
@pytest.mark.parametrize(
    "change",
    [
        {"paused_reason": PauseReason.KEY_MISSING},
        {"state": CampaignState.FINISHED, "finished_at": timezone.now()},
    ],
    ids=["paused", "finished"],
)
def test_a_lost_answer_is_found_whatever_became_of_the_campaign(
    fan: Fan, campaign: Campaign, lost: tuple[str, str], change: dict[str, Any], way: str
) -> None:
    Campaign.objects.filter(id=campaign.id).update(**change)
    back, receipt = lost
    again = {
        "load again": back,
        "start again": f"/{campaign.slug}/go",
        "go back and say no": f"/callback?error=access_denied&state={query_of(back)['state']}",
    }
    answer = fan.get(again[way], sec_fetch_site="same-origin")
    assert (answer.status_code, answer.headers.get("Location")) == (303, receipt)


def test_a_lost_answer_is_found_after_the_way_has_closed(
    fan: Fan, campaign: Campaign, lost: tuple[str, str]
) -> None:
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=11), tick=False):
        assert fan.get(lost[0]).headers.get("Location") == lost[1]


def test_a_receipt_cannot_be_told_from_what_spotify_learns(
    fan: Fan, campaign: Campaign, lost: tuple[str, str]
) -> None:
    back, receipt = lost
    token = receipt.removeprefix("/receipt/")
    assert len(token) == 43
    assert token not in back
    assert token not in fan.cookie
    stranger = Client()
    assert stranger.get(back).status_code == 400


def test_a_lost_answer_is_no_receipt_for_another_campaign(fan: Fan, lost: tuple[str, str]) -> None:
    assert start(fan, make_campaign()).status_code == 302


def test_what_became_of_a_lost_answer_is_told_and_the_fan_may_start_again(
    fan: Fan, campaign: Campaign, lost: tuple[str, str]
) -> None:
    back, receipt = lost
    PreSave.objects.all().end(PreSaveState.FAILED, Reason.REVOKED, campaign.created_at)
    assert fan.get(back).headers["Location"] == receipt
    assert start(fan, campaign).status_code == 302


def test_a_start_for_another_release_keeps_the_lost_receipt(
    fan: Fan, campaign: Campaign, lost: tuple[str, str]
) -> None:
    assert start(fan, make_campaign()).status_code == 302
    answer = start(fan, campaign)
    assert (answer.status_code, answer.headers["Location"]) == (303, lost[1])


def test_a_second_start_while_the_first_is_under_way_makes_no_second_row(
    fan: Fan, campaign: Campaign
) -> None:
    """The first comes back while the fan is at Spotify for the second time; its answer is lost."""
    back = fan.decide(fan.tap(campaign))
    first = fan.cookie
    again = fan.decide(fan.tap(campaign))
    second, fan.cookie = fan.cookie, first
    receipt = fan.get(back).headers["Location"]
    fan.client.cookies.clear()
    fan.cookie = second
    assert fan.get(again).headers["Location"] == receipt
    assert PreSave.objects.count() == 1


def test_two_starts_that_come_back_at_once_make_one_row(
    fan: Fan, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other row is written between the look for it and the own one's."""
    back = fan.decide(fan.tap(campaign))
    first = fan.cookie
    again = fan.decide(fan.tap(campaign))
    second, other = fan.cookie, Fan(fan.sandbox, "fan-2")
    exchange = spotify.exchange_code

    def meanwhile(code: Secret) -> Any:
        monkeypatch.setattr(spotify, "exchange_code", exchange)
        other.cookie = first
        other.get(back)
        return exchange(code)

    monkeypatch.setattr(spotify, "exchange_code", meanwhile)
    fan.cookie = second
    answer = fan.get(again)
    (presave,) = PreSave.objects.all()
    token = answer.headers["Location"].removeprefix("/receipt/")
    assert receipts.find(token) == presave


def test_a_cookie_of_another_version_costs_one_more_tap(fan: Fan, campaign: Campaign) -> None:
    back = fan.decide(fan.tap(campaign))
    content = keyring.open_cookie(settings.SECRET_KEY, fan.cookie, "consent")
    assert content
    older = {name: value for name, value in json.loads(content).items() if name != "token"}
    fan.cookie = keyring.seal_cookie(settings.SECRET_KEY, json.dumps(older).encode(), "consent")
    assert "Your browser changed" in text_of(fan.get(back))
    assert fan.pre_save(campaign).status_code == 303


def test_who_cancelled_and_fails_the_second_time_is_not_led_to_the_first(
    fan: Fan, campaign: Campaign
) -> None:
    fan.receipt_of(campaign)
    PreSave.objects.all().end(PreSaveState.CANCELLED, Reason.BY_FAN, campaign.created_at)
    back = fan.decide(fan.tap(campaign))
    fan.sandbox.fault("token.code", status=503)
    assert fan.get(back).status_code == 503
    assert "Link already used" in text_of(fan.get(back))


def test_a_return_whose_exchange_failed_is_used_up(fan: Fan, campaign: Campaign) -> None:
    began = datetime.now(UTC)
    with time_machine.travel(began, tick=False):
        back = fan.decide(fan.tap(campaign))
        cookie = fan.cookie
        fan.sandbox.fault("token.code", status=503)
        assert fan.get(back).status_code == 503
        fan.cookie = cookie
        address = fan.get(back).headers["Location"]
        assert "<h1>One moment" in text_of(fan.get(address))
    with time_machine.travel(began + timedelta(seconds=21), tick=False):
        assert fan.get(back).headers["Location"] == address
        answer = fan.get(address)
    assert (answer.status_code, "Refresh" in answer.headers) == (404, False)
    assert "<h1>That didn't work" in text_of(answer)
    assert f'href="/{campaign.slug}"' in text_of(answer)
    assert len(fan.sandbox.calls("token.code")) == 1
    assert fan.pre_save(campaign).headers["Location"] == address


# On the way to Spotify.


def test_who_said_no_and_goes_back_may_say_yes(fan: Fan, campaign: Campaign) -> None:
    to_spotify = fan.tap(campaign)
    assert "You said no" in text_of(fan.get(fan.decide(to_spotify, "deny")))
    assert fan.get(fan.decide(to_spotify)).status_code == 303


def test_a_return_of_another_browsers_tap_leads_back_to_its_own_release(
    fan: Fan, campaign: Campaign
) -> None:
    other, elsewhere = make_campaign(), Fan(fan.sandbox)
    fan.tap(other)
    answer = fan.get(elsewhere.decide(elsewhere.tap(campaign)))
    assert "Two attempts got mixed up" in text_of(answer)
    assert f'href="/{campaign.slug}"' in text_of(answer)
    assert f'href="/{other.slug}"' not in text_of(answer)


@pytest.mark.parametrize(
    ("state", "reason"),
    [(PreSaveState.CANCELLED, Reason.BY_FAN), (PreSaveState.FAILED, Reason.REVOKED)],
)
def test_whose_pre_save_came_to_nothing_may_start_again(
    fan: Fan, campaign: Campaign, state: PreSaveState, reason: Reason
) -> None:
    fan.receipt_of(campaign)
    PreSave.objects.all().end(state, reason, campaign.created_at)
    assert fan.pre_save(campaign).status_code == 303
    assert PreSave.objects.count() == 2


def test_whose_permission_spotify_refused_may_start_again(fan: Fan, campaign: Campaign) -> None:
    fan.receipt_of(campaign)
    PreSave.objects.update(refused_at=campaign.created_at, reason=Reason.REVOKED)
    assert fan.get(f"/{campaign.slug}/mine").status_code == 204, "the page offers its button"
    assert start(fan, campaign).status_code == 302


def test_who_cancelled_and_agrees_again_on_an_old_page_is_told_so(
    fan: Fan, campaign: Campaign
) -> None:
    to_spotify = fan.tap(campaign)
    receipt = fan.get(fan.decide(to_spotify)).headers["Location"]
    PreSave.objects.all().end(PreSaveState.CANCELLED, Reason.BY_FAN, campaign.created_at)
    answer = fan.get(fan.decide(to_spotify))
    assert (answer.status_code, answer.headers["Location"]) == (303, receipt)
    assert "Cancelled, as you asked" in text_of(fan.get(receipt))


def test_the_landing_page_can_ask_for_the_own_receipt(fan: Fan, campaign: Campaign) -> None:
    receipt = fan.receipt_of(campaign)
    answer = fan.get(f"/{campaign.slug}/mine")
    assert json.loads(answer.content) == {"state": "pending", "receipt": receipt}
    assert "no-store" in answer.headers["Cache-Control"]
    assert fan.get(f"/{make_campaign().slug}/mine").status_code == 204


@pytest.mark.parametrize("cookie", ["", "made-up", "other purpose"])
def test_a_cookie_that_is_not_ours_says_nothing(fan: Fan, campaign: Campaign, cookie: str) -> None:
    if cookie == "other purpose":
        fan.tap(campaign)
        cookie = fan.cookie
    browser = Client()
    browser.cookies["receipts"] = cookie
    assert browser.get(f"/{campaign.slug}/mine").status_code == 204
    assert start(fan, campaign).status_code == 302


# A page that was open while the release changed.


@pytest.mark.parametrize("make", [make_campaign, make_local_campaign])
def test_a_tap_on_a_page_that_shows_another_release_is_asked_once_more(
    fan: Fan, make: Callable[..., Campaign]
) -> None:
    campaign = make()
    start_of = re.compile(r'(?:seen=|name="seen" value=")(\w{16})')
    (seen,) = start_of.findall(text_of(fan.get(f"/{campaign.slug}")))
    Campaign.objects.update(title="Spam EP")
    headers, path = {"origin": settings.PUBLIC_URL}, f"/{campaign.slug}/go"

    asked = fan.client.post(path, {"seen": seen}, headers=headers)
    assert (asked.status_code, dict(asked.cookies)) == (200, {})
    assert "The release has changed since you opened its page" in text_of(asked)
    assert "<bdi>Spam EP</bdi>" in text_of(asked)
    assert Campaign.objects.get().agreed_title == ""

    (seen,) = start_of.findall(text_of(asked))
    assert fan.client.post(path, {"seen": seen}, headers=headers).status_code == 302
    assert Campaign.objects.get().agreed_title == "Spam EP"


def test_a_link_carries_what_its_page_showed_in_every_language(fan: Fan) -> None:
    campaign = make_campaign()
    seen = digest_shown(campaign)
    for query, start in (("", f"?seen={seen}"), ("?lang=de", f"?lang=de&seen={seen}")):
        assert f'href="/{campaign.slug}/go{start}"' in text_of(fan.get(f"/{campaign.slug}{query}"))
        answer = fan.get(f"/{campaign.slug}/go{start}", sec_fetch_site="same-origin")
        assert answer.status_code == 302
    stale = f"/{campaign.slug}/go?seen={'0' * 16}"
    assert fan.get(stale, sec_fetch_site="same-origin").status_code == 200
