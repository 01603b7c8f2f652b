"""How looks into the catalogue are paced, kept short, and shared between workers."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import Settings

from campaigns.catalogue import confirming, markets
from campaigns.catalogue.looks import FormBudget, LookupBudget, LookupBudgetSpentError, is_out
from campaigns.clock import database_now
from campaigns.gate import closing, paces, rows
from campaigns.models import Campaign, CampaignState, ErrorReason, Finding, Gate, GateName
from campaigns.spotify.answers import SpotifyError
from tests.factory import make_campaign, make_local_campaign, make_presave
from tests.sandbox_process import ALBUM_URI, UPC, Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.release_core]

FUTURE = "2099-01-01T00:00:00+00:00"
SECOND = timedelta(seconds=1)


class Interrupted(LookupBudget):
    """Looks during which something happens before each call."""

    def __init__(self, now: datetime, meanwhile: Callable[[], Any]) -> None:
        super().__init__(now)
        self._meanwhile = meanwhile

    def permit(self) -> None:
        super().permit()
        self._meanwhile()


def make_due(**fields: Any) -> Campaign:
    return make_campaign(release_at=database_now() - SECOND, **fields)


def make_begun_everywhere() -> Campaign:
    """At local midnights, of which the last market's has come."""
    return make_local_campaign(release_at=database_now() - timedelta(hours=26))


def make_busy(ahead: timedelta) -> datetime:
    """All permits of the Web API are taken until then."""
    free_at = database_now() + ahead
    Gate.objects.create(name=GateName.API, rate=10, free_at=free_at)
    return free_at


# The gate.


def test_a_call_waits_for_its_permits_turn(sandbox: Sandbox) -> None:
    sandbox.add_album()
    free_at = make_busy(SECOND / 2)
    confirming.confirm(make_due(), LookupBudget(database_now()))
    (call,) = sandbox.calls("album")
    assert datetime.fromisoformat(call["at"]) >= free_at


def test_each_call_of_a_look_takes_a_permit(sandbox: Sandbox) -> None:
    sandbox.add_album()
    confirming.confirm(make_due(upc=UPC), LookupBudget(database_now()))
    sent = len(sandbox.calls("search") + sandbox.calls("album"))
    assert sent == sum(count for _, count in Gate.objects.get(name=GateName.API).recent) == 2


def test_a_429_will_count_the_calls_for_the_apps_own_token(sandbox: Sandbox) -> None:
    sandbox.add_album()
    for _ in range(2):
        confirming.confirm(make_due(upc=UPC), LookupBudget(database_now()))
    sent = len(sandbox.calls("token.client"))
    assert sent == sum(count for _, count in Gate.objects.get(name=GateName.ACCOUNTS).recent) == 1


def test_without_room_nothing_is_taken_and_the_look_comes_with_the_next_round(
    sandbox: Sandbox,
) -> None:
    sandbox.add_album()
    campaign, free_at = make_due(), make_busy(60 * SECOND)
    now = database_now()
    assert confirming.confirm_due(now) == 0
    assert sandbox.calls() == []
    assert Gate.objects.get(name=GateName.API).free_at == free_at
    campaign.refresh_from_db()
    assert campaign.next_check_at
    assert now <= campaign.next_check_at <= database_now() + SECOND
    assert campaign.last_finding == ""


def test_a_ban_in_the_midst_of_a_look_stops_its_other_calls(sandbox: Sandbox) -> None:
    sandbox.add_album()
    ban = SpotifyError(ErrorReason.RATE_LIMITED, half=GateName.API, retry_after=30)
    looks = Interrupted(database_now(), lambda: closing.close(ban, database_now()))
    assert confirming.confirm(make_due(upc=UPC), looks) is False
    assert len(sandbox.calls("search")) == 1
    assert sandbox.calls("album") == []


# Workers and time.


def test_a_look_that_takes_long_is_not_begun_by_another_worker(sandbox: Sandbox) -> None:
    sandbox.add_album(available_at=FUTURE)
    campaign, now = make_due(), database_now()
    others = []

    def look_elsewhere() -> None:
        others.append(confirming.confirm_due(now + 20 * SECOND))

    confirming.confirm(campaign, Interrupted(now, look_elsewhere))
    assert others == [0]
    assert len(sandbox.calls("album")) == 1
    campaign.refresh_from_db()
    assert campaign.next_check_at
    assert now + SECOND <= campaign.next_check_at <= database_now() + 1.01 * SECOND


def test_an_artists_act_in_the_midst_of_a_look_makes_the_next_one_due_at_once(
    sandbox: Sandbox,
) -> None:
    campaign = make_due()
    act = Campaign.objects.filter(id=campaign.id)
    looks = Interrupted(database_now(), lambda: act.update(next_check_at=None))
    confirming.confirm(campaign, looks)
    campaign.refresh_from_db()
    assert campaign.next_check_at is None


def test_no_further_market_is_asked_when_the_shift_is_over(sandbox: Sandbox) -> None:
    campaign = make_begun_everywhere()
    looks = LookupBudget(database_now(), lambda: bool(sandbox.calls("album")))
    assert confirming.confirm(campaign, looks) is False
    assert len(sandbox.calls("album")) == 1
    campaign.refresh_from_db()
    assert (campaign.state, campaign.last_finding) == (CampaignState.OPEN, "not_there_yet")


def test_a_late_night_asks_few_markets_at_a_time(sandbox: Sandbox) -> None:
    confirming.confirm(make_begun_everywhere(), LookupBudget(database_now()))
    assert len(sandbox.calls("album")) == 2


def test_in_time_every_market_is_asked_and_the_latest_each_time(settings: Any) -> None:
    settings.SPOTIFY_MARKET = "DE"
    campaign = make_begun_everywhere()
    market_midnights = markets.market_midnights(campaign)
    looks = [confirming._to_ask(campaign, market_midnights) for _ in range(300)]
    for asked in looks:
        assert len(asked) == 3
        assert asked[0] == (market_midnights[-1], "US")
        assert "DE" in {market for _, market in asked}
    assert {market for asked in looks for _, market in asked} == {
        market for market, _ in markets.MARKETS
    }


def test_before_any_market_has_begun_none_is_asked() -> None:
    assert confirming._to_ask(make_begun_everywhere(), []) == []


def test_a_campaigns_own_market_is_asked_each_time() -> None:
    campaign = make_begun_everywhere()
    campaign.market = "DE"
    market_midnights = markets.market_midnights(campaign)
    looks = [confirming._to_ask(campaign, market_midnights) for _ in range(30)]
    assert all("DE" in {market for _, market in asked} for asked in looks)


def test_a_release_in_an_older_market_alone_is_found(sandbox: Sandbox) -> None:
    sandbox.add_album(available_at=FUTURE, markets={"JP": "2020-01-01T00:00:00+00:00"})
    campaign = make_begun_everywhere()
    while campaign.state != CampaignState.RELEASING:
        Campaign.objects.update(next_check_at=None)
        confirming.confirm_due(database_now())
        campaign.refresh_from_db()
    assert campaign.confirmed_uri == ALBUM_URI


@pytest.mark.parametrize(
    ("release_date", "now", "out"),
    [
        ("2026-11-27", datetime(2026, 11, 26, 9, 59, 59, tzinfo=UTC), False),
        ("2026-11-27", datetime(2026, 11, 26, 10, 0, tzinfo=UTC), True),
        ("2026-11-27", datetime(2026, 11, 27, 0, 0, tzinfo=UTC), True),
        ("2026-11-27", datetime(2027, 1, 1, tzinfo=UTC), True),
        ("2026-12", datetime(2026, 11, 30, 9, 59, tzinfo=UTC), False),
        ("2026-12", datetime(2026, 11, 30, 10, 0, tzinfo=UTC), True),
        ("2027", datetime(2026, 12, 31, 9, 59, tzinfo=UTC), False),
        ("2027", datetime(2026, 12, 31, 10, 0, tzinfo=UTC), True),
        ("1999", datetime(2026, 11, 27, tzinfo=UTC), True),
        ("", datetime(2026, 11, 27, tzinfo=UTC), False),
        ("soon", datetime(2026, 11, 27, tzinfo=UTC), False),
        ("26-11-27", datetime(2026, 11, 27, tzinfo=UTC), False),
        ("2026-1-1", datetime(2026, 11, 27, tzinfo=UTC), False),
    ],
)
def test_a_date_has_come_when_it_has_begun_somewhere(
    release_date: str, now: datetime, out: bool
) -> None:
    assert is_out(release_date, now) is out


def test_every_finding_fits_its_column() -> None:
    longest = Campaign._meta.get_field("last_finding").max_length
    assert longest
    assert all(len(finding.value) <= longest for finding in Finding)


# Look-ups for forms, while a release wants the calls.


def permits_of(label: str, forms: int = 10) -> int:
    """How many calls a label's forms are let make, when each wants four."""
    made = 0
    for _ in range(forms):
        budget = FormBudget(database_now(), label)
        with suppress(LookupBudgetSpentError):
            for _ in range(4):
                budget.permit()
                made += 1
    return made


def test_forms_have_a_small_share_while_a_release_runs_and_labels_a_part_of_it(
    settings: Settings,
) -> None:
    settings.SPOTIFY_MAX_RATE = 10.0
    campaign = make_campaign(state=CampaignState.RELEASING)
    make_presave(campaign, due_at=campaign.created_at)
    assert 4 <= permits_of("one") <= 5
    assert 3 <= permits_of("another") <= 5
    assert permits_of("a third") <= 2
    assert rows.gates(database_now())[GateName.API].free_at < database_now() + SECOND


def test_one_label_that_asks_on_and_on_has_half_of_the_share(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 1,000 a second forms have 25, and a label 12.5: 25 in two seconds, and 4 to begin with."""
    settings.SPOTIFY_MAX_RATE = 1000.0 / rows.SHARE_OF_CAP
    seconds = [0.0]
    monkeypatch.setattr(paces, "time", SimpleNamespace(monotonic=lambda: seconds[0]))
    make_due()
    made = 0
    for _ in range(100):
        seconds[0] += 0.02
        made += permits_of("one", forms=1)
    assert 24 <= made <= 32


@pytest.mark.parametrize("is_out", [False, True])
def test_a_release_wants_the_calls_while_it_is_looked_for_and_while_it_is_saved(
    settings: Settings, *, is_out: bool
) -> None:
    settings.SPOTIFY_MAX_RATE = 10.0
    if is_out:
        later = database_now() + 60 * SECOND
        campaign = make_campaign(state=CampaignState.RELEASING, next_check_at=later)
        make_presave(campaign, due_at=campaign.created_at)
    else:
        make_due()
    assert permits_of("one") == 4


def test_forms_may_ask_while_nothing_is_released(settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 1000.0
    assert permits_of("one") == 40


PUT_OFF = 60 * SECOND


@pytest.mark.parametrize(
    ("fan", "is_wanted"),
    [
        ({"lease_until": PUT_OFF}, False),
        ({"lease_until": SECOND}, True),
        ({"lease_until": PUT_OFF, "lease": uuid4()}, True),
        ({"due_at": PUT_OFF}, False),
        ({"due_at": SECOND}, True),
        ({"state": "saved"}, False),
    ],
    ids=["put off", "free soon", "held", "due later", "due soon", "saved"],
)
def test_a_release_wants_the_calls_only_while_a_fan_is_saved_or_can_be_soon(
    fan: dict[str, Any], is_wanted: bool, settings: Settings
) -> None:
    """One who was put off waits for half an hour, or for days."""
    settings.SPOTIFY_MAX_RATE = 1000.0
    now = database_now()
    campaign = make_campaign(state=CampaignState.RELEASING, next_check_at=now - SECOND)
    times = {name: now + after for name, after in fan.items() if isinstance(after, timedelta)}
    make_presave(campaign, **{"due_at": now - SECOND} | fan | times)
    assert (permits_of("one") < 40) is is_wanted


@pytest.mark.parametrize(("shown_until", "is_wanted"), [(-2 * SECOND, False), (SECOND, True)])
def test_who_waits_for_a_market_that_shows_it_wants_no_calls(
    shown_until: timedelta, is_wanted: bool, settings: Settings
) -> None:
    """So forms are not held up for the 26 hours of the local midnights."""
    settings.SPOTIFY_MAX_RATE = 1000.0
    now = database_now()
    campaign = make_local_campaign(
        state=CampaignState.RELEASING, release_at=now - SECOND, confirmed_until=now + shown_until
    )
    make_presave(campaign, due_at=now - SECOND)
    assert (permits_of("one") < 40) is is_wanted


def test_a_look_that_was_begun_takes_all_its_calls_and_the_labels_next_one_waits(
    settings: Settings,
) -> None:
    """A dead link, three forms of a UPC and two hits are six; a code may have ten hits."""
    settings.SPOTIFY_MAX_RATE = 100.0
    campaign = make_campaign(state=CampaignState.RELEASING)
    make_presave(campaign, due_at=campaign.created_at)
    budget = FormBudget(database_now(), "one")
    for _ in range(12):
        budget.permit()
    with pytest.raises(LookupBudgetSpentError):
        FormBudget(database_now(), "one").permit()
    with pytest.raises(LookupBudgetSpentError):
        FormBudget(database_now(), "another").permit()
