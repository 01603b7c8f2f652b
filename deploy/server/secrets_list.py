"""The list of secret files that a backup carries: their names and what tells whether a file is the
same, and nothing of what is in them.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from pathlib import Path
from typing import Final

# Long and random, so that its digests tell nobody anything; a mail password may be short, and a
# digest without a key would let anybody try which it is.
KEY: Final = "secret_key"


def write(files: Mapping[str, Path]) -> str:
    """A line for each file: its name and its digest. Raises OSError."""
    key = files[KEY].read_bytes()
    return "".join(f"{name} {_digest(key, name, path)}\n" for name, path in sorted(files.items()))


def compare(listed: str, files: Mapping[str, Path]) -> list[str]:
    """What is missing or another, in sentences. Raises OSError."""
    then = dict(line.split() for line in listed.splitlines())
    missing = [name for name in then if name not in files or not files[name].exists()]
    sentences = [f"{name} is missing." for name in missing]
    if KEY in missing:
        return sentences
    key = files[KEY].read_bytes()
    if _digest(key, KEY, files[KEY]) != then.get(KEY):
        return [*sentences, f"{KEY} is another one, so nobody can tell whether the others are."]
    others = [name for name in then if name not in missing]
    changed = [name for name in others if _digest(key, name, files[name]) != then[name]]
    return [*sentences, *(f"{name} is another one." for name in changed)]


def _digest(key: bytes, name: str, path: Path) -> str:
    return hmac.new(key, name.encode() + b"\0" + path.read_bytes(), hashlib.sha256).hexdigest()
