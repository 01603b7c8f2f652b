"""What people paste is read as they would have typed it, and its codes are found."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from campaigns.pasted import isrcs, typed, upcs, visible_text, without_lost_zeros

UPC = "609008295069"
EAN = "4006381333931"
ISRC = "QZABC2600042"
INVISIBLE = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad\u061c\u180e\u202a\u2066\ufe0f\u034f"
DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d\u02d7\u2043\u30fc\uff70"


def test_every_dash_is_a_hyphen() -> None:
    assert typed(DASHES) == "-" * len(DASHES)


def test_full_width_is_plain_and_spaces_are_single() -> None:
    assert typed(" \uff21\uff10\u3000\u00a0b\r\n\tc ") == "A0 b c"


def test_what_nobody_sees_is_in_no_code() -> None:
    assert typed(INVISIBLE.join("a1")) == typed(f"{INVISIBLE}a1{INVISIBLE}") == "a1"


def test_what_no_xml_may_hold_is_in_no_text() -> None:
    """One title would take a whole feed with it: https://www.w3.org/TR/xml/#charsets"""
    told = "".join(map(chr, (*range(32), *range(0x7F, 0xA0), *range(0xFFF0, 0x10000))))
    kept = visible_text(f"Night{told}Bus")
    assert ElementTree.fromstring(f"<title>{kept}</title>").text == kept  # noqa: S314 -- our own


def test_what_shapes_letters_and_pictures_stays_in_a_text() -> None:
    text = "\u0645\u06cc\u200c\u062e \u2764\ufe0f"
    assert visible_text(text) == text


@pytest.mark.parametrize(
    "text",
    [
        UPC,
        "6 09008 29506 9",
        "6-09008-29506-9",
        "6 \u2013 09008 \u2013 29506 \u2013 9",
        f"UPC: {UPC}",
        f"UPC{UPC}",
        f"UPC-A {UPC}",
        f"upc code #{UPC}.",
        f"UPC-{UPC}",
        f"\uff35\uff30\uff23\uff1a{UPC}",
        f"\u201c{UPC}\u201d",
        f"'{UPC}",
        f'="{UPC}"',
        f"{UPC}.0",
        f"({UPC})",
        f"{UPC}\u200b",
        f"UPC {UPC}, ISRC {ISRC}",
        f"{UPC} 2026-12-04",
        f"Vol. 2 UPC {UPC}",
        f"EP 2 {UPC}",
        f"1 {UPC}",
        f"{UPC} 2",
        f"{UPC}-2",
        f"29 Jan 2027 {UPC}",
        "Vol. 2 6 09008 29506 9",
        "609008 295069",
        "6-0900829506-9",
        "609 008 295 069",
        "609,008,295,069",
        "609.008.295.069",
        "609,008,295,069.00",
        "609'008'295'069",
        f"{UPC} / {UPC}",
        f"UPC {UPC}, EAN 0{UPC}",
        "".join(chr(ord(digit) + 0xFEE0) for digit in UPC),
    ],
)
def test_the_one_upc_of_a_text_is_found(text: str) -> None:
    assert upcs(text) == [UPC]


@pytest.mark.parametrize(
    "text",
    [
        *(f"EAN-13 {EAN}", "4 006381 333931", f"GTIN13: {EAN}", f"JAN{EAN}", f"EAN 13 {EAN}"),
        *("EAN 13 4 006381 333931", "40-06381-33393-1", "4,006,381,333,931", f"No. 1 {EAN}"),
    ],
)
def test_an_ean_is_found_too(text: str) -> None:
    assert upcs(text) == [EAN]


@pytest.mark.parametrize(
    "text",
    [
        *("", "UPC:", "6.09008E+11", ISRC, f"X{UPC}", f"{UPC}X", "1" * 15),
        *("Vol. 2 60900829506", "60900829506 9", "12 345 67890 12", "1,609,008,295,069,000"),
        *("2026-12-04 0042", "+49 30 123456 78"),
    ],
)
def test_other_numbers_are_no_upcs(text: str) -> None:
    assert upcs(text) == []


def test_several_upcs_are_several() -> None:
    assert upcs(f"{UPC} {EAN}") == upcs(f"{UPC}, {EAN}, {UPC}") == [UPC, EAN]


@pytest.mark.parametrize(
    ("text", "whole"),
    [
        ("75678164125", "075678164125"),
        ("UPC: 75678-16412 5", "075678164125"),
        ("75,678,164,125", "075678164125"),
        ("Vol. 2 75678164125", "075678164125"),
        ("8811000004", "008811000004"),
        ("75678164125.00", "075678164125"),
        ("75678164125 2026-12-04", "075678164125"),
        ("881100000", ""),
        ("75678164125 or, 75678164126", ""),
        (UPC, ""),
        ("Night Bus", ""),
    ],
)
def test_zeros_that_were_lost_are_put_back(text: str, whole: str) -> None:
    assert without_lost_zeros(text) == whole


@pytest.mark.parametrize(
    "text",
    [
        ISRC,
        "qz-abc-26-00042",
        "QZ ABC 26 00042",
        "QZA BC2 600 042",
        f"ISRC {ISRC}",
        f"ISRC: {ISRC}",
        f"ISRC{ISRC}",
        "isrc-qz-abc-26-00042",
        f"ISRC code of Night Bus: {ISRC}.",
        f"UPC {UPC}, ISRC {ISRC}",
        f"'{ISRC}",
        f"\u201c{ISRC}\u201d",
        "QZ\u2013ABC\u201326\u201300042",
        "QZ\u2212ABC\u30fc26\u201100042",
        "QZ - ABC - 26 - 00042",
        f"{ISRC}\u200b",
        f"{ISRC} / {ISRC}",
        "".join(chr(ord(letter) + 0xFEE0) for letter in ISRC),
    ],
)
def test_the_one_isrc_of_a_text_is_found(text: str) -> None:
    assert isrcs(text) == [ISRC]


@pytest.mark.parametrize(
    "text",
    [
        "QZ-ABC-2026-00042",
        "QZ ABC 2026 00042",
        "QZ.ABC-2026-00042",
        "ISRC: QZ-ABC-2026-00042",
        "QZABC-2026-00042",
        "QZ-ABC-26-000421",
        "QZ-ABC-26-00042-1",
        "XQZ-ABC-26-00042",
        "X-QZ-ABC-26-00042",
        "1-QZABC2600042",
        "QZ-ABC26-00042-00042",
        "IN 2026 00042 12",
    ],
)
def test_no_isrc_is_cut_out_of_a_longer_or_wrong_one(text: str) -> None:
    assert isrcs(text) == []


@pytest.mark.parametrize(
    "text",
    [
        f"IN 2026 00042 1 {ISRC}",
        f"ABC 2026 00042 {ISRC}",
        "1. QZ-ABC2600042 Song",
        "QZABC-26-00042",
    ],
)
def test_what_stands_before_an_isrc_does_not_hide_it(text: str) -> None:
    assert isrcs(text) == [ISRC]


def test_several_isrcs_are_several_and_longer_ones_none() -> None:
    assert isrcs(f"{ISRC} QZABC2600043") == [ISRC, "QZABC2600043"]
    assert isrcs(f"{ISRC}0 X{ISRC}") == []
