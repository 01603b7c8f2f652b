"""`make messages`: collect every sentence into locale/, and compile what is there.

Extraction is Django's own makemessages, which wants GNU gettext; compiling is Babel's, and the
compiled files are kept, so that an installation needs neither.
"""

from __future__ import annotations

import argparse
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import django
from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.core.management import call_command

LOCALES: Final = ("es", "pt_BR", "de", "fr", "ja")
# Git knows when a catalogue changed.
NO_DATE: Final = datetime(2026, 1, 1, tzinfo=UTC)


class GettextNotFoundError(Exception):
    """The programs are missing with which Django collects sentences."""


def find_gettext() -> None:
    if not (shutil.which("xgettext") and shutil.which("msgmerge")):
        raise GettextNotFoundError(
            "GNU gettext is missing, with which the sentences are collected. "
            "Install it: apt-get install gettext, dnf install gettext, or brew install gettext."
        )


def collect(root: Path) -> None:
    os.chdir(root)
    call_command(
        "makemessages",
        locale=LOCALES,
        ignore_patterns=["tests", ".venv*", "data"],
        add_location="file",
        no_obsolete=True,
        no_wrap=False,
        verbosity=0,
    )


def tidy(root: Path, locale: str) -> None:
    """Write the catalogue so that a change of one sentence changes its lines alone."""
    po = root / "locale" / locale / "LC_MESSAGES" / "django.po"
    with po.open("rb") as file:
        found = read_po(file, locale=locale)
    catalog = Catalog(
        locale=locale,
        project="Presave",
        version="",
        msgid_bugs_address="",
        last_translator="",
        language_team=catalog_name(locale),
        header_comment=f"# Presave: {catalog_name(locale)}.",
        creation_date=NO_DATE,
        revision_date=NO_DATE,
        fuzzy=False,
    )
    for message in found:
        if message.id:
            catalog.add(message.id, message.string, flags=message.flags, context=message.context)
    with po.open("wb") as file:
        write_po(file, catalog, width=100, no_location=True, sort_output=True)
    with po.with_suffix(".mo").open("wb") as compiled:
        write_mo(compiled, catalog)


def catalog_name(locale: str) -> str:
    return str(Locale.parse(locale).english_name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--into", type=Path, default=Path.cwd(), help="the tree to work on")
    root = parser.parse_args().into
    settings.configure(LOCALE_PATHS=[root / "locale"])
    django.setup()
    collect(root)
    for locale in LOCALES:
        tidy(root, locale)


if __name__ == "__main__":
    main()
