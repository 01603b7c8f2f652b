"""Pictures from elsewhere, by way of the process that decodes them: what is taken, what is refused
with which sentence, and what a hostile file can take of the machine.
"""

from __future__ import annotations

import logging
import resource
import sys
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Final

import pytest
from PIL import Image

from campaigns.artwork import decoding
from campaigns.artwork.decoding import ArtworkError
from campaigns.confined import running
from tools.pictures import (
    file_of,
    jpeg_of_many_scans,
    picture,
    png_that_claims,
    webp_that_claims,
)

PICTURES: Final = Path(__file__).parents[2] / "data" / "pictures"


# What is taken


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_it_becomes_plain_pixels_of_at_most_1200_a_side(kind: str) -> None:
    image = decoding.prepare(file_of(picture(1500, 1800), kind))

    assert image.size == (1200, 1440)
    assert image.mode == "RGB"
    assert image.getpixel((600, 600)) == pytest.approx((0x1A, 0x7F, 0x5A), abs=4)


def test_a_phones_heic_is_taken_and_turned_by_itself_alone() -> None:
    image = decoding.prepare(BytesIO((PICTURES / "phone.heic").read_bytes()))

    assert image.size == (640, 480)
    assert image.getpixel((620, 20)) == pytest.approx((254, 0, 0), abs=12)


@pytest.mark.parametrize(
    ("kind", "size"),
    [
        ("JPEG", (8_000, 8_000)),
        ("JPEG", (18_000, 3_500)),
        ("WEBP", (8_064, 6_048)),
        ("PNG", (8_000, 8_000)),
    ],
)
def test_a_phones_largest_picture_is_taken(kind: str, size: tuple[int, int]) -> None:
    file = file_of(picture(*size), kind, **{"method": 0} if kind == "WEBP" else {})

    assert min(decoding.prepare(file).size) == 1200


def test_25_megabytes_are_still_taken() -> None:
    file = file_of(picture(400, 400)).getvalue()

    assert decoding.prepare(BytesIO(file.ljust(decoding.MOST_BYTES, b"\0"))).size == (400, 400)


def test_a_cover_from_elsewhere_is_made_small() -> None:
    small = decoding.small_jpeg(file_of(picture(300, 200), "JPEG").getvalue())

    with Image.open(BytesIO(small)) as image:
        assert image.size == (160, 107)
    with pytest.raises(ArtworkError, match="damaged"):
        decoding.small_jpeg(file_of(picture(300, 200), "JPEG").getvalue()[:900])


# What is refused


@pytest.mark.parametrize("size", [(12_800, 12_800), (8_001, 8_000), (1, 64_000_001)])
def test_too_many_pixels_are_refused_before_one_is_decoded(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even 64 megapixels need more than this."""
    monkeypatch.setattr(decoding, "MOST_MEMORY", 200_000_000)
    with pytest.raises(ArtworkError, match="more than 64 megapixels"):
        decoding.prepare(BytesIO(png_that_claims(*size)))


def test_a_webp_that_claims_a_huge_canvas_is_refused() -> None:
    with pytest.raises(ArtworkError, match="more than 64 megapixels"):
        decoding.prepare(BytesIO(webp_that_claims(16_000, 16_000)))


def test_more_than_25_megabytes_are_refused_unread() -> None:
    class Unreadable(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            pytest.fail("The file was read.")

    with pytest.raises(ArtworkError, match="larger than 25 MB"):
        decoding.prepare(Unreadable(bytes(decoding.MOST_BYTES + 1)))


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "ICO", "PPM", "JPEG2000"])
def test_other_formats_are_refused_whatever_they_are_called(kind: str) -> None:
    with pytest.raises(ArtworkError, match="isn't a JPEG, PNG, WebP, AVIF or HEIC"):
        decoding.prepare(file_of(picture(400, 400), kind))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<html><script>alert(1)</script>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 400 400\n",
        b"%PDF-1.7",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8",
        b"\0\0\0\x14ftypheic",
    ],
)
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(ArtworkError, match="isn't a JPEG, PNG, WebP, AVIF or HEIC"):
        decoding.prepare(BytesIO(content))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.95])
def test_a_file_cut_short_is_refused(kind: str, kept: float) -> None:
    whole = file_of(Image.effect_noise((700, 700), 90).convert("RGB"), kind).getvalue()

    with pytest.raises(ArtworkError):
        decoding.prepare(BytesIO(whole[: int(len(whole) * kept)]))


@pytest.mark.parametrize("size", [(319, 800), (1, 1)])
def test_what_would_be_a_blur_is_refused(size: tuple[int, int]) -> None:
    with pytest.raises(ArtworkError, match=f"is {size[0]} by {size[1]} .* needs at least 320"):
        decoding.prepare(file_of(picture(*size)))


# What it may take of the machine


def test_a_picture_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A quarter of a megabyte that held both cores for 100 seconds."""
    monkeypatch.setattr(decoding, "MOST_SECONDS", 1)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)

    with pytest.raises(ArtworkError, match="takes too long to read"):
        decoding.prepare(BytesIO(jpeg_of_many_scans(4800, 3000)))

    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime - before.ru_utime < 2


def test_a_decoder_that_only_waits_is_given_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(running, "MOST_SECONDS_IN_ALL", 0.05)
    stands_still = program(tmp_path, "exec sleep 60")
    monkeypatch.setattr(sys, "executable", stands_still)

    with pytest.raises(ArtworkError, match="takes too long to read"):
        decoding.prepare(file_of(picture()))


def test_a_picture_that_takes_too_much_memory_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decoding, "MOST_MEMORY", 250_000_000)

    with pytest.raises(ArtworkError, match="takes too long to read"):
        decoding.prepare(file_of(picture(5000, 5000, "RGBA", (0, 0, 0, 0)), compress_level=1))


def program(directory: Path, script: str) -> str:
    path = directory / "program"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


# The last four are a decoder that was taken over, or has sent a part of its answer.
@pytest.mark.parametrize(
    "end",
    [
        *("exit 1", "kill -SEGV $$", "kill -ABRT $$"),
        *("exit 0", "printf 'P6 400 400 255 x'; exit 0", "printf 'P6 99999 99999 255 x'; exit 0"),
        *("exit 3", "echo '[\"another\", 1]'; exit 3", 'echo \'["too small", "x", 2]\'; exit 3'),
        "head -c 100000000 /dev/zero; exit 0",
    ],
)
def test_a_decoder_that_breaks_is_a_damaged_picture_and_one_line_for_the_operator(
    end: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sys, "executable", program(tmp_path, f"echo why >&2; {end}"))

    with pytest.raises(ArtworkError, match="damaged or incomplete"):
        decoding.prepare(file_of(picture()))

    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert "why" in record.getMessage()


def test_one_picture_is_decoded_at_a_time_and_few_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "MOST_SECONDS_IN_LINE", 0.01)
    with running._turn(), pytest.raises(ArtworkError, match="Choose yours again in a minute"):
        decoding.prepare(file_of(picture()))

    assert decoding.prepare(file_of(picture())).size == (1200, 1200)


def test_a_few_at_once_are_all_served() -> None:
    uploads = [file_of(picture(400, side)) for side in (401, 402, 403, 404)]

    with ThreadPoolExecutor(4) as threads:
        sizes = [image.size for image in threads.map(decoding.prepare, uploads)]

    assert sizes == [(400, 401), (400, 402), (400, 403), (400, 404)]
