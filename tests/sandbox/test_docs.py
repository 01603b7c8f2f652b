"""docs/sandbox.md names everything that a script can say."""

from __future__ import annotations

from dataclasses import fields

import pytest

from sandbox import control, faults, scripts
from sandbox.catalogue import Artist, Item
from sandbox.state import Account, Settings
from tests.sandbox.driver import REPOSITORY

NOT_SCRIPTED = {"hits"}


@pytest.fixture(scope="module")
def page() -> str:
    return (REPOSITORY / "docs" / "sandbox.md").read_text(encoding="utf-8")


def test_every_setting_can_be_scripted_and_is_explained(page: str) -> None:
    assert {field.name for field in fields(Settings)} == set(scripts.SETTING_CHECKS)
    assert [name for name in scripts.SETTING_CHECKS if f"`{name}`" not in page] == []


def test_every_kind_and_place_of_a_fault_is_explained(page: str) -> None:
    words = {*faults.KINDS, *faults.ENDPOINTS}
    assert [word for word in sorted(words) if f"`{word}`" not in page] == []


@pytest.mark.parametrize("subject", [Item, Artist, Account, faults.Fault])
def test_every_field_is_explained(page: str, subject: type) -> None:
    names = {field.name for field in fields(subject)} - NOT_SCRIPTED
    assert [name for name in names if f"`{name}`" not in page and f'"{name}"' not in page] == []


def test_every_side_of_a_window_is_explained(page: str) -> None:
    assert [name for name in scripts.WINDOW_FIELDS if f"`{name}`" not in page] == []


def test_every_control_address_is_listed(page: str) -> None:
    assert [route.path for route in control.routes() if f"{route.path}`" not in page] == []
