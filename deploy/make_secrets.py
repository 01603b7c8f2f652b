"""Make the files in ./secrets that docker compose mounts into the containers.

A file that exists keeps its content, so this may be run again at any time. Standard library only.
"""

from __future__ import annotations

import base64
import os
import secrets
import sys
from collections.abc import Callable
from pathlib import Path

CONTAINER_USER = 10001
BY_HAND = "spotify_client_secret"


def main() -> None:
    directory = Path(sys.argv[1]) if len(sys.argv) > 1 else Path("secrets")
    try:
        directory.mkdir(mode=0o700, exist_ok=True)
    except PermissionError:
        sys.exit(f"Presave cannot write to {directory.absolute().parent}. Run: sudo make secrets")
    try:
        directory.chmod(0o700)
        made = make_missing(directory)
        protect(directory)
    except PermissionError as error:
        sys.exit(f"{error.filename} belongs to another user. Run: sudo make secrets")
    print(f"Made: {', '.join(made)}" if made else "Every secret was there already.")
    tell_what_is_left(directory)


def make_missing(directory: Path) -> list[str]:
    made = []
    for name, content in CONTENTS.items():
        path = directory / name
        if not path.exists():
            write(path, content(directory))
            made.append(name)
    return made


def write(path: Path, content: str) -> None:
    """The file is private from the start."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{content}\n")


def protect(directory: Path) -> None:
    for path in directory.iterdir():
        if os.geteuid() == 0:
            os.chown(path, CONTAINER_USER, CONTAINER_USER)
        if path.stat().st_mode & 0o777 != 0o400:
            path.chmod(0o400)


def tell_what_is_left(directory: Path) -> None:
    by_hand = directory / BY_HAND
    if not by_hand.exists():
        print(f"Put the Spotify app's client secret into {by_hand}, then run this again.")
        print(f"Without a Spotify app: echo none > {by_hand}")
    if any(path.stat().st_uid != CONTAINER_USER for path in directory.iterdir()):
        print(f"Give the files to the containers' user: sudo chown {CONTAINER_USER} {directory}/*")
    print(f"Keep a copy of {directory / 'master_key'} elsewhere: no permission opens without it.")


def password(directory: Path) -> str:
    return secrets.token_urlsafe(32)


def database_url(directory: Path) -> str:
    known = (directory / "postgres_password").read_text().strip()
    return f"postgres://presave:{known}@postgres:5432/presave"


def redis_conf(directory: Path) -> str:
    return f'requirepass {password(directory)}\nsave ""\nappendonly no'


def redis_url(directory: Path) -> str:
    first_line = (directory / "redis_conf").read_text().splitlines()[0]
    return f"redis://:{first_line.removeprefix('requirepass ')}@redis:6379/0"


def master_key(directory: Path) -> str:
    return f"1:{base64.b64encode(secrets.token_bytes(32)).decode()}"


def no_mail(directory: Path) -> str:
    return "dummymail://"


def no_reports(directory: Path) -> str:
    return "none"


# In this order: an address is made from the password before it.
CONTENTS: dict[str, Callable[[Path], str]] = {
    "secret_key": lambda directory: secrets.token_urlsafe(50),
    "postgres_password": password,
    "database_url": database_url,
    "redis_conf": redis_conf,
    "redis_url": redis_url,
    "master_key": master_key,
    "email_url": no_mail,
    "sentry_dsn": no_reports,
}

if __name__ == "__main__":
    main()
