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
from tests.factory import make_campaign, make_presave
from tests.nights.night import check_books, make_night, states, work
from tests.sandbox_process import ALBUM_URI, ISRC, TRACK_URI, UPC, Sandbox

pytestmark = pytest.mark.django_db

OTHER_ID = "1111111111111111111111"
OTHER_URI = f"spotify:album:{OTHER_ID}"
OTHER_UPC = "036000291452"
FUTURE = "2099-01-01T00:00:00+00:00"
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


def change(campaign: Campaign, **values: Any) -> Campaign:
    kept = {name: getattr(campaign, name) for name in FIELDS}
    changed = editing.change(campaign, kept | values, None, timezone.now())
    campaign.refresh_from_db()
    return changed


def refusal(campaign: Campaign, **values: Any) -> Obstacle:
    before = Campaign.objects.values().get(id=campaign.id)
    with pytest.raises(PlanningError) as caught:
        change(campaign, **values)
    assert Campaign.objects.values().get(id=campaign.id) == before
    return caught.value.obstacle


# The look into the catalogue.


def test_a_link_may_become_another_one_of_the_same_release(sandbox: Sandbox) -> None:
    sandbox.add_album(artists=["Demo Artist", "Guest"])
    sandbox.add_album(id=OTHER_ID, name="Night Bus (Again)", artists=["Guest", "Demo Artist"])

    assert change(make_consented(), spotify_uri=OTHER_URI).spotify_uri == OTHER_URI


def test_a_track_may_become_the_same_recording_elsewhere(sandbox: Sandbox) -> None:
    other = f"spotify:track:{OTHER_ID}"
    sandbox.add_track()
    sandbox.add_track(id=OTHER_ID, album_name="On an album now")

    assert change(make_consented(spotify_uri=TRACK_URI), spotify_uri=other).spotify_uri == other


@pytest.mark.parametrize(
    "other", [{"upc": OTHER_UPC}, {"artists": ["Somebody Else"]}, {"upc": None}], ids=str
)
def test_another_release_needs_a_new_campaign(other: dict[str, Any], sandbox: Sandbox) -> None:
    sandbox.add_album()
    sandbox.add_album(id=OTHER_ID, **other)

    assert refusal(make_consented(), spotify_uri=OTHER_URI) is Obstacle.OTHER_RELEASE


def test_a_track_does_not_take_the_place_of_its_album(sandbox: Sandbox) -> None:
    sandbox.add_album()
    sandbox.add_track()

    assert refusal(make_consented(), spotify_uri=TRACK_URI) is Obstacle.OTHER_RELEASE


def test_a_wrong_code_with_a_link_is_corrected_to_the_one_the_catalogue_shows(
    sandbox: Sandbox,
) -> None:
    sandbox.add_album()
    sandbox.add_album(id=OTHER_ID, upc=OTHER_UPC, artists=["Demo Artist"])
    campaign = make_consented(spotify_uri=ALBUM_URI, upc="012345678905")

    assert refusal(campaign, upc=OTHER_UPC) is Obstacle.CODES_DIFFER
    assert change(campaign, upc=UPC).upc == UPC


def test_a_code_may_be_replaced_by_the_link_of_what_carries_it(sandbox: Sandbox) -> None:
    sandbox.add_album()
    sandbox.add_album(id=OTHER_ID, upc=OTHER_UPC)
    campaign = make_consented(upc=UPC)

    assert refusal(campaign, upc="", spotify_uri=OTHER_URI) is Obstacle.OTHER_RELEASE
    assert change(campaign, upc="", spotify_uri=ALBUM_URI).spotify_uri == ALBUM_URI


def test_a_code_alone_is_not_swapped_for_another(sandbox: Sandbox) -> None:
    sandbox.add_album()
    sandbox.add_album(id=OTHER_ID, upc=OTHER_UPC)

    assert refusal(make_consented(upc=UPC), upc=OTHER_UPC) is Obstacle.OTHER_RELEASE


def test_what_is_not_shown_yet_is_not_compared(sandbox: Sandbox) -> None:
    campaign = make_consented()
    sandbox.add_album()
    assert refusal(campaign, spotify_uri=OTHER_URI) is Obstacle.NEW_NOT_SHOWN

    sandbox.add_album(id=OTHER_ID)
    sandbox.add_album(available_at=FUTURE)
    assert refusal(campaign, spotify_uri=OTHER_URI) is Obstacle.OLD_NOT_SHOWN


@pytest.mark.parametrize(
    "values",
    [{"upc": UPC}, {"title": "As it was!"}, {"artwork_alt": "Grey"}],
    ids=str,
)
def test_what_can_only_narrow_down_asks_spotify_nothing(
    values: dict[str, str], sandbox: Sandbox
) -> None:
    change(make_consented(title="As It Was"), **values)
    assert sandbox.calls() == []


@pytest.mark.parametrize("codes", [{"upc": UPC}, {"isrc": ISRC}], ids=str)
@pytest.mark.parametrize("link", ["", OTHER_URI])
def test_a_link_is_corrected_while_its_code_stays(
    codes: dict[str, str], link: str, sandbox: Sandbox
) -> None:
    uri = ALBUM_URI if "upc" in codes else TRACK_URI
    change(make_consented(spotify_uri=uri, **codes), spotify_uri=link)
    assert sandbox.calls() == []


ZEROS = "000000000000"


@pytest.mark.parametrize("at_consent", [True, False])
@pytest.mark.parametrize("other", [{}, {"upc": None}, {"upc": ZEROS}, {"upc": OTHER_UPC}], ids=str)
def test_a_code_of_zeros_does_not_let_the_link_be_changed_without_a_look(
    other: dict[str, Any], at_consent: bool, sandbox: Sandbox
) -> None:
    sandbox.add_album(upc=None)
    sandbox.add_album(id=OTHER_ID, **other)
    campaign = make_consented(spotify_uri=ALBUM_URI, upc=ZEROS if at_consent else "")
    if not at_consent:
        change(campaign, upc=ZEROS)

    assert refusal(campaign, spotify_uri=OTHER_URI) in (
        Obstacle.OTHER_RELEASE,
        Obstacle.CODES_DIFFER,
    )
    assert refusal(campaign, spotify_uri=OTHER_URI, upc="") is Obstacle.OTHER_RELEASE


def test_a_code_of_zeros_may_be_taken_out(sandbox: Sandbox) -> None:
    change(make_consented(spotify_uri=ALBUM_URI, upc=ZEROS), upc="")
    assert sandbox.calls() == []


def test_two_releases_without_a_code_are_not_the_same(sandbox: Sandbox) -> None:
    sandbox.add_album(upc=None)
    sandbox.add_album(id=OTHER_ID, upc=None)
    assert refusal(make_consented(), spotify_uri=OTHER_URI) is Obstacle.OTHER_RELEASE


def test_a_code_may_be_written_otherwise_without_a_look(sandbox: Sandbox) -> None:
    campaign = make_consented(upc=UPC)
    changed = change(campaign, upc=f"0{UPC}", spotify_uri=OTHER_URI)
    assert (changed.upc, changed.codes_added_after_consent) == (f"0{UPC}", ["spotify_uri"])
    assert sandbox.calls() == []


def test_a_track_becomes_the_same_recording_whose_isrc_is_written_otherwise(
    sandbox: Sandbox,
) -> None:
    other = f"spotify:track:{OTHER_ID}"
    sandbox.add_track()
    sandbox.add_track(id=OTHER_ID, isrc="qz-aaa-26-00001")
    assert change(make_consented(spotify_uri=TRACK_URI), spotify_uri=other).spotify_uri == other


def test_before_the_first_consent_everything_is_free(sandbox: Sandbox) -> None:
    campaign = make_campaign()
    changed = change(campaign, spotify_uri="", upc=OTHER_UPC, title="Other")
    assert (Names.of(changed), changed.codes_added_after_consent) == (Names("", OTHER_UPC, ""), [])
    assert sandbox.calls() == []


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

    assert refusal(campaign, title="Spam EP") is Obstacle.TITLE_STAYS
    assert refusal(campaign, artist="Somebody Else") is Obstacle.ARTIST_STAYS

    digest = campaign.agreed_digest
    change(campaign, title="NIGHT-BUS", artist="Demo Artist feat. Mara Okafor")
    assert (campaign.title, campaign.artist) == ("NIGHT-BUS", "Demo Artist feat. Mara Okafor")
    assert (campaign.agreed_title, campaign.agreed_artist) == ("Night Bus", "Demo Artist")
    assert campaign.agreed_digest == digest is not None


def test_many_small_changes_lead_no_further_than_one(campaign: Campaign) -> None:
    """Each is compared with what fans agreed to, and not with the one before."""
    make_presave(campaign)
    change(campaign, artist="Demo Artist feat. A")
    change(campaign, artist="Demo Artist feat. B")
    assert refusal(campaign, artist="feat. B") is Obstacle.ARTIST_STAYS
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
    assert refusal(campaign, title="Other Spam") is Obstacle.TITLE_STAYS
    assert change(campaign, artwork_alt="Grey").title == "Spam EP"
    assert change(campaign, title="Night Bus").agreed_digest
    Campaign.objects.update(paused_reason="")
    campaign.refresh_from_db()
    assert refusal(campaign, title="night bus") is Obstacle.STAYS_WHILE_RELEASING


# In two steps.


def test_a_code_that_was_added_later_does_not_let_the_link_be_swapped(sandbox: Sandbox) -> None:
    sandbox.add_album()
    sandbox.add_album(id=OTHER_ID, upc=OTHER_UPC)
    campaign = make_consented()
    change(campaign, upc=OTHER_UPC)
    assert campaign.codes_added_after_consent == ["upc"]

    assert refusal(campaign, spotify_uri=OTHER_URI) is Obstacle.OTHER_RELEASE
    assert refusal(campaign, spotify_uri="") is Obstacle.OTHER_RELEASE
    assert change(campaign, upc=UPC).codes_added_after_consent == ["upc"]
    assert change(campaign, upc="").codes_added_after_consent == []


def test_a_link_that_was_added_later_does_not_let_the_code_be_swapped(sandbox: Sandbox) -> None:
    sandbox.add_album()
    sandbox.add_album(id=OTHER_ID, upc=OTHER_UPC)
    campaign = make_consented(upc=UPC)
    change(campaign, spotify_uri=OTHER_URI)

    assert refusal(campaign, upc=OTHER_UPC) is Obstacle.OTHER_RELEASE
    assert refusal(campaign, upc="") is Obstacle.OTHER_RELEASE


def test_what_the_catalogue_showed_to_be_the_same_vouches_from_then_on(sandbox: Sandbox) -> None:
    sandbox.add_album()
    sandbox.add_album(id=OTHER_ID, upc=OTHER_UPC)
    campaign = make_consented(upc=UPC)
    change(campaign, spotify_uri=ALBUM_URI)
    assert change(campaign, upc="").codes_added_after_consent == []

    assert refusal(campaign, spotify_uri=OTHER_URI) is Obstacle.OTHER_RELEASE
    assert change(campaign, upc=UPC).codes_added_after_consent == ["upc"]


# Spotify in trouble, and others who come in between.


@pytest.mark.parametrize(
    "fault",
    [{"status": 500}, {"kind": "reset_before", "times": None}, {"kind": "html"}, {"kind": "empty"}],
    ids=str,
)
def test_a_spotify_in_trouble_is_told_and_nothing_is_changed(
    fault: dict[str, Any], sandbox: Sandbox
) -> None:
    campaign = make_consented()
    sandbox.fault("album", **fault)
    assert refusal(campaign, spotify_uri=OTHER_URI) is Obstacle.SPOTIFY_SILENT
    closing.check_open(database_now())


def test_a_question_that_spotify_refuses_is_told_as_such(sandbox: Sandbox) -> None:
    campaign = make_consented()
    sandbox.fault("album", status=400)
    assert refusal(campaign, spotify_uri=OTHER_URI) is Obstacle.QUESTION_REFUSED


def test_a_slow_spotify_is_not_waited_for_long(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spotify.http, "TOTAL_SECONDS", 0.3)
    campaign = make_consented()
    sandbox.fault("album", "timeout")
    assert refusal(campaign, spotify_uri=OTHER_URI) is Obstacle.SPOTIFY_SILENT


def test_a_429_closes_the_gate_for_everybody(sandbox: Sandbox) -> None:
    campaign = make_consented()
    sandbox.fault("album", status=429, headers={"Retry-After": "30"})
    assert refusal(campaign, spotify_uri=OTHER_URI) is Obstacle.SPOTIFY_SILENT
    assert not closing.is_open(database_now())


@pytest.mark.parametrize("half", HALVES)
def test_a_closed_gate_is_told_with_its_end_and_nothing_is_asked(
    half: GateName, sandbox: Sandbox
) -> None:
    now = database_now()
    closing.close(SpotifyError(ErrorReason.RATE_LIMITED, half=half, retry_after=90), now)

    campaign = make_consented()

    with pytest.raises(PlanningError, match=Obstacle.SPOTIFY_WAITS) as caught:
        change(campaign, spotify_uri=OTHER_URI)

    assert caught.value.possible_from == now + timedelta(seconds=90)
    assert sandbox.calls() == []


def test_a_first_consent_while_the_form_is_sent_refuses_a_change_that_was_not_compared() -> None:
    campaign = make_campaign()
    after = Names(OTHER_URI, "", "")
    check = same_release.look_up(campaign, after)
    make_presave(campaign)

    assert check is None
    with pytest.raises(PlanningError) as caught:
        same_release.accept(campaign, after, check)
    assert caught.value.obstacle is Obstacle.CHANGED_WHILE_CHECKING


@pytest.mark.parametrize(
    "meanwhile",
    [
        {"spotify_uri": TRACK_URI},
        {"upc": OTHER_UPC},
        {"codes_added_after_consent": ["spotify_uri"]},
    ],
)
def test_what_was_compared_counts_only_while_it_is_still_so(
    meanwhile: dict[str, Any], sandbox: Sandbox
) -> None:
    sandbox.add_album()
    sandbox.add_album(id=OTHER_ID)
    campaign = make_consented()
    after = Names(OTHER_URI, "", "")
    check = same_release.look_up(campaign, after)
    assert same_release.accept(campaign, after, check) == []

    Campaign.objects.filter(id=campaign.id).update(**{"upc": UPC, **meanwhile})
    campaign.refresh_from_db()
    other = after._replace(upc="012345678905")
    for compared in (check, None):
        with pytest.raises(PlanningError) as caught:
            same_release.accept(campaign, other, compared)
        assert caught.value.obstacle is Obstacle.CHANGED_WHILE_CHECKING


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
    beyond_repair = finding in ("not_there_yet", "other_artist") and "upc" in mended
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
    if with_consents and beyond_repair:
        assert refusal(campaign, **mended) in (
            Obstacle.OLD_NOT_SHOWN,
            Obstacle.OTHER_RELEASE,
        )
        assert states(campaign) == {"pending": fans}
        return
    change(campaign, **mended)
    assert work(later=102) == fans  # the next look would have come 10 seconds after the last
    campaign.refresh_from_db()
    assert (campaign.confirmed_uri, campaign.state) == (ALBUM_URI, "finished")
    assert PreSave.objects.filter(campaign=campaign, state="saved").count() == fans
    check_books(campaign)
