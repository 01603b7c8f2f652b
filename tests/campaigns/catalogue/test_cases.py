"""Cases that people reported of catalogues as they are, each with what a look has to find."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from campaigns.catalogue.folding import folded
from campaigns.catalogue.looks import DEAD_AFTER, Look, LookupBudget, look
from campaigns.models import Campaign, Finding, LabelArtist
from campaigns.spotify import Release
from tests.factory import make_campaign
from tests.sandbox_process import ALBUM_URI, ISRC, TRACK_URI, UPC, Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.release_core]

OTHER_ID = "1111111111111111111111"
OTHER_URI, OTHER_TRACK = f"spotify:album:{OTHER_ID}", f"spotify:track:{OTHER_ID}"
ZEROS = "000000000000"


def make_due(**fields: Any) -> Campaign:
    """Its release time has come so long ago that a link may be dead."""
    return make_campaign(release_at=timezone.now() - DEAD_AFTER, **fields)


def look_for(**fields: Any) -> Look:
    return look(make_due(**fields), "US", LookupBudget(timezone.now()))


def today() -> str:
    return timezone.now().date().isoformat()


def uri_of(release: Release | None) -> str:
    return release.uri if release else ""


# A link or a code that leads to somebody else's release.


@pytest.mark.parametrize(
    ("shown", "finding"),
    [
        ({"name": "First Light", "artists": ["Night Desk"]}, Finding.OTHER_ARTIST),
        ({"name": "Night Bus", "artists": ["Night Desk"]}, Finding.OTHER_ARTIST),
        ({"name": "First Light"}, Finding.OTHER_TITLE),
        ({"name": "Night Bus (Live)"}, Finding.OTHER_TITLE),
        ({"name": "Night Bus", "artists": ["Demo"]}, Finding.OTHER_ARTIST),
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "names", [{"spotify_uri": ALBUM_URI}, {"spotify_uri": ALBUM_URI, "upc": UPC}, {"upc": UPC}]
)
def test_the_link_or_upc_of_another_release_confirms_nothing_and_shows_what_is_there(
    names: dict[str, str], shown: dict[str, Any], finding: Finding, sandbox: Sandbox
) -> None:
    sandbox.add_album(**shown)
    found = look_for(**names)
    assert found.finding is finding
    assert found.release
    assert (found.release.uri, found.release.title) == (ALBUM_URI, shown["name"])
    assert [artist.name for artist in found.release.artists] == shown.get(
        "artists", ["Demo Artist"]
    )


@pytest.mark.parametrize("names", [{"spotify_uri": TRACK_URI}, {"isrc": ISRC}])
def test_the_link_or_isrc_of_another_track_confirms_nothing(
    names: dict[str, str], sandbox: Sandbox
) -> None:
    sandbox.add_track(name="First Light")
    found = look_for(**names)
    assert (found.finding, uri_of(found.release)) == (Finding.OTHER_TITLE, TRACK_URI)


def test_another_release_is_told_of_before_it_is_out(sandbox: Sandbox) -> None:
    sandbox.add_album(name="First Light", release_date="2099-01-01")
    assert look_for().finding is Finding.OTHER_TITLE


def test_what_an_artist_accepted_is_confirmed(sandbox: Sandbox) -> None:
    sandbox.add_album(name="First Light", artists=["Night Desk"])
    found = look_for(accepted_uri=ALBUM_URI)
    assert (found.finding, uri_of(found.release)) == (Finding.CONFIRMED, ALBUM_URI)


def test_what_an_artist_accepted_is_no_other_entry(sandbox: Sandbox) -> None:
    sandbox.add_album(name="First Light")
    assert look_for(accepted_uri=OTHER_URI).finding is Finding.OTHER_TITLE


def test_an_accepted_entry_that_answers_for_the_link_is_confirmed(sandbox: Sandbox) -> None:
    sandbox.add_album(moved_to=OTHER_ID)
    sandbox.add_album(id=OTHER_ID)
    assert look_for().finding is Finding.RELINKED
    found = look_for(accepted_uri=OTHER_URI)
    assert (found.finding, uri_of(found.release)) == (Finding.CONFIRMED, OTHER_URI)


def test_an_accepted_entry_of_another_day_may_take_a_dead_links_place(sandbox: Sandbox) -> None:
    sandbox.add_album(release_date="2024-01-02")
    names = {"spotify_uri": OTHER_URI, "upc": UPC}
    asked = look_for(**names)
    assert (asked.finding, uri_of(asked.release)) == (Finding.NOT_THERE_YET, ALBUM_URI)
    assert look_for(**names, accepted_uri=ALBUM_URI).finding is Finding.CONFIRMED


def test_an_accepted_entry_still_has_to_carry_the_codes(sandbox: Sandbox) -> None:
    sandbox.add_album()
    found = look_for(spotify_uri=ALBUM_URI, upc="036000291452", accepted_uri=ALBUM_URI)
    assert (found.finding, uri_of(found.release)) == (Finding.DIFFERENT_CODE, ALBUM_URI)


# A code that is missing or of zeros.


@pytest.mark.parametrize("stored", [None, "", ZEROS, f"0{ZEROS}", f"00{ZEROS}"])
@pytest.mark.parametrize("given", [ZEROS, f"0{ZEROS}", f"00{ZEROS}"])
def test_zeros_agree_with_nothing(given: str, stored: str | None, sandbox: Sandbox) -> None:
    sandbox.add_album(upc=stored)
    assert look_for(spotify_uri=ALBUM_URI, upc=given).finding is Finding.DIFFERENT_CODE
    assert look_for(spotify_uri=OTHER_URI, upc=given).finding is Finding.NOT_THERE_YET
    assert look_for(upc=given).finding is Finding.NOT_THERE_YET
    assert sandbox.calls("search") == []


@pytest.mark.parametrize("stored", [None, "", "000000000000"])
def test_a_given_code_does_not_agree_with_a_missing_one(
    stored: str | None, sandbox: Sandbox
) -> None:
    sandbox.add_album(upc=stored)
    sandbox.add_track(isrc=stored)
    for names in ({"spotify_uri": ALBUM_URI, "upc": UPC}, {"spotify_uri": TRACK_URI, "isrc": ISRC}):
        assert look_for(**names).finding is Finding.DIFFERENT_CODE


# Codes as the catalogue stores them.


@pytest.mark.parametrize("stored", ["609008295069", "0609008295069", "00609008295069"])
@pytest.mark.parametrize("given", ["609008295069", "0609008295069", "00609008295069"])
def test_a_upc_is_found_in_each_of_its_forms(given: str, stored: str, sandbox: Sandbox) -> None:
    sandbox.add_album(upc=stored)
    assert look_for(upc=given).finding is Finding.CONFIRMED


@pytest.mark.parametrize("stored", ["QZ-ABC-26-00042", "qz-abc-26-00042", "QZABC2600042"])
@pytest.mark.parametrize("as_stored", [False, True])
def test_an_isrc_is_found_with_hyphens(stored: str, as_stored: bool, sandbox: Sandbox) -> None:
    sandbox.set(isrc_as_stored=as_stored)
    sandbox.add_track(isrc=stored)
    linked = look_for(spotify_uri=TRACK_URI, isrc="QZABC2600042")
    assert linked.finding is Finding.CONFIRMED
    if not (as_stored and stored.startswith("qz")):  # no search finds small letters
        assert look_for(isrc="QZABC2600042").finding is Finding.CONFIRMED


# Ids that answer as others, moved or died.


@pytest.mark.parametrize("mode", ["development", "extended"])
def test_a_relinked_track_with_its_isrc_is_the_one_that_was_asked_for(
    mode: str, sandbox: Sandbox
) -> None:
    sandbox.set(mode=mode)
    sandbox.add_track(relinked_to=OTHER_ID)
    sandbox.add_track(id=OTHER_ID, album_name="Late Lines")
    found = look_for(spotify_uri=TRACK_URI, isrc=ISRC)
    assert (found.finding, uri_of(found.release)) == (Finding.CONFIRMED, TRACK_URI)


@pytest.mark.parametrize(
    ("mode", "finding"),
    [("development", Finding.RELINKED), ("extended", Finding.CONFIRMED)],
)
def test_a_relinked_track_without_an_isrc_is_a_finding_unless_spotify_says_so(
    mode: str, finding: Finding, sandbox: Sandbox
) -> None:
    sandbox.set(mode=mode)
    sandbox.add_track(relinked_to=OTHER_ID)
    sandbox.add_track(id=OTHER_ID, album_name="Late Lines")
    assert look_for(spotify_uri=TRACK_URI).finding is finding


def test_a_dead_link_falls_back_to_its_upc(sandbox: Sandbox) -> None:
    sandbox.add_album(id=OTHER_ID, release_date=today())
    found = look_for(spotify_uri=ALBUM_URI, upc=UPC)
    assert (found.finding, uri_of(found.release)) == (Finding.CONFIRMED, OTHER_URI)


def test_a_link_that_never_was_falls_back_to_its_isrc(sandbox: Sandbox) -> None:
    sandbox.add_track(release_date=today())
    found = look_for(spotify_uri=OTHER_TRACK, isrc=ISRC)
    assert (found.finding, uri_of(found.release)) == (Finding.CONFIRMED, TRACK_URI)


# Several entries under one code.


def test_twins_under_one_upc_are_one_release(sandbox: Sandbox) -> None:
    sandbox.add_album()
    sandbox.add_album(id=OTHER_ID)
    found = look_for(upc=UPC)
    assert (found.finding, uri_of(found.release)) == (Finding.CONFIRMED, OTHER_URI)


def test_entries_that_are_no_twins_are_shown_as_candidates(sandbox: Sandbox) -> None:
    sandbox.add_album()
    sandbox.add_album(id=OTHER_ID, album_type="single")
    found = look_for(upc=UPC)
    assert (found.finding, found.release) == (Finding.SEVERAL_MATCH, None)
    assert [one.uri for one in found.candidates] == [OTHER_URI, ALBUM_URI]


def test_an_accepted_candidate_is_the_one(sandbox: Sandbox) -> None:
    sandbox.add_album()
    sandbox.add_album(id=OTHER_ID, album_type="single")
    found = look_for(upc=UPC, accepted_uri=OTHER_URI)
    assert (found.finding, uri_of(found.release)) == (Finding.CONFIRMED, OTHER_URI)


def test_of_two_albums_under_one_upc_the_one_with_the_title_is_confirmed(sandbox: Sandbox) -> None:
    sandbox.add_album()
    sandbox.add_album(id=OTHER_ID, name="Night Bus (Deluxe)")
    found = look_for(upc=UPC)
    assert (found.finding, uri_of(found.release)) == (Finding.CONFIRMED, ALBUM_URI)


def test_several_other_releases_of_the_artist_are_shown_before_strangers(sandbox: Sandbox) -> None:
    sandbox.add_album(name="First Light")
    sandbox.add_album(id=OTHER_ID, artists=["Night Desk"])
    found = look_for(upc=UPC)
    assert (found.finding, uri_of(found.release)) == (Finding.OTHER_TITLE, ALBUM_URI)


def test_twins_of_tracks_are_on_one_album(sandbox: Sandbox) -> None:
    sandbox.add_track(album_name="Late Lines")
    sandbox.add_track(id=OTHER_ID, album_name="Later Lines")
    assert look_for(isrc=ISRC).finding is Finding.SEVERAL_MATCH
    sandbox.add_track(id=OTHER_ID, album_name="LATE LINES")
    assert look_for(isrc=ISRC).finding is Finding.CONFIRMED


@pytest.mark.parametrize(
    ("single_on", "album_on", "chosen"),
    [
        (0, 60, TRACK_URI),  # the album is announced
        (0, 0, TRACK_URI),
        (-60, 0, OTHER_TRACK),  # the campaign is for the album's day
        (-60, -60, ""),
    ],
)
def test_a_track_on_its_single_and_on_an_album_is_the_one_of_the_campaigns_day(
    single_on: int, album_on: int, chosen: str, sandbox: Sandbox
) -> None:
    day = timezone.now().date()
    single, album = (day + timedelta(days=days) for days in (single_on, album_on))
    sandbox.add_track(album_type="single", release_date=single.isoformat())
    sandbox.add_track(id=OTHER_ID, album_name="Late Lines", release_date=album.isoformat())
    assert uri_of(look_for(isrc=ISRC).release) == chosen


def test_what_comes_out_on_the_campaigns_day_is_waited_for_next_to_an_older_release(
    sandbox: Sandbox,
) -> None:
    sandbox.add_album(release_date="2024-01-02")
    sandbox.add_album(id=OTHER_ID, release_date=today(), unplayable_markets=["US"])
    found = look_for(upc=UPC)
    assert (found.finding, uri_of(found.release)) == (Finding.NOT_OUT_YET, OTHER_URI)
    sandbox.add_album(id=OTHER_ID, release_date=today())
    assert uri_of(look_for(upc=UPC).release) == OTHER_URI


def test_a_release_that_is_long_out_is_confirmed_by_its_code(sandbox: Sandbox) -> None:
    sandbox.add_album(release_date="2024-01-02")
    assert look_for(upc=UPC).finding is Finding.CONFIRMED


# Names as people write them.


@pytest.mark.parametrize(
    ("campaign", "catalogue", "confirmed"),
    [
        ("Kesha", "Ke$ha", True),
        ("Pink", "P!nk", True),
        ("ASAP Rocky", "A$AP Rocky", True),
        ("Royksopp", "Røyksopp", True),
        ("Lona", "Łona", True),
        ("MO", "MØ", True),
        ("Den", "Đen", True),
        ("Isik", "I\u015f\u0131k", True),
        ("Aegir", "Ægir", True),
        ("Strasse", "Straße", True),
        ("!!!", "!!!", True),
        ("!!!", "Somebody Else", False),
        ("!!!", "Chk Chk Chk", False),
        ("Nas", "Lil Nas X", False),
        ("宇多田ヒカル", "Hikaru Utada", False),
        ("Кино", "Kino", False),
    ],
)
def test_an_artist_is_confirmed_in_another_spelling_and_in_no_other_script(
    campaign: str, catalogue: str, confirmed: bool, sandbox: Sandbox
) -> None:
    sandbox.add_album(artists=[catalogue])
    finding = Finding.CONFIRMED if confirmed else Finding.OTHER_ARTIST
    for names in ({"upc": UPC}, {"spotify_uri": ALBUM_URI}):
        assert look_for(artist=campaign, **names).finding is finding


def test_an_artist_of_another_script_is_known_by_the_id(sandbox: Sandbox) -> None:
    sandbox.add_album(artists=["Hikaru Utada"])
    campaign = make_due(artist="宇多田ヒカル", upc=UPC)
    budget = LookupBudget(timezone.now())
    asked = look(campaign, "US", budget)
    assert asked.finding is Finding.OTHER_ARTIST
    assert asked.release
    LabelArtist.objects.create(
        label=campaign.label,
        folded_name=folded(campaign.artist),
        spotify_id=asked.release.artists[0].id,
        confirmed_at=campaign.created_at - timedelta(days=60),
    )
    assert look(campaign, "US", budget).finding is Finding.CONFIRMED


# Questions that Spotify does not accept, and markets.


@pytest.mark.parametrize("message", ["Invalid market code", "Unlaunched market"])
@pytest.mark.parametrize(
    "names", [{"spotify_uri": ALBUM_URI}, {"upc": UPC}, {"spotify_uri": OTHER_URI, "upc": UPC}]
)
def test_a_market_that_spotify_refuses_is_not_an_absent_release(
    names: dict[str, str], message: str, sandbox: Sandbox
) -> None:
    sandbox.add_album()
    body = {"error": {"status": 400, "message": message}}
    for endpoint in ("album", "search"):
        sandbox.fault(endpoint, status=400, body=body, times=None)
    assert look_for(**names).finding is Finding.QUESTION_REFUSED


@pytest.mark.parametrize("message", ["invalid id", "Invalid base62 id", "Invalid album id"])
def test_a_400_about_the_id_is_an_absent_release(message: str, sandbox: Sandbox) -> None:
    sandbox.fault("album", status=400, body={"error": {"status": 400, "message": message}})
    assert look_for().finding is Finding.NOT_THERE_YET


def test_a_release_that_is_not_licensed_in_the_market_is_not_there(sandbox: Sandbox) -> None:
    sandbox.add_album(markets={"US": None})
    campaign, budget = make_due(), LookupBudget(timezone.now())
    assert look(campaign, "US", budget).finding is Finding.NOT_THERE_YET
    assert look(campaign, "SE", budget).finding is Finding.CONFIRMED
