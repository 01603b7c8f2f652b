"""The sealed cookie of a consent under way: what it shows, how long it counts, when it goes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.conf import settings

from campaigns import keyring
from campaigns.models import PreSave, SpentState
from tests.fans import Fan, query_of, text_of

if TYPE_CHECKING:
    from pytest_django import Settings

    from campaigns.models import Campaign

pytestmark = pytest.mark.django_db


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


def test_the_cookie_goes_with_a_code_that_was_used_up(fan: Fan, campaign: Campaign) -> None:
    fan.sandbox.fault("token.code", status=503)
    assert fan.pre_save(campaign).status_code == 503
    assert fan.cookie == ""


# A cookie of version 0.1, when the fan comes back to the present one.


def as_version_0_1_sealed_it(fan: Fan) -> str:
    content = keyring.open_cookie(settings.SECRET_KEY, fan.cookie, "consent")
    assert content
    fields = json.loads(content)
    del fields["agreed"]
    return keyring.seal_cookie(settings.SECRET_KEY, json.dumps(fields).encode(), "consent")


def test_who_tapped_before_an_upgrade_is_asked_to_look_again_and_then_is_in(
    fan: Fan, campaign: Campaign
) -> None:
    """What the page showed is known to nobody."""
    back = fan.decide(fan.tap(campaign))
    fan.cookie = as_version_0_1_sealed_it(fan)
    answer = fan.get(back)
    assert answer.status_code == 409
    assert "Look again" in text_of(answer)
    assert fan.sandbox.calls("token.code") == []
    assert not PreSave.objects.exists()
    assert fan.pre_save(campaign).status_code == 303


def test_who_is_in_since_before_an_upgrade_still_gets_the_receipt(
    fan: Fan, campaign: Campaign
) -> None:
    back = fan.decide(fan.tap(campaign))
    cookie = as_version_0_1_sealed_it(fan)
    receipt = fan.get(back).headers["Location"]
    fan.client.cookies.clear()
    fan.cookie = cookie  # the answer was lost on the way
    assert fan.get(back).headers["Location"] == receipt
    assert PreSave.objects.count() == 1


def test_a_cookie_of_a_later_version_costs_one_more_tap(fan: Fan, campaign: Campaign) -> None:
    back = fan.decide(fan.tap(campaign))
    content = keyring.open_cookie(settings.SECRET_KEY, fan.cookie, "consent")
    later = json.dumps({**json.loads(content or b""), "unknown": 1}).encode()
    fan.cookie = keyring.seal_cookie(settings.SECRET_KEY, later, "consent")
    assert "Tap once more" in text_of(fan.get(back))


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


def test_two_tabs_of_one_release_come_to_the_same_receipt(fan: Fan, campaign: Campaign) -> None:
    first, second = fan.tap(campaign), fan.tap(campaign)

    receipt = fan.get(fan.decide(first)).headers["Location"]
    assert fan.get(fan.decide(second)).headers["Location"] == receipt
    assert PreSave.objects.count() == 1
