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
    ("+44", "44"),
    ("!!!", "\uff01\uff01\uff01"),
    ("+/-", "+ / -"),
    ("Hey!Say!JUMP & Kis", "Hey! Say! JUMP and Kis"),
    ("A+", "A"),
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
        ("!!!", "!!!"),
        ("夜行バス 2", "夜行バス 2"),
    ],
)
def test_a_folded_name_is_its_words(name: str, words: str) -> None:
    assert folded(name) == words


def test_an_address_gets_the_same_letters() -> None:
    assert with_letters_for_signs("Łódź Straße P!nk!") == "lodz strasse pink!"
