"""Keys: the only package that touches `cryptography`.

Every campaign has an X25519 key pair. The public key stands in the campaign's row, so that the web
process can seal a permission (HPKE, RFC 9180) but never open it. The private key is a file in
KEYRING_DIR, wrapped by the master key and a weekly key, which only the worker can read. Deleting
that file destroys every permission of the campaign in every copy of the database; replacing the
weekly key, what a disk may still have of the file.
"""

from __future__ import annotations

from typing import BinaryIO

from django.conf import settings

from campaigns.keyring import archive as _archive
from campaigns.keyring.errors import KeyFileError as KeyFileError
from campaigns.keyring.errors import KeyringError as KeyringError
from campaigns.keyring.errors import MasterKeyFileReadOnlyError as MasterKeyFileReadOnlyError
from campaigns.keyring.errors import UnreadablePermissionError as UnreadablePermissionError
from campaigns.keyring.files import UNREADABLE as UNREADABLE
from campaigns.keyring.files import Keyring as Keyring
from campaigns.keyring.master import MASTER_KEY_BYTES as MASTER_KEY_BYTES
from campaigns.keyring.master import MasterKey as MasterKey
from campaigns.keyring.master import MasterKeyFile
from campaigns.keyring.sealing import CampaignKey as CampaignKey
from campaigns.keyring.sealing import open_cookie as open_cookie
from campaigns.keyring.sealing import seal as seal
from campaigns.keyring.sealing import seal_cookie as seal_cookie
from campaigns.keyring.secret import Secret as Secret
from campaigns.keyring.tombstones import End as End
from campaigns.keyring.tombstones import Tombstones as Tombstones
from campaigns.keyring.weekly import WeeklyKey as WeeklyKey


def back_up(archive: BinaryIO) -> None:
    """Key files, wrapped as they are, and tombstones. Raises KeyringError."""
    _archive.write(settings.KEYRING_DIR, archive)


def bring_back(archive: BinaryIO) -> _archive.Restored:
    """Add what a backup has and the keyring lacks. Raises KeyringError."""
    master_keys = MasterKeyFile(settings.MASTER_KEY_FILE, settings.SECRET_KEY).read()
    return _archive.read(settings.KEYRING_DIR, archive, master_keys)


def from_settings() -> Keyring:
    """The worker's keyring.

    Raises KeyringError in a process that may not read it, as the web process.
    """
    return Keyring(settings.KEYRING_DIR, settings.MASTER_KEY_FILE, settings.SECRET_KEY)
