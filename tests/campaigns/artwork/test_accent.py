"""The accent that a picture leads to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

from campaigns.artwork.accent import TINTS, from_artwork
from campaigns.models import Accent
from tools.pictures import picture

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("color", "accent"),
    [
        ("#ff0000", Accent.RUST),
        ("#f26b3a", Accent.RUST),
        ("#ffd166", Accent.AMBER),
        ("#2e8b57", Accent.GREEN),
        ("#008080", Accent.TEAL),
        ("#1e90ff", Accent.BLUE),
        ("#3030c0", Accent.INDIGO),
        ("#8a2be2", Accent.VIOLET),
        ("#ff1493", Accent.ROSE),
        ("#ff0011", Accent.RUST),
        ("#808080", Accent.INK),
        ("#8a8580", Accent.INK),
        ("#0a0022", Accent.INK),
        ("#ffffff", Accent.INK),
    ],
)
def test_the_nearest_hue_is_taken(color: str, accent: Accent) -> None:
    assert from_artwork(picture(color=color)) == accent


def with_patch(ground: str, color: str, side: int) -> Image.Image:
    image = picture(400, 400, color=ground)
    image.paste(color, (0, 0, side, side))
    return image


def test_a_little_colour_on_grey_counts_and_a_speck_does_not() -> None:
    assert from_artwork(with_patch("#dddddd", "#1e90ff", 80)) == Accent.BLUE
    assert from_artwork(with_patch("#dddddd", "#1e90ff", 20)) == Accent.INK


def test_a_vivid_colour_outweighs_a_dull_one() -> None:
    assert from_artwork(with_patch("#3a5a48", "#ff1493", 220)) == Accent.ROSE


def test_pictures_have_the_shades_of_the_pages() -> None:
    css = (ROOT / "campaigns/static/campaigns/fan.css").read_text()

    for position, name in enumerate(("tint", "light")):
        shades = dict(re.findall(rf"\.accent-(\w+) {{[^}}]*--{name}: (#\w+);", css))
        assert shades == {accent.value: shade[position] for accent, shade in TINTS.items()}
