"""What can be wrong with a key."""

from __future__ import annotations


class KeyringError(Exception):
    """A key is missing, wrong or unsafe to use.

    The text says which file and what to do; it never holds key material.
    """


class KeyFileError(KeyringError):
    """One campaign's key file is missing or unusable; the others may be fine."""


class MasterKeyFileReadOnlyError(KeyringError):
    """The master key file cannot be replaced from here, as a secret of docker compose cannot."""


class UnreadablePermissionError(KeyringError):
    """A sealed permission does not open with its campaign's key: it was altered or belongs to
    another row.
    """
