"""What fans said yes to stays what it is, whatever is edited afterwards."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from campaigns import spotify
from campaigns.catalogue.names import Names
from campaigns.clock import database_now
from campaigns.consent import starting
from campaigns.gate import closing
from campaigns.models import (
    HALVES,
    Campaign,
    CampaignState,
    ErrorReason,
    Gate,
    GateName,
    PauseReason,
    PreSave,
)
from campaigns.planning import editing, same_release
from campaigns.planning.obstacles import Obstacle, PlanningError
from campaigns.spotify.answers import SpotifyError
from campaigns.status import alarms
from tests.factory import make_campaign, make_presave
from tests.nights.night import check_books, claim, make_night, record, save, states, work
from tests.sandbox_process import ALBUM_URI, ISRC, TRACK_URI, UPC, Sandbox

pytestmark = pytest.mark.django_db

OTHER_ID = "1111111111111111111111"
OTHER_URI = f"spotify:album:{OTHER_ID}"
OTHER_UPC = "036000291452"
DEAD_URI = "spotify:album:2222222222222222222222"
ZEROS = "000000000000"
FUTURE = "2099-01-01T00:00:00+00:00"
FOUND = {
    "last_finding": "other_title",
    "found_uri": ALBUM_URI,
    "found_title": "First Light",
    "found_artist": "Demo Artist",
}
FIELDS = (
    *("title", "artist", "slug", "spotify_uri", "upc", "isrc"),
    *("release_at", "release_zone", "artwork_alt"),
)


@pytest.fixture
def campaign() -> Campaign:
    return make_campaign()


def make_consented(**fields: Any) -> Campaign:
    """An open campaign with a first fan."""
    campaign = make_campaign(**fields)
    make_presave(campaign)
    return campaign


def change(campaign: Campaign, meant: str = "", **values: Any) -> Campaign:
    kept = {name: getattr(campaign, name) for name in FIELDS}
    changed = editing.change(campaign, kept | values, None, timezone.now(), meant=meant)
    campaign.refresh_from_db()
    return changed


def refused(campaign: Campaign, meant: str = "", **values: Any) -> PlanningError:
    before = Campaign.objects.values().get(id=campaign.id)
    with pytest.raises(PlanningError) as caught:
        change(campaign, meant, **values)
    assert Campaign.objects.values().get(id=campaign.id) == before
    return caught.value


# The look into the catalogue.


def test_a_link_becomes_another_one_of_the_same_title_and_artist(sandbox: Sandbox) -> None:
    """Also a mistyped one, of which the catalogue shows nothing."""
    sandbox.add_album(id=OTHER_ID, name="NIGHT BUS - EP", artists=["Guest", "Demo Artist"])
    assert change(make_consented(), spotify_uri=OTHER_URI).spotify_uri == OTHER_URI


def test_a_track_becomes_the_same_recording_elsewhere(sandbox: Sandbox) -> None:
    other = f"spotify:track:{OTHER_ID}"
    sandbox.add_track(id=OTHER_ID, name="Night Bus", isrc="qz-aaa-26-00001")
    campaign = make_consented(spotify_uri=TRACK_URI, isrc=ISRC)
    assert change(campaign, spotify_uri=other).spotify_uri == other


@pytest.mark.parametrize(
    ("other", "names", "shown"),
    [
        ({"artists": ["Somebody Else"]}, {"spotify_uri": OTHER_URI}, "Night Bus"),
        ({"name": "First Light"}, {"spotify_uri": OTHER_URI}, "First Light"),
        ({"name": "Night Bus (Live)"}, {"spotify_uri": OTHER_URI}, "Night Bus (Live)"),
        ({"name": "First Light"}, {"spotify_uri": "", "upc": OTHER_UPC}, "First Light"),
        ({"name": "First Light"}, {"spotify_uri": DEAD_URI, "upc": OTHER_UPC}, "First Light"),
    ],
    ids=["artist", "title", "version", "by its code", "by the code next to a dead link"],
)
def test_another_release_is_refused_by_its_name(
    other: dict[str, Any], names: dict[str, str], shown: str, sandbox: Sandbox
) -> None:
    sandbox.add_album()
    sandbox.add_album(id=OTHER_ID, upc=OTHER_UPC, **other)
    error = refused(make_consented(), **names)
    assert error.obstacle is Obstacle.OTHER_RELEASE
    assert error.found is not None
    assert (error.found.uri, error.found.title) == (OTHER_URI, shown)


def test_another_release_that_the_artist_means_is_named_and_waits_for_an_answer(
    sandbox: Sandbox,
) -> None:
    """Spotify may write the artist in another script. What was meant is that entry and no other."""
    sandbox.add_album(id=OTHER_ID, artists=["\u5bae\u57ce", "Guest"])
    campaign = make_consented()
    assert refused(campaign, DEAD_URI, spotify_uri=OTHER_URI).obstacle is Obstacle.OTHER_RELEASE

    changed = change(campaign, OTHER_URI, spotify_uri=OTHER_URI)
    assert changed.awaits_an_answer
    assert (changed.found_uri, changed.last_finding) == (OTHER_URI, "other_artist")
    assert (changed.found_title, changed.found_artist) == ("Night Bus", "\u5bae\u57ce, Guest")


def test_of_an_endless_title_the_row_keeps_what_it_holds(sandbox: Sandbox) -> None:
    sandbox.add_album(id=OTHER_ID, name="La " * 200)
    changed = change(make_consented(), OTHER_URI, spotify_uri=OTHER_URI)
    assert len(changed.found_title) == 300


def test_codes_that_do_not_belong_together_are_refused(sandbox: Sandbox) -> None:
    sandbox.add_album()
    campaign = make_consented(spotify_uri=ALBUM_URI, upc="012345678905")
    assert refused(campaign, upc=OTHER_UPC).obstacle is Obstacle.CODES_DIFFER
    assert change(campaign, upc=UPC).upc == UPC


@pytest.mark.parametrize("in_the_catalogue", [None, ZEROS])
def test_zeros_are_no_code_and_a_missing_code_agrees_with_nothing(
    in_the_catalogue: str | None, sandbox: Sandbox
) -> None:
    sandbox.add_album(upc=in_the_catalogue)
    sandbox.add_album(id=OTHER_ID, name="First Light", upc=in_the_catalogue)
    campaign = make_consented()
    assert refused(campaign, upc=ZEROS).obstacle is Obstacle.CODES_DIFFER
    assert refused(campaign, upc=UPC).obstacle is Obstacle.CODES_DIFFER
    Campaign.objects.update(upc=ZEROS)
    campaign.refresh_from_db()
    assert refused(campaign, spotify_uri=OTHER_URI).obstacle is Obstacle.CODES_DIFFER
    other = {"spotify_uri": OTHER_URI, "upc": ""}
    assert refused(campaign, **other).obstacle is Obstacle.OTHER_RELEASE
    assert change(campaign, upc="").upc == ""


def test_what_is_not_shown_yet_is_compared_at_release_time(sandbox: Sandbox) -> None:
    sandbox.add_album(id=OTHER_ID, name="First Light", available_at=FUTURE)
    assert change(make_consented(), spotify_uri=OTHER_URI).spotify_uri == OTHER_URI


@pytest.mark.parametrize("values", [{"title": "As it was!"}, {"artwork_alt": "Grey"}], ids=str)
def test_a_change_of_something_else_asks_spotify_nothing(
    values: dict[str, str], sandbox: Sandbox
) -> None:
    change(make_consented(title="As It Was"), **values)
    assert sandbox.calls() == []


def test_before_the_first_consent_it_may_become_what_is_not_visible_yet(sandbox: Sandbox) -> None:
    campaign = make_campaign()
    changed = change(campaign, spotify_uri="", upc=OTHER_UPC, title="Other")
    assert Names.of(changed) == Names("", OTHER_UPC, "")


def test_a_drafts_new_link_opens_nothing() -> None:
    draft = make_campaign(state=CampaignState.DRAFT)
    assert change(draft, spotify_uri=OTHER_URI).state == CampaignState.DRAFT


def test_a_new_name_takes_back_what_was_said_of_the_old_one() -> None:
    campaign = make_consented(
        last_finding="other_title",
        found_uri=ALBUM_URI,
        accepted_uri=ALBUM_URI,
        next_check_at=timezone.now(),
    )
    changed = change(campaign, spotify_uri=OTHER_URI)
    assert (changed.accepted_uri, changed.found_uri, changed.last_finding) == ("", "", "")
    assert changed.next_check_at is None


@pytest.mark.parametrize(
    "changes", [{"title": "NIGHT BUS"}, {"artist": "Demo Artist feat. Guest"}, {"market": "SE"}]
)
def test_what_is_compared_otherwise_ends_the_question_until_the_next_look(
    changes: dict[str, str],
) -> None:
    due = {"next_check_at": timezone.now(), "release_at": timezone.now()}
    campaign = make_consented(**due, **FOUND)
    assert alarms.raise_due(timezone.now()) == 1
    changed = change(campaign, **changes)
    assert (changed.last_finding, changed.next_check_at) == ("", None)
    assert (changed.found_uri, changed.found_title, changed.found_artist) == ("", "", "")
    Campaign.objects.update(**FOUND)
    assert alarms.raise_due(timezone.now()) == 0


@pytest.mark.parametrize(
    ("changes", "mails"),
    [
        ({"upc": UPC}, 0),
        ({"upc": UPC, "title": "NIGHT BUS"}, 0),
        ({"spotify_uri": OTHER_URI}, 1),
        ({"spotify_uri": "", "upc": UPC}, 1),
    ],
    ids=["the same link", "and the title", "another link", "what a code leads to"],
)
def test_people_are_told_again_where_the_link_leads_to_another_entry(
    changes: dict[str, str], mails: int, sandbox: Sandbox
) -> None:
    campaign = make_consented(release_at=timezone.now(), **FOUND)
    assert alarms.raise_due(timezone.now()) == 1
    change(campaign, **changes)
    Campaign.objects.update(**FOUND)
    assert alarms.raise_due(timezone.now()) == mails


def test_people_are_not_told_again_of_the_entry_that_the_code_leads_to(sandbox: Sandbox) -> None:
    sandbox.add_album(name="First Light")
    campaign = make_consented(release_at=timezone.now(), **FOUND)
    assert alarms.raise_due(timezone.now()) == 1
    change(campaign, ALBUM_URI, spotify_uri="", upc=UPC)
    assert Campaign.objects.get().found_uri == ALBUM_URI
    assert alarms.raise_due(timezone.now()) == 0


@pytest.mark.parametrize(
    ("finding", "changes"), [("gone", {"market": "SE"}), ("other_title", {"artwork_alt": "Red"})]
)
def test_what_else_is_said_stays_said(finding: str, changes: dict[str, str]) -> None:
    campaign = make_consented(last_finding=finding, found_uri=ALBUM_URI)
    changed = change(campaign, **changes)
    assert (changed.last_finding, changed.found_uri) == (finding, ALBUM_URI)


# While the release is being saved.


def make_running(sandbox: Sandbox, fans: int = 3) -> Campaign:
    campaign = make_night(sandbox, fans)
    sandbox.add_album(id=OTHER_ID)
    return campaign


def test_the_link_of_a_running_release_is_corrected_and_the_worker_looks_again(
    sandbox: Sandbox,
) -> None:
    campaign = make_running(sandbox)
    Campaign.objects.update(confirmed_title="Night Bus")
    campaign.refresh_from_db()

    changed = change(campaign, spotify_uri=OTHER_URI)
    assert (changed.state, changed.confirmed_uri, changed.confirmed_at) == ("open", "", None)
    assert changed.confirmed_title == ""

    work()
    assert states(campaign) == {"saved": 3}
    assert all(OTHER_URI in sandbox.library(f"fan-{number}") for number in (1, 2, 3))


def test_what_is_on_its_way_under_the_old_link_is_saved_anew_under_the_new_one(
    sandbox: Sandbox,
) -> None:
    campaign = make_running(sandbox, fans=1)
    claimed = claim(campaign)
    on_its_way = save(claimed)
    change(campaign, spotify_uri=OTHER_URI)
    record(on_its_way)
    assert states(campaign) == {"pending": 1}
    work()
    assert states(campaign) == {"saved": 1}
    assert OTHER_URI in sandbox.library("fan-1")


@pytest.mark.parametrize("shown", [False, True])
def test_a_running_release_does_not_stop_for_what_nobody_has_seen(
    shown: bool, sandbox: Sandbox
) -> None:
    """Nor for another one that the artist means all the same."""
    campaign = make_night(sandbox, fans=1)
    obstacle = Obstacle.NEW_NOT_SHOWN
    if shown:
        sandbox.add_album(id=OTHER_ID, name="First Light")
        obstacle = Obstacle.OTHER_RELEASE
    assert refused(campaign, spotify_uri=OTHER_URI).obstacle is obstacle
    assert refused(campaign, OTHER_URI, spotify_uri=OTHER_URI).obstacle is Obstacle.NEW_NOT_SHOWN
    assert work() == 1


@pytest.mark.parametrize("fault", ["busy", "closed", "silent"])
def test_where_spotify_gives_no_answer_a_running_release_is_not_said_to_be_missing(
    fault: str, sandbox: Sandbox
) -> None:
    campaign = make_running(sandbox)
    if fault == "busy":
        later = database_now() + timedelta(minutes=1)
        Gate.objects.create(name=GateName.API, rate=10, free_at=later)
    elif fault == "closed":
        closing.close(SpotifyError(ErrorReason.RATE_LIMITED, retry_after=90), database_now())
    else:
        sandbox.fault("album", status=503, times=1)
    assert refused(campaign, spotify_uri=OTHER_URI).obstacle is Obstacle.NEW_NOT_ANSWERED


def test_a_running_release_without_a_fan_gets_its_new_link_too(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, fans=0)
    assert refused(campaign, spotify_uri=OTHER_URI).obstacle is Obstacle.NEW_NOT_SHOWN
    sandbox.add_album(id=OTHER_ID)
    assert change(campaign, spotify_uri=OTHER_URI).spotify_uri == OTHER_URI


def test_a_release_that_begins_during_the_look_does_not_stop_for_what_nobody_has_seen(
    sandbox: Sandbox,
) -> None:
    campaign = make_night(sandbox, fans=1)
    with pytest.raises(PlanningError) as caught:
        same_release.accept(campaign, same_release.Seen(), Names.of(campaign))
    assert caught.value.obstacle is Obstacle.NEW_NOT_SHOWN


# Title and artist.


def tap(campaign: Campaign) -> None:
    starting.start_authorization(campaign, timezone.now())


@pytest.mark.parametrize("begin", [tap, make_presave], ids=["tap", "pre-save of an older version"])
def test_from_the_first_tap_on_title_and_artist_change_in_spelling_alone(
    begin: Callable[[Campaign], Any],
) -> None:
    campaign = make_campaign(title="Night Bus", artist="Demo Artist")
    begin(campaign)
    campaign.refresh_from_db()

    assert refused(campaign, title="Spam EP").obstacle is Obstacle.TITLE_STAYS
    assert refused(campaign, artist="Somebody Else").obstacle is Obstacle.ARTIST_STAYS

    digest = campaign.agreed_digest
    change(campaign, title="NIGHT-BUS", artist="Demo Artist feat. Night Desk")
    assert (campaign.title, campaign.artist) == ("NIGHT-BUS", "Demo Artist feat. Night Desk")
    assert (campaign.agreed_title, campaign.agreed_artist) == ("Night Bus", "Demo Artist")
    assert campaign.agreed_digest == digest is not None


def test_many_small_changes_lead_no_further_than_one(campaign: Campaign) -> None:
    """Each is compared with what fans agreed to, and not with the one before."""
    make_presave(campaign)
    change(campaign, artist="Demo Artist feat. A")
    change(campaign, artist="Demo Artist feat. B")
    assert refused(campaign, artist="feat. B").obstacle is Obstacle.ARTIST_STAYS
    change(campaign, artist="Demo Artist")
    assert campaign.agreed_artist == campaign.artist == "Demo Artist"


def test_while_nobody_has_tapped_title_and_artist_are_free(campaign: Campaign) -> None:
    change(campaign, title="Spam EP", artist="Somebody Else")
    assert (campaign.title, campaign.agreed_title) == ("Spam EP", "")


def test_a_title_that_was_changed_past_the_dashboard_can_be_put_back(campaign: Campaign) -> None:
    """Also while the release is under way, as it waits for that."""
    tap(campaign)
    Campaign.objects.update(
        title="Spam EP",
        state=CampaignState.RELEASING,
        confirmed_uri=ALBUM_URI,
        confirmed_at=timezone.now(),
        paused_reason=PauseReason.RELEASE_CHANGED,
    )
    campaign.refresh_from_db()
    assert refused(campaign, title="Other Spam").obstacle is Obstacle.TITLE_STAYS
    assert change(campaign, artwork_alt="Grey").title == "Spam EP"
    assert change(campaign, title="Night Bus").agreed_digest
    Campaign.objects.update(paused_reason="")
    campaign.refresh_from_db()
    assert refused(campaign, title="night bus").obstacle is Obstacle.STAYS_WHILE_RELEASING


# Spotify in trouble: the worker compares at release time.


@pytest.mark.parametrize(
    "fault",
    [
        *({"status": 500}, {"status": 400}, {"status": 429, "headers": {"Retry-After": "30"}}),
        *({"kind": "reset_before", "times": None}, {"kind": "html"}, {"kind": "empty"}),
    ],
    ids=str,
)
def test_a_spotify_in_trouble_holds_no_correction_up(
    fault: dict[str, Any], sandbox: Sandbox
) -> None:
    campaign = make_consented()
    sandbox.fault("album", **fault)
    assert change(campaign, spotify_uri=OTHER_URI).spotify_uri == OTHER_URI
    assert closing.is_open(database_now()) == (fault.get("status") != 429)


def test_a_slow_spotify_is_not_waited_for_long(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spotify.http, "TOTAL_SECONDS", 0.3)
    campaign = make_consented()
    sandbox.fault("album", "timeout")
    assert change(campaign, spotify_uri=OTHER_URI).spotify_uri == OTHER_URI


@pytest.mark.parametrize("half", HALVES)
def test_a_closed_gate_holds_no_correction_up_and_nothing_is_asked(
    half: GateName, sandbox: Sandbox
) -> None:
    error = SpotifyError(ErrorReason.RATE_LIMITED, half=half, retry_after=90)
    closing.close(error, database_now())
    assert change(make_consented(), spotify_uri=OTHER_URI).spotify_uri == OTHER_URI
    assert sandbox.calls() == []


def test_a_new_name_is_written_down_in_the_log(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    campaign = make_consented()
    with caplog.at_level(logging.INFO, "campaigns.planning.editing"):
        change(campaign, upc=UPC)
    assert f"release renamed campaign={campaign.id}" in caplog.text


# Mending while the release is waited for.


@pytest.mark.parametrize(
    ("given", "albums", "finding", "mended"),
    [
        ({"upc": "012345678905"}, [{}], "not_there_yet", {"upc": UPC}),
        (
            {"upc": UPC},
            [{}, {"id": OTHER_ID, "album_type": "single"}],
            "several_match",
            {"spotify_uri": ALBUM_URI},
        ),
        (
            {"upc": OTHER_UPC},
            [{}, {"id": OTHER_ID, "upc": OTHER_UPC, "artists": ["Somebody Else"]}],
            "other_artist",
            {"upc": UPC},
        ),
        (
            {"upc": "012345678905", "spotify_uri": ALBUM_URI},
            [{}],
            "different_code",
            {"upc": UPC},
        ),
    ],
    ids=["no hit", "two hits", "another artist's", "another's code"],
)
@pytest.mark.parametrize("with_consents", [False, True])
def test_a_wrong_code_saves_nothing_and_once_it_is_corrected_the_release_goes_on(
    given: dict[str, str],
    albums: list[dict[str, Any]],
    finding: str,
    mended: dict[str, str],
    with_consents: bool,
    sandbox: Sandbox,
) -> None:
    fans = 3 if with_consents else 0
    campaign = make_night(sandbox, fans, state="open", release_at=timezone.now(), **given)
    sandbox.delete("catalogue")
    for album in albums:
        sandbox.add_album(**album)
    work()
    work(later=100)
    campaign.refresh_from_db()
    assert (campaign.last_finding, campaign.state) == (finding, "open")
    assert sandbox.calls("library") == sandbox.calls("token.refresh") == []

    Gate.objects.all().delete()  # the worker's calls are ahead of the artist's clock
    change(campaign, **mended)
    assert work(later=102) == fans  # the next look would have come 10 seconds after the last
    campaign.refresh_from_db()
    assert (campaign.confirmed_uri, campaign.state) == (ALBUM_URI, "finished")
    assert PreSave.objects.filter(campaign=campaign, state="saved").count() == fans
    check_books(campaign)


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({}, {"spotify_uri": TRACK_URI}),
        ({}, {"spotify_uri": "", "isrc": ISRC}),
        ({"spotify_uri": "", "upc": UPC}, {"upc": "", "isrc": ISRC}),
        ({"spotify_uri": TRACK_URI}, {"spotify_uri": ALBUM_URI}),
        ({"spotify_uri": TRACK_URI}, {"spotify_uri": "", "upc": UPC}),
    ],
)
def test_what_is_an_album_for_its_fans_becomes_no_track_nor_the_other_way_round(
    given: dict[str, str], names: dict[str, str], sandbox: Sandbox
) -> None:
    """A single and its track have one name: the page said which of them is saved."""
    sandbox.add_album()
    sandbox.add_track()
    assert refused(make_consented(**given), **names).obstacle is Obstacle.KIND_STAYS
    changed = change(make_campaign(**given), **names)
    assert Names.of(changed) == Names.of(make_campaign(**given))._replace(**names)
