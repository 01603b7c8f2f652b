"""Every sentence that a fan can read stands in every language, with its variables; and what is
compiled is what is written.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.conf import settings

ROOT = Path(__file__).resolve().parent.parent
LOCALES = {"es": "es", "pt-br": "pt_BR", "de": "de", "fr": "fr", "ja": "ja"}
VARIABLE = re.compile(r"%\(\w+\)[sd]|\{\w*\}|<[^>]+>")


def po_of(root: Path, locale: str) -> Path:
    return root / "locale" / locale / "LC_MESSAGES" / "django.po"


def catalog_of(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file)


def messages_of(path: Path) -> list[Message]:
    return [message for message in catalog_of(path) if message.id]


def texts(value: str | tuple[str, ...] | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


@pytest.fixture(scope="module")
def extracted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources, with catalogues made anew from them."""
    root = tmp_path_factory.mktemp("extracted")
    for name in ("campaigns", "templates", "presave", "locale"):
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "manage.py", root)
    command = [sys.executable, "-m", "tests.messages", "--into", str(root)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return root


def test_every_language_but_english_has_a_catalogue() -> None:
    assert {code for code, _ in settings.LANGUAGES} == {"en", *LOCALES}


@pytest.mark.parametrize("locale", LOCALES.values())
def test_every_sentence_is_translated(extracted: Path, locale: str) -> None:
    in_sources = {message.id for message in messages_of(po_of(extracted, locale))}
    translated = {message.id: message for message in messages_of(po_of(ROOT, locale))}
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
