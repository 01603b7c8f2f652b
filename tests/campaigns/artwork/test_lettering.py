"""Words on pictures: never a box, never beyond the space there is, right in every script."""

from __future__ import annotations

import pytest
from PIL import features

from campaigns.artwork.lettering import (
    Lettering,
    fitted,
    font_for,
    has_emoji,
    is_from_right,
    without_emoji,
)

LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerk" * 2
SCRIPTS = {
    "First Light": "Inter ExtraBold",
    "Łódź, Việt Nam, Ελλάδα": "Inter ExtraBold",
    "Ночной автобус": "Inter ExtraBold",
    "夜明けのファースト": "Noto Sans JP ExtraBold",
    "这首歌 黎明 憂鬱": "Noto Sans SC ExtraBold",
    "첫 번째 빛": "Noto Sans KR ExtraBold",
    "Łódź 夜": "Noto Sans JP ExtraBold",
    "Žižkov 빛": "Noto Sans KR ExtraBold",
}
SHAPED = ["ليلة النور (Light)", "אור ראשון", "पहली रोशनी", "แสงแรก"]


def lettering_of(text: str, *, largest: int = 116, height: int = 225) -> Lettering:
    lettering = fitted(text, largest, 52, 860, height)
    assert lettering is not None
    return lettering


@pytest.mark.parametrize("text", SCRIPTS)
def test_a_script_has_a_font(text: str) -> None:
    check_font(text, SCRIPTS[text])


@pytest.mark.parametrize("text", SHAPED)
def test_a_script_that_is_shaped_or_turned_has_a_font(text: str) -> None:
    check_font(text, "Noto Sans ExtraBold")


def check_font(text: str, name: str) -> None:
    font = font_for(text)

    assert font is not None
    assert font.getname()[0] == name
    # Boxes would all be the same.
    letters = {letter for letter in text if letter.isalpha()}
    assert len({bytes(font.getmask(letter)) for letter in letters}) > len(letters) / 2


@pytest.mark.parametrize("text", ["ᏣᎳᎩ", "First ᏣᎳᎩ", "\U00013000", "\ue000", "", " "])
def test_what_no_font_has_is_left_out(text: str) -> None:
    assert font_for(text) is None
    assert fitted(text, 100, 50, 800, 200) is None


def test_letters_that_have_to_be_joined_or_turned_are_left_out_where_nothing_does_that(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(features, "check", lambda name: name != "raqm")

    assert font_for("ليلة النور") is None
    assert font_for("पहली रोशनी") is None
    assert font_for("Việt Nam") is not None


def test_arabic_letters_are_joined() -> None:
    font = font_for("ليلة")

    assert font is not None
    assert font.getlength("ليلة") < sum(map(font.getlength, "ليلة")) * 0.9


@pytest.mark.parametrize(
    "text",
    [
        LONG,
        "The Quiet Hours Between Midnight and the First Train Home " * 2,
        "夜明けの光、ファーストライト・ライブ・" * 6,
        "ليلة النور والمطر الطويل " * 5,
        "W" * 120,
        "i " * 60,
    ],
)
@pytest.mark.parametrize("height", [60, 225, 900])
def test_a_long_text_keeps_to_its_box(text: str, height: int) -> None:
    lettering = lettering_of(text, height=height)

    assert max(map(lettering.font.getlength, lettering.lines)) <= 861
    assert len(lettering.lines) == 1 or lettering.height <= height + 1


def test_a_short_text_is_as_large_as_allowed_and_a_longer_one_smaller() -> None:
    short, longer = lettering_of("First"), lettering_of("The Quiet Hours Between Midnight and One")

    assert short.font.size == 116
    assert short.lines == ("First",)
    assert 52 <= longer.font.size < 116


def test_words_stay_whole_where_they_can() -> None:
    text = "The Quiet Hours Between Midnight and the First Train Home"

    assert " ".join(lettering_of(text).lines) == text


def test_lines_are_of_like_length() -> None:
    lettering = lettering_of("The Quiet Hours Between Midnight", largest=100)

    first, second = map(lettering.font.getlength, lettering.lines)
    assert abs(first - second) < 0.3 * first


def test_japanese_breaks_between_letters_but_not_before_a_comma() -> None:
    lettering = lettering_of(
        "夜明けの光、ファーストライト、ライブ、アットナイトデスク、夜明けの光、"
    )

    assert len(lettering.lines) > 1
    assert all(line[0] not in "、ー" for line in lettering.lines)
    assert "".join(lettering.lines).count("、") == 5


def test_what_is_too_long_for_the_smallest_size_is_cut_with_a_sign() -> None:
    lettering = lettering_of("The Quiet Hours " * 12, height=60)

    assert lettering.lines[-1].endswith("…")


def test_emoji_are_left_out_and_nothing_else() -> None:
    assert without_emoji("Summer ☀️ Nights 👩🏽‍🎤 No. 5 & ½™") == "Summer Nights No. 5 & ½™"
    assert has_emoji("Summer ☀️")
    assert not has_emoji("Summer ™ Łódź")


@pytest.mark.parametrize(
    ("text", "expected"),
    [("First", False), ("ليلة First", True), ("“אור", True), ("2026", False), ("", False)],
)
def test_the_side_from_which_a_text_is_read(text: str, expected: bool) -> None:
    assert is_from_right(text) is expected
