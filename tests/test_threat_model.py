"""The tests that docs/threat-model.md names exist, and two controls that no other test holds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.test import Client

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent
PAGE = (ROOT / "docs" / "threat-model.md").read_text()
INSTALLS = ("Dockerfile", "deploy/install.sh", "Makefile", "docs/without-docker.md")


def test_every_test_that_the_threat_model_names_exists() -> None:
    named = set(re.findall(r"`(?:tests/)?([\w/]+\.py)::(\w+)", PAGE))

    assert len(named) > 100
    for path, name in named:
        assert re.search(rf"^def {name}\(", (TESTS / path).read_text(), re.MULTILINE), (path, name)


def test_every_threat_has_a_number_a_control_and_a_test() -> None:
    rows = re.findall(r"^\| (\d+) \| (.+) \| (.+) \| (.+) \| (.+) \|$", PAGE, re.MULTILINE)

    assert len(rows) > 60
    assert [int(number) for number, *_ in rows] == list(range(1, len(rows) + 1))
    for number, who, attack, control, proof in rows:
        assert ";" in who, number
        assert attack.strip(), number
        assert control.strip(), number
        assert re.fullmatch(r"`[\w/]+\.py::test_\w+`(?:, `[\w/]+\.py::test_\w+`)*", proof), number


@pytest.mark.django_db
def test_there_are_no_pages_for_administrators(client: Client) -> None:
    assert not apps.is_installed("django.contrib.admin")
    assert client.get("/admin").status_code == 404


def test_every_package_is_installed_by_its_hash() -> None:
    for name in INSTALLS:
        for command in re.findall(r"pip install(?:[^\n]*\\\n)*[^\n]*", (ROOT / name).read_text()):
            assert "--require-hashes" in command, f"{name}: {command}"
    for path in ROOT.glob("requirements*.txt"):
        packages = re.findall(r"^[\w.\[\]-]+==.*(?:\n    .*)*", path.read_text(), re.MULTILINE)
        assert packages
        assert all("--hash=sha256:" in package for package in packages), path.name
