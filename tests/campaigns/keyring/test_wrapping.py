"""What a key file holds: it opens with its two keys alone, and for its own campaign."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from campaigns.keyring import MasterKey, WeeklyKey, wrapping
from campaigns.keyring.master import MasterKeyFile
from campaigns.keyring.weekly import NO_WEEKLY_KEY, WeeklyKeys
from tests.campaigns.keyring.conftest import CAMPAIGN, OTHER_CAMPAIGN
from tests.factory import master_key_line

NOW = datetime(2026, 12, 1, tzinfo=UTC)
PRIVATE = X25519PrivateKey.generate()


@pytest.fixture
def masters(master_key: Path) -> list[MasterKey]:
    master_key.write_text(master_key_line("1") + master_key_line("2"))
    return MasterKeyFile(master_key).read()


@pytest.fixture
def weeks(tmp_path: Path) -> list[WeeklyKey]:
    for _ in range(2):
        WeeklyKeys(tmp_path).begin(NOW)
    return WeeklyKeys(tmp_path).read()


def opened(campaign_id: UUID, content: bytes, master: MasterKey, week: WeeklyKey | None) -> bytes:
    file = wrapping.read(content)
    assert file
    return wrapping.unwrap(campaign_id, file, master, week).private_bytes_raw()


def test_both_keys_open_it(masters: list[MasterKey], weeks: list[WeeklyKey]) -> None:
    content = wrapping.wrap(CAMPAIGN, PRIVATE, masters[0], weeks[0])
    file = wrapping.read(content)
    assert file
    assert (file.master, file.weekly) == (masters[0].fingerprint, weeks[0].fingerprint)
    assert opened(CAMPAIGN, content, masters[0], weeks[0]) == PRIVATE.private_bytes_raw()


@pytest.mark.parametrize(("master", "week"), [(1, 0), (0, 1), (0, None), (1, 1)])
def test_no_other_keys_open_it(
    master: int, week: int | None, masters: list[MasterKey], weeks: list[WeeklyKey]
) -> None:
    content = wrapping.wrap(CAMPAIGN, PRIVATE, masters[0], weeks[0])
    with pytest.raises(InvalidTag):
        opened(CAMPAIGN, content, masters[master], None if week is None else weeks[week])


def test_it_opens_for_its_own_campaign_alone(
    masters: list[MasterKey], weeks: list[WeeklyKey]
) -> None:
    content = wrapping.wrap(CAMPAIGN, PRIVATE, masters[0], weeks[0])
    with pytest.raises(InvalidTag):
        opened(OTHER_CAMPAIGN, content, masters[0], weeks[0])


def test_without_a_weekly_key_it_is_as_version_0_1_had_it(master_key: Path) -> None:
    """A file that version 0.1 wrote, and one that it could read."""
    master_key.write_text(f"1:{base64.b64encode(bytes(range(32))).decode()}")
    [master] = MasterKeyFile(master_key).read()
    campaign_id = UUID("11111111-2222-4333-8444-555555555555")
    content = bytes.fromhex(OF_VERSION_0_1)
    file = wrapping.read(content)
    assert file
    assert file.weekly == NO_WEEKLY_KEY
    assert opened(campaign_id, content, master, None) == bytes(range(1, 33))
    private_key = X25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
    again = wrapping.wrap(campaign_id, private_key, master, None)
    assert (again[:9], len(again)) == (content[:9], len(content))


OF_VERSION_0_1 = (
    "019a38510587bc6844d0c960e46fa29245ea001c9f16fe89d55aeb3769faf80d0ae66a"
    "e5a5fb4e9ecb12036e0152dca5eb7a341ce6fdf5298b58cf22e169984b6b251f0e81"
)


@pytest.mark.parametrize("version", [0, 1, 2, 3])
@pytest.mark.parametrize("length", [0, 1, 68, 70, 92, 94])
def test_a_file_of_another_length_or_version_is_damaged(version: int, length: int) -> None:
    assert wrapping.read(bytes([version] * length)) is None
