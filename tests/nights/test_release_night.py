"""Whole release nights against the sandbox, with what can go wrong in them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from campaigns import keyring
from campaigns.catalogue import series
from campaigns.clock import database_now
from campaigns.consent import completing, receipts, refusal, starting
from campaigns.consent.completing import AuthorizationResponse, InLine
from campaigns.consent.refusal import ConsentError
from campaigns.gate import closing
from campaigns.keyring import Secret
from campaigns.models import Campaign, CampaignState, PauseReason, PreSave, Reason
from campaigns.release import claims, pipeline, retrying, worker
from campaigns.spotify import SCOPE
from tests.factory import make_campaign, make_presave
from tests.fans import READING
from tests.nights.night import (
    check_books,
    claim,
    in_threads,
    make_night,
    record,
    save,
    states,
    work,
)
from tests.sandbox_process import ALBUM_URI, Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.release_core]

SECOND_LOOK = retrying.LATEST_SECOND_LOOK.total_seconds() + 60
DAY = retrying.UNCONFIRMED_REFUSAL_WAIT.total_seconds() + SECOND_LOOK
FUTURE = "2099-01-01T00:00:00+00:00"


@pytest.fixture
def one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of one fan, so that the order of the calls is known."""
    monkeypatch.setattr(worker, "LARGEST_BLOCK", 1)
    monkeypatch.setattr(pipeline, "LARGEST_HOLD", 1)


def reasons(campaign: Campaign) -> set[tuple[str, str]]:
    return set(PreSave.objects.filter(campaign=campaign).values_list("state", "reason"))


def fresh(campaign: Campaign) -> Campaign:
    return Campaign.objects.get(id=campaign.id)


def test_a_night_of_500_fans_from_confirmation_to_the_destroyed_key(
    sandbox: Sandbox, settings: Settings, keyring_dir: Path
) -> None:
    settings.SPOTIFY_MAX_RATE = 10_000.0
    campaign = make_night(sandbox, fans=500, state=CampaignState.OPEN, release_at=timezone.now())
    assert work() == 500
    assert states(campaign) == {"saved": 500}
    check_books(campaign)
    libraries = sandbox.libraries()
    assert len(libraries) == 500
    assert all(list(library) == [ALBUM_URI] for library in libraries.values())
    assert len(sandbox.calls("library")) == len(sandbox.calls("token.refresh")) == 500
    campaign = fresh(campaign)
    assert campaign.state == CampaignState.FINISHED
    assert campaign.key_destroyed_at is not None
    assert list(keyring_dir.glob("*.key")) == []


def test_with_a_fans_token_nothing_is_read(sandbox: Sandbox) -> None:
    make_night(sandbox)
    already = len(sandbox.calls())
    work()
    calls = sandbox.get(f"calls?since={already}")["calls"]
    of_fans = {call["endpoint"] for call in calls if call["account"]}
    assert of_fans == {"token.refresh", "library"}


def test_nothing_is_saved_before_the_catalogue_shows_the_release(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, state=CampaignState.OPEN, release_at=timezone.now())
    sandbox.add_album(available_at=FUTURE)
    assert work() == 0
    assert sandbox.calls("library") == sandbox.calls("token.refresh") == []
    assert fresh(campaign).last_finding == "not_there_yet"
    sandbox.add_album()
    assert work(later=2) == 5
    first_save = sandbox.calls("library")[0]
    looks = [call for call in sandbox.calls("album") if call["status"] == 200]
    before = [look for look in looks if look["at"] < first_save["at"]]
    assert len(before) == series.FIRST_LOOKS


def test_nothing_is_saved_before_the_release_moment(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, state=CampaignState.OPEN)
    assert work() == 0
    assert sandbox.calls("library") == sandbox.calls("token.refresh") == []
    assert states(campaign) == {"pending": 5}


@pytest.mark.django_db(transaction=True)
def test_workers_side_by_side_save_every_fan_once(sandbox: Sandbox, settings: Settings) -> None:
    settings.SPOTIFY_MAX_RATE = 10_000.0
    campaign = make_night(sandbox, fans=60)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(worker, "LARGEST_BLOCK", 7)
        assert sum(in_threads(4, lambda _: work())) == 60
    saves = [call["account"] for call in sandbox.calls("library")]
    assert len(saves) == len(set(saves)) == 60
    assert states(campaign) == {"saved": 60}
    check_books(campaign)
    assert fresh(campaign).state == CampaignState.FINISHED


@pytest.mark.usefixtures("one_by_one")
def test_two_campaigns_that_are_due_at_once_take_turns(sandbox: Sandbox) -> None:
    large = make_night(sandbox, fans=12)
    small = make_campaign(state=CampaignState.RELEASING)
    make_presave(small, sandbox.permission("fan-12"))
    work()
    order = [call["account"] for call in sandbox.calls("token.refresh")]
    assert order.index("fan-12") < 4
    for campaign in (large, small):
        assert set(states(campaign)) == {"saved"}
        check_books(campaign)


# Errors of one fan.


def test_a_withdrawn_permission_ends_its_row_while_others_are_saved(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox)
    sandbox.post("revoke", {"account": "fan-3"})
    assert work() == 4
    assert reasons(campaign) == {("saved", ""), ("pending", Reason.REVOKED)}
    assert work(later=SECOND_LOOK) == 0
    assert reasons(campaign) == {("saved", ""), ("failed", Reason.REVOKED)}
    assert "fan-3" not in sandbox.libraries()
    check_books(campaign)
    work(later=SECOND_LOOK)
    assert fresh(campaign).state == CampaignState.FINISHED


def test_a_permission_without_the_scope_ends_when_spotify_says_so_twice(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox)
    error = {"error": {"status": 403, "message": "Insufficient client scope"}}
    sandbox.fault("library", status=403, body=error, account="fan-2", times=None)
    assert work() == 4
    assert reasons(campaign) == {("saved", ""), ("pending", Reason.SCOPE)}
    assert work(later=SECOND_LOOK) == 0
    assert reasons(campaign) == {("saved", ""), ("failed", Reason.SCOPE)}
    check_books(campaign)


def test_a_permission_that_grew_wider_is_not_used(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=1)
    sandbox.set(scope_in_refresh_answer="user-library-modify user-read-email")
    assert work() == 0
    assert reasons(campaign) == {("pending", Reason.WIDER_SCOPE)}
    assert work(later=SECOND_LOOK) == 0
    assert reasons(campaign) == {("pending", Reason.WIDER_SCOPE)}, "nobody says Spotify works"
    assert work(later=DAY) == 0
    assert reasons(campaign) == {("failed", Reason.WIDER_SCOPE)}
    assert sandbox.calls("library") == []


def test_a_permission_that_is_as_agreed_again_is_used(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=1)
    sandbox.set(scope_in_refresh_answer="user-read-email", rotate_refresh_tokens=True)
    assert work() == 0
    assert reasons(campaign) == {("pending", Reason.SCOPE)}
    sandbox.set(scope_in_refresh_answer="omitted")
    assert work(later=SECOND_LOOK) == 1, "a token that came with the wrong scope was kept"


@pytest.mark.parametrize("scope", ["", "\t\n", "blank", "doubled", f" {SCOPE}\n"])
def test_a_blank_or_doubled_scope_changes_nothing(scope: str, sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=4)
    sandbox.set(scope_in_refresh_answer=scope)
    assert work() == 4
    assert states(campaign) == {"saved": 4}


@pytest.mark.parametrize("endpoint", ["token.refresh", "library"])
@pytest.mark.parametrize(
    "fault",
    [
        {"status": 500},
        {"status": 503, "body": "<html>"},
        {"kind": "html"},
        {"kind": "redirect"},
        {"kind": "reset_before"},
        {"kind": "reset_after_effect"},
    ],
    ids=str,
)
def test_trouble_that_passes_delays_one_fan_and_loses_none(
    endpoint: str, fault: dict[str, Any], sandbox: Sandbox
) -> None:
    campaign = make_night(sandbox, fans=3)
    sandbox.fault(endpoint, account="fan-2", times=2, **fault)
    work()
    work(later=1000)
    work(later=2000)
    assert states(campaign) == {"saved": 3}
    assert set(sandbox.libraries()) == {"fan-1", "fan-2", "fan-3"}
    check_books(campaign)


def test_a_delayed_fan_is_left_alone_until_their_time(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=1)
    sandbox.fault("library", status=500, times=None)
    assert work() == 0
    row = PreSave.objects.get(campaign=campaign)
    assert (row.attempts, row.state, row.lease) == (1, "pending", None)
    assert row.lease_until
    assert row.lease_until > database_now()
    called = len(sandbox.calls("library"))
    assert called == 1
    assert fresh(campaign).state == CampaignState.RELEASING


# Errors of the campaign.


def test_a_refused_address_pauses_the_campaign_and_keeps_its_permissions(
    sandbox: Sandbox,
) -> None:
    campaign = make_night(sandbox)
    sandbox.fault("library", status=400, times=None)
    assert work() == 0
    assert fresh(campaign).paused_reason == PauseReason.RELEASE_REFUSED
    rows = PreSave.objects.filter(campaign=campaign)
    assert set(rows.values_list("state", "lease")) == {("pending", None)}
    called = len(sandbox.calls())
    assert work(later=60) == 0
    assert len(sandbox.calls()) == called


@pytest.mark.parametrize("status", [400, 403, 404])
def test_an_odd_answer_to_one_fan_stops_nobody_else(status: int, sandbox: Sandbox) -> None:
    campaign = make_night(sandbox)
    sandbox.fault("library", account="fan-1", status=status, times=None)
    assert work() == 4
    assert fresh(campaign).paused_reason == ""
    assert closing.is_open(database_now())
    assert work(later=60) == 0
    row = PreSave.objects.get(campaign=campaign, state="pending")
    tries = [call for call in sandbox.calls("library") if call["account"] == "fan-1"]
    # A slow run lasts until the fan is due once more.
    assert row.attempts == len(tries) >= 2
    check_books(campaign)


def test_a_campaign_of_one_fan_is_paused_for_a_refused_address_too(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=1)
    sandbox.fault("library", status=400)
    assert work() == 0
    assert fresh(campaign).paused_reason == PauseReason.RELEASE_REFUSED


# Errors of the whole app.


@pytest.mark.usefixtures("one_by_one")
@pytest.mark.parametrize("endpoint", ["library", "token.refresh"])
def test_after_a_429_nothing_is_called_until_its_end(endpoint: str, sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=3)
    sandbox.fault(endpoint, status=429, headers={"Retry-After": "1"})
    assert work() == 3  # a ban that ends within the shift is waited for
    assert sandbox.get("summary")["inside_ban"] == 0
    assert [call["status"] for call in sandbox.calls(endpoint)].count(429) == 1
    check_books(campaign)


@pytest.mark.parametrize(
    "trouble",
    [
        {"quota_retry_after": 50_400},
        {"premium_lapsed": True},
    ],
    ids=str,
)
def test_trouble_of_the_whole_app_stops_everything_and_keeps_every_permission(
    trouble: dict[str, Any], sandbox: Sandbox
) -> None:
    campaign = make_night(sandbox)
    sandbox.set(**trouble)
    assert work() == 0
    called = len(sandbox.calls())
    assert work() == work(later=30) == 0
    assert len(sandbox.calls()) == called
    assert reasons(campaign) == {("pending", "")}
    assert set(PreSave.objects.values_list("attempts", flat=True)) == {0}


def test_a_wrong_client_secret_costs_no_permission(sandbox: Sandbox, settings: Settings) -> None:
    campaign = make_night(sandbox)
    right, settings.SPOTIFY_CLIENT_SECRET = settings.SPOTIFY_CLIENT_SECRET, "wrong"
    assert work() == 0
    assert reasons(campaign) == {("pending", "")}
    settings.SPOTIFY_CLIENT_SECRET = right
    assert work(later=61) == 5
    check_books(campaign)


# Tokens that rotate.


def test_a_rotated_token_is_kept_before_the_save(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=1)
    row = PreSave.objects.get(campaign=campaign)
    key = keyring.from_settings().open(campaign.id)
    assert row.sealed
    before = key.open(bytes(row.sealed), row.id, campaign.agreed_digest).reveal()
    sandbox.set(rotate_refresh_tokens=True)
    sandbox.fault("library", "reset_before", times=None)
    assert work() == 0
    row.refresh_from_db()
    after = key.open(bytes(row.sealed), row.id, campaign.agreed_digest).reveal()
    assert after != before
    sandbox.delete("faults")
    assert work(later=1000) == 1
    check_books(campaign)


def test_a_worker_that_dies_after_a_rotation_leaves_the_new_token(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=1)
    sandbox.set(rotate_refresh_tokens=True)
    save(claim(campaign))  # and never settles
    assert states(campaign) == {"pending": 1}
    assert work(later=claims.LEASE.total_seconds() + 1) == 1
    check_books(campaign)


def test_a_rotated_token_does_not_revive_a_cancelled_row(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=1)
    sandbox.set(rotate_refresh_tokens=True)
    claimed = claim(campaign)
    receipts.cancel(claimed.rows[0].id, timezone.now())
    record(save(claimed))
    assert states(campaign) == {"cancelled": 1}
    check_books(campaign)


# Consents on the night itself.


def complete_authorization(campaign: Campaign, sandbox: Sandbox, account: str) -> Secret:
    """A fan comes back from Spotify with a code, as the callback view sees it."""
    pending = starting.start_authorization(campaign, timezone.now() - READING)
    returned = AuthorizationResponse(pending.state, Secret(sandbox.consent(account)), error="")
    done = completing.complete_authorization(returned, pending, timezone.now())
    assert not isinstance(done, InLine)
    return done.token


def test_a_consent_during_the_release_is_saved_too(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=3)
    claimed = claim(campaign)
    sandbox.post("users", {"accounts": [{"id": "late"}]})
    complete_authorization(campaign, sandbox, "late")
    record(save(claimed))
    assert states(campaign) == {"sent": 3, "pending": 1}
    assert work() == 1
    assert ALBUM_URI in sandbox.library("late")
    check_books(campaign)


def test_after_the_end_a_consent_is_refused_and_the_code_not_used(
    sandbox: Sandbox, keyring_dir: Path
) -> None:
    campaign = make_night(sandbox, fans=1)
    work()
    assert fresh(campaign).state == CampaignState.FINISHED
    exchanged = len(sandbox.calls("token.code"))
    with pytest.raises(ConsentError) as caught:
        complete_authorization(campaign, sandbox, "fan-1")
    assert caught.value.refusal == refusal.Refusal.FINISHED
    assert len(sandbox.calls("token.code")) == exchanged
    assert states(campaign) == {"saved": 1}
    assert list(keyring_dir.glob("*.key")) == []


def test_no_token_survives_in_any_row_after_the_night(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox)
    sealed = [bytes(row.sealed or b"") for row in PreSave.objects.filter(campaign=campaign)]
    work()
    assert not PreSave.objects.exclude(sealed=None).exists()
    with pytest.raises(keyring.KeyringError):
        keyring.from_settings().open(campaign.id)
    assert all(sealed)
