"""Whether an entry of the catalogue's is by an artist, however both are written."""

from __future__ import annotations

import pytest

from campaigns.catalogue.credits import MOST_NAMES, is_by
from tests.campaigns.catalogue.entries import make_release

AND = ("and", "et", "e", "und", "y", "x", "vs.", "with", "con", "com", "mit", "avec")
SIGNS = ("\u00d7", "\u30fb", "|", "-", "\u2013", "w/")


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
        ("A, B, and C", ["A", "B", "C"]),
        ("A, B, & C", ["C", "B", "A"]),
        ("Crosby, Stills, and Nash", ["Crosby, Stills & Nash"]),
        ("A, And One", ["A", "And One"]),
        ("Demo Artist\u30fbGuest", ["Demo Artist", "Guest"]),
        ("Demo Artist\uff65Guest", ["Demo Artist", "Guest"]),
        ("Demo Artist w/Guest", ["Demo Artist", "Guest"]),
        *(
            (f"Demo Artist {word} Guest", ["Demo Artist", "Guest"])
            for word in (*AND, *SIGNS, "feat.")
        ),
        ("Demo Artist (feat. Guest)", ["Demo Artist"]),
        ("Demo Artist (feat. Guest)", ["Demo Artist", "Guest"]),
        ("Demo Artist", ["Demo Artist (feat. Guest)"]),
        ("Demo Artist (with Guest)", ["Demo Artist", "Guest"]),
        ("Demo Artist [w/ Guest]", ["Demo Artist", "Guest"]),
        ("!!! (with Guest)", ["!!!", "Guest"]),
        ("Beatles", ["The Beatles"]),
        ("the beatles", ["Beatles"]),
        ("Guest & The Beatles", ["Beatles", "Guest"]),
        ("The The", ["The The"]),
        ("Tom & Tom", ["Tom & Tom"]),
        ("Tom & Tom, Guest", ["Tom & Tom", "Guest"]),
        ("X x X", ["Guest", "X x X"]),
        ("A, And One", ["A", "One"]),
        ("A, B & C", ["A", "A, B", "B & C"]),
        ("Big Feat Company", ["Big Feat Company"]),
        ("Big Feat Company", ["Big", "Company"]),
        ("Demo Artist ft. Guest", ["Demo Artist", "Guest"]),
        ("Demo Artist featuring Guest", ["Demo Artist"]),
        ("夜行feat.初音", ["夜行"]),
        ("夜行", ["夜行feat.初音"]),
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
        ("A, B, and C", ["A", "B"]),
        ("A, and", ["A"]),
        ("and, A", ["A"]),
        *((f"Demo Artist {word} Guest", ["Demo Artist"]) for word in (*AND, *SIGNS)),
        *((f"Demo Artist {word} Guest", ["Guest"]) for word in AND),
        ("Demo Artist\u30fbGuest", ["Demo Artist"]),
        ("Malcolm X", ["Malcolm"]),
        ("Demo Artistx Guest", ["Demo Artist", "Guest"]),
        ("Demo-Artist", ["Demo", "Artist"]),
        ("Demo Artist (with Guest)", ["Demo Artist"]),
        ("Demo Artist (with Guest)", ["Guest"]),
        ("Demo Artist (feat. Guest)", ["Guest"]),
        ("Demo Artist (Live)", ["Demo Artist"]),
        # A credit counts once.
        ("Tom & Tom", ["Tom"]),
        ("Tom, Tom & Guest", ["Tom", "Guest"]),
        ("The Tom & Tom", ["Tom"]),
        ("X x X", ["X"]),
        ("P!nk & Pink", ["P!nk"]),
        # "ft" and a "feat" without a dot are words, unless who follows is credited.
        ("Big Feat Company", ["Big"]),
        ("Big", ["Big Feat Company"]),
        ("6 Ft Under", ["6"]),
        ("6", ["6 ft. Under"]),
        ("Demo Artist ft Guest", ["Demo Artist"]),
        ("Superfeat. Guest", ["Super"]),
        ("The The", ["The"]),
        ("The", ["The The"]),
        ("The", [""]),
        ("The !!!", ["!!!"]),
        ("Theatre", ["Atre"]),
        ("Band of the Beatles", ["Band of Beatles"]),
    ],
)
def test_another_artist(campaign: str, shown: list[str]) -> None:
    assert not is_by(campaign, make_release(*shown))


@pytest.mark.parametrize(
    ("campaign", "title"),
    [
        ("Demo Artist & Guest", "Night Bus (feat. Guest)"),
        ("Guest, Demo Artist", "Night Bus [ft. Guest]"),
        ("Demo Artist x Guest x Another", "Night Bus (feat. Guest & Another)"),
        ("Demo Artist & Guest", "Night Bus feat. Guest"),
        ("Demo Artist ft Guest", "Night Bus (feat. Guest)"),
    ],
)
def test_one_of_several_artists_may_be_a_guest_in_the_title(campaign: str, title: str) -> None:
    assert is_by(campaign, make_release("Demo Artist", title=title))


@pytest.mark.parametrize(
    ("campaign", "title"),
    [
        ("Simon & Garfunkel", "Night Bus"),
        ("Simon & Garfunkel", "Night Bus (Garfunkel Remix)"),
        ("Simon & Garfunkel", "Night Bus (feat. Garfunkel Remix)"),
        ("Simon & Garfunkel", "Night Bus (with Garfunkel)"),
        ("Simon & Garfunkel", "Night Bus (feat. Art)"),
        ("Garfunkel", "Night Bus (feat. Garfunkel)"),
        ("Guest & Garfunkel", "Night Bus (feat. Guest & Garfunkel)"),
        ("Simon, Guest & Garfunkel", "Night Bus (feat. Garfunkel)"),
        ("Simon & Simon", "Night Bus (feat. Simon)"),
    ],
)
def test_a_guest_in_the_title_is_not_the_artist(campaign: str, title: str) -> None:
    assert not is_by(campaign, make_release("Simon", title=title))


def test_a_list_without_end_is_not_taken_apart() -> None:
    """Each part of it would have to be compared with each artist."""
    names = [f"Artist {number}" for number in range(MOST_NAMES + 2)]
    assert is_by(", ".join(names[:MOST_NAMES]), make_release(*names))
    assert not is_by(", ".join(names), make_release(*names))


def test_a_release_without_artists_is_nobodys() -> None:
    assert not is_by("Demo Artist", make_release(artists=()))
