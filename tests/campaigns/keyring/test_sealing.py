"""Sealing: a permission opens in its own row alone, a cookie only whole."""

from __future__ import annotations

import base64
import uuid

import pytest

from campaigns import keyring
from campaigns.keyring import CampaignKey, Keyring, Secret, UnreadablePermissionError
from tests.campaigns.keyring.conftest import CAMPAIGN, OTHER_CAMPAIGN, OTHER_ROW, ROW, TOKEN


def seal(key: CampaignKey, campaign: uuid.UUID = CAMPAIGN, row: uuid.UUID = ROW) -> bytes:
    return keyring.seal(key.public_bytes, Secret(TOKEN), campaign, row)


def test_what_is_sealed_opens_for_its_row(key: CampaignKey) -> None:
    assert key.open(seal(key), ROW).reveal() == TOKEN


def test_sealing_twice_gives_two_texts_without_the_token(key: CampaignKey) -> None:
    first, second = seal(key), seal(key)
    assert first != second
    assert TOKEN.encode() not in first


def test_a_permission_does_not_open_in_another_row(key: CampaignKey) -> None:
    with pytest.raises(UnreadablePermissionError):
        key.open(seal(key), OTHER_ROW)


def test_a_permission_does_not_open_in_another_campaign(
    keyring_files: Keyring, key: CampaignKey
) -> None:
    keyring_files.public_key(OTHER_CAMPAIGN)
    with pytest.raises(UnreadablePermissionError):
        keyring_files.open(OTHER_CAMPAIGN).open(seal(key), ROW)


def test_a_permission_names_its_campaign_even_under_the_same_key(key: CampaignKey) -> None:
    with pytest.raises(UnreadablePermissionError):
        key.open(seal(key, campaign=OTHER_CAMPAIGN), ROW)


def test_every_altered_byte_is_noticed(key: CampaignKey) -> None:
    sealed = seal(key)
    for position in range(len(sealed)):
        altered = bytearray(sealed)
        altered[position] ^= 1
        with pytest.raises(UnreadablePermissionError):
            key.open(bytes(altered), ROW)


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x01\x01", b"\x02\x01x", b"\x01\x02x", b"junk"])
def test_what_we_did_not_seal_is_refused(sealed: bytes, key: CampaignKey) -> None:
    with pytest.raises(UnreadablePermissionError):
        key.open(sealed, ROW)


def test_an_unknown_version_is_named_as_such(key: CampaignKey) -> None:
    with pytest.raises(UnreadablePermissionError, match="unknown version"):
        key.open(b"\x02" + seal(key)[1:], ROW)


def test_a_shortened_permission_is_refused(key: CampaignKey) -> None:
    sealed = seal(key)
    for length in range(len(sealed)):
        with pytest.raises(UnreadablePermissionError):
            key.open(sealed[:length], ROW)


def test_a_cookie_opens_only_whole_and_under_its_key() -> None:
    cookie = keyring.seal_cookie("a-secret-key", b"content", "consent")
    assert b"content" not in base64.urlsafe_b64decode(cookie)
    assert keyring.open_cookie("another-key", cookie, "consent") is None
    for text in ("", "junk", cookie[:-4], cookie[1:], "Ä", cookie.swapcase(), "\ud800"):
        assert keyring.open_cookie("a-secret-key", text, "consent") is None
