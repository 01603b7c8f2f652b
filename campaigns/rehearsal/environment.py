"""The environment of a rehearsal's processes: made up, but for the way to database and broker.

Nothing else is handed on. So no client secret, no mail server, no key of a fan's permission and no
setting that is added one day gets there.
"""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import connection

from campaigns.keyring import MASTER_KEY_BYTES

HANDED_ON: Final = frozenset(
    {
        *("DATABASE_URL", "DATABASE_URL_FILE", "REDIS_URL", "REDIS_URL_FILE"),
        *("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH"),
    }
)
# Where libpq and OpenSSL look for certificates.
HANDED_ON_BEGINS: Final = ("PG", "SSL_CERT_")
CLIENT_ID: Final = "rehearsal"


def of_processes() -> dict[str, str]:
    """What each of them needs, wherever it is started from."""
    handed_on = {
        name: value
        for name, value in os.environ.items()
        if name in HANDED_ON or name.startswith(HANDED_ON_BEGINS)
    }
    return {**handed_on, "PYTHONPATH": str(settings.BASE_DIR), "PYTHONUNBUFFERED": "1"}


def of_sandbox(client_secret: str) -> dict[str, str]:
    without_services = {
        name: value
        for name, value in of_processes().items()
        if not name.startswith(("DATABASE_URL", "REDIS_URL"))
    }
    return {**without_services, "SANDBOX_CLIENT_SECRET": client_secret}


def of_workers(directory: Path, sandbox_url: str, client_secret: str) -> dict[str, str]:
    return {
        **_services_by_default(),
        **of_processes(),
        "DJANGO_SETTINGS_MODULE": "presave.rehearsal_settings",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "PUBLIC_URL": settings.PUBLIC_URL,
        "OPERATOR_NAME": settings.OPERATOR_NAME,
        "OPERATOR_CONTACT": settings.OPERATOR_CONTACT,
        "SPOTIFY_CLIENT_ID": CLIENT_ID,
        "SPOTIFY_CLIENT_SECRET": client_secret,
        "SPOTIFY_ACCOUNTS_URL": sandbox_url,
        "SPOTIFY_API_URL": f"{sandbox_url}/v1",
        "SPOTIFY_APP_MODE": "extended",
        "SPOTIFY_MAX_RATE": str(settings.SPOTIFY_MAX_RATE),
        "DATA_DIR": str(directory),
        "KEYRING_DIR": str(directory / "keyring"),
        "MASTER_KEY_FILE": str(_made_master_key(directory)),
    }


def _services_by_default() -> dict[str, str]:
    """What DEBUG stands in for, which is not handed on."""
    if not settings.DEBUG:
        return {}
    is_sqlite = connection.vendor == "sqlite"
    name = connection.settings_dict["NAME"]
    database = {"DATABASE_URL": f"sqlite:///{name}"} if is_sqlite else {}
    given = {*os.environ}
    found = {**database, "REDIS_URL": settings.CELERY_BROKER_URL}
    return {key: value for key, value in found.items() if f"{key}_FILE" not in given}


def _made_master_key(directory: Path) -> Path:
    path = directory / "master.key"
    path.touch(mode=0o600)
    key = base64.b64encode(secrets.token_bytes(MASTER_KEY_BYTES)).decode()
    path.write_text(f"rehearsal:{key}\n", encoding="utf-8")
    return path
