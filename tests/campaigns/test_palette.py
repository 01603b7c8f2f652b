"""The colours of the dashboard: text is readable on every ground it stands on, in both schemes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CSS = Path(__file__).resolve().parents[2] / "campaigns/static/campaigns/base.css"
GROUNDS = ["paper", "raised", "sunken"]
TEXTS = ["ink", "soft", "mark", "good", "warn", "bad"]
# WCAG 2.2, 1.4.3 and 1.4.11.
READABLE, VISIBLE = 4.5, 3.0


def schemes() -> dict[str, dict[str, str]]:
    light, dark = re.findall(r":root \{(.*?)\}", CSS.read_text(encoding="utf-8"), re.DOTALL)[:2]
    return {
        name: dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
        for name, block in (("light", light), ("dark", dark))
    }


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
