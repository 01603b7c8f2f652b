"""Pixels of every kind, made opaque and put into sRGB."""

from __future__ import annotations

from typing import Any

import pytest
from PIL import Image, ImageCms

from campaigns.artwork import colours
from tools.pictures import picture


@pytest.mark.parametrize(
    ("mode", "color", "expected"),
    [
        ("1", 1, ("L", 255)),
        ("L", 64, ("L", 64)),
        ("LA", (64, 255), ("L", 64)),
        ("LA", (64, 0), ("L", 255)),
        ("LA", (0, 128), ("L", 127)),
        ("I;16", 64 * 256 + 200, ("L", 64)),
        ("RGB", (1, 2, 3), ("RGB", (1, 2, 3))),
        ("RGBA", (1, 2, 3, 0), ("RGB", (255, 255, 255))),
        ("P", 0, ("RGB", (0, 0, 0))),
        ("CMYK", (1, 2, 3, 4), ("CMYK", (1, 2, 3, 4))),
    ],
)
def test_each_kind_becomes_the_one_that_a_profile_is_made_for(
    mode: str, color: Any, expected: tuple[str, Any]
) -> None:
    seen = colours.opaque(picture(8, 8, mode, color), clear=None)

    assert (seen.mode, seen.getpixel((4, 4))) == expected


@pytest.mark.parametrize(
    ("mode", "color", "clear", "expected"),
    [
        ("L", 64, 64, 255),
        ("L", 64, 65, 64),
        ("1", 1, 255, 255),
        ("1", 0, 0, 255),
        ("I;16", 0x4001, 0x4001, 255),
        ("I;16", 0x4001, 0x4000, 0x40),
        ("RGB", (1, 2, 3), (1, 2, 3), (255, 255, 255)),
        ("RGB", (1, 2, 3), (1, 2, 4), (1, 2, 3)),
    ],
)
def test_the_clear_colour_becomes_white(mode: str, color: Any, clear: Any, expected: Any) -> None:
    assert colours.opaque(picture(8, 8, mode, color), clear).getpixel((4, 4)) == expected


def test_a_palettes_clear_entries_become_white() -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([200, 0, 0, 0, 0, 200])
    image.putpixel((1, 0), 1)

    seen = colours.opaque(image, clear=b"\0")

    assert [seen.getpixel((x, 0)) for x in (0, 1)] == [(255, 255, 255), (0, 0, 200)]


def test_a_gamma_of_one_is_light_itself() -> None:
    assert colours.in_srgb(picture(8, 8, "L", 64), b"", 1.0).getpixel((4, 4)) == (137, 137, 137)
    assert colours.in_srgb(picture(8, 8, "L", 64), b"", None).getpixel((4, 4)) == (64, 64, 64)


def test_a_broken_profile_leaves_the_gamma() -> None:
    assert colours.in_srgb(picture(8, 8, "L", 64), b"broken", 1.0).getpixel((4, 4)) == (137,) * 3


def test_a_profile_comes_before_the_gamma() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    seen = colours.in_srgb(picture(8, 8, "RGB", (64, 64, 64)), profile, 1.0)

    assert seen.getpixel((4, 4)) == (64, 64, 64)


def test_what_comes_out_knows_nothing_of_the_file() -> None:
    image = picture(8, 8)
    image.info["comment"] = "here"

    assert not colours.in_srgb(image, b"", None).info
