"""What is left of a picture's file, and what is read of the notes beside its pixels."""

from __future__ import annotations

import zlib

import pytest

from campaigns.artwork.stripping import strip
from tools.pictures import file_of, picture, png

EXIF = b"II*\0 an EXIF block"


def segment(marker: int, data: bytes, length: int | None = None) -> bytes:
    of = len(data) + 2 if length is None else length
    return bytes((0xFF, marker)) + of.to_bytes(2, "big") + data


def jpeg_with(*segments: bytes) -> bytes:
    plain = file_of(picture(400, 400), "JPEG").getvalue()
    return plain[:2] + b"".join(segments) + plain[2:]


def plain_png(*notes: tuple[bytes, bytes]) -> bytes:
    return png((400, 400), 8, 0, bytes(401) * 400, *notes)


PLAIN = strip(jpeg_with()).file


@pytest.mark.parametrize(
    "odd",
    [
        segment(0xE0, b"JFIF\0\1"),
        segment(0xE0, b"JFXX\0\x10"),
        segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>"),
        segment(0xE2, b"MPF\0II*\0 odd"),
        segment(0xE2, b"ICC_PROFILE\0"),
        segment(0xED, b"Photoshop 3.0\x008BIM"),
        segment(0xEE, b"Adobe"),
        segment(0xEF, b""),
        segment(0xFE, b"a comment"),
        b"\xff\xff\xff" + segment(0xFE, b"after what fills up"),
        b"garbage" + segment(0xFE, b"after it"),
    ],
)
def test_what_applications_add_to_a_jpeg_goes(odd: bytes) -> None:
    assert strip(jpeg_with(odd)) == (PLAIN, b"", b"", None, None)


def test_what_says_how_to_read_the_numbers_stays() -> None:
    adobe = segment(0xEE, b"Adobe\0\x64\0\0\0\0\1")
    assert adobe in strip(jpeg_with(adobe)).file
    assert b"JFIF\0" in PLAIN


def test_the_exif_block_and_the_profile_are_read() -> None:
    exif = segment(0xE1, b"Exif\0\0" + EXIF)
    parts = [segment(0xE2, b"ICC_PROFILE\0" + bytes((of, 2)) + b"part%d" % of) for of in (2, 1)]

    given = strip(jpeg_with(*parts, exif, segment(0xE1, b"Exif\0\0another")))

    assert given == (PLAIN, b"part1part2", EXIF, None, None)
    assert strip(jpeg_with(parts[0])).profile == b""


@pytest.mark.parametrize("length", [0, 1, 65_535])
def test_a_segment_with_a_wrong_length_ends_the_reading_somewhere(length: int) -> None:
    assert strip(jpeg_with(segment(0xFE, b"comment", length))).exif == b""


@pytest.mark.parametrize("kept", range(0, 700, 7))
def test_files_cut_anywhere_are_read_as_far_as_they_go(kept: int) -> None:
    for file in (jpeg_with(segment(0xE1, b"Exif\0\0" + EXIF)), plain_png((b"eXIf", EXIF))):
        assert strip(file[:kept]).exif in (EXIF[: kept - 12], EXIF, b"")


PROFILE = b"name\0\0" + zlib.compress(b"profile")


@pytest.mark.parametrize(
    ("note", "read"),
    [
        ((b"iCCP", PROFILE), (b"profile", b"", None, None)),
        ((b"iCCP", b"name\0\1" + PROFILE[6:]), (b"", b"", None, None)),
        ((b"iCCP", b"name\0\0no zlib"), (b"", b"", None, None)),
        ((b"iCCP", b""), (b"", b"", None, None)),
        ((b"eXIf", EXIF), (b"", EXIF, None, None)),
        ((b"gAMA", b"\0\0\xd9\x04"), (b"", b"", 0.55556, None)),
        ((b"gAMA", b"\0\0\xd9"), (b"", b"", None, None)),
        ((b"tRNS", b"\0\x40"), (b"", b"", None, 0x40)),
        ((b"tRNS", b"\0\x40\0"), (b"", b"", None, None)),
        ((b"zTXt", PROFILE), (b"", b"", None, None)),
        ((b"pHYs", b""), (b"", b"", None, None)),
        ((b"prIv", b"private"), (b"", b"", None, None)),
    ],
)
def test_notes_of_a_png_are_read_by_its_rules_and_go(
    note: tuple[bytes, bytes], read: tuple[object, ...]
) -> None:
    assert strip(plain_png(note)) == (plain_png(), *read)


def test_of_a_profile_no_more_is_unpacked_than_any_has() -> None:
    bomb = b"name\0\0" + zlib.compress(bytes(64 * 1024 * 1024))

    assert len(strip(plain_png((b"iCCP", bomb))).profile) == 16 * 1024 * 1024


def test_a_note_with_a_wrong_sum_is_none_and_the_next_one_counts() -> None:
    wrong = plain_png((b"gAMA", b"\0\0\xd9\x04"), (b"gAMA", b"\0\1\x86\xa0"))
    wrong = wrong.replace(b"gAMA\0\0\xd9\x04", b"gAMA\0\0\xd9\x05")

    assert strip(wrong).gamma == 1


@pytest.mark.parametrize(("entries", "clear"), [(2, b"\0\xff"), (1, None)])
def test_a_palette_has_no_more_clear_entries_than_colours(
    entries: int, clear: bytes | None
) -> None:
    palette = (b"PLTE", bytes(3 * entries))
    file = png((400, 400), 8, 3, bytes(401) * 400, palette, (b"tRNS", b"\0\xff"))

    assert strip(file).clear == clear
    assert palette[0] in strip(file).file


def test_other_files_stay_as_they_are() -> None:
    for file in (b"", b"GIF89a", file_of(picture(400, 400), "WEBP").getvalue()):
        assert strip(file) == (file, b"", b"", None, None)
