"""`--memory FILE`: what the sandbox remembers from one start to the next.

The catalogue, the accounts, their permissions and libraries. Not the settings, faults and calls of
a script, nor codes and access tokens, which live for an hour at most.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sandbox.catalogue import Artist, Item, Window
from sandbox.state import Account, Permission, State


class UnreadableMemoryError(Exception):
    """The file was not written by this version of the sandbox."""


def keep(state: State, path: Path) -> None:
    """Write the file anew, for its owner's eyes alone: it holds every refresh token."""
    memory = {
        "catalogue": [asdict(item) for item in state.catalogue],
        "accounts": [asdict(account) for account in state.accounts.values()],
        "permissions": {
            token: {**asdict(permission), "scopes": sorted(permission.scopes)}
            for token, permission in state.permissions.items()
        },
        "scopes_ever_granted": {
            account: sorted(scopes) for account, scopes in state.scopes_ever_granted.items()
        },
        "libraries": state.libraries,
    }
    unfinished = path.with_suffix(".unfinished")
    unfinished.touch(mode=0o600)
    unfinished.write_text(json.dumps(memory), encoding="utf-8")
    os.replace(unfinished, path)


def recall(state: State, path: Path) -> None:
    """Take up what was kept; nothing, if the file is not there. Raises UnreadableMemoryError."""
    if not path.exists():
        return
    try:
        memory = json.loads(path.read_text(encoding="utf-8"))
        items = [_item(**fields) for fields in memory["catalogue"]]
        accounts = [Account(**fields) for fields in memory["accounts"]]
        permissions = {
            token: Permission(**{**fields, "scopes": frozenset(fields["scopes"])})
            for token, fields in memory["permissions"].items()
        }
        granted = {
            account: frozenset(scopes) for account, scopes in memory["scopes_ever_granted"].items()
        }
        libraries = {account: dict(library) for account, library in memory["libraries"].items()}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise UnreadableMemoryError from error
    for item in items:
        state.catalogue.put(item)
    state.accounts.update({account.id: account for account in accounts})
    state.permissions.update(permissions)
    state.scopes_ever_granted.update(granted)
    state.libraries.update(libraries)


def _item(artists: list[dict[str, str]], windows: list[dict[str, Any]], **fields: Any) -> Item:
    return Item(
        artists=[Artist(**artist) for artist in artists],
        windows=[Window(**window) for window in windows],
        **fields,
    )
