"""The demo's environment: the same settings an operator makes, on SQLite and loopback."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path

from embedded.processes import LOOPBACK

# Fast enough to watch, slow enough to see the pace: 200 fans take four seconds.
DEMO_RATE = "50"


class DemoError(Exception):
    """The demo cannot go on; the message says why."""


def prepare(directory: Path, port: int, redis_url: str, sandbox_port: int) -> None:
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
            "SECRET_KEY": secrets.token_urlsafe(50),
            "PUBLIC_URL": f"http://{LOOPBACK}:{port}",
            "OPERATOR_NAME": "the operator of this demo",
            "OPERATOR_CONTACT": "operator@example.com",
            "DATABASE_URL": f"sqlite:///{directory}/presave.sqlite3",
            "REDIS_URL": redis_url,
            "SPOTIFY_CLIENT_ID": "demo-client",
            "SPOTIFY_CLIENT_SECRET": secrets.token_urlsafe(24),
            "SPOTIFY_ACCOUNTS_URL": f"http://{LOOPBACK}:{sandbox_port}",
            "SPOTIFY_API_URL": f"http://{LOOPBACK}:{sandbox_port}/v1",
            "SPOTIFY_APP_MODE": "extended",
            "SPOTIFY_MAX_RATE": DEMO_RATE,
            "DATA_DIR": str(directory),
            "KEYRING_DIR": str(directory / "keyring"),
            "MASTER_KEY_FILE": str(_master_key(directory)),
        }
    )


_FROM_THE_SHELL = frozenset(
    {
        *("DEBUG", "SECRET_KEY", "DATABASE_URL", "REDIS_URL", "SPOTIFY_CLIENT_SECRET"),
        *("COMMIT", "SENTRY_DSN"),
        *("SPOTIFY_MARKET", "SIGN_UP", "EMAIL_URL"),
    }
)


def _master_key(directory: Path) -> Path:
    path = directory / "master.key"
    path.touch(mode=0o600)
    path.write_text(f"demo:{base64.b64encode(secrets.token_bytes(32)).decode()}\n")
    return path
