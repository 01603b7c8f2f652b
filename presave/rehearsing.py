"""Where a rehearsal's tables and messages are kept: in this instance's database and broker, next to
the real ones, which nothing under presave/rehearsal_settings.py can name.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

from presave.env import LOOPBACK_HOSTS

SCHEMA: Final = "presave_rehearsal"
SQLITE_SUFFIX: Final = ".rehearsal"
KEY_PREFIX: Final = "presave-rehearsal:"
APPS: Final = (
    *("auth", "contenttypes", "sessions", "account", "mfa", "usersessions"),
    "campaigns",
)


def database(real: Mapping[str, Any]) -> dict[str, Any]:
    """The same database, with a schema of its own; with SQLite a file next to the real one."""
    if str(real["ENGINE"]).endswith("sqlite3"):
        return {**real, "NAME": f"{real['NAME']}{SQLITE_SUFFIX}"}
    options = dict(real.get("OPTIONS", {}))
    # Nothing stands behind it: a table that is not in the schema is in no table of anybody's.
    options["options"] = f"{options.get('options', '')} -c search_path={SCHEMA}".strip()
    options["application_name"] = SCHEMA
    return {**real, "OPTIONS": options}


def refuse_other_tables(connection: Any, **kwargs: Any) -> None:
    """Close a new connection that leads to other tables, as through a PgBouncer that drops options.

    Raises ImproperlyConfigured.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        [found] = cursor.fetchone()
    if found != SCHEMA:
        connection.close()
        raise ImproperlyConfigured(
            f"A rehearsal's connection came to the schema {found} instead of {SCHEMA}. "
            "DATABASE_URL must lead to Postgres itself here, not to a connection pooler."
        )


def refuse_other_hosts(*addresses: str) -> None:
    """Raises ImproperlyConfigured where one of them is not on this machine."""
    for address in addresses:
        if urlsplit(address).hostname not in LOOPBACK_HOSTS:
            raise ImproperlyConfigured(f"A rehearsal calls the sandbox alone, and not {address}.")
