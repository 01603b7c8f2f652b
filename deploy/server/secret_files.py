"""The files in ./secrets, which docker compose mounts into the containers.

A file that exists keeps its content. `python -m deploy.server.secret_files DIRECTORY` makes those
that are missing; with --check it says what is wrong with those that are there. Either gives them
to the containers' user when it runs as root, as which a container runs it (see owner.py).
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import secrets
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from deploy.server import answers
from deploy.server.answers import AnswerError

CONTAINER_USER: Final = 10001
BY_HAND: Final = "spotify_client_secret"
NOTHING: Final = "none"
NO_MAIL: Final = "dummymail://"


def main(arguments: list[str]) -> int:
    directory = Path(arguments[-1])
    try:
        if "--check" not in arguments:
            made = make_missing(directory, {})
            print(f"Made: {', '.join(made)}" if made else "Every secret was there already.")
            tell_what_is_left(directory)
        check(directory)
        protect(directory)
    except (AnswerError, PermissionError) as error:
        print(sentence_of(error), file=sys.stderr)
        return 1
    return 0


def sentence_of(error: Exception) -> str:
    if isinstance(error, PermissionError):
        return f"{error.filename} belongs to another user. Run this as root, or change its owner."
    return str(error)


def make_missing(directory: Path, given: Mapping[str, str]) -> list[str]:
    """Make what is not there, of what was given or else by chance. Returns the names."""
    directory.mkdir(mode=0o700, exist_ok=True)
    if directory.stat().st_mode & 0o777 != 0o700:
        directory.chmod(0o700)
    missing = [name for name in {**CONTENTS, **given} if not (directory / name).exists()]
    for name in missing:
        content = given[name] if name in given else CONTENTS[name](directory)
        _write(directory / name, content)
    return missing


def _write(path: Path, content: str) -> None:
    """The file is private from the start."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(f"{content}\n")
    except OSError:  # a disk that is full: nothing is to be taken for a secret
        path.unlink()
        raise


def protect(directory: Path) -> None:
    """Only the containers' user may read a secret, and nobody may change one."""
    for path in directory.iterdir():
        if os.geteuid() == 0:
            os.chown(path, CONTAINER_USER, CONTAINER_USER)
        if path.stat().st_mode & 0o777 != 0o400 and os.geteuid() in (0, path.stat().st_uid):
            path.chmod(0o400)


def check(directory: Path) -> None:
    """Raises AnswerError for the first file that holds something else than its secret, and
    PermissionError for one that cannot be looked at.
    """
    for name, rule in RULES.items():
        path = directory / name
        if path.exists():
            rule(str(Path(directory.name) / name), _content(path))


def check_readable(directory: Path) -> None:
    """As `check`, without the files that belong to the containers' user already."""
    for name, rule in RULES.items():
        path = directory / name
        if path.exists() and (path.is_dir() or os.access(path, os.R_OK)):
            rule(str(Path(directory.name) / name), _content(path))


def _content(path: Path) -> str:
    shown = Path(path.parent.name) / path.name
    if path.is_dir():
        raise AnswerError(f"{shown} is a directory and should be a file. Run: rmdir {shown}")
    try:
        content = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise AnswerError(f"{shown} is not text in UTF-8.") from None
    if content.startswith("\ufeff"):
        raise AnswerError(
            f"{shown} begins with an invisible mark (BOM), which some editors put before text: "
            "save it as UTF-8 without one."
        )
    return content


def _secret_key(name: str, value: str) -> str:
    value = answers.pasted(name, value)
    if len(value) < 50:
        raise AnswerError(f"{name} must hold at least 50 characters.")
    return value


def _begins_with(*starts: str) -> Callable[[str, str], str]:
    def rule(name: str, value: str) -> str:
        value = answers.pasted(name, value)
        if not value.startswith(starts):
            raise AnswerError(f"{name} must begin with {' or '.join(starts)}.")
        return value

    return rule


def _master_keys(name: str, value: str) -> str:
    for line in value.split() or [""]:
        key, _, encoded = line.partition(":")
        try:
            length = len(base64.b64decode(encoded, validate=True))
        except binascii.Error:
            length = 0
        if length != 32 or not re.fullmatch(r"[A-Za-z0-9_-]+", key):
            raise AnswerError(f"{name} must hold lines of the form name:base64 of 32 bytes.")
    return value


def _redis_conf(name: str, value: str) -> str:
    if not re.search(r"^requirepass \S+$", value, re.MULTILINE):
        raise AnswerError(f"{name} must have a line with requirepass and a password.")
    return value


def tell_what_is_left(directory: Path) -> None:
    by_hand = directory / BY_HAND
    if not by_hand.exists():
        print(f"Put the Spotify app's client secret into {by_hand}, then run this again.")
        print(f"Without a Spotify app: echo {NOTHING} > {by_hand}")
    print(f"Keep a copy of {directory / 'master_key'} elsewhere: no permission opens without it.")


def password(directory: Path) -> str:
    return secrets.token_urlsafe(32)


def _password_of(service: str, url: str) -> Callable[[Path], str]:
    """The one in its address, where that is there already; else a new one."""

    def found(directory: Path) -> str:
        known = _content(directory / url) if (directory / url).exists() else ""
        match = re.match(rf"[a-z]+://[^:@/]*:([^@/]+)@{service}[:/]", known)
        return unquote(match[1]) if match else password(directory)

    return found


def _redis_conf_of(directory: Path) -> str:
    known = _password_of("redis", "redis_url")(directory)
    return f'requirepass {known}\nsave ""\nappendonly no'


def _database_url(directory: Path) -> str:
    known = (directory / "postgres_password").read_text().strip()
    return f"postgres://presave:{known}@postgres:5432/presave"


def _database_url_of(role: str) -> Callable[[Path], str]:
    """Of a role that migrate makes, in the same database, wherever that is."""

    def address(directory: Path) -> str:
        owners = urlsplit((directory / "database_url").read_text().strip())
        place = owners.netloc.rpartition("@")[2]
        return owners._replace(netloc=f"{role}:{password(directory)}@{place}").geturl()

    return address


def _redis_url(directory: Path) -> str:
    first_line = (directory / "redis_conf").read_text().splitlines()[0]
    return f"redis://:{first_line.removeprefix('requirepass ')}@redis:6379/0"


# In this order: an address is made from the password before it, and a lost password from its
# address.
CONTENTS: Final[dict[str, Callable[[Path], str]]] = {
    "secret_key": lambda directory: secrets.token_urlsafe(50),
    "postgres_password": _password_of("postgres", "database_url"),
    "database_url": _database_url,
    "database_url_web": _database_url_of("presave_web"),
    "database_url_worker": _database_url_of("presave_worker"),
    "redis_conf": _redis_conf_of,
    "redis_url": _redis_url,
    "master_key": lambda directory: f"1:{base64.b64encode(secrets.token_bytes(32)).decode()}",
    "email_url": lambda directory: NO_MAIL,
    "sentry_dsn": lambda directory: NOTHING,
}
RULES: Final[dict[str, Callable[[str, str], str]]] = {
    "secret_key": _secret_key,
    "postgres_password": answers.pasted,
    "database_url": _begins_with("postgres://", "postgresql://"),
    "database_url_web": _begins_with("postgres://", "postgresql://"),
    "database_url_worker": _begins_with("postgres://", "postgresql://"),
    "redis_conf": _redis_conf,
    "redis_url": _begins_with("redis://", "rediss://"),
    "master_key": _master_keys,
    "email_url": answers.email_url,
    "sentry_dsn": answers.pasted,
    BY_HAND: answers.pasted,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
