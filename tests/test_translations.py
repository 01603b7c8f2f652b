"""Every sentence that a fan can read stands in every language, with its variables; and what is
compiled is what is written.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings
from django.template.base import Lexer, TokenType
from django.utils.translation import to_locale

from tools import messages

ROOT = Path(__file__).resolve().parent.parent
LOCALES = {code: to_locale(code) for code, _ in settings.LANGUAGES if code != "en"}
VARIABLE = re.compile(r"%\(\w+\)[sd]|\{\w*\}|<[^>]+>")


def po_of(root: Path, locale: str) -> Path:
    return root / "locale" / locale / "LC_MESSAGES" / "django.po"


def catalog_of(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def messages_of(path: Path) -> list[Message]:
    return [message for message in catalog_of(path) if message.id]


def key(message: Message) -> tuple[str | None, str | tuple[str, ...] | list[str]]:
    return message.context, message.id


def texts(value: str | tuple[str, ...] | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources, with catalogues made anew from them."""
    root = tmp_path_factory.mktemp("extracted")
    for name in ("campaigns", "templates", "presave", "presave_check", "locale"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "manage.py", root)
    command = [sys.executable, "-m", "tools.messages", "--into", str(root)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return root


def test_every_language_but_english_has_a_catalogue() -> None:
    assert set(messages.LOCALES) == set(LOCALES.values())


@pytest.mark.parametrize("locale", LOCALES.values())
def test_every_sentence_is_translated(extracted: Path, locale: str) -> None:
    in_sources = {key(message) for message in messages_of(po_of(extracted, locale))}
    translated = {key(message): message for message in messages_of(po_of(ROOT, locale))}
    assert in_sources, "nothing was extracted"
    assert in_sources - set(translated) == set(), "not in the catalogue: make messages"
    assert set(translated) - in_sources == set(), "not in the sources any more: make messages"
    for message in translated.values():
        assert not message.fuzzy, message.id
        assert all(text.strip() for text in texts(message.string or "")), message.id


@pytest.mark.parametrize("locale", LOCALES.values())
def test_a_translation_keeps_its_variables_and_elements(locale: str) -> None:
    for message in messages_of(po_of(ROOT, locale)):
        *_, longest = texts(message.id)
        expected = sorted(VARIABLE.findall(longest))
        for text in texts(message.string or ""):
            assert sorted(VARIABLE.findall(text)) == expected, (message.id, text)


@pytest.mark.parametrize("locale", LOCALES.values())
def test_what_is_compiled_is_what_is_written(locale: str) -> None:
    po = po_of(ROOT, locale)
    compiled = BytesIO()
    write_mo(compiled, catalog_of(po))
    assert po.with_suffix(".mo").read_bytes() == compiled.getvalue(), "make messages"


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT / "templates"))


SAID_IN_EVERY_LANGUAGE = {"Presave", "JSON", "UTC", "Slack", "ntfy", "SVG", "PNG"}
SHOWN_ATTRIBUTES = {"alt", "aria-label", "placeholder", "title", "data-copied", "data-by-hand"}
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
TEXTS = [
    path
    for folder in ("account", "dashboard", "mail", "mfa", "status", "usersessions")
    for path in sorted((ROOT / "templates" / folder).rglob("*.txt"))
    if path.name != "share_snippet.txt"  # HTML for other pages
]
GLUED = re.compile(
    r"""\|pluralize|\|yesno|\|date:["'][a-zA-Z]+ |\|default:"[a-zA-Z]|firstof [a-z_. ]*["]"""
)
# Names of classes, not words.
CLASSES = ("block surface", "block main_class")


class Shown(HTMLParser):
    """The words of a template that stand in it as they are."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.words += [value or "" for name, value in attrs if name in SHOWN_ATTRIBUTES]


def unmarked(template: str) -> list[str]:
    tokens, is_marked, source = Lexer(template).tokenize(), False, ""
    for token in tokens:
        if token.token_type == TokenType.BLOCK:
            begins = token.contents.startswith(("blocktranslate", *CLASSES))
            is_marked = begins or (is_marked and not token.contents.startswith("endblock"))
            source += " "
        elif token.token_type == TokenType.TEXT and not is_marked:
            source += token.contents
    shown = Shown()
    shown.feed(source)
    words = " ".join(shown.words).split()
    return [word for word in words if word not in SAID_IN_EVERY_LANGUAGE and word[0].isalpha()]


@pytest.mark.parametrize("path", [*TEMPLATES, *TEXTS], ids=name_of)
def test_no_words_go_around_gettext(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert unmarked(source) == []
    # A plural glued to a word, a date in English order, and a word that stands for nothing.
    assert GLUED.findall(source) == []


def test_words_that_go_around_gettext_are_found() -> None:
    assert unmarked('<p>Hello {{ name }}</p><img alt="Cover">{% translate "Yes" %}') == [
        "Hello",
        "Cover",
    ]
