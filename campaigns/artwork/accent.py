"""The colour of a page, found in its artwork.

Only the hue is taken from there: each accent has its own tested shades in fan.css.
"""

from __future__ import annotations

from typing import Final

from PIL import Image

from campaigns.models.choices import Accent

# The hues of the accents in fan.css, in degrees. INK has none.
HUES: Final = {
    Accent.RUST: 11,
    Accent.AMBER: 40,
    Accent.GREEN: 145,
    Accent.TEAL: 181,
    Accent.BLUE: 210,
    Accent.INDIGO: 239,
    Accent.VIOLET: 275,
    Accent.ROSE: 333,
}
# Each accent's two shades in fan.css, for what is no page: on paper, and on a dark ground.
TINTS: Final = {
    Accent.RUST: ("#a8331a", "#ff9a7a"),
    Accent.AMBER: ("#7a4a00", "#f2bf68"),
    Accent.GREEN: ("#1a6338", "#86d9a2"),
    Accent.TEAL: ("#0b5f63", "#6fd6d6"),
    Accent.BLUE: ("#0f5499", "#8cc4ff"),
    Accent.INDIGO: ("#3d3fa8", "#b0b4ff"),
    Accent.VIOLET: ("#6d2f9c", "#d9a8ff"),
    Accent.ROSE: ("#a31555", "#ff9cc0"),
    Accent.INK: ("#17130f", "#f5f0e8"),
}
_SIDE: Final = 64
# Of 255. What is paler or darker looks grey or black.
_LEAST_SATURATION: Final = 70
_LEAST_VALUE: Final = 60
# A picture with less colour than this counts as black and white.
_LEAST_SHARE: Final = 0.01


def from_artwork(image: Image.Image) -> Accent:
    """The accent nearest to most of the picture's colour; vivid colours count for more."""
    pixels = image.convert("RGB").resize((_SIDE, _SIDE), Image.Resampling.BOX).convert("HSV")
    channels = pixels.tobytes()
    weights = dict.fromkeys(HUES, 0)
    colourful = 0
    for hue, saturation, value in zip(channels[::3], channels[1::3], channels[2::3], strict=True):
        if saturation >= _LEAST_SATURATION and value >= _LEAST_VALUE:
            weights[_nearest(hue * 360 / 256)] += saturation * value
            colourful += 1
    if colourful < _LEAST_SHARE * _SIDE**2:
        return Accent.INK
    return max(weights, key=weights.__getitem__)


def _nearest(hue: float) -> Accent:
    """Round the circle: 350 degrees are near to 10."""
    return min(HUES, key=lambda accent: abs((hue - HUES[accent] + 180) % 360 - 180))
