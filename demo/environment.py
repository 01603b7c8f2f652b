"""The demo's environment: the same settings an operator makes, on SQLite and loopback."""

from __future__ import annotations

import base64
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from embedded.processes import LOOPBACK

# Fast enough to watch, slow enough to see the pace: 200 fans take four seconds.
DEMO_RATE = "50"


class DemoError(Exception):
    """The demo cannot go on; the message says why."""


@dataclass(frozen=True)
class Secrets:
    """Of one demo, the same at each start: what a visitor made is sealed and signed with them."""

    secret_key: str
    client_secret: str
    # Letters and digits alone: a double-click takes it whole.
    password: str

    @classmethod
    def of(cls, directory: Path) -> Secrets:
        made = (secrets.token_urlsafe(50), secrets.token_urlsafe(24), secrets.token_hex(5))
        path = _written_once(directory / "secrets.json", json.dumps(made))
        return cls(*json.loads(path.read_text(encoding="utf-8")))


def prepare(
    directory: Path, port: int, redis_url: str, sandbox_port: int, kept: Secrets, mode: str
) -> None:
    """Set every variable that presave/settings.py reads, whatever the shell had set."""
    for name in [*os.environ]:
        if name in _FROM_THE_SHELL or name.removesuffix("_FILE") in _FROM_THE_SHELL:
            del os.environ[name]
    os.environ.update(
        {
            "DJANGO_SETTINGS_MODULE": "presave.settings",
            # Everything is on this machine: a proxy would only lead away from it.
            "NO_PROXY": LOOPBACK,
            "no_proxy": LOOPBACK,
            "SECRET_KEY": kept.secret_key,
            "PUBLIC_URL": f"http://{LOOPBACK}:{port}",
            "OPERATOR_NAME": "the operator of this demo",
            "OPERATOR_CONTACT": "operator@example.com",
            "DATABASE_URL": f"sqlite:///{directory}/presave.sqlite3",
            "REDIS_URL": redis_url,
            "SPOTIFY_CLIENT_ID": "demo-client",
            "SPOTIFY_CLIENT_SECRET": kept.client_secret,
            "SPOTIFY_ACCOUNTS_URL": f"http://{LOOPBACK}:{sandbox_port}",
            "SPOTIFY_API_URL": f"http://{LOOPBACK}:{sandbox_port}/v1",
            "SPOTIFY_APP_MODE": mode,
            "SPOTIFY_MAX_RATE": DEMO_RATE,
            "DATA_DIR": str(directory),
            "KEYRING_DIR": str(directory / "keyring"),
            "MASTER_KEY_FILE": str(_master_key(directory)),
        }
    )


_FROM_THE_SHELL = frozenset(
    {
        *("DEBUG", "SECRET_KEY", "DATABASE_URL", "REDIS_URL", "SPOTIFY_CLIENT_SECRET"),
        *("WEB_DATABASE_URL", "WORKER_DATABASE_URL", "TRUSTED_PROXIES", "HSTS_INCLUDE_SUBDOMAINS"),
        *("COMMIT", "SENTRY_DSN", "PING_URL", "LOG_FORMAT"),
        *("SPOTIFY_MARKET", "SIGN_UP", "EMAIL_URL", "MAIL_FROM"),
    }
)


def _master_key(directory: Path) -> Path:
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    return _written_once(directory / "master.key", f"demo:{key}\n")


def _written_once(path: Path, content: str) -> Path:
    """Keep a file that is there; it is whole, as it gets its name after its content."""
    if not path.exists():
        unfinished = path.with_suffix(".unfinished")
        unfinished.touch(mode=0o600)
        unfinished.write_text(content, encoding="utf-8")
        unfinished.replace(path)
    return path
