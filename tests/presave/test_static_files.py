"""What is served of a stylesheet or script."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.files.base import ContentFile
from django.templatetags.static import static
from django.test import Client

from presave.static_files import MinifyingStorage


@pytest.mark.parametrize(
    ("name", "source", "served"),
    [
        ("campaigns/page.css", "a {\n  color: red;\n}\n/* why */\n", "a{color:red}"),
        (
            "campaigns/page.js",
            "// why\nlet a = 1;\n\na = `a // b`;\n",
            "let a=1;a=`a // b`;",
        ),
        ("admin/page.css", "a {\n  color: red;\n}\n", "a {\n  color: red;\n}\n"),
        ("campaigns/page.txt", "a  b\n", "a  b\n"),
    ],
)
def test_our_own_stylesheets_and_scripts_lose_what_no_browser_reads(
    tmp_path: Path, name: str, source: str, served: str
) -> None:
    MinifyingStorage(location=tmp_path).save(name, ContentFile(source.encode()))
    assert (tmp_path / name).read_text() == served


def test_pages_name_what_was_made_small() -> None:
    made = Path(settings.STATIC_ROOT) / static("campaigns/fan.css").removeprefix(
        settings.STATIC_URL
    )
    source = Path(str(finders.find("campaigns/fan.css")))
    assert 0.5 < made.stat().st_size / source.stat().st_size < 0.9
    assert b"docs/fan-pages.md" not in made.read_bytes()


@pytest.mark.django_db
def test_a_page_of_the_version_before_gets_the_stylesheet_of_this_one(client: Client) -> None:
    before = "/static/campaigns/fan.0123456789ab.css"

    answer = client.get(before)

    assert (answer.status_code, answer.headers["Location"]) == (302, static("campaigns/fan.css"))
    assert "no-store" in answer.headers["Cache-Control"]
    assert client.get("/static/campaigns/gone.0123456789ab.css").status_code == 404
