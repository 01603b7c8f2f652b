"""The receipt's address before there is a receipt: a second return from Spotify waits there for the
first, in the fan's browser alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.test import Client

from campaigns import spotify
from campaigns.consent import receipts
from campaigns.gate import line
from campaigns.models import Campaign, PreSave, PreSaveState, Reason
from tests.factory import make_campaign, make_presave
from tests.fans import Fan, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_django import DjangoAssertNumQueries

    from campaigns.keyring import Secret

pytestmark = pytest.mark.django_db

WAITING = "<h1>One moment</h1>"


@pytest.fixture
def campaign() -> Campaign:
    return make_campaign()


@dataclass
class SlowReturn:
    """A return from Spotify, and what the fan does while its code is being exchanged. The answer to
    it is lost.
    """

    fan: Fan
    back: str
    monkeypatch: pytest.MonkeyPatch

    def meanwhile(self, act: Callable[[], Any]) -> None:
        exchange, cookie = spotify.exchange_code, self.fan.cookie

        def slowly(code: Secret) -> Any:
            self.fan.cookie = cookie
            act()
            return exchange(code)

        self.monkeypatch.setattr(spotify, "exchange_code", slowly)
        self.fan.client.cookies.clear()
        other = Fan(self.fan.sandbox)
        other.cookie = cookie
        other.get(self.back)
        self.monkeypatch.setattr(spotify, "exchange_code", exchange)


@pytest.fixture
def slow(fan: Fan, campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> SlowReturn:
    return SlowReturn(fan, fan.decide(fan.tap(campaign)), monkeypatch)


def test_a_second_return_waits_at_the_receipts_address_and_finds_it_there(
    fan: Fan, campaign: Campaign, slow: SlowReturn
) -> None:
    answers: list[Any] = []

    def load_again() -> None:
        answers.append(fan.get(slow.back))
        answers.append(fan.get(answers[0].headers["Location"]))

    slow.meanwhile(load_again)
    again, page = answers
    assert (again.status_code, dict(again.cookies)) == (303, {})
    assert (page.status_code, dict(page.cookies)) == (200, {})
    assert WAITING in text_of(page)
    assert page.headers["Refresh"] == "2"
    assert "no-store" in page.headers["Cache-Control"]
    assert '<meta name="robots" content="noindex">' in text_of(page)

    address = again.headers["Location"]
    receipt = fan.get(address)
    assert "You're in" in text_of(receipt)
    assert "Refresh" not in receipt.headers
    token = address.removeprefix("/receipt/")
    assert receipts.remembered(receipt.cookies["receipts"].value) == {campaign.slug: token}
    assert fan.cookie == "", "the consent is pending no more"
    assert PreSave.objects.count() == len(fan.sandbox.calls("token.code")) == 1


def test_of_two_returns_that_look_at_once_the_later_one_is_sent_to_the_receipt(
    fan: Fan, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first spends the state between the other's look at it and its own spending."""
    back = fan.decide(fan.tap(campaign))
    first, take_turn = Fan(fan.sandbox), line.take_turn
    first.cookie = fan.cookie

    def meanwhile(*asked: Any) -> line.Turn:
        monkeypatch.setattr(line, "take_turn", take_turn)
        first.get(back)
        return take_turn(*asked)

    monkeypatch.setattr(line, "take_turn", meanwhile)
    answer = fan.get(back)
    assert (answer.status_code, dict(answer.cookies)) == (303, {})
    assert "You're in" in text_of(fan.get(answer.headers["Location"]))
    assert fan.get(f"/{campaign.slug}/mine").status_code == 200
    assert PreSave.objects.count() == len(fan.sandbox.calls("token.code")) == 1


def test_the_page_that_waits_speaks_the_language_that_was_chosen(
    fan: Fan, campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = fan.get(f"/{campaign.slug}/go?lang=de", sec_fetch_site="same-origin")
    fan.read_spotifys_page()
    slow = SlowReturn(fan, fan.decide(answer.headers["Location"]), monkeypatch)
    pages: list[str] = []
    slow.meanwhile(lambda: pages.append(text_of(fan.get(fan.get(slow.back).headers["Location"]))))
    assert '<html lang="de">' in pages[0]
    assert "?lang=de" in pages[0]


def test_who_taps_again_meanwhile_still_waits_for_the_one_receipt(
    fan: Fan, campaign: Campaign, slow: SlowReturn
) -> None:
    """The tab that waits has another state in its cookie by now, which has not come back."""
    pages: list[str] = []

    def tap_again() -> None:
        address = fan.get(slow.back).headers["Location"]
        again = fan.tap(campaign)
        pages.extend((address, again, text_of(fan.get(address))))

    slow.meanwhile(tap_again)
    address, again, page = pages
    assert WAITING in page
    assert fan.get(fan.decide(again)).headers["Location"] == address
    assert PreSave.objects.count() == 1


def test_who_taps_again_after_a_failure_is_told_so_in_the_tab_that_waited(
    fan: Fan, campaign: Campaign, slow: SlowReturn
) -> None:
    began = datetime.now(UTC)
    addresses: list[str] = []
    with time_machine.travel(began, tick=False):
        fan.sandbox.fault("token.code", status=503)
        slow.meanwhile(lambda: addresses.append(fan.get(slow.back).headers["Location"]))
    with time_machine.travel(began + timedelta(seconds=19), tick=False):
        fan.tap(campaign)
    with time_machine.travel(began + timedelta(seconds=37), tick=False):
        assert WAITING in text_of(fan.get(addresses[0]))
    with time_machine.travel(began + timedelta(seconds=40), tick=False):
        assert "<h1>That didn't work" in text_of(fan.get(addresses[0]))


def test_who_has_another_receipt_of_the_release_is_led_to_it(
    fan: Fan, campaign: Campaign, slow: SlowReturn
) -> None:
    began = datetime.now(UTC)
    addresses: list[str] = []
    with time_machine.travel(began, tick=False):
        fan.sandbox.fault("token.code", status=503)
        slow.meanwhile(lambda: addresses.append(fan.get(slow.back).headers["Location"]))
    make_presave(campaign, receipt="another")
    fan.client.cookies["receipts"] = receipts.remembering({}, campaign.slug, "another")
    with time_machine.travel(began + timedelta(seconds=21), tick=False):
        assert fan.get(addresses[0]).headers.get("Location") == "/receipt/another"


@pytest.mark.parametrize("cookie", ["none", "of another consent", "made up"])
def test_a_stranger_finds_nothing_there_and_costs_one_query(
    fan: Fan,
    campaign: Campaign,
    slow: SlowReturn,
    django_assert_num_queries: DjangoAssertNumQueries,
    cookie: str,
) -> None:
    stranger = Fan(fan.sandbox, "fan-2")
    stranger.tap(campaign)
    if cookie == "made up":
        stranger.cookie = f"{stranger.cookie[:-9]}AAAAAAAA="
    if cookie == "none":
        stranger.client = Client()
    pages: list[str] = []

    def look() -> None:
        address = fan.get(slow.back).headers["Location"]
        with django_assert_num_queries(1):
            answer = stranger.get(address)
        assert answer.status_code == 404
        assert "Refresh" not in answer.headers
        pages.extend((text_of(answer), text_of(stranger.get("/receipt/made-up"))))

    slow.meanwhile(look)
    there, nowhere = pages
    assert "There is no receipt here" in there
    assert there == nowhere


def test_a_receipt_that_came_to_nothing_is_shown_and_the_fan_may_start_again(
    fan: Fan, campaign: Campaign, slow: SlowReturn
) -> None:
    addresses: list[str] = []
    slow.meanwhile(lambda: addresses.append(fan.get(slow.back).headers["Location"]))
    PreSave.objects.all().end(PreSaveState.CANCELLED, Reason.BY_FAN, campaign.created_at)
    assert "Cancelled, as you asked" in text_of(fan.get(addresses[0]))
    assert fan.receipt_of(campaign) != addresses[0]
