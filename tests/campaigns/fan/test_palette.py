"""The colours: text is readable on every ground it stands on, in both schemes."""

from __future__ import annotations

import colorsys
import re
from itertools import product
from pathlib import Path

import pytest

from campaigns.artwork.accent import HUES
from campaigns.artwork.ground import LIGHTEST
from campaigns.models import Accent

STYLES = Path(__file__).resolve().parents[3] / "campaigns/static/campaigns"
GROUNDS = ["paper", "raised", "sunken"]
TEXTS = ["ink", "soft", "mark", "good", "warn", "bad"]
# WCAG 2.2, 1.4.3 and 1.4.11.
READABLE, VISIBLE = 4.5, 3.0


def style(name: str) -> str:
    return (STYLES / name).read_text(encoding="utf-8")


def schemes(sheet: str = "base.css") -> dict[str, dict[str, str]]:
    light, dark = re.findall(r":root \{(.*?)\}", style(sheet), re.DOTALL)[:2]
    return {
        name: {
            color: long_form(value)
            for color, value in re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", block)
        }
        for name, block in (("light", light), ("dark", dark))
    }


def long_form(color: str) -> str:
    """#fff as #ffffff."""
    return color if len(color) == 7 else "#" + "".join(digit * 2 for digit in color[1:])


def accents(sheet: str, shade: str) -> dict[str, str]:
    rule = rf"\.accent-(\w+) {{[^}}]*--{shade}: (#[0-9a-f]{{6}});"
    return dict(re.findall(rule, style(sheet)))


def luminance(color: str) -> float:
    """https://www.w3.org/TR/WCAG22/#dfn-relative-luminance"""
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_schemes_have_the_same_twelve_colours(scheme: str) -> None:
    assert set(schemes()[scheme]) == {*GROUNDS, *TEXTS, "line", "edge", "on-mark"}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("text", TEXTS)
def test_text_is_readable(scheme: str, ground: str, text: str) -> None:
    colors = schemes()[scheme]

    assert contrast(colors[text], colors[ground]) >= READABLE


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_buttons_are_readable_and_the_edges_of_fields_visible(scheme: str) -> None:
    colors = schemes()[scheme]

    assert contrast(colors["on-mark"], colors["mark"]) >= READABLE
    assert contrast(colors["paper"], colors["bad"]) >= READABLE
    for ground in GROUNDS:
        assert contrast(colors["edge"], colors[ground]) >= VISIBLE


# The fan's pages.

ACCENTS = [accent.value for accent in Accent if accent]
SHADES = {"light": "tint", "dark": "light"}


@pytest.mark.parametrize("scheme", SHADES)
def test_every_accent_is_readable_on_a_fans_page(scheme: str) -> None:
    grounds = schemes("fan.css")[scheme]
    marks = accents("fan.css", SHADES[scheme])

    assert list(marks) == ACCENTS
    for mark in (grounds["mark"], *marks.values()):
        # As text and underline; and as a button, with what is written on it.
        for ground in ("paper", "raised", "stage", "on-mark"):
            assert contrast(mark, grounds[ground]) >= READABLE, (mark, ground)


@pytest.mark.parametrize("scheme", SHADES)
def test_every_other_text_is_readable_on_a_fans_page(scheme: str) -> None:
    colors = schemes("fan.css")[scheme]

    for text, ground in product(("ink", "soft"), ("paper", "raised", "stage")):
        assert contrast(colors[text], colors[ground]) >= READABLE, (text, ground)


# What lies behind a cover is no lighter than this.
LIGHTEST_GROUND = f"#{round(255 * (1.055 * LIGHTEST ** (1 / 2.4) - 0.055)):02x}"
LIGHTEST_GROUND += LIGHTEST_GROUND[1:] * 2


def darkened(tint: str) -> str:
    """As the style sheet mixes it, where no colours of the cover are known."""
    (share,) = re.findall(r"color-mix\(in srgb, var\(--tint\), #000 (\d+)%\)", style("fan.css"))
    parts = [int(tint[at : at + 2], 16) * (100 - int(share)) / 100 for at in (1, 3, 5)]
    return "#" + "".join(f"{round(part):02x}" for part in parts)


def hero() -> dict[str, str]:
    (rule,) = re.findall(r"\.hero \{(.*?)\}", style("fan.css"), re.DOTALL)
    return {name: long_form(value) for name, value in re.findall(r"--([\w-]+): (#\w+);", rule)}


def test_everything_is_readable_behind_a_cover() -> None:
    lights = accents("fan.css", "light").values()
    tints = map(darkened, accents("fan.css", "tint").values())

    for behind in (LIGHTEST_GROUND, *tints):
        for text in (hero()["ink"], hero()["soft"], *lights):
            assert contrast(text, behind) >= READABLE, (text, behind)
    for light in lights:
        assert contrast(hero()["on-mark"], light) >= READABLE, light


def test_the_dashboard_shows_the_accents_as_they_are() -> None:
    assert accents("dashboard.css", "tint") == accents("fan.css", "tint")


def test_an_accent_is_found_by_the_hue_it_has() -> None:
    for accent, hue in HUES.items():
        parts = [int(accents("fan.css", "tint")[accent][at : at + 2], 16) / 255 for at in (1, 3, 5)]
        assert colorsys.rgb_to_hsv(*parts)[0] * 360 == pytest.approx(hue, abs=6), accent
