"""A campaign's key files under a master key, for the tests of the keyring."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest

from campaigns.keyring import CampaignKey, Keyring
from tests.factory import master_key_line

CAMPAIGN, OTHER_CAMPAIGN = uuid.uuid4(), uuid.uuid4()
ROW, OTHER_ROW = uuid.uuid4(), uuid.uuid4()
AGREED, SOMETHING_ELSE = b"a" * 32, b"b" * 32
TOKEN = "AQD-canary-of-a-refresh-token"


@pytest.fixture
def master_key(tmp_path: Path) -> Path:
    path = tmp_path / "master.key"
    path.touch(0o600)
    path.write_text(master_key_line("1"))
    return path


@pytest.fixture
def keyring_files(keyring_dir: Path, master_key: Path) -> Keyring:
    return Keyring(keyring_dir, master_key)


@pytest.fixture
def key(keyring_files: Keyring) -> CampaignKey:
    keyring_files.public_key(CAMPAIGN)
    return keyring_files.open(CAMPAIGN)
