"""Several consents of one browser, of which none gets in another's way."""

from __future__ import annotations

import pytest
from django.db.models import F

from campaigns.clock import database_now
from campaigns.fan import cookies
from campaigns.gate import closing
from campaigns.models import Campaign, ErrorReason, Gate, GateName, PreSave
from campaigns.spotify.answers import SpotifyError
from tests.factory import make_campaign
from tests.fans import Fan, text_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign() -> Campaign:
    return make_campaign()


def wait_in_line(fan: Fan, campaign: Campaign) -> str:
    """The address that loads itself again."""
    back = fan.decide(fan.tap(campaign))
    ban = SpotifyError(ErrorReason.RATE_LIMITED, half=GateName.ACCOUNTS, retry_after=30.0)
    closing.close(ban, database_now())
    assert "Your turn is coming" in text_of(fan.get(back))
    return back


def open_gate() -> None:
    Gate.objects.update(blocked_until=None, called_up=F("places"))


def test_who_waits_in_line_keeps_the_place_while_they_pre_save_another_release(
    fan: Fan, campaign: Campaign
) -> None:
    waiting = wait_in_line(fan, campaign)
    other = wait_in_line(fan, make_campaign())
    assert "Your turn is coming" in text_of(fan.get(waiting))
    open_gate()
    first, second = fan.get(other), fan.get(waiting)
    assert (first.status_code, second.status_code) == (303, 303)
    assert first.headers["Location"] != second.headers["Location"]
    assert PreSave.objects.count() == 2
    assert {name for name, morsel in fan.client.cookies.items() if morsel.value} == {"receipts"}


def test_who_taps_for_another_release_while_at_spotify_comes_back_to_both(
    fan: Fan, campaign: Campaign
) -> None:
    first, second = fan.tap(campaign), fan.tap(make_campaign())
    assert [fan.get(fan.decide(there)).status_code for there in (second, first)] == [303, 303]
    assert PreSave.objects.count() == 2


def test_who_waits_in_line_and_taps_again_makes_no_second_pre_save(
    fan: Fan, campaign: Campaign
) -> None:
    waiting, again = wait_in_line(fan, campaign), fan.decide(fan.tap(campaign))
    open_gate()
    receipts = [fan.get(back).headers["Location"] for back in (waiting, again)]
    assert receipts[0] == receipts[1]
    assert PreSave.objects.count() == 1


def test_cookies_stay_few_and_below_what_web_servers_take(fan: Fan) -> None:
    for number in range(6):
        slug = f"{number}".ljust(Campaign._meta.get_field("slug").max_length or 0, "x")
        wait_in_line(fan, make_campaign(slug=slug))
        open_gate()
    kept = {name: morsel.value for name, morsel in fan.client.cookies.items() if morsel.value}
    assert len(kept) == 1 + cookies.APART_AT_MOST
    longest = max(len(value) for value in kept.values())
    assert longest < 1200
