"""Artwork as it is kept: in every size and format that pages need, under a name of our own."""

from __future__ import annotations

import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Final, NamedTuple

from django.conf import settings
from django.urls import reverse
from PIL import Image

from campaigns.artwork import accent, ground, social_card
from campaigns.artwork.decoder import LARGEST
from campaigns.artwork.encoding import CONTENT_TYPES, encode
from campaigns.models import Accent, Campaign

WIDTHS: Final = (320, 640, LARGEST)
# What a file weighs at most that a phone gets, and the widest that is made to keep to it. A phone
# with three dots to a pixel has 1050 dots for the cover and gets more where that happens to be as
# light, as with plain colours. Else 640 px are, measured there, as close to the original as 1200 px
# squeezed into 60 KB, and closer where the picture is grainy or full of detail. White noise of
# 640 by 640 px has 77 KB as JPEG and 109 KB as WebP even in the lowest quality: a phone gets the
# 320 px of it.
MOST_BYTES_ON_PHONES: Final = 60_000
WIDEST_MADE_LIGHT: Final = 640
UNCROPPED: Final = "uncropped.jpg"
_NAME: Final = re.compile(r"[0-9a-f]{32}")
_FILE: Final = re.compile(r"[1-9][0-9]{2,3}\.(avif|webp|jpg)|card\.jpg")


@dataclass(frozen=True)
class StoredArtwork:
    """The directory's name under ARTWORK_DIR, the size of the largest rendition, the accent and the
    ground that go with the picture, and the bytes of each file.
    """

    name: str
    width: int
    height: int
    accent: Accent
    ground: str
    weights: dict[str, int]


class Srcsets(NamedTuple):
    """In the order of CONTENT_TYPES."""

    avif: str
    webp: str
    jpeg: str


@dataclass(frozen=True)
class Renditions:
    """What a `<picture>` needs: a srcset per type, for phones too, and the fallback `src` with its
    size.
    """

    avif: str
    webp: str
    jpeg: str
    on_phones: Srcsets
    src: str
    width: int
    height: int


def write(image: Image.Image, uncropped: Image.Image | None = None) -> StoredArtwork:
    """Keep every rendition under a fresh name: either all of them are there, or none. So is what
    the image was cropped from, which no address leads to.
    """
    with _fresh_directory() as (name, directory):
        for width in widths(image.width):
            _write_width(image, width, directory)
        card = encode(social_card.draw(image), ".jpg", social_card.MOST_BYTES)
        (directory / social_card.FILE).write_bytes(card)
        if uncropped and uncropped.size != image.size:
            uncropped.save(directory / UNCROPPED, quality=95, subsampling=0)
        weights = {file.name: file.stat().st_size for file in directory.iterdir()}
    colours = (accent.from_artwork(image), ground.from_artwork(image))
    return StoredArtwork(name, image.width, image.height, *colours, weights)


def copy(name: str) -> str:
    """Keep every rendition once more, under a fresh name; empty where there are none."""
    original: Path = settings.ARTWORK_DIR / name
    if not (_NAME.fullmatch(name) and original.is_dir()):
        return ""
    with _fresh_directory() as (fresh, directory):
        shutil.copytree(original, directory, dirs_exist_ok=True)
    return fresh


@contextmanager
def _fresh_directory() -> Iterator[tuple[str, Path]]:
    """A name, and the directory that has it once the block is through without an error."""
    name = secrets.token_hex(16)
    settings.ARTWORK_DIR.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=settings.ARTWORK_DIR))
    try:
        yield name, unfinished
        unfinished.chmod(0o755)
        unfinished.rename(settings.ARTWORK_DIR / name)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise


def uncropped(name: str) -> Image.Image | None:
    """The picture that artwork of that name was made from, or as much as is kept of it."""
    if not _NAME.fullmatch(name):
        return None
    directory = settings.ARTWORK_DIR / name
    kept = sorted(directory.glob("[1-9]*.jpg"), key=lambda path: int(path.stem))
    whole = directory / UNCROPPED
    try:
        with Image.open(whole if whole.exists() else kept[-1], formats=["JPEG"]) as image:
            return image.convert("RGB")
    except (OSError, IndexError):
        return None


def widths(width: int) -> tuple[int, ...]:
    """The widths stored for an original of that width. Nothing is ever enlarged."""
    return (*(smaller for smaller in WIDTHS if smaller < width), min(width, WIDTHS[-1]))


def renditions(campaign: Campaign) -> Renditions | None:
    """The addresses, made from the row alone."""
    if not campaign.artwork:
        return None
    every = widths(campaign.artwork_width)
    light = [
        [width for width in every if _is_light(campaign, width, suffix)] or every[:1]
        for suffix in CONTENT_TYPES
    ]
    narrow = max(width for width in every if width <= WIDEST_MADE_LIGHT)
    return Renditions(
        *_srcsets(campaign, [every] * len(CONTENT_TYPES)),
        on_phones=_srcsets(campaign, light),
        src=_address(campaign, f"{narrow}.jpg"),
        width=campaign.artwork_width,
        height=campaign.artwork_height,
    )


def thumbnail(campaign: Campaign) -> str:
    """The address of the smallest rendition; empty without artwork."""
    if not campaign.artwork:
        return ""
    return _address(campaign, f"{widths(campaign.artwork_width)[0]}.webp")


def card_address(campaign: Campaign) -> str:
    """Of the picture for shared links; empty without artwork. Version 0.1 made none: the cover is
    shown in its place.
    """
    if not campaign.artwork:
        return ""
    made = path_of(campaign.artwork, social_card.FILE)
    return _address(campaign, social_card.FILE if made else _largest_jpeg(campaign))


def largest_jpeg(campaign: Campaign) -> Path | None:
    """The best that is kept of the cover, to draw it anew."""
    return path_of(campaign.artwork, _largest_jpeg(campaign))


def _largest_jpeg(campaign: Campaign) -> str:
    return f"{min(campaign.artwork_width, WIDTHS[-1])}.jpg"


def path_of(name: str, file: str) -> Path | None:
    """The file's path, or None for anything that is not exactly one of ours."""
    if not (_NAME.fullmatch(name) and _FILE.fullmatch(file)):
        return None
    path: Path = settings.ARTWORK_DIR / name / file
    return path if path.is_file() else None


def discard(name: str) -> None:
    """Delete every rendition. A name that is not there, or not ours, is left alone."""
    if _NAME.fullmatch(name):
        shutil.rmtree(settings.ARTWORK_DIR / name, ignore_errors=True)


def _write_width(image: Image.Image, width: int, directory: Path) -> None:
    height = max(1, round(image.height * width / image.width))
    sized = (
        image if width == image.width else image.resize((width, height), Image.Resampling.LANCZOS)
    )
    most_bytes = MOST_BYTES_ON_PHONES if width <= WIDEST_MADE_LIGHT else None
    for suffix in CONTENT_TYPES:
        (directory / f"{width}{suffix}").write_bytes(encode(sized, suffix, most_bytes))


def _srcsets(campaign: Campaign, widths_of_types: Sequence[Sequence[int]]) -> Srcsets:
    return Srcsets(*map(partial(_srcset, campaign), widths_of_types, CONTENT_TYPES))


def _is_light(campaign: Campaign, width: int, suffix: str) -> bool:
    """Of artwork that was stored before its weights were, what was made light counts as light."""
    weight = campaign.artwork_weights.get(f"{width}{suffix}")
    return width <= WIDEST_MADE_LIGHT if weight is None else weight <= MOST_BYTES_ON_PHONES


def _srcset(campaign: Campaign, of_widths: Sequence[int], suffix: str) -> str:
    return ", ".join(f"{_address(campaign, f'{width}{suffix}')} {width}w" for width in of_widths)


def _address(campaign: Campaign, file: str) -> str:
    return f"{_directory()}{campaign.artwork}/{file}"


@cache
def _directory() -> str:
    """Looked up once, as a page has a dozen of these addresses."""
    return reverse("artwork", args=["NAME", "FILE"]).removesuffix("NAME/FILE")
