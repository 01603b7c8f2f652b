"""Whether an entry of the catalogue's has a title, however both are written."""

from __future__ import annotations

import pytest

from campaigns.catalogue.titles import is_titled
from tests.campaigns.catalogue.entries import make_release


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
        ("Night Bus", "Night Bus (Single)"),
        ("Night Bus", "Night Bus [Single]"),
        *(("Night Bus", f"Night Bus{kind}") for kind in (" LP", " - LP", " (LP)")),
        ("Night Bus LP", "Night Bus - LP"),
        ("Night Bus", "Night Bus (w/ Guest)"),
        ("Night Bus (w/ Guest)", "Night Bus (with Guest)"),
        ("Night Bus (with Guest)", "Night Bus (feat. Guest)"),
        ("Night Bus (w/Nobody Known)", "Night Bus (with Nobody Known)"),
        ("Night Bus (with Nobody Known)", "Night Bus (feat. Nobody Known)"),
        ("Night Bus", "Night Bus (prod. Somebody)"),
        ("Night Bus", "Night Bus [prod. by Somebody]"),
        ("Night Bus", "Night Bus (Produced by Somebody)"),
        # Without brackets, who follows has to be known: credited, or in the other one's brackets.
        ("Night Bus (prod. Somebody)", "Night Bus prod. Somebody"),
        ("Night Bus", "Night Bus prod. Guest"),
        ("Night Bus (feat. Stranger)", "Night Bus ft Stranger"),
        ("Night Bus", "Night Bus ft. Guest & Demo Artist"),
        ("Night Bus (feat. Stranger)", "Night Bus feat. Guest & Stranger"),
        ("Road to", "Road to Ft. Guest"),
        ("夜行バス", "夜行バスfeat.Guest"),
        ("夜行バス (feat. 初音ミク)", "夜行バスfeat.初音ミク"),
        ("Night Bus (feat. Guest)", "Night Bus (feat. Guest) [prod. by Somebody]"),
        ("Night Bus, Pt. 1", "Night Bus Part 1"),
        ("Night Bus, Pt. 1", "Night Bus (Part One)"),
        ("Night Bus Pt.2", "Night Bus, Pt2"),
        ("Night Bus Part II", "Night Bus, Pt. 2"),
        ("Night Bus, Vol. 2", "Night Bus Volume 2"),
        ("Night Bus VOL. 2", "Night Bus: Volume Two"),
        ("Night Bus, Part 01", "Night Bus, Pt. 1"),
        ("Night Bus, Pt. XI", "Night Bus Part 11"),
        ("Night Bus, Vol. 00", "Night Bus, Volume 0"),
        ("Night Bus (feat. Guest), Pt. 2", "Night Bus, Part Two"),
        ("Night Bus feat. Guest - Pt. 2", "Night Bus - Part 2"),
        ("Part of Me", "Part of Me"),
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
        ("Night Bus, Pt. 1", "Night Bus, Pt. 2"),
        ("Night Bus Part One", "Night Bus Part Two"),
        ("Night Bus Part 1", "Night Bus Part 11"),
        ("Night Bus Part II", "Night Bus Part III"),
        ("Night Bus II", "Night Bus III"),
        ("Night Bus II", "Night Bus 2"),
        ("Night Bus One", "Night Bus 1"),
        ("Night Bus, Vol. 1", "Night Bus, Vol. 2"),
        ("Night Bus, Vol. 1", "Night Bus, Pt. 1"),
        ("Night Part V", "Night Part X"),
        ("Depart 1", "Depart One"),
        ("Night Bus - LP", "Night Bus - EP"),
        ("Night Bus - Single", "Night Bus LP"),
        ("Night Bus", "Night Bus (Single Version)"),
        ("Night Bus", "Night Bus (Deluxe LP)"),
        ("Night Bus", "Night Bus Help"),
        ("Night Bus", "Night Bus (Sped Up)"),
        ("Night Bus", "Night Bus - Slowed"),
        ("Night Bus", "Night Bus (Remastered)"),
        ("Night Bus", "Night Bus (feat. Guest Sped Up)"),
        ("Night Bus", "Night Bus (Instrumental)"),
        ("Night Bus", "Night Bus (prod. Somebody Remix)"),
        ("Night Bus (prod. Somebody)", "Night Bus (prod. Another)"),
        ("Night Bus", "Night Bus (w/ Strings)"),
        # More of the title, and no guests.
        ("Night Bus", "Night Bus prod. Somebody"),
        ("Night Bus", "Night Bus feat. Stranger"),
        ("Night Bus (feat. Stranger)", "Night Bus feat. Stranger, Day Bus"),
        ("Road to", "Road to Ft. Knox"),
        ("6", "6 Ft Under"),
        ("10", "10 ft. tall"),
        ("Great", "Great Feat Indeed"),
        ("Super", "Superfeat. Guest"),
        ("夜行バス", "夜行バスfeat.初音ミク"),
        ("Night Bus, Part 1", "Night Bus, Part 10"),
        ("Night Bus, Vol. 0", "Night Bus, Volume"),
        ("Night Bus, Pt. IX", "Night Bus, Pt. XI"),
        ("Night Bus (feat. Guest, Part 1)", "Night Bus (feat. Guest, Part 2)"),
        ("Night Bus", "Night Bus Prod"),
        ("Night Bus", "Night Bus Prod Edit"),
        ("Night Bus", "Night Bus (Produced in London)"),
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


@pytest.mark.parametrize("guest", ["Guest", "Stranger"])
@pytest.mark.parametrize(
    "ending",
    [
        *(
            ", Pt. 2",
            " Pt. 2",
            " pt.2",
            ", Part Two",
            " Vol. 2",
            " II",
            " XII",
            " 2",
            ": Chapter Two",
        ),
        *(", Pt. B", " VIP", " Dub", " Cover", " Flip", " Refix", " Radio", " A Cappella"),
        *(
            ", Acapella",
            " a-capella",
            " Stripped",
            " Redux",
            " Anniversary",
            " Sessions",
            " Session",
        ),
        *(" Commentary", " en vivo", " ao vivo", " Acústico", " Acustica", " Versión", " Versão"),
        *(" Instrumental", " Karaoke", ", Demo", " Edits", " Remixed", " Remixes", " Club Mix"),
    ],
)
def test_a_guest_with_a_number_or_a_version_is_more_of_the_title(guest: str, ending: str) -> None:
    for with_guest in (
        f" feat. {guest}{ending}",
        f" (feat. {guest}{ending})",
        f" ft {guest}{ending}",
    ):
        for other in ("Night Bus", f"Night Bus (feat. {guest})", f"Night Bus feat. {guest}"):
            shown = make_release("Demo Artist", "Guest", title=f"Night Bus{with_guest}")
            assert not is_titled(other, shown)
            assert not is_titled(shown.title, make_release("Demo Artist", "Guest", title=other))


GUESTS = (
    "Little Mix",
    "Live",
    "Acoustic Alchemy",
    "Demo Artist",
    "Boyz II",
    "Maroon 5",
    "Malcolm X",
)


@pytest.mark.parametrize("guest", GUESTS)
def test_a_guest_called_like_a_version_or_a_number_is_one_if_credited(guest: str) -> None:
    for title in (f"Night Bus (feat. {guest})", f"Night Bus feat. {guest}"):
        assert is_titled("Night Bus", make_release("Night Desk", guest, title=title))
        assert not is_titled("Night Bus", make_release("Night Desk", title=title))
    among = f"Night Bus (feat. Stranger & {guest})"
    assert is_titled("Night Bus", make_release("Night Desk", guest, title=among))
    remixed = f"Night Bus (feat. {guest} Remix)"
    assert not is_titled("Night Bus", make_release("Night Desk", guest, title=remixed))


def test_a_credited_guest_may_be_of_several_words_that_look_like_names() -> None:
    release = make_release("Night Desk", "Live & Loud", title="Night Bus (feat. Live & Loud)")
    assert is_titled("Night Bus", release)


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Demo Artist - Night Bus", "Night Bus"),
        ("Demo Artist \u2013 Night Bus", "Night Bus (feat. Guest) - Single"),
        ("DEMO ARTIST - Night Bus EP", "Night Bus"),
        ("Demo Artist & Guest - Night Bus", "Night Bus"),
        ("Demo Artist feat. Guest - Night Bus", "Night Bus (feat. Guest)"),
        ("Demo Artist - Night - Bus", "Night - Bus"),
        ("Demo Artist - EP", "Demo Artist"),
        ("Demo Artist - Night Bus (Remix)", "Night Bus (Remix)"),
        ("Demo Artist - Night Bus Live", "Night Bus (Live)"),
    ],
)
def test_a_title_may_stand_after_its_artist(typed: str, shown: str) -> None:
    assert is_titled(typed, make_release("Demo Artist", "Guest", title=shown))
    assert is_titled(shown, make_release("Demo Artist", "Guest", title=typed))


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Somebody - Night Bus", "Night Bus"),
        ("Demo Artist & Somebody - Night Bus", "Night Bus"),
        ("Demo Artist - Day Train", "Night Bus"),
        ("Demo Artist - Night Bus (Live)", "Night Bus"),
        ("Demo Artist - Live", "Live"),
        ("Demo Artist - 2024 Remaster", "2024 Remaster"),
        ("Demo Artist - The Remixes", "The Remixes"),
        ("Demo Artist - 10th Anniversary Edition", "10th Anniversary Edition"),
        ("Demo Artist - Night Bus (Remix)", "Night Bus"),
        ("Demo Artist - Night Bus", "Night Bus (Remix)"),
        ("Demo Artist feat. Stranger - Night Bus", "Night Bus (feat. Guest)"),
        ("Demo Artist feat. Stranger - Night Bus", "Night Bus"),
        ("Demo Artist - Night Bus", "Demo Artist"),
        ("Demo Artist", "Night Bus"),
        ("Demo Artist -", "Night Bus"),
        ("Demo Artist - ", ""),
        ("Demo Artist-Night Bus", "Night Bus"),
        ("Night Bus - Demo Artist", "Night Bus"),
    ],
)
def test_what_precedes_a_title_is_not_left_out_unless_it_is_the_artist(
    typed: str, shown: str
) -> None:
    assert not is_titled(typed, make_release("Demo Artist", "Guest", title=shown))
    assert not is_titled(shown, make_release("Demo Artist", "Guest", title=typed))
