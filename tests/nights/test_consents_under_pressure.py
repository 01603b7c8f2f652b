"""A flood of returns from Spotify, and Spotify telling the app to wait, must not spread."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone
from pytest_django import Settings

from campaigns.catalogue import confirming, looks
from campaigns.clock import database_now
from campaigns.consent import completing, cookie, oauth_state
from campaigns.gate import closing, line, permits
from campaigns.models import CampaignState, ErrorReason, Gate, GateName, PreSave, SpentState
from campaigns.spotify.answers import SpotifyError
from tests.factory import make_campaign
from tests.fans import Fan, query_of, text_of
from tests.nights.night import make_night, work
from tests.sandbox_process import Sandbox

pytestmark = pytest.mark.django_db


def test_consents_beyond_their_budget_wait_in_line_and_end_at_their_receipt(
    sandbox: Sandbox, settings: Settings
) -> None:
    settings.SPOTIFY_MAX_RATE = 0.2
    campaign = make_campaign()
    first, second = Fan(sandbox, "fan-1"), Fan(sandbox, "fan-2")
    assert first.get(first.decide(first.tap(campaign))).status_code == 303

    back = second.decide(second.tap(campaign))
    answer = second.get(back)

    assert answer.status_code == 200
    assert "Your turn is coming" in text_of(answer)
    assert 1 <= int(answer.headers["Refresh"]) <= 15
    assert "no-store" in answer.headers["Cache-Control"]
    assert query_of(back)["code"] not in text_of(answer)
    assert len(sandbox.calls("token.code")) == 1
    assert PreSave.objects.count() == SpentState.objects.count() == 1

    Gate.objects.update(called_at=timezone.now() - timedelta(seconds=60))
    assert second.get(back).status_code == 303
    assert PreSave.objects.count() == 2


def test_a_rush_ends_at_everybodys_receipt_without_a_second_tap(
    sandbox: Sandbox, settings: Settings
) -> None:
    settings.SPOTIFY_MAX_RATE = 4.0
    campaign = make_campaign()
    fans = [Fan(sandbox, name) for name in sandbox.add_fans(8)]
    waiting = [(fan, fan.decide(fan.tap(campaign))) for fan in fans]
    exchanged = []
    for _ in range(20):
        before = len(sandbox.calls("token.code"))
        waiting = [(fan, back) for fan, back in waiting if fan.get(back).status_code != 303]
        exchanged.append(len(sandbox.calls("token.code")) - before)
        # A second later.
        Gate.objects.update(called_at=F("called_at") - timedelta(seconds=1))
    assert waiting == []
    assert sum(exchanged) == PreSave.objects.count() == 8


def test_who_loads_the_page_again_keeps_the_one_place(sandbox: Sandbox, settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 0.02
    campaign = make_campaign()
    first, second = Fan(sandbox, "fan-1"), Fan(sandbox, "fan-2")
    assert first.get(first.decide(first.tap(campaign))).status_code == 303
    back = second.decide(second.tap(campaign))
    places = []
    for _ in range(4):
        second.get(back)
        (apart,) = (name for name in second.client.cookies if name.startswith("presave-"))
        pending = cookie.opened(second.client.cookies[apart].value)
        places.append(pending.place if pending else None)
    assert places == [0, 2, 2, 2]
    assert Gate.objects.get(name=GateName.CONSENTS).places == 2


def test_a_line_too_long_for_spotifys_code_is_refused_clearly(
    sandbox: Sandbox, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.SPOTIFY_MAX_RATE = 0.0005
    campaign = make_campaign()
    first, second = Fan(sandbox, "fan-1"), Fan(sandbox, "fan-2")
    assert first.get(first.decide(first.tap(campaign))).status_code == 303

    answer = second.get(second.decide(second.tap(campaign)))

    assert answer.status_code == 503
    assert "Many fans at once" in text_of(answer)
    assert f"no consent campaign={campaign.id}: busy" in caplog.text
    assert len(sandbox.calls("token.code")) == 1


def test_a_flood_of_made_up_consents_does_not_hold_up_a_release(
    sandbox: Sandbox, settings: Settings
) -> None:
    night = make_night(sandbox, fans=3)
    settings.SPOTIFY_MAX_RATE = 5.0
    now = database_now()
    turns = [line.take_turn(0, False, now, now + timedelta(minutes=9)) for _ in range(200)]
    assert sum(not turn.wait for turn in turns) < 10

    settings.SPOTIFY_MAX_RATE = 1000.0
    assert work() == 3
    night.refresh_from_db()
    assert night.state == CampaignState.FINISHED


def test_one_return_replayed_uses_up_nobodys_budget(sandbox: Sandbox, settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 2.0
    campaign = make_campaign()
    first, second = Fan(sandbox, "fan-1"), Fan(sandbox, "fan-2")
    back = first.decide(first.tap(campaign))
    cookie = first.cookie
    assert first.get(back).status_code == 303
    for _ in range(10):
        first.client.cookies.clear()
        first.cookie = cookie
        assert first.get(back).status_code == 303
    assert PreSave.objects.count() == len(sandbox.calls("token.code")) == 1

    assert second.get(second.decide(second.tap(campaign))).status_code == 303


@pytest.fixture
def all_exchanges_taken() -> Iterator[None]:
    taken = 0
    while completing._EXCHANGES.acquire(blocking=False):
        taken += 1
    yield
    for _ in range(taken):
        completing._EXCHANGES.release()


def test_a_second_return_waits_in_the_browser_and_takes_nobodys_place(
    sandbox: Sandbox, all_exchanges_taken: None
) -> None:
    """The first has spent the state, and is at Spotify still."""
    fan = Fan(sandbox)
    back = fan.decide(fan.tap(make_campaign()))
    oauth_state.spend(query_of(back)["state"], timezone.now())
    for _ in range(20):
        answer = fan.get(back)
        assert answer.status_code == 303
        assert "One moment" in text_of(fan.get(answer.headers["Location"]))
    assert sandbox.calls("token.code") == []


def test_few_consents_wait_for_spotify_at_once(sandbox: Sandbox, all_exchanges_taken: None) -> None:
    fan = Fan(sandbox)
    assert "Your turn is coming" in text_of(fan.get(fan.decide(fan.tap(make_campaign()))))
    assert sandbox.calls("token.code") == []


def test_each_exchange_leaves_its_thread_to_the_next() -> None:
    for _ in range(20):
        with completing._one_of_few_exchanges() as is_one:
            assert is_one


def test_a_short_429_at_a_consent_costs_the_fan_a_wait_and_no_tap(sandbox: Sandbox) -> None:
    fan, campaign = Fan(sandbox), make_campaign()
    back = fan.decide(fan.tap(campaign))
    sandbox.fault("token.code", status=429, headers={"Retry-After": "30"})
    answer = fan.get(back)
    assert "Your turn is coming" in text_of(answer)
    assert "about 30 seconds" in text_of(answer)
    assert "Your turn is coming" in text_of(fan.get(back)), "a page loaded too early asks nobody"
    assert len(sandbox.calls("token.code")) == 1

    Gate.objects.update(blocked_until=timezone.now())
    assert fan.get(back).status_code == 303
    assert len(sandbox.calls("token.code")) == 2


@pytest.mark.parametrize(
    ("seconds", "told"), [(2, "2 seconds"), (41, "50 seconds"), (121, "3 minutes")]
)
def test_a_wait_is_told_as_no_shorter_than_it_is(sandbox: Sandbox, seconds: int, told: str) -> None:
    fan = Fan(sandbox)
    back = fan.decide(fan.tap(make_campaign()))
    ban = SpotifyError(ErrorReason.RATE_LIMITED, half=GateName.ACCOUNTS, retry_after=float(seconds))
    closing.close(ban, database_now())
    assert f"in about {told}, or later if" in text_of(fan.get(back)).replace(
        "\N{NO-BREAK SPACE}", " "
    )


def test_one_fan_alone_who_is_back_within_a_second_is_not_told_of_others(sandbox: Sandbox) -> None:
    fan = Fan(sandbox)
    campaign = make_campaign(title="Night Bus", artist="Demo Artist")
    there = fan.client.get(f"/{campaign.slug}/go", headers={"sec-fetch-site": "same-origin"})
    told = text_of(fan.get(fan.decide(there.headers["Location"])))
    assert "<bdi>Night Bus</bdi> by <bdi>Demo Artist</bdi>" in told
    assert "It's your turn in a moment." in told
    assert "Many" not in told


def test_who_shares_an_address_with_many_is_told_so_and_not_seconds_for_minutes(
    sandbox: Sandbox, settings: Settings
) -> None:
    fan = Fan(sandbox)
    back = fan.decide(fan.tap(make_campaign()))
    settings.SPOTIFY_MAX_RATE = 0.001
    while completing._PREFIXES.take("127.0.0.1", cookie.COOKIE_MAX_AGE, 0):
        pass
    answer = fan.get(back)
    assert "Many fans on your network" in text_of(answer)
    assert 1 <= int(answer.headers["Refresh"]) <= 4


def test_a_429_at_a_consent_stops_everybody_at_the_token_endpoint(sandbox: Sandbox) -> None:
    campaign = make_campaign()
    fan, other = Fan(sandbox), Fan(sandbox, "fan-2")
    back = other.decide(other.tap(campaign))
    sandbox.fault("token.code", status=429, headers={"Retry-After": "3600"})
    assert fan.get(fan.decide(fan.tap(campaign))).status_code == 503

    assert other.get(back).status_code == 503
    assert len(sandbox.calls("token.code")) == 1
    with pytest.raises(closing.GateClosedError):
        permits.take(GateName.ACCOUNTS, 1, database_now())


def test_a_429_for_the_apps_own_token_closes_the_token_endpoints_gate(sandbox: Sandbox) -> None:
    now = timezone.now()
    due = make_campaign(release_at=now - timedelta(seconds=1), opened_at=now - timedelta(days=1))
    sandbox.fault("token.client", status=429, headers={"Retry-After": "3600"})

    assert confirming.confirm(due, looks.LookupBudget(now)) is False

    closed = Gate.objects.exclude(blocked_until=None)
    assert [gate.name for gate in closed] == [GateName.ACCOUNTS]
