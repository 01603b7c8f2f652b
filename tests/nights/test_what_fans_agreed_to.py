"""A fan gets what the page showed, or nothing: edits between the tap, the return, the confirmation
and the save, each with a worker or a web process that dies, and a thief of the database's address.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from campaigns import keyring
from campaigns.clock import database_now
from campaigns.consent import completing, oauth_state, wordings
from campaigns.keyring import UnreadablePermissionError
from campaigns.models import Campaign, CampaignState, PauseReason, PreSave, ReleaseMode, identity
from campaigns.planning import editing, transitions
from campaigns.planning.obstacles import Obstacle, PlanningError
from campaigns.release import claims
from tests.factory import make_campaign, make_presave
from tests.fans import Fan, text_of
from tests.nights.night import (
    check_books,
    claim,
    make_night,
    record,
    save,
    send,
    states,
    work,
)
from tests.sandbox_process import ALBUM_URI, Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.release_core]

OTHER_ID = "1111111111111111111111"
SPAM = {"title": "Spam EP", "artist": "Spammer", "spotify_uri": f"spotify:album:{OTHER_ID}"}


def edit(campaign: Campaign, **values: Any) -> None:
    """As an artist does it, with the form."""
    names = ("title", "artist", "spotify_uri", "release_at", "release_zone", "release_mode")
    kept = {name: getattr(campaign, name) for name in names}
    editing.change(campaign, kept | values, None, timezone.now())


def digest_of(campaign: Campaign, **changed: str) -> bytes:
    texts = {"title": campaign.title, "artist": campaign.artist} | changed
    mode = campaign.release_mode
    return identity.digest(texts["title"], texts["artist"], campaign.consent_version, mode)


# Between the tap and the return.


def test_while_a_fan_is_at_spotify_the_release_cannot_become_another_one(
    sandbox: Sandbox,
) -> None:
    campaign, fan = make_campaign(title="Beloved Album"), Fan(sandbox)
    back = fan.decide(fan.tap(campaign))
    with pytest.raises(PlanningError) as refused:
        edit(campaign, **SPAM)
    assert refused.value.obstacle is Obstacle.TITLE_STAYS
    assert fan.get(back).status_code == 303
    assert states(campaign) == {"pending": 1}


def test_a_fan_who_returns_to_another_spelling_is_in(sandbox: Sandbox) -> None:
    campaign, fan = make_campaign(title="Beloved Album"), Fan(sandbox)
    back = fan.decide(fan.tap(campaign))
    edit(campaign, title="BELOVED ALBUM", artist="Demo Artist feat. Night Desk")
    assert fan.get(back).status_code == 303
    assert work_on_the_night(campaign, sandbox) == 1


def test_a_new_wording_that_comes_with_an_upgrade_changes_nothing_for_open_campaigns(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign, fan = make_campaign(), Fan(sandbox)
    back = fan.decide(fan.tap(campaign))
    monkeypatch.setattr(wordings, "CURRENT_VERSION", 2)
    assert fan.get(back).status_code == 303
    assert work_on_the_night(campaign, sandbox) == 1


def test_the_language_of_the_page_makes_no_difference(sandbox: Sandbox) -> None:
    campaign, fan = make_campaign(), Fan(sandbox)
    fan.client.get(f"/{campaign.slug}?lang=de")
    back = fan.decide(fan.tap(campaign))
    assert fan.get(back, accept_language="ja").status_code == 303
    (digest,) = PreSave.objects.values_list("agreed_digest", flat=True)
    assert digest is not None
    assert bytes(digest) == digest_of(campaign)


def test_a_stranger_who_taps_can_settle_what_the_page_shows_and_nothing_else(
    sandbox: Sandbox,
) -> None:
    """The artist still changes the spelling, the date and the picture, and fans still come in."""
    campaign = make_campaign(title="Beloved Album")
    before = Campaign.objects.values().get()
    for number in range(3):
        Fan(sandbox, f"stranger-{number}").tap(campaign)
    settled = {"agreed_title": "Beloved Album", "agreed_artist": campaign.artist}
    assert Campaign.objects.values().get() == before | settled
    edit(campaign, title="Beloved  album", release_at=campaign.release_at + timedelta(days=1))
    assert Fan(sandbox).pre_save(campaign).status_code == 303


@pytest.mark.parametrize(
    "change",
    [
        lambda campaign: Campaign.objects.update(**SPAM),
        lambda campaign: Campaign.objects.update(**SPAM, agreed_title="Spam EP"),
        lambda campaign: edit(
            campaign, release_mode=ReleaseMode.LOCAL_MIDNIGHT, release_zone="Pacific/Kiritimati"
        ),
    ],
    ids=["the row", "the row and what was agreed", "release type"],
)
def test_a_fan_who_returns_to_something_else_is_told_and_nothing_is_stored(
    change: Callable[[Campaign], Any], sandbox: Sandbox
) -> None:
    campaign, fan = make_campaign(title="Beloved Album"), Fan(sandbox)
    back = fan.decide(fan.tap(campaign))
    change(campaign)
    for _ in range(2):  # a page that is loaded again says the same
        answer = fan.get(back)
        assert answer.status_code == 409
        assert "The release changed" in text_of(answer)
        assert f'href="/{campaign.slug}?again"' in text_of(answer)
    assert sandbox.calls("token.code") == []
    assert not PreSave.objects.exists()


def test_a_release_that_changes_while_the_code_is_exchanged_is_not_stored(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign, fan = make_campaign(title="Beloved Album"), Fan(sandbox)
    back = fan.decide(fan.tap(campaign))
    exchange = completing._exchange

    def changed_meanwhile(*arguments: Any) -> Any:
        permission = exchange(*arguments)
        Campaign.objects.update(**SPAM)
        return permission

    monkeypatch.setattr(completing, "_exchange", changed_meanwhile)
    assert fan.get(back).status_code == 409
    assert not PreSave.objects.exists()
    monkeypatch.undo()
    assert "The release changed" in text_of(fan.get(back))


def test_a_web_process_that_dies_after_the_tap_leaves_the_release_settled(
    sandbox: Sandbox,
) -> None:
    """The fan taps once more; what was agreed to meanwhile cannot have changed."""
    campaign, fan = make_campaign(title="Beloved Album"), Fan(sandbox)
    fan.tap(campaign)
    fan.client.cookies.clear()
    with pytest.raises(PlanningError):
        edit(campaign, title="Spam EP")
    assert fan.pre_save(campaign).status_code == 303


# On the night.


def work_on_the_night(campaign: Campaign, sandbox: Sandbox) -> int:
    sandbox.add_album()
    Campaign.objects.filter(id=campaign.id).update(
        state=CampaignState.RELEASING, confirmed_uri=ALBUM_URI, confirmed_at=timezone.now()
    )
    PreSave.objects.update(due_at=database_now())
    return work()


# What somebody may write who has the web's database address.
THEFTS: dict[str, dict[str, Any]] = {
    "title, artist and link": SPAM,
    "what was agreed to as well": SPAM | {"agreed_title": "Spam EP", "agreed_artist": "Spammer"},
    "what was agreed to alone": {"agreed_title": "Spam EP", "agreed_artist": "Spammer"},
    "forgetting what was agreed to": SPAM | {"agreed_title": "", "agreed_artist": ""},
    "another wording": {"consent_version": 7},
    "another release type": {"release_mode": ReleaseMode.LOCAL_MIDNIGHT},
}


@pytest.mark.parametrize("changed", THEFTS.values(), ids=[*THEFTS])
def test_who_can_write_the_row_gets_nothing_else_saved_and_costs_nobody_the_pre_save(
    changed: dict[str, Any], sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    campaign = make_night(sandbox, fans=5, agreed_title="Night Bus", agreed_artist="Demo Artist")
    sandbox.add_album(id=OTHER_ID)
    before = Campaign.objects.filter(id=campaign.id).values(*changed)[0]
    other_uri = changed.get("spotify_uri", ALBUM_URI)
    bound = {"confirmed_until": campaign.last_day} if "release_mode" in changed else {}
    Campaign.objects.update(**changed, confirmed_uri=other_uri, **bound)

    assert work() == 0
    assert (states(campaign), sandbox.libraries()) == ({"pending": 5}, {})
    assert sandbox.calls("token.refresh") == []
    campaign.refresh_from_db()
    assert campaign.paused_reason == PauseReason.RELEASE_CHANGED
    errors = [line for line in caplog.messages if "agreed" in line]
    assert errors == [f"campaign is not what fans agreed to campaign={campaign.id}"]
    check_books(campaign)

    Campaign.objects.update(**before, confirmed_uri=ALBUM_URI)
    transitions.resume(campaign)
    assert work() == 5
    assert {uri for library in sandbox.libraries().values() for uri in library} == {ALBUM_URI}
    check_books(campaign)


def test_not_even_who_writes_both_rows_gets_something_else_saved_or_anything_erased(
    sandbox: Sandbox,
) -> None:
    campaign = make_night(sandbox, fans=3)
    agreed, other = campaign.agreed_digest, digest_of(campaign, title="Spam EP")
    Campaign.objects.update(title="Spam EP", agreed_title="Spam EP", agreed_artist="Demo Artist")
    PreSave.objects.update(agreed_digest=other)
    key, row = keyring.from_settings().open(campaign.id), PreSave.objects.first()
    assert row
    with pytest.raises(UnreadablePermissionError):
        key.open(bytes(row.sealed or b""), row.id, other)
    assert work() == 0
    assert (states(campaign), sandbox.libraries()) == ({"pending": 3}, {})
    campaign.refresh_from_db()
    assert campaign.paused_reason == PauseReason.RELEASE_CHANGED

    Campaign.objects.update(title="Night Bus", agreed_title="Night Bus")
    PreSave.objects.update(agreed_digest=agreed)
    transitions.resume(campaign)
    assert work() == 3
    check_books(campaign)


@pytest.mark.parametrize("written", [True, False], ids=["another digest", "no digest"])
def test_fans_of_something_else_cost_those_before_them_nothing(
    written: bool, sandbox: Sandbox
) -> None:
    """Some pre-save what was put in the place of the release; their permissions open."""
    campaign = make_night(sandbox, fans=2)
    agreed, other = campaign.agreed_digest, digest_of(campaign, title="Spam EP")
    Campaign.objects.update(title="Spam EP", agreed_title="Spam EP", agreed_artist="Demo Artist")
    PreSave.objects.update(agreed_digest=other if written else None)
    campaign.refresh_from_db()
    newcomer = sandbox.add_fans(3)[-1]
    make_presave(campaign, sandbox.permission(newcomer))
    send()
    # The look after it compares with what the row says by now, and puts the newcomer back too.
    assert (states(campaign), [*sandbox.libraries()]) == ({"pending": 3}, [newcomer])

    Campaign.objects.update(title="Night Bus", agreed_title="Night Bus")
    PreSave.objects.pending().update(agreed_digest=agreed)
    assert work(later=60) + work(later=95) == 2
    check_books(campaign)


def test_one_row_that_says_something_else_waits_and_holds_nobody_up(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=3)
    row = PreSave.objects.first()
    assert row
    PreSave.objects.filter(id=row.id).update(agreed_digest=bytes(32))
    assert work() == 2
    row.refresh_from_db()
    assert (row.state, states(campaign)) == ("pending", {"pending": 1, "saved": 2})
    campaign.refresh_from_db()
    assert not campaign.is_paused


@pytest.mark.parametrize(("fields", "version"), [({}, 2), ({"agreed_digest": None}, 1)])
def test_a_token_that_rotates_stays_bound_to_what_it_was_bound_to(
    fields: dict[str, Any], version: int, sandbox: Sandbox
) -> None:
    """Rows from before the digest have none, and are served all the same."""
    campaign = make_campaign(state=CampaignState.RELEASING)
    sandbox.add_album()
    (fan,) = sandbox.add_fans(1)
    row = make_presave(campaign, sandbox.permission(fan), **fields)
    sandbox.set(rotate_refresh_tokens=True)
    sandbox.fault("library", "reset_before", times=None)
    before = bytes(row.sealed or b"")
    assert work() == 0
    row.refresh_from_db()
    assert bytes(row.sealed or b"") != before
    assert bytes(row.sealed or b"")[0] == before[0] == version
    sandbox.delete("faults")
    assert work(later=60) == 1


def test_a_worker_that_dies_with_opened_permissions_leaves_them_to_be_held(
    sandbox: Sandbox,
) -> None:
    """The edit comes between claim and save; the next worker opens nothing any more."""
    campaign = make_night(sandbox, fans=3)
    save(claim(campaign), meanwhile=lambda: None)  # dies before it records anything
    Campaign.objects.update(**SPAM, agreed_title="Night Bus", agreed_artist="Demo Artist")
    assert work(later=claims.LEASE.total_seconds() + 1) == 0
    assert states(campaign) == {"pending": 3}


def test_a_claim_that_is_held_is_given_back_at_once(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=3)
    Campaign.objects.update(title="Spam EP", agreed_title="Night Bus", agreed_artist="Demo Artist")
    campaign.refresh_from_db()
    done = save(claim(campaign))
    assert len(done.outcome.returned) == 3
    record(done)
    assert not PreSave.objects.exclude(lease=None, lease_until=None).exists()
    assert set(PreSave.objects.values_list("attempts", flat=True)) == {0}


# The states of a consent are spent as before.


def test_a_refused_return_spends_nothing(sandbox: Sandbox) -> None:
    campaign, fan = make_campaign(title="Beloved Album"), Fan(sandbox)
    back = fan.decide(fan.tap(campaign))
    Campaign.objects.update(title="Spam EP")
    assert fan.get(back).status_code == 409
    state = back.partition("state=")[2].partition("&")[0]
    assert oauth_state.spent_at(state) is None
    Campaign.objects.update(title="Beloved Album")
    assert fan.get(back).status_code == 303
