"""Each form field by itself: what it makes of what is written, and why it refuses the rest."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.forms import Field

from campaigns.dashboard.fields import (
    CountdownLinkField,
    ISRCField,
    NoteField,
    OtherLinksField,
    PlainTextField,
    ReleaseLinkField,
    UPCField,
    ZoneField,
    zone_choices,
)

BLANKS = "\u3164\u2800\u115f\uffa0\u1160\U0001d159\u00ad\u200d\ufe0f"
ALBUM = "4aawyAB9vmqN3uQ7FjRGTy"
COUNTDOWN = f"https://open.spotify.com/prerelease/{ALBUM}"


def refusal_of(field: Field, value: str) -> str:
    with pytest.raises(ValidationError) as refusal:
        field.clean(value)
    return " ".join(refusal.value.messages)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (" Night\u202e\0 \u2066Bus\u2069\n\tDeluxe ", "Night Bus Deluxe"),
        ("Ana\u200f\u00efs\x07\x9f", "Ana\u00efs"),
        ("a\u2028b\u2029c", "a b c"),
        ("\ufeffNight\u200b Bus\u2060", "Night Bus"),
        ("\u3164Night Bus\u2800", "Night Bus"),
    ],
)
def test_what_cannot_be_seen_is_taken_out(written: str, kept: str) -> None:
    assert PlainTextField().clean(written) == kept


def test_a_note_keeps_its_lines() -> None:
    note = NoteField(max_length=16)

    assert note.clean(" One\u202e.\r\n\r\n\r\n\r\nTwo  more. ") == "One.\n\nTwo more."
    assert "at most 16" in refusal_of(note, "One.\r\n\r\nTwo more...")


@pytest.mark.parametrize("field", [PlainTextField(max_length=16), NoteField(max_length=16)])
def test_no_browser_cuts_what_is_too_long(field: PlainTextField | NoteField) -> None:
    assert "maxlength" not in field.widget.attrs
    assert "at most 16 characters (it has 17)" in refusal_of(field, "a" * 17)


@pytest.mark.parametrize(
    "text", ["夜行バス", "אוטובוס לילה", "!!!", "नाइट बस", "👩‍👩‍👧", "می‌خواهم", "<b>&amp;</b>"]
)
def test_what_can_be_seen_is_kept_in_every_script(text: str) -> None:
    assert PlainTextField().clean(text) == text


@pytest.mark.parametrize(
    "invisible",
    ["", *" \0\u202e\u200b\u3000\u0301\ufffc", *BLANKS, "\u3164 \u2800", "\u200d\u3164\u200d"],
)
def test_a_text_of_nothing_visible_is_no_text(invisible: str) -> None:
    assert refusal_of(PlainTextField(), invisible) == "This field is required."
    assert PlainTextField(required=False).clean(invisible) == ""


@pytest.mark.parametrize(
    ("written", "digits"),
    [
        ("0 36000-29145 2", "036000291452"),
        ("036000291452", "036000291452"),
        ("4006381333931", "4006381333931"),
        ("00036000291452", "00036000291452"),
        ("UPC: 609008295069", "609008295069"),
        ("609008\u2011295069", "609008295069"),
        (
            "\uff10\uff13\uff16\uff10\uff10\uff10\uff12\uff19\uff11\uff14\uff15\uff12",
            "036000291452",
        ),
    ],
)
def test_a_upc_is_its_digits(written: str, digits: str) -> None:
    assert UPCField().clean(written) == digits


@pytest.mark.parametrize("wrong", ["12345", "03600029145X", "036000291452000", "\u0660" * 12])
def test_a_upc_of_another_form_is_refused(wrong: str) -> None:
    assert "A UPC has 12 digits" in refusal_of(UPCField(), wrong)


@pytest.mark.parametrize(
    ("cut", "whole"), [("75678164125", "075678164125"), ("UPC: 8811000004", "008811000004")]
)
def test_zeros_that_a_spreadsheet_dropped_are_asked_about(cut: str, whole: str) -> None:
    assert f"where spreadsheets drop zeros. If your number is {whole}" in refusal_of(
        UPCField(), cut
    )


@pytest.mark.parametrize("rounded", ["6.09008E+11", "UPC: 6,09008e+11", "6.09E11", "6E+11"])
def test_a_number_that_a_spreadsheet_shortened_is_told_as_one(rounded: str) -> None:
    assert "how spreadsheets shorten a long number" in refusal_of(UPCField(), rounded)
    assert UPCField().clean(f"{rounded} 036000291452") == "036000291452"


@pytest.mark.parametrize("short", ["75678164126", "0" * 11, "0" * 10, "123456789"])
def test_what_no_zeros_make_whole_is_of_another_form(short: str) -> None:
    assert "A UPC has 12 digits" in refusal_of(UPCField(), short)


def test_two_codes_are_not_chosen_from() -> None:
    assert "more than one" in refusal_of(UPCField(), "036000291452, 4006381333931")
    assert "more than one" in refusal_of(ISRCField(), "QZABC2600042 QZABC2600043")


@pytest.mark.parametrize("mistyped", ["036000291453", "063000291452", "4006381333932"])
def test_a_mistyped_upc_is_found_by_its_check_digit(mistyped: str) -> None:
    assert "The last digit doesn't match" in refusal_of(UPCField(), mistyped)


@pytest.mark.parametrize("zeros", ["000000000000", "0 00000 00000 0", "0" * 13, "\uff10" * 14])
def test_zeros_alone_are_no_upc(zeros: str) -> None:
    assert "A UPC can't be all zeros" in refusal_of(UPCField(), zeros)
    assert UPCField(required=False).clean("") == ""


@pytest.mark.parametrize(
    "written",
    [
        *("qz-abc-26-00042", "QZABC2600042", " QZ ABC 26 00042 ", "ISRC QZ-ABC-26-00042"),
        *("ISRC: QZABC2600042", "QZ\u2013ABC\u201326\u201300042", "QZABC2600042\u200b"),
        "\uff31\uff3a\uff21\uff22\uff23\uff12\uff16\uff10\uff10\uff10\uff14\uff12",
    ],
)
def test_an_isrc_is_capitals_without_hyphens(written: str) -> None:
    assert ISRCField().clean(written) == "QZABC2600042"


@pytest.mark.parametrize(
    "wrong", ["QZABC260004", "1ZABC2600042", "QZABC26000422", "QZAB!2600042", "QZABC260004\u0662"]
)
def test_an_isrc_of_another_form_is_refused(wrong: str) -> None:
    assert "An ISRC has 12 characters" in refusal_of(ISRCField(), wrong)


@pytest.mark.parametrize(
    ("link", "uri"),
    [
        (f"https://open.spotify.com/album/{ALBUM}?si=0123456789abcdef", f"spotify:album:{ALBUM}"),
        (f"https://open.spotify.com/intl-de/track/{ALBUM}", f"spotify:track:{ALBUM}"),
        (f" spotify:track:{ALBUM} ", f"spotify:track:{ALBUM}"),
    ],
)
def test_a_link_becomes_the_uri(link: str, uri: str) -> None:
    assert ReleaseLinkField().clean(link) == uri


@pytest.mark.parametrize(
    ("link", "why"),
    [
        (f"https://open.spotify.com/prerelease/{ALBUM}", "Countdown Page"),
        (f"https://open.spotify.com/playlist/{ALBUM}", "playlist"),
        (f"https://open.spotify.com/artist/{ALBUM}", "artist's page"),
        ("https://example.com/album/1", "isn't a link to an album or track"),
        ("javascript:alert(1)", "isn't a link to an album or track"),
        ("spotify:album:short", "incomplete"),
    ],
)
def test_a_link_that_cannot_be_saved_is_refused_with_the_reason(link: str, why: str) -> None:
    assert why in refusal_of(ReleaseLinkField(), link)


def test_the_zones_are_grouped_by_region() -> None:
    groups = dict(zone_choices())

    assert ("Europe/Paris", "Paris") in groups["Europe"]
    assert ("America/Argentina/Buenos_Aires", "Argentina, Buenos Aires") in groups["America"]
    assert ("UTC", "UTC") in groups["Everywhere"]
    assert sum(len(zones) for zones in groups.values()) > 400


def test_a_place_is_offered_once_and_its_older_name_understood() -> None:
    names = [name for _, places in zone_choices() for name, _ in places]
    assert "Europe/Kyiv" in names
    assert "Europe/Kiev" not in names
    assert "Europe/Amsterdam" in names  # its clock is that of Brussels, the place is not

    zone = ZoneField(choices=zone_choices)
    assert zone.clean("Europe/Kiev") == "Europe/Kiev"
    assert zone.prepare_value("Europe/Kiev") == "Europe/Kyiv"
    with pytest.raises(ValidationError):
        zone.clean("Europe/Atlantis")


@pytest.mark.parametrize(
    "written",
    [
        COUNTDOWN,
        f" {COUNTDOWN}?si=0123&nd=1 ",
        COUNTDOWN.replace("com/", "com/intl-de/"),
        f"Pre-save it: \u200b{COUNTDOWN.replace('https', 'Https')}.",
        f"spotify:prerelease:{ALBUM}",
        f"{COUNTDOWN} by spotify:artist:{ALBUM}",
    ],
)
def test_a_countdown_link_is_stored_bare(written: str) -> None:
    assert CountdownLinkField().clean(written) == COUNTDOWN
    assert CountdownLinkField(required=False).clean("") == ""


@pytest.mark.parametrize(
    "written",
    [
        f"https://open.spotify.com/album/{ALBUM}",
        f"https://open.spotify.com.example/prerelease/{ALBUM}",
        COUNTDOWN[:-1],
        "javascript:alert(1)",
    ],
)
def test_anything_else_is_no_countdown_page(written: str) -> None:
    with pytest.raises(ValidationError, match="This isn't a link to a Countdown Page"):
        CountdownLinkField().clean(written)


def test_a_short_link_is_no_countdown_page_either() -> None:
    assert "a short link" in refusal_of(CountdownLinkField(), "https://spotify.link/abc123")
    two = f"{COUNTDOWN} spotify:prerelease:{ALBUM[::-1]}"
    assert "more than one" in refusal_of(CountdownLinkField(), two)


def test_links_are_a_list_and_come_back_as_lines() -> None:
    field = OtherLinksField()
    links = ["https://a.example/", "https://b.example/"]
    assert field.clean("https://a.example\r\nhttps://b.example") == links
    assert field.prepare_value(links) == "https://a.example/\nhttps://b.example/"
    assert field.prepare_value("half a link") == "half a link"


def test_a_refused_link_is_named_by_its_line_as_it_was_written() -> None:
    with pytest.raises(ValidationError, match="Line 2: links must start with https://"):
        OtherLinksField().clean("\njavascript:alert(1)")
