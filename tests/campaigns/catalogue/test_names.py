"""Which release of the catalogue is the one that the artist named."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import requests
from django.utils import timezone
from pytest_django import Settings

from campaigns.catalogue import confirming, looks
from campaigns.catalogue.looks import DEAD_AFTER, LookupBudget
from campaigns.catalogue.markets import market_midnights
from campaigns.catalogue.names import is_same_code, the_one
from campaigns.gate import closing
from campaigns.models import Campaign, Finding
from campaigns.spotify import Artist, Release
from tests.factory import make_campaign, make_local_campaign, make_presave
from tests.nights.night import believe, check_books, make_night, work
from tests.sandbox_process import ALBUM_URI, ISRC, TRACK_URI, UPC, Sandbox

OTHER_ID = "1111111111111111111111"
OTHER_URI, OTHER_TRACK = f"spotify:album:{OTHER_ID}", f"spotify:track:{OTHER_ID}"
pytestmark = [pytest.mark.django_db, pytest.mark.release_core]


def today() -> str:
    return timezone.now().date().isoformat()


def make_due(**fields: Any) -> Campaign:
    """An open campaign whose release moment has just come."""
    fields.setdefault("release_at", timezone.now() - timedelta(seconds=1))
    return make_campaign(**fields)


def make_link_dead(**fields: Any) -> Campaign:
    """One whose link could have been there for long enough."""
    return make_due(release_at=timezone.now() - DEAD_AFTER - timedelta(seconds=1), **fields)


def confirm(campaign: Campaign) -> tuple[bool, str, str]:
    started = believe(campaign)
    campaign.refresh_from_db()
    return started, campaign.last_finding, campaign.state


@pytest.mark.parametrize(
    ("codes", "uri"),
    [
        ({"upc": UPC}, ALBUM_URI),
        ({"isrc": ISRC}, TRACK_URI),
        ({"upc": UPC, "spotify_uri": ALBUM_URI}, ALBUM_URI),
        ({"isrc": ISRC, "spotify_uri": TRACK_URI}, TRACK_URI),
        ({"upc": f"00{UPC}", "spotify_uri": ALBUM_URI}, ALBUM_URI),
    ],
)
def test_codes_lead_to_the_release(codes: dict[str, str], uri: str, sandbox: Sandbox) -> None:
    sandbox.add_album()
    sandbox.add_track()
    campaign = make_due(**codes)
    assert confirm(campaign) == (True, "confirmed", "releasing")
    assert campaign.confirmed_uri == uri


@pytest.mark.parametrize("code", [{"upc": "609008295070"}, {"upc": "6090082950690"}])
def test_another_code_than_the_artists_is_not_saved(code: dict[str, str], sandbox: Sandbox) -> None:
    sandbox.add_album()
    assert confirm(make_due(spotify_uri=ALBUM_URI, **code)) == (False, "different_code", "open")


def test_another_recording_than_the_artists_is_not_saved(sandbox: Sandbox) -> None:
    sandbox.add_track()
    campaign = make_due(spotify_uri=TRACK_URI, isrc="QZAAA2600009")
    assert confirm(campaign) == (False, "different_code", "open")


def test_two_releases_under_one_code_are_not_guessed_between(sandbox: Sandbox) -> None:
    sandbox.add_album()
    sandbox.add_album(id=OTHER_ID, album_type="single")
    assert confirm(make_due(upc=UPC)) == (False, "several_match", "open")


# How codes are written.


@pytest.mark.parametrize("stored", [f"0{UPC}", f"00{UPC}", UPC])
@pytest.mark.parametrize("given", [UPC, f"0{UPC}", f"00{UPC}"])
def test_a_upc_is_found_with_any_zeros_in_front(given: str, stored: str, sandbox: Sandbox) -> None:
    sandbox.add_album(upc=stored)
    assert confirm(make_due(upc=given)) == (True, "confirmed", "releasing")


def test_an_ean_of_thirteen_digits_is_found(sandbox: Sandbox) -> None:
    sandbox.add_album(upc="04006381333931")
    assert confirm(make_due(upc="4006381333931")) == (True, "confirmed", "releasing")


@pytest.mark.parametrize("stored", ["QZ-AAA-26-00001", "qz-aaa-26-00001", "qzaaa2600001"])
@pytest.mark.parametrize("link", ["", TRACK_URI])
def test_an_isrc_is_the_same_with_hyphens_and_in_small_letters(
    link: str, stored: str, sandbox: Sandbox
) -> None:
    sandbox.add_track(isrc=stored)
    campaign = make_due(isrc=ISRC, spotify_uri=link)
    assert confirm(campaign) == (True, "confirmed", "releasing")


@pytest.mark.parametrize("upc", [None, "", "000000000000"])
def test_a_code_of_zeros_agrees_with_nothing(upc: str | None, sandbox: Sandbox) -> None:
    sandbox.add_album(upc=upc)
    campaign = make_due(spotify_uri=ALBUM_URI, upc="000000000000")
    assert confirm(campaign) == (False, "different_code", "open")


def test_a_code_of_zeros_is_not_searched_for(sandbox: Sandbox) -> None:
    sandbox.add_album(upc="000000000000")
    assert confirm(make_due(upc="0" * 13)) == (False, "not_there_yet", "open")
    assert sandbox.calls("search") == []


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("609008295069", "00609008295069", True),
        ("QZABC2600042", "qz-abc-26-00042", True),
        ("QZABC2600042", " QZ ABC 26\u201300042 ", True),
        ("609008295069", "609008295070", False),
        ("609008295069", "6090082950690", False),
        ("", "", False),
        ("", "0", False),
        ("000000000000", "00000000000000", False),
    ],
)
def test_two_spellings_of_one_code(one: str, other: str, same: bool) -> None:
    assert is_same_code(one, other) is same
    assert is_same_code(other, one) is same


# One release under several ids.

FIRST, SECOND = f"spotify:album:{'1' * 22}", f"spotify:album:{'2' * 22}"
SINGLE, ON_ALBUM = f"spotify:track:{'2' * 22}", f"spotify:track:{'1' * 22}"
DAY = date(2026, 11, 27)


def make_release(**fields: Any) -> Release:
    artists = (Artist("a", "Demo Artist"),)
    usual = Release(FIRST, UPC, "", "2026-11-27", True, artists, "Night Bus", "album")
    return replace(usual, **fields)


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"title": "NIGHT BUS"},
        {"upc": f"00{UPC}"},
    ],
    ids=str,
)
def test_twins_of_one_delivery_are_the_one_whose_id_comes_first(other: dict[str, Any]) -> None:
    twins = [make_release(uri=SECOND, **other), make_release()]
    for hits in (twins, twins[::-1]):
        found = the_one(hits, DAY)
        assert found
        assert found.uri == FIRST


def test_of_an_explicit_and_a_clean_twin_the_explicit_one_is_chosen() -> None:
    twins = [make_release(), make_release(uri=SECOND, is_explicit=True)]
    for hits in (twins, twins[::-1]):
        found = the_one(hits, DAY)
        assert found
        assert found.uri == SECOND


@pytest.mark.parametrize(
    "other",
    [
        {"title": "Night Bus (Deluxe)"},
        {"album_title": "Late Lines"},
        {"artists": (Artist("b", "Demo Artist"),)},
        {"release_date": "2026-11-28"},
        {"upc": "036000291452"},
        {"isrc": ISRC},
        {"album_type": "single"},
        {"title": ""},
    ],
    ids=str,
)
def test_what_is_no_twin_is_not_guessed(other: dict[str, Any]) -> None:
    assert the_one([make_release(), make_release(uri=SECOND, **other)], DAY) is None


def test_entries_without_a_title_are_no_twins() -> None:
    assert the_one([make_release(title=""), make_release(uri=SECOND, title="")], DAY) is None


def test_one_album_of_two_ids_is_released(sandbox: Sandbox) -> None:
    sandbox.add_album()
    sandbox.add_album(id=OTHER_ID, name="NIGHT BUS")
    campaign = make_due(upc=UPC)
    assert confirm(campaign) == (True, "confirmed", "releasing")
    assert campaign.confirmed_uri == f"spotify:album:{OTHER_ID}"


@pytest.mark.parametrize(
    ("day", "chosen"),
    [
        ("2026-11-25", SINGLE),
        ("2026-11-27", SINGLE),
        ("2026-11-29", SINGLE),
        ("2026-11-24", None),
        ("2026-11-30", None),
        ("2026-11", None),
        ("", None),
    ],
)
def test_a_track_on_its_single_and_on_an_album_is_the_single_of_the_day(
    day: str, chosen: str | None
) -> None:
    single = make_release(uri=SINGLE, isrc=ISRC, album_type="single", release_date=day)
    on_album = make_release(uri=ON_ALBUM, isrc=ISRC, release_date="2026-01-01")
    found = the_one([on_album, single], DAY)
    assert (found and found.uri) == chosen


def test_of_two_singles_of_the_day_none_is_guessed() -> None:
    one = make_release(uri=SINGLE, album_type="single")
    other = replace(one, uri=f"spotify:track:{'3' * 22}", title="Night Bus (Remix)")
    assert the_one([one, other], DAY) is None


def test_an_isrc_on_single_and_album_is_released_as_the_single(sandbox: Sandbox) -> None:
    sandbox.add_track(release_date=today())
    sandbox.add_track(id=OTHER_ID, album_name="On an album", release_date="2026-01-01")
    campaign = make_due(isrc=ISRC)
    assert confirm(campaign) == (True, "confirmed", "releasing")
    assert campaign.confirmed_uri == TRACK_URI


def test_an_isrc_of_older_releases_is_not_guessed(sandbox: Sandbox) -> None:
    sandbox.add_track(release_date="2026-01-02")
    sandbox.add_track(id=OTHER_ID, album_name="On an album", release_date="2026-01-01")
    assert confirm(make_due(isrc=ISRC)) == (False, "several_match", "open")


# A link that leads nowhere, with a code next to it.


@pytest.mark.parametrize(
    ("link", "codes", "uri"),
    [(OTHER_URI, {"upc": UPC}, ALBUM_URI), (OTHER_TRACK, {"isrc": ISRC}, TRACK_URI)],
)
def test_a_dead_link_falls_back_to_its_code(
    link: str,
    codes: dict[str, str],
    uri: str,
    sandbox: Sandbox,
    caplog: pytest.LogCaptureFixture,
) -> None:
    sandbox.add_album(upc=f"0{UPC}", release_date=today())
    sandbox.add_track(release_date=today())
    campaign = make_link_dead(spotify_uri=link, **codes)
    assert confirm(campaign) == (True, "found_by_code", "releasing")
    assert (campaign.spotify_uri, campaign.confirmed_uri) == (link, uri)
    assert f"found by its code, not under its link campaign={campaign.id}" in caplog.text


def test_a_link_that_is_there_is_not_looked_past(sandbox: Sandbox) -> None:
    sandbox.add_album()
    sandbox.add_album(id=OTHER_ID)
    campaign = make_due(spotify_uri=ALBUM_URI, upc=UPC)
    assert confirm(campaign) == (True, "confirmed", "releasing")
    assert campaign.confirmed_uri == ALBUM_URI
    assert sandbox.calls("search") == []


@pytest.mark.parametrize(
    ("album", "finding"),
    [
        ({"artists": ["Somebody Else"]}, "other_artist"),
        ({"name": "First Light"}, "other_title"),
        ({"upc": "036000291452"}, "not_there_yet"),
        ({"unplayable_markets": ["US"]}, "not_out_yet"),
    ],
    ids=str,
)
def test_what_a_dead_links_code_finds_has_to_be_the_release(
    album: dict[str, Any], finding: str, sandbox: Sandbox
) -> None:
    sandbox.add_album(**{"release_date": today(), **album})
    campaign = make_link_dead(spotify_uri=OTHER_URI, upc=UPC)
    assert confirm(campaign) == (False, finding, "open")


@pytest.mark.parametrize("released", ["2026-01-02", "2099-01-01", "2026", "2026-11"])
@pytest.mark.parametrize(
    ("link", "codes"), [(OTHER_URI, {"upc": UPC}), (OTHER_TRACK, {"isrc": ISRC})]
)
def test_an_older_release_of_the_same_name_does_not_take_a_dead_links_place(
    link: str, codes: dict[str, str], released: str, sandbox: Sandbox
) -> None:
    """The single of some months ago carries the ISRC of the track on the album, too."""
    sandbox.add_album(release_date=released)
    sandbox.add_track(release_date=released)
    campaign = make_link_dead(spotify_uri=link, **codes)
    assert confirm(campaign) == (False, "not_there_yet", "open")


def test_a_link_may_be_late_by_a_minute_before_its_code_is_asked(sandbox: Sandbox) -> None:
    sandbox.add_album(id=OTHER_ID, release_date=today())
    now = timezone.now()
    campaign = make_due(release_at=now - DEAD_AFTER, spotify_uri=ALBUM_URI, upc=UPC)
    just_before = LookupBudget(now - timedelta(milliseconds=1))
    assert looks.look(campaign, "US", just_before) == (Finding.NOT_THERE_YET, None, ())
    assert sandbox.calls("search") == []
    finding, release, _ = looks.look(campaign, "US", LookupBudget(now))
    assert release
    assert (finding, release.uri) == (Finding.CONFIRMED, OTHER_URI)


def test_with_local_midnights_the_minute_begins_with_the_markets_day(sandbox: Sandbox) -> None:
    sandbox.add_album(id=OTHER_ID, release_date=today())
    campaign = make_local_campaign(timezone.now().date(), spotify_uri=ALBUM_URI, upc=UPC)
    begins = {market: one.at for one in market_midnights(campaign) for market in one.markets}
    for market in ("NZ", "DE"):
        early = LookupBudget(begins[market] + DEAD_AFTER - timedelta(seconds=1))
        assert looks.look(campaign, market, early).finding is Finding.NOT_THERE_YET
        late = LookupBudget(begins[market] + DEAD_AFTER)
        assert looks.look(campaign, market, late).finding is Finding.CONFIRMED


def test_a_link_that_was_there_and_has_vanished_gets_a_minute_of_its_own(
    sandbox: Sandbox,
) -> None:
    sandbox.add_album(id=OTHER_ID, release_date=today())
    now = timezone.now()
    campaign = make_link_dead(spotify_uri=ALBUM_URI, upc=UPC, vanished_at=now)
    assert looks.look(campaign, "US", LookupBudget(now)).finding is Finding.NOT_THERE_YET
    later = LookupBudget(now + DEAD_AFTER)
    assert looks.look(campaign, "US", later).finding is Finding.CONFIRMED


@pytest.mark.parametrize("kind", ["album", "track"])
def test_a_code_that_fans_did_not_say_yes_to_may_take_a_dead_links_place(
    kind: str, sandbox: Sandbox
) -> None:
    """The code came later, but title and artist are what fans agreed to."""
    sandbox.add_album(release_date=today())
    sandbox.add_track(release_date=today())
    code = {"upc": UPC} if kind == "album" else {"isrc": ISRC}
    link = OTHER_URI if kind == "album" else OTHER_TRACK
    campaign = make_link_dead(spotify_uri=link, codes_added_after_consent=[*code], **code)
    assert confirm(campaign) == (True, "found_by_code", "releasing")


def work_on(begins: int, ends: int) -> None:
    """What the worker does every few seconds, between so many from now on."""
    for later in range(begins, ends, 4):
        work(later=later)


def test_fans_of_a_dead_link_get_the_release_without_anybodys_help(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, 3, state="open", release_at=timezone.now(), upc=UPC)
    Campaign.objects.update(spotify_uri=OTHER_URI)
    sandbox.add_album(release_date=today())
    work_on(0, 45)
    assert sandbox.calls("library") == []
    work_on(60, 90)
    assert [[*saved] for saved in sandbox.libraries().values()] == [[ALBUM_URI]] * 3
    check_books(campaign)


def test_fans_of_a_link_that_is_some_seconds_late_get_the_link(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, 2, state="open", release_at=timezone.now(), upc=UPC)
    Campaign.objects.update(spotify_uri=OTHER_URI)
    sandbox.add_album(release_date=today())
    work_on(0, 9)
    sandbox.add_album(id=OTHER_ID, release_date=today())
    work_on(12, 41)
    assert [[*saved] for saved in sandbox.libraries().values()] == [[OTHER_URI]] * 2
    check_books(campaign)


def test_an_albums_link_does_not_fall_back_to_a_track(sandbox: Sandbox) -> None:
    sandbox.add_track(release_date=today())
    campaign = make_link_dead(spotify_uri=OTHER_URI, isrc=ISRC)
    assert confirm(campaign) == (False, "not_there_yet", "open")


# An answer under another id.


def answer_as(sandbox: Sandbox, kind: str, times: int | None = None, **changes: Any) -> None:
    """Let Spotify answer a question for one id with another entry."""
    (sandbox.add_album if kind == "album" else sandbox.add_track)()
    uri = ALBUM_URI if kind == "album" else TRACK_URI
    (found,) = spotify_answers(sandbox, kind, uri)
    other = {"id": OTHER_ID, "uri": f"spotify:{kind}:{OTHER_ID}"}
    sandbox.fault(kind, status=200, body=found | other | changes, times=times)


def spotify_answers(sandbox: Sandbox, kind: str, uri: str) -> list[dict[str, Any]]:
    form = {"grant_type": "client_credentials"}
    token = requests.post(f"{sandbox.url}/api/token", form, auth=sandbox.client, timeout=10).json()
    answer = requests.get(
        f"{sandbox.url}/v1/{kind}s/{uri.split(':')[2]}?market=US",
        headers={"Authorization": f"Bearer {token['access_token']}"},
        timeout=10,
    )
    return [answer.json()]


@pytest.mark.parametrize("isrc", [ISRC, "qz-aaa-26-00001"])
def test_a_relinked_track_with_the_given_isrc_is_the_links_own(isrc: str, sandbox: Sandbox) -> None:
    answer_as(sandbox, "track", external_ids={"isrc": isrc})
    campaign = make_due(spotify_uri=TRACK_URI, isrc=ISRC)
    assert confirm(campaign) == (True, "confirmed", "releasing")
    assert campaign.confirmed_uri == TRACK_URI
    make_presave(campaign)
    Campaign.objects.update(next_check_at=None)
    assert confirm(campaign) == (False, "confirmed", "releasing")


@pytest.mark.parametrize("mode", ["development", "extended"])
def test_a_track_that_moved_is_saved_under_its_new_id(mode: str, sandbox: Sandbox) -> None:
    sandbox.set(mode=mode)
    sandbox.add_track(moved_to=OTHER_ID)
    sandbox.add_track(id=OTHER_ID, release_date=today())
    campaign = make_due(spotify_uri=TRACK_URI, isrc=ISRC)
    assert confirm(campaign) == (True, "found_by_code", "releasing")
    assert campaign.confirmed_uri == OTHER_TRACK


def test_a_track_whose_older_instance_answers_for_it_has_not_moved(sandbox: Sandbox) -> None:
    """An album's track is not out yet, and its single plays in its place."""
    sandbox.add_track(moved_to=OTHER_ID)
    sandbox.add_track(id=OTHER_ID, release_date="2026-01-02", album_type="single")
    campaign = make_due(spotify_uri=TRACK_URI, isrc=ISRC)
    assert confirm(campaign) == (False, "relinked", "open")


@pytest.mark.parametrize("mode", ["development", "extended"])
def test_a_relinked_track_is_the_links_own_in_either_mode(mode: str, sandbox: Sandbox) -> None:
    sandbox.set(mode=mode)
    sandbox.add_track(relinked_to=OTHER_ID)
    sandbox.add_track(id=OTHER_ID, album_name="Elsewhere")
    campaign = make_due(spotify_uri=TRACK_URI, isrc=ISRC)
    assert confirm(campaign) == (True, "confirmed", "releasing")
    assert campaign.confirmed_uri == TRACK_URI


def test_a_relinked_track_that_says_so_needs_no_isrc(sandbox: Sandbox) -> None:
    answer_as(sandbox, "track", linked_from={"uri": TRACK_URI})
    campaign = make_due(spotify_uri=TRACK_URI)
    assert confirm(campaign) == (True, "confirmed", "releasing")
    assert campaign.confirmed_uri == TRACK_URI


@pytest.mark.parametrize(("kind", "link"), [("track", TRACK_URI), ("album", ALBUM_URI)])
def test_another_id_without_a_code_is_its_own_finding(
    kind: str, link: str, sandbox: Sandbox
) -> None:
    answer_as(sandbox, kind)
    assert confirm(make_due(spotify_uri=link)) == (False, "relinked", "open")


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("track", {"spotify_uri": TRACK_URI, "isrc": "QZAAA2600009"}),
        ("album", {"spotify_uri": ALBUM_URI, "upc": "036000291452"}),
    ],
)
def test_another_id_with_another_code_is_another_release(
    kind: str, given: dict[str, str], sandbox: Sandbox
) -> None:
    answer_as(sandbox, kind)
    assert confirm(make_due(**given)) == (False, "different_code", "open")


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({}, (True, "found_by_code", "releasing")),
        ({"artist": "Somebody Else"}, (False, "other_artist", "open")),
        ({"title": "First Light"}, (False, "other_title", "open")),
    ],
    ids=str,
)
def test_an_album_that_moved_is_saved_under_its_new_id(
    fields: dict[str, str], outcome: tuple[bool, str, str], sandbox: Sandbox
) -> None:
    answer_as(sandbox, "album", release_date=today())
    campaign = make_due(spotify_uri=ALBUM_URI, upc=UPC, **fields)
    assert confirm(campaign) == outcome
    assert campaign.confirmed_uri == (OTHER_URI if outcome[0] else "")


def test_an_album_that_moved_is_saved_for_fans(sandbox: Sandbox) -> None:
    campaign = make_night(sandbox, 2, state="open", release_at=timezone.now(), upc=UPC)
    Campaign.objects.update(spotify_uri=ALBUM_URI)
    sandbox.add_album(moved_to=OTHER_ID)
    sandbox.add_album(id=OTHER_ID, release_date=today())
    assert work() == 2
    assert [[*saved] for saved in sandbox.libraries().values()] == [[OTHER_URI]] * 2
    check_books(campaign)


def test_what_was_found_by_its_code_is_watched_under_its_own_id(sandbox: Sandbox) -> None:
    sandbox.add_album(release_date=today())
    campaign = make_link_dead(spotify_uri=OTHER_URI, upc=UPC)
    confirm(campaign)
    make_presave(campaign)
    Campaign.objects.update(next_check_at=None)
    assert confirm(campaign) == (False, "found_by_code", "releasing")
    sandbox.delete(f"catalogue/{ALBUM_URI}")
    Campaign.objects.update(next_check_at=None)
    assert confirm(campaign) == (False, "gone", "open")


# A question that Spotify does not accept.


@pytest.mark.parametrize("message", ["Invalid market code", "Unlaunched market", "Invalid limit"])
@pytest.mark.parametrize(
    ("endpoint", "given"), [("album", {"spotify_uri": ALBUM_URI}), ("search", {"upc": UPC})]
)
def test_a_refused_question_is_not_taken_for_absence(
    endpoint: str, given: dict[str, str], message: str, sandbox: Sandbox
) -> None:
    sandbox.add_album()
    body = {"error": {"status": 400, "message": message}}
    sandbox.fault(endpoint, status=400, body=body, times=None)
    assert confirm(make_due(**given)) == (False, "question_refused", "open")
    closing.check_open(timezone.now())


def test_a_refused_question_does_not_stop_a_release(sandbox: Sandbox) -> None:
    sandbox.add_album()
    campaign = make_campaign(state="releasing", last_finding="confirmed")
    make_presave(campaign)
    body = {"error": {"status": 400, "message": "Unlaunched market"}}
    sandbox.fault("album", status=400, body=body)
    assert confirm(campaign) == (False, "question_refused", "releasing")


def test_a_market_that_is_refused_does_not_hold_up_the_others(
    sandbox: Sandbox, settings: Settings
) -> None:
    """The operator's is asked first, as its day began last."""
    settings.SPOTIFY_MARKET = "AS"
    sandbox.add_album()
    body = {"error": {"status": 400, "message": "Unlaunched market"}}
    sandbox.fault("album", status=400, body=body, times=1)
    campaign = make_local_campaign(release_at=timezone.now() - timedelta(hours=26))
    confirming.confirm(campaign, LookupBudget(timezone.now()))
    campaign.refresh_from_db()
    assert (campaign.shown_uri, campaign.shown_looks) == (ALBUM_URI, 1)
    assert campaign.shown_market != "AS"
