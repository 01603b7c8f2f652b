"""Two colours of a cover, on which white words are readable."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image

from campaigns.artwork import ground
from demo.cover import draw_cover
from tests.campaigns.fan.test_palette import contrast, luminance


def flat(*colours: str) -> Image.Image:
    """Stripes, each as wide as the others."""
    image = Image.new("RGB", (60, 60))
    for number, colour in enumerate(colours):
        image.paste(colour, (60 * number // len(colours), 0, 60, 60))
    return image


COVERS = {
    "white": flat("white"),
    "black": flat("black"),
    "black and white": flat("white", "black"),
    "yellow": flat("#ffff00"),
    "blue": flat("#0000ff"),
    "two": flat("#ff0000", "#0000ff"),
    "grey": Image.linear_gradient("L").convert("RGB"),
    "sunset": Image.open(BytesIO(draw_cover(size=300))).convert("RGB"),
}


@pytest.mark.parametrize("cover", COVERS)
def test_both_colours_keep_to_their_lightness_and_differ(cover: str) -> None:
    first, second = ground.from_artwork(COVERS[cover]).split()
    assert first != second
    assert luminance(first) >= luminance(second)
    for colour in (first, second):
        # A sample is rounded to one of 256.
        assert luminance(colour) <= ground.LIGHTEST + 0.002
        assert contrast("#ffffff", colour) >= 10


def hues(colours: str) -> list[str]:
    """Which of red, green and blue is the strongest in each."""
    return ["rgb"[max(range(3), key=lambda at: of[1 + 2 * at :][:2])] for of in colours.split()]


def test_they_are_the_covers_own() -> None:
    assert sorted(hues(ground.from_artwork(COVERS["two"]))) == ["b", "r"]
    assert hues(ground.from_artwork(COVERS["blue"])) == ["b", "b"]
    assert len(set(ground.from_artwork(COVERS["white"]).split()[0][1:])) <= 2  # grey
    # A little of a colour says more of a cover than its white paper.
    assert "g" in hues(ground.from_artwork(flat("white", "white", "white", "#00a050")))
