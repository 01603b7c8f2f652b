"""What lies behind a cover on its page: a gradient between two of its colours, of a lightness on
which white words are readable.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from PIL import Image

# Of relative luminance (WCAG 2.2), in which white is 1.
DARKEST: Final = 0.008
LIGHTEST: Final = 0.045
_SIDE: Final = 64
_MOST_COLOURS: Final = 8
# Of a colour's weight, for those that are grey: vivid ones count for more.
_OF_GREY: Final = 0.08


class _Colour(NamedTuple):
    """In linear light, from 0 to 1."""

    red: float
    green: float
    blue: float

    @property
    def luminance(self) -> float:
        return 0.2126 * self.red + 0.7152 * self.green + 0.0722 * self.blue

    @property
    def vividness(self) -> float:
        return max(self) - min(self)

    def distance(self, other: _Colour) -> float:
        return sum(abs(one - another) for one, another in zip(self, other, strict=True))


def from_artwork(image: Image.Image) -> str:
    """Two colours as CSS writes them, with a space between: the lighter one first."""
    weights = _colours(image)
    main = max(weights, key=lambda colour: weights[colour] * (_OF_GREY + colour.vividness))
    first = _clamped(main)
    others = {_clamped(colour): weight for colour, weight in weights.items()}
    second = max(others, key=lambda colour: others[colour] ** 0.5 * colour.distance(first))
    if second.distance(first) < DARKEST:
        second = _Colour(*(part / 3 for part in first))
    lighter_first = sorted((first, second), key=lambda colour: -colour.luminance)
    return " ".join(map(_written, lighter_first))


def _colours(image: Image.Image) -> dict[_Colour, int]:
    """How many pixels have each of the picture's few main colours."""
    small = image.convert("RGB").resize((_SIDE, _SIDE), Image.Resampling.BOX)
    flat = small.quantize(_MOST_COLOURS, Image.Quantize.FASTOCTREE).convert("RGB")
    weights: dict[_Colour, int] = {}
    for count, samples in flat.getcolors(_MOST_COLOURS) or []:
        colour = _Colour(*(_to_light(sample / 255) for sample in samples))  # type: ignore[union-attr]
        weights[colour] = weights.get(colour, 0) + count
    return weights


def _clamped(colour: _Colour) -> _Colour:
    """Made darker it keeps its hue; made lighter it becomes more grey."""
    if colour.luminance > LIGHTEST:
        return _Colour(*(LIGHTEST * part / colour.luminance for part in colour))
    missing = max(0, DARKEST - colour.luminance)
    return _Colour(*(part + missing for part in colour))


def _to_light(sample: float) -> float:
    return sample / 12.92 if sample <= 0.04045 else ((sample + 0.055) / 1.055) ** 2.4


def _to_sample(light: float) -> float:
    return 12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055


def _written(colour: _Colour) -> str:
    return "#" + "".join(f"{round(255 * _to_sample(part)):02x}" for part in colour)
