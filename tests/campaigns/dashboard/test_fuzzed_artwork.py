"""Thousands of broken pictures at the form's door, the same ones every time.

FUZZED_FILES says how many; `make fuzz` sends 10,000.
"""

from __future__ import annotations

import os
import random
import re
import resource
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image, ImageCms

from campaigns.artwork import decoding
from campaigns.artwork.decoder import Trouble
from campaigns.models import Label
from tests.campaigns.artwork.test_decoding import PICTURES
from tools.pictures import file_of, jpeg_of_many_scans, photograph_like, picture

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db

FILES_OF_A_SEED: Final = 25
FIRST_BYTES: Final = 16
SEEDS: Final = range(int(os.environ.get("FUZZED_FILES", "500")) // FILES_OF_A_SEED)
EXTREMES: Final = (b"\0", b"\xff", b"\x7f", b"\x80", b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff")
SENTENCES: Final = (
    *(decoding._sentence(trouble) for trouble in Trouble),
    *(str(decoding.TOO_LARGE), "This file is empty. Save the image again and upload that."),
)
KNOWN: Final = re.compile(
    "|".join(re.sub(r"%\\\((\w+)\\\)d", r"\\d+", re.escape(known)) for known in SENTENCES)
)


@cache
def whole_files() -> list[bytes]:
    """Every format, each in kinds that take other ways through a decoder."""
    image = photograph_like(480, 400)
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Camera"
    beside = {
        "exif": exif.tobytes(),
        "icc_profile": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    }
    moving = {"save_all": True, "append_images": [picture(480, 400), image]}
    see_through = image.convert("RGBA")
    see_through.putalpha(image.convert("L"))
    made = [
        file_of(image, "JPEG", **beside),
        file_of(image, "JPEG", progressive=True, comment=b"comment"),
        file_of(image.convert("CMYK"), "JPEG"),
        file_of(image.convert("L"), "JPEG"),
        file_of(image, "PNG", **beside),
        file_of(see_through, "PNG"),
        file_of(image.quantize(16), "PNG", transparency=3),
        file_of(image.convert("L").convert("I;16"), "PNG"),
        file_of(image, "PNG", **moving, default_image=True),
        file_of(image, "WEBP", **beside),
        file_of(see_through, "WEBP", lossless=True),
        file_of(image, "WEBP", **moving),
        file_of(image, "AVIF", speed=10, **beside),
        file_of(see_through, "AVIF", speed=10),
    ]
    odd = [path.read_bytes() for path in sorted(PICTURES.glob("*.*"))]
    phone = (PICTURES / "phone.heic").read_bytes()
    return [*(file.getvalue() for file in made), *odd, *[phone] * 3, jpeg_of_many_scans(400, 40)]


def overwrite(file: bytearray, chance: random.Random, at: int) -> None:
    value = chance.choice([*EXTREMES, chance.randbytes(1), chance.randbytes(4)])
    file[at : at + len(value)] = value


def flip_a_bit(file: bytearray, chance: random.Random, at: int) -> None:
    file[at] ^= 1 << chance.randrange(8)


def insert(file: bytearray, chance: random.Random, at: int) -> None:
    file[at:at] = chance.randbytes(chance.choice((1, 2, 4, 100, 5000)))


def remove(file: bytearray, chance: random.Random, at: int) -> None:
    del file[at : at + chance.choice((1, 2, 4, 100, 5000))]


def repeat(file: bytearray, chance: random.Random, at: int) -> None:
    file[at:at] = file[at : at + chance.choice((4, 12, 100, 5000))] * chance.choice((1, 3, 50))


def cut(file: bytearray, chance: random.Random, at: int) -> None:
    del file[at:]


def go_on_as_another(file: bytearray, chance: random.Random, at: int) -> None:
    other = chance.choice(whole_files())
    file[at:] = other[chance.randrange(len(other)) :]


MUTATIONS: Final[list[Callable[[bytearray, random.Random, int], None]]] = [
    *[overwrite, flip_a_bit] * 3,
    *(insert, remove, repeat, cut, go_on_as_another),
]


def mutated(chance: random.Random) -> bytes:
    """Half of the changes are near the beginning, where the decisions are, and few in the first
    bytes, without which nothing is tried.
    """
    file = bytearray(chance.choice(whole_files()))
    for _ in range(chance.choice((1, 1, 2, 4, 10))):
        reach = min(chance.choice((600, len(file))), len(file))
        if reach > FIRST_BYTES:
            at = chance.randrange(0 if chance.random() < 0.05 else FIRST_BYTES, reach)
            chance.choice(MUTATIONS)(file, chance, at)
    return with_right_sums(bytes(file)) if chance.random() < 0.5 else bytes(file)


def with_right_sums(file: bytes) -> bytes:
    """Else what is changed in a PNG is seen by its sum alone, and nothing behind it is tried."""
    if not file.startswith(b"\x89PNG"):
        return file
    fixed, at = file[:8], 8
    while at + 12 <= len(file):
        end = at + 8 + int.from_bytes(file[at : at + 4], "big")
        fixed += file[at:end] + zlib.crc32(file[at + 4 : end]).to_bytes(4, "big")
        at = end + 4
    return fixed


@pytest.mark.parametrize("seed", SEEDS)
def test_every_picture_is_shown_or_refused_with_a_known_sentence(
    seed: int, dashboard: Client, label: Label, settings: Settings, tmp_path: Path
) -> None:
    settings.ARTWORK_DIR = tmp_path / "artwork"
    chance = random.Random(seed)
    for number in range(FILES_OF_A_SEED):
        file = mutated(chance)
        (tmp_path / "latest").write_bytes(file)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        upload = SimpleUploadedFile("cover", file)

        response = dashboard.post("/dashboard/new", {"refresh": "1", "artwork": upload})

        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        which = f"file {number} of seed {seed}, {tmp_path / 'latest'}"
        assert response.status_code == 200, which
        [sentence] = response.context["form"].errors.get("artwork", [""])
        assert bool(sentence) != bool(response.context["form"]["kept"].value()), which
        assert not sentence or KNOWN.fullmatch(sentence), f"{which}: {sentence}"
        assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < (
            decoding.MOST_SECONDS + 1
        ), which
        # The largest of all children so far, in kilobytes.
        assert after.ru_maxrss <= max(before.ru_maxrss, decoding.MOST_MEMORY // 1024), which
