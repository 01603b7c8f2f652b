"""How `make docs` makes a site from the pages here. It loads nothing from elsewhere."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parent.parent

project = "Presave"
version = release = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
copyright = "the authors of Presave, MIT licence"
language = "en_GB"

extensions = ["myst_parser"]
# As GitHub names them, so that a link to a heading works in both.
myst_heading_anchors = 4
# Commands and settings stay as they are typed: no dash is made of --, and no quotes are curved.
smartquotes = False
exclude_patterns = ["screenshots"]

html_theme = "furo"
html_title = f"Presave {version}"
html_copy_source = False
html_show_sourcelink = False


def setup(app: Sphinx) -> None:
    """Read pages that are written for GitHub as those of a site, which has no files of the code."""
    app.connect("source-read", _name_files_of_the_code)
    app.connect("source-read", _name_pages_by_title)


def _name_files_of_the_code(_app: Sphinx, _page: str, source: list[str]) -> None:
    source[0] = re.sub(r"\[([^\]]+)\]\(\.\./[^)]+\)", r"\1", source[0])


def _name_pages_by_title(_app: Sphinx, _page: str, source: list[str]) -> None:
    # A link without a text gets the heading that it leads to.
    source[0] = re.sub(r"\[[\w-]+\.md\]\(", "[](", source[0])
