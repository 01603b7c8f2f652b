"""Whether an entry of the catalogue's is what fans saw: its title and its artist."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from campaigns.catalogue.comparing import difference, is_by, is_titled, is_what_fans_saw
from campaigns.catalogue.folding import folded
from campaigns.models import Campaign, Finding, LabelArtist
from campaigns.spotify import Artist, Release
from tests.factory import make_campaign, make_label
from tests.sandbox_process import ALBUM_URI, UPC

OTHER_URI = f"spotify:album:{'1' * 22}"


def make_release(*artists: str, **fields: Any) -> Release:
    credited = tuple(Artist(f"id of {name}", name) for name in artists or ["Demo Artist"])
    usual = Release(ALBUM_URI, UPC, "", "2026-11-27", True, credited, "Night Bus", "album")
    return replace(usual, **fields)


# Artists.


@pytest.mark.parametrize(
    ("campaign", "shown"),
    [
        ("Kesha", ["Ke$ha"]),
        ("Pink", ["P!nk"]),
        ("ASAP Rocky", ["A$AP Rocky"]),
        ("Royksopp", ["Røyksopp"]),
        ("Lona", ["Łona"]),
        ("MO", ["MØ"]),
        ("Den", ["Đen"]),
        ("!!!", ["!!!"]),
        ("!!!", ["!!!", "Guest"]),
        ("Demo Artist", ["Guest", "Demo Artist"]),
        ("Demo Artist & Guest", ["Demo Artist", "Guest"]),
        ("Guest, Demo Artist", ["Demo Artist", "Guest"]),
        ("Demo Artist x Guest", ["Demo Artist", "Guest"]),
        ("Demo Artist\uff0cGuest", ["Demo Artist", "Guest"]),
        ("Demo Artist feat. Guest", ["Demo Artist"]),
        ("Demo Artist ft Guest", ["Demo Artist", "Guest"]),
        ("Demo Artist", ["Demo Artist feat. Guest"]),
        ("Hey!Say!JUMP feat. Kis", ["Hey! Say! JUMP", "Kis"]),
        ("Hey!Say!JUMP & Kis", ["Hey! Say! JUMP", "Kis"]),
        ("A, B & C", ["A", "B & C"]),
        ("A, B & C", ["A, B", "C"]),
        ("Simon and Garfunkel", ["Simon & Garfunkel"]),
        ("Lil Nas X", ["Lil Nas X"]),
        ("Little Feat", ["Little Feat"]),
        ("And One", ["And One"]),
        ("&ME", ["&ME"]),
    ],
)
def test_an_artist_in_another_spelling(campaign: str, shown: list[str]) -> None:
    assert is_by(campaign, make_release(*shown))


@pytest.mark.parametrize(
    ("campaign", "shown"),
    [
        ("Nas", ["Lil Nas X"]),
        ("Lil Nas X", ["Nas"]),
        ("Lil Nas X", ["Lil Nas"]),
        ("Lil Nas X", ["Nas", "Lil X"]),
        ("Mumford & Sons", ["Mumford"]),
        ("Mumford", ["Mumford & Sons"]),
        ("Simon & Garfunkel", ["Simon"]),
        ("Simon & Garfunkel", ["And"]),
        ("And", ["Simon & Garfunkel"]),
        ("And One", ["One"]),
        ("And One", ["One Direction"]),
        ("One", ["And One"]),
        ("&ME", ["ME"]),
        ("Demo Artist & Guest", ["Demo Artist"]),
        ("Demo Artist feat. Guest", ["Guest"]),
        ("Little Feat & Friends", ["Little"]),
        ("宇多田ヒカル", ["Hikaru Utada"]),
        ("Кино", ["Kino"]),
        ("!!!", ["Somebody Else"]),
        ("!!!", ["Chk Chk Chk"]),
        ("!!!", ["!!"]),
        ("Demo Artist", ["!!!"]),
        ("Demo Artist", [""]),
        ("Demo Artist & ", ["Demo Artist Two"]),
        ("", [""]),
        ("", ["Demo Artist"]),
        ("&", ["", "Demo Artist"]),
        (" ", [" "]),
    ],
)
def test_another_artist(campaign: str, shown: list[str]) -> None:
    assert not is_by(campaign, make_release(*shown))


def test_a_release_without_artists_is_nobodys() -> None:
    assert not is_by("Demo Artist", make_release(artists=()))


# Titles.


@pytest.mark.parametrize(
    ("campaign", "shown"),
    [
        ("Night Bus", "NIGHT BUS!"),
        ("Łódź", "Lodz"),
        ("Strasse", "Straße"),
        ("Cash", "Ca$h"),
        ("Night & Day", "Night and Day"),
        ("Night Bus", "Night Bus - Single"),
        ("Night Bus", "Night Bus - EP"),
        ("Night Bus", "Night Bus (EP)"),
        ("Night Bus", "Night Bus EP"),
        ("Night Bus", "Night Bus \u2013 EP"),
        ("Night Bus EP", "Night Bus - EP"),
        ("Night Bus", "Night Bus (feat. Guest)"),
        ("Night Bus", "Night Bus [ft. Guest]"),
        ("Night Bus", "Night Bus (featuring Guest & Another)"),
        ("Night Bus", "Night Bus feat. Guest"),
        ("Night Bus", "Night Bus (with Guest)"),
        ("Night Bus", "Night Bus (con Guest)"),
        ("Night Bus", "Night Bus (feat. Guest) - Single"),
        ("Night Bus", "Night Bus feat. Guest - Single"),
        ("Night Bus (feat. Guest)", "Night Bus feat. GUEST"),
        ("Night Bus (feat. Guest)", "Night Bus (feat. Guest & Another)"),
        ("Night Bus - Remix", "Night Bus (feat. Guest) - Remix"),
        ("Night Bus (Remix)", "Night Bus feat. Guest (Remix)"),
        ("Feat", "Feat"),
        ("Single", "Single"),
        ("+", "+"),
        ("夜行バス", "夜行ﾊﾞｽ"),
        ("🌙", "🌙"),
    ],
)
def test_a_title_in_another_spelling(campaign: str, shown: str) -> None:
    artists = ["Demo Artist", "Guest"]
    assert is_titled(campaign, make_release(*artists, title=shown))
    assert is_titled(shown, make_release(*artists, title=campaign))


@pytest.mark.parametrize(
    ("campaign", "shown"),
    [
        ("Night Bus", "Day Train"),
        ("Night Bus", "Night Bus (Deluxe)"),
        ("Night Bus", "Night Bus (Deluxe Edition)"),
        ("Night Bus", "Night Bus (Live)"),
        ("Night Bus", "Night Bus - Live"),
        ("Night Bus", "Night Bus - Remix"),
        ("Night Bus", "Night Bus (Guest Remix)"),
        ("Night Bus", "Night Bus (Acoustic)"),
        ("Night Bus", "Night Bus - 2024 Remaster"),
        ("Night Bus", "Night Bus (feat. Guest) - Acoustic"),
        ("Night Bus", "Night Bus (feat. Guest Remix)"),
        ("Night Bus", "Night Bus feat. Guest Live"),
        ("Night Bus", "Night Bus feat. Guest (Live)"),
        ("Night Bus", "Night Bus feat. Guest - Live"),
        ("Night Bus", "Night Bus (Live feat. Guest)"),
        ("Night Bus", "Night Bus (with Strings)"),
        ("Night Bus", "Night Bus, Pt. 2"),
        ("Night Bus", "Night"),
        ("Night Bus - Single", "Night Bus - EP"),
        ("Night Bus (feat. Guest)", "Night Bus (feat. Somebody)"),
        ("4:44", "444"),
        ("1 + 1", "11"),
        ("1 + 1", "1 1"),
        ("+", "-"),
        ("+", "÷"),
        ("🌙", "🌙🌙"),
        ("夜行バス", "Yakou Bus"),
        ("Night Bus", ""),
        ("", ""),
        (" ", " "),
        ("\u3164", "\u3164"),
        (" - Single", ""),
        ("(feat. Guest)", ""),
        ("(feat. Guest)", "(feat. Guest Remix)"),
    ],
)
def test_another_title(campaign: str, shown: str) -> None:
    artists = ["Demo Artist", "Guest"]
    assert not is_titled(campaign, make_release(*artists, title=shown))
    assert not is_titled(shown, make_release(*artists, title=campaign))


# Both, by the artist's id, and what an artist accepted.

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({}, None),
        ({"title": "First Light"}, Finding.OTHER_TITLE),
        ({"artists": (Artist("b", "Night Desk"),)}, Finding.OTHER_ARTIST),
        ({"title": "First Light", "artists": (Artist("b", "Night Desk"),)}, Finding.OTHER_ARTIST),
        ({"title": ""}, Finding.OTHER_TITLE),
        ({"artists": ()}, Finding.OTHER_ARTIST),
    ],
    ids=str,
)
def test_which_of_the_two_differs(fields: dict[str, Any], found: Finding | None) -> None:
    campaign, release = make_campaign(), make_release(**fields)
    assert difference(campaign, release) == found
    assert is_what_fans_saw(campaign, release) is (found is None)


def make_known(campaign: Campaign, spotify_id: str, name: str = "", typed: str = "") -> None:
    """An id that the label confirmed for a name, and how the catalogue calls it."""
    LabelArtist.objects.create(
        label=campaign.label,
        folded_name=folded(typed or campaign.artist),
        spotify_id=spotify_id,
        name=name,
    )


def test_an_artist_whose_id_the_label_knows_may_be_written_in_another_script() -> None:
    campaign = make_campaign(artist="宇多田ヒカル")
    release = make_release(artists=(Artist("utada", "Hikaru Utada"),))
    assert difference(campaign, release) == Finding.OTHER_ARTIST
    make_known(campaign, "utada", "Hikaru Utada")
    assert is_what_fans_saw(campaign, release)


def test_a_namesake_of_an_artist_whose_id_the_label_knows_is_another_artist() -> None:
    campaign = make_campaign()
    make_known(campaign, "theirs", "DEMO ARTIST")
    assert difference(campaign, make_release()) == Finding.OTHER_ARTIST


@pytest.mark.parametrize("called", ["", "Various Artists", "宇多田ヒカル"])
def test_an_id_of_another_name_does_not_make_the_same_name_another_artist(called: str) -> None:
    campaign = make_campaign()
    make_known(campaign, "theirs", called)
    assert is_what_fans_saw(campaign, make_release())
    assert difference(campaign, make_release("Demo")) == Finding.OTHER_ARTIST


def test_any_of_several_known_ids_will_do() -> None:
    campaign = make_campaign()
    make_known(campaign, "first", "Demo Artist")
    make_known(campaign, "second", "Demo Artist")
    artists = (Artist("guest", "Guest"), Artist("second", "Demo Artist"))
    assert is_what_fans_saw(campaign, make_release(artists=artists))


def test_a_known_id_does_not_make_another_title_the_same() -> None:
    campaign = make_campaign()
    make_known(campaign, "id of Demo Artist")
    assert difference(campaign, make_release(title="First Light")) == Finding.OTHER_TITLE


def test_ids_of_another_label_or_of_another_artist_say_nothing() -> None:
    campaign = make_campaign()
    make_known(make_campaign(label=make_label()), "theirs", "Demo Artist")
    make_known(campaign, "somebody", "Somebody Else", typed="Somebody Else")
    assert is_what_fans_saw(campaign, make_release())


def test_what_an_artist_accepted_is_what_fans_saw() -> None:
    campaign = make_campaign(accepted_uri=OTHER_URI)
    strange = make_release("Somebody Else", title="First Light")
    assert is_what_fans_saw(campaign, replace(strange, uri=OTHER_URI))
    assert not is_what_fans_saw(campaign, strange)


def test_an_entry_without_a_uri_is_not_what_an_artist_accepted() -> None:
    assert not is_what_fans_saw(make_campaign(), make_release("Somebody Else", uri=""))
