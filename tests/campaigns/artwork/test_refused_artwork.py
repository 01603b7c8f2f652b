"""Artwork that is refused: before it is decoded where it can be, and always with a reason."""

from __future__ import annotations

import subprocess
import sys
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageFile

from campaigns.artwork import files
from campaigns.artwork.files import ArtworkError
from tools.pictures import file_of, picture, png_that_claims, webp_that_claims

if TYPE_CHECKING:
    from pytest_django import Settings


@pytest.fixture(autouse=True)
def artwork_dir(settings: Settings, tmp_path: Path) -> Path:
    settings.ARTWORK_DIR = tmp_path / "artwork"
    return tmp_path / "artwork"


def test_a_bomb_is_refused_by_its_header_without_the_memory_it_asks_for(tmp_path: Path) -> None:
    """12,800 by 12,800 pixels took Pillow 797 MB; this process may have a tenth of that more."""
    bomb = tmp_path / "bomb.png"
    bomb.write_bytes(png_that_claims(12_800, 12_800))
    assert bomb.stat().st_size < 40_000

    answer = subprocess.run(
        [sys.executable, "-c", _PREPARE_IN_LITTLE_MEMORY, bomb],
        capture_output=True,
        text=True,
        check=False,
    )

    assert answer.stdout == "refused: This image has more than 25 megapixels.\n", answer.stderr


_PREPARE_IN_LITTLE_MEMORY = """
import resource, sys
import django
django.setup()
from campaigns.artwork import files
from PIL import Image
Image.init()
used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (used + 80_000_000, -1))
try:
    files.prepare(open(sys.argv[1], "rb"))
except files.ArtworkError as error:
    print("refused:", str(error).split(". ")[0] + ".")
"""


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")  # as in production
@pytest.mark.parametrize("size", [(12_800, 12_800), (6_000, 6_000), (5_001, 5_000)])
def test_too_many_pixels_are_refused_before_one_is_decoded(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def decode(image: ImageFile.ImageFile) -> None:
        pytest.fail("The picture was decoded.")

    monkeypatch.setattr(ImageFile.ImageFile, "load", decode)
    with pytest.raises(ArtworkError, match="more than 25 megapixels"):
        files.prepare(BytesIO(png_that_claims(*size)))


def test_a_webp_that_claims_a_huge_canvas_is_refused() -> None:
    with pytest.raises(ArtworkError, match="more than 25 megapixels"):
        files.prepare(BytesIO(webp_that_claims(16_000, 16_000)))


def test_25_megapixels_are_still_taken() -> None:
    assert files.prepare(BytesIO(png_that_claims(5_000, 5_000))).size == (1200, 1200)


def test_more_than_10_megabytes_are_refused_unread() -> None:
    class Unreadable(BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            pytest.fail("The file was read.")

    with pytest.raises(ArtworkError, match="the limit is 10 MB"):
        files.prepare(Unreadable(bytes(files.MOST_BYTES + 1)))


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "ICO", "PPM", "JPEG2000", "AVIF"])
def test_other_formats_are_refused_whatever_they_are_called(kind: str) -> None:
    with pytest.raises(ArtworkError, match="isn't a JPEG, PNG or WebP"):
        files.prepare(file_of(picture(400, 400), kind))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
        b"<html><script>alert(1)</script>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 400 400\n",
        b"%PDF-1.7",
    ],
)
def test_what_is_no_picture_is_refused(content: bytes) -> None:
    with pytest.raises(ArtworkError, match="isn't a JPEG, PNG or WebP"):
        files.prepare(BytesIO(content))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("kept", [0.1, 0.5, 0.95])
def test_a_file_cut_short_is_refused(kind: str, kept: float) -> None:
    noise = Image.effect_noise((700, 700), 90).convert("RGB")
    whole = file_of(noise, kind).getvalue()

    with pytest.raises(ArtworkError):
        files.prepare(BytesIO(whole[: int(len(whole) * kept)]))


@pytest.mark.parametrize(
    ("size", "why"),
    [
        ((319, 800), "Each side needs at least 320"),
        ((1, 1), "Each side needs at least 320"),
        ((321, 643), "too long for a cover"),
        ((2000, 900), "too long for a cover"),
    ],
)
def test_a_shape_that_breaks_the_page_is_refused(size: tuple[int, int], why: str) -> None:
    with pytest.raises(ArtworkError, match=why):
        files.prepare(file_of(picture(*size)))


def test_a_failed_write_leaves_nothing_behind(
    artwork_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = picture(1200, 1200)
    monkeypatch.setattr(files, "CONTENT_TYPES", {".jpg": "image/jpeg", ".x": "image/x"})

    with pytest.raises(KeyError):
        files.write(image)

    assert list(artwork_dir.iterdir()) == []
