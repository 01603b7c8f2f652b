"""Spellings of one name: which are the same, and which are not guessed to be."""

from __future__ import annotations

import pytest

from campaigns.catalogue.folding import folded, is_same_name, with_letters_for_signs

SAME = [
    ("Kesha", "Ke$ha"),
    ("Pink", "P!nk"),
    ("ASAP Rocky", "A$AP Rocky"),
    ("ASAP Rocky", "A.S.A.P. Rocky"),
    ("Suicideboys", "$uicideboy$"),
    ("Joey Badass", "Joey Bada$$"),
    ("illmind", "!llmind"),
    ("Royksopp", "Røyksopp"),
    ("Lona", "Łona"),
    ("MO", "MØ"),
    ("Den", "Đen"),
    ("Isik", "Iş\u0131k"),
    ("Aether", "Æther"),
    ("Oeuvre", "Œuvre"),
    ("Strasse", "Straße"),
    ("Thor", "Þór"),
    ("Sigur Ros", "Sigur Rós"),
    ("BEYONCE", "Beyoncé"),
    ("Beyonce\u0301", "Beyoncé"),
    ("\uff21\uff22\uff22\uff21", "Abba"),
    ("ﾊﾞﾝﾄﾞ", "バンド"),
    ("Panic at the Disco", "Panic! At The Disco"),
    ("Hey! Say! JUMP", "Hey!Say!JUMP"),
    ("Wham", "Wham!"),
    ("Simon and Garfunkel", "Simon & Garfunkel"),
    ("Simon and Garfunkel", "Simon\uff06Garfunkel"),
    ("Kesha", "Ke\uff04ha"),
    ("Florence & the Machine", "Florence + The Machine"),
    ("ACDC", "AC/DC"),
    ("Guns N Roses", "Guns N\u2019 Roses"),
    ("Israel Kamakawiwo'ole", "Israel Kamakawiwo\u02bbole"),
    ("!!!", "\uff01\uff01\uff01"),
    ("+/-", "+ / -"),
    ("Hey!Say!JUMP & Kis", "Hey! Say! JUMP and Kis"),
    ("Mala Fama", "Malá\u0323 Fa\u0304ma"),
    ("\u01ff", "o"),
    (
        "\u039d\u03cd\u03c7\u03c4\u03b1",
        "\u039d\u03a5\u03a7\u03a4\u0391",
    ),  # Greek capitals have no accents.
    ("\u0427\u0451\u0440\u043d\u044b\u0439", "\u0427\u0435\u0440\u043d\u044b\u0439"),
    ("\u041a\u0418\u041d\u041e\u0419", "\u043a\u0438\u043d\u043e\u0438\u0306"),
    ("Don\u00b4t Stop", "Don't Stop"),
    ("Don`t Stop", "Don't Stop"),
    ("100 %", "100%"),
    ("C\uff03", "c#"),
    ("love \u2764\ufe0f", "Love\u2764"),
    ("\u591c\uff5e\u30d0\u30b9\uff5e", "\u591c \u301c\u30d0\u30b9\u301c"),
    ("1 2 3", "1, 2, 3"),
]
DIFFERENT = [
    ("!!!", "Somebody Else"),
    ("!!!", "Chk Chk Chk"),
    ("!!!", "!!"),
    ("$", "s"),
    ("&", "and"),
    ("+", "&"),
    ("And One", "One"),
    ("&ME", "ME"),
    ("4:44", "444"),
    ("1+1", "11"),
    ("Kesha", "Kasha"),
    ("Pink", "Punk"),
    ("宇多田ヒカル", "Hikaru Utada"),
    ("Кино", "Kino"),
    ("カ", "ガ"),
    # Signs and marks that make another name.
    ("+44", "44"),
    ("A+", "A"),
    ("C#", "C"),
    ("F\u266f", "F"),
    ("F\u266f", "F\u266d"),
    ("100%", "100"),
    ("$100", "100"),
    ("45\u00b0", "45"),
    ("love \U0001f600", "love \U0001f603"),
    ("love \U0001f600", "love"),
    ("\u043c\u043e\u0439", "\u043c\u043e\u0438"),  # Cyrillic short i
    ("\u0457\u0445", "\u0456\u0445"),  # Ukrainian yi
    ("\u0443\u0436\u043e", "\u045e\u0436\u043e"),  # Belarusian short u
    ("\u0624", "\u0648"),  # Arabic waw, with and without hamza
    ("\u0e81\u0eb8", "\u0e81\u0eb9"),  # Lao vowels
    ("\u0f40\u0f72", "\u0f40\u0f74"),  # Tibetan vowels
    ("की", "का"),
    ("", ""),
    ("", "!!!"),
    (" ", " "),
    ("\u3164", "\u3164"),
    ("\u200b", ""),
    ("\ufe0f", "\ufe0f"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spellings_of_one_name_are_the_same(one: str, other: str) -> None:
    assert is_same_name(one, other)
    assert is_same_name(other, one)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_other_names_and_no_names_are_not_the_same(one: str, other: str) -> None:
    assert not is_same_name(one, other)
    assert not is_same_name(other, one)


def test_folding_again_changes_nothing() -> None:
    for name in {name for pair in SAME + DIFFERENT for name in pair}:
        assert folded(folded(name)) == folded(name)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Ke$ha feat. Florence + The Machine", "kesha feat florence and the machine"),
        ("  ÆGIR\t(Live) ", "aegir live"),
        ("C# + 100%", "c# and 100%"),
        ("!!!", "!!!"),
        ("夜行バス 2", "夜行バス 2"),
    ],
)
def test_a_folded_name_is_its_words(name: str, words: str) -> None:
    assert folded(name) == words


def test_an_address_gets_the_same_letters() -> None:
    assert with_letters_for_signs("Łódź Straße P!nk!") == "lodz strasse pink!"
