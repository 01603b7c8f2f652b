"""Sealing: a permission opens in its own row alone, a cookie only whole."""

from __future__ import annotations

import base64
import uuid
from pathlib import Path

import pytest

from campaigns import keyring
from campaigns.keyring import CampaignKey, Keyring, Secret, UnreadablePermissionError
from tests.campaigns.keyring.conftest import (
    AGREED,
    CAMPAIGN,
    OTHER_CAMPAIGN,
    OTHER_ROW,
    ROW,
    SOMETHING_ELSE,
    TOKEN,
)


def seal(
    key: CampaignKey,
    campaign: uuid.UUID = CAMPAIGN,
    row: uuid.UUID = ROW,
    agreed: bytes | None = AGREED,
) -> bytes:
    return keyring.seal(key.public_bytes, Secret(TOKEN), campaign, row, agreed)


def test_what_is_sealed_opens_for_its_row(key: CampaignKey) -> None:
    assert key.open(seal(key), ROW, AGREED).reveal() == TOKEN


def test_sealing_twice_gives_two_texts_without_the_token(key: CampaignKey) -> None:
    first, second = seal(key), seal(key)
    assert first != second
    assert TOKEN.encode() not in first


def test_a_permission_does_not_open_in_another_row(key: CampaignKey) -> None:
    with pytest.raises(UnreadablePermissionError):
        key.open(seal(key), OTHER_ROW, AGREED)


def test_a_permission_does_not_open_in_another_campaign(
    keyring_files: Keyring, key: CampaignKey
) -> None:
    keyring_files.public_key(OTHER_CAMPAIGN)
    with pytest.raises(UnreadablePermissionError):
        keyring_files.open(OTHER_CAMPAIGN).open(seal(key), ROW, AGREED)


def test_a_permission_names_its_campaign_even_under_the_same_key(key: CampaignKey) -> None:
    with pytest.raises(UnreadablePermissionError):
        key.open(seal(key, campaign=OTHER_CAMPAIGN), ROW, AGREED)


@pytest.mark.parametrize("agreed", [SOMETHING_ELSE, None])
def test_a_permission_does_not_open_for_something_else_than_the_fan_agreed_to(
    agreed: bytes | None, key: CampaignKey
) -> None:
    with pytest.raises(UnreadablePermissionError):
        key.open(seal(key), ROW, agreed)


@pytest.mark.parametrize("agreed", [AGREED, None])
def test_a_permission_from_before_that_was_kept_still_opens(
    agreed: bytes | None, key: CampaignKey
) -> None:
    sealed = seal(key, agreed=None)
    assert sealed[0] == 1
    assert key.open(sealed, ROW, agreed).reveal() == TOKEN


# Made by the version before permissions were bound to what fans agreed to.
OLD_KEY_FILE = (
    "019a38510587bc6844a2a8907e1ed60774a07e088edbb0c876f5239329db05ebd397e5eeac448d8c793e6661e4"
    "e27c511e1a64b5d939ff9c367baf997c4b77ad37d69ccf6d"
)
OLD_SEALED = (
    "0101fb6122fe997231d56750f9a39cd83c4752aa5c575bfbbd49c4d300c15ab05778cd1d115fe8581592762f7e"
    "913da0268d08e698a613e384abed"
)


def test_what_the_version_before_wrote_still_opens(keyring_dir: Path, master_key: Path) -> None:
    campaign, row = uuid.UUID(int=1), uuid.UUID(int=2)
    master_key.write_text(f"1:{base64.b64encode(bytes(range(32))).decode()}\n")
    path = keyring_dir / f"{campaign}.key"
    keyring_dir.mkdir(mode=0o700, exist_ok=True)
    path.touch(0o600)
    path.write_bytes(bytes.fromhex(OLD_KEY_FILE))
    key = Keyring(keyring_dir, master_key).open(campaign)
    assert key.open(bytes.fromhex(OLD_SEALED), row, AGREED).reveal() == "the-token"


def test_a_bound_permission_cannot_be_passed_off_as_one_from_before(key: CampaignKey) -> None:
    with pytest.raises(UnreadablePermissionError):
        key.open(b"\x01" + seal(key)[1:], ROW, AGREED)


def test_every_altered_byte_is_noticed(key: CampaignKey) -> None:
    sealed = seal(key)
    for position in range(len(sealed)):
        altered = bytearray(sealed)
        altered[position] ^= 1
        with pytest.raises(UnreadablePermissionError):
            key.open(bytes(altered), ROW, AGREED)


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x01\x01", b"\x02\x01x", b"\x02\x02x", b"junk"])
def test_what_we_did_not_seal_is_refused(sealed: bytes, key: CampaignKey) -> None:
    with pytest.raises(UnreadablePermissionError):
        key.open(sealed, ROW, AGREED)


def test_an_unknown_version_is_named_as_such(key: CampaignKey) -> None:
    with pytest.raises(UnreadablePermissionError, match="unknown version"):
        key.open(b"\x03" + seal(key)[1:], ROW, AGREED)


def test_a_shortened_permission_is_refused(key: CampaignKey) -> None:
    sealed = seal(key)
    for length in range(len(sealed)):
        with pytest.raises(UnreadablePermissionError):
            key.open(sealed[:length], ROW, AGREED)


def test_a_cookie_opens_only_whole_and_under_its_key() -> None:
    cookie = keyring.seal_cookie("a-secret-key", b"content", "consent")
    assert b"content" not in base64.urlsafe_b64decode(cookie)
    assert keyring.open_cookie("another-key", cookie, "consent") is None
    for text in ("", "junk", cookie[:-4], cookie[1:], "Ä", cookie.swapcase(), "\ud800"):
        assert keyring.open_cookie("a-secret-key", text, "consent") is None
