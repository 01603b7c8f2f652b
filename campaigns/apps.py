"""What Django starts with, and what `manage.py check --deploy` tells an operator."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Info, Warning, register
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.db.models.signals import post_migrate, pre_migrate

NO_APP: Final = Info(
    "There is no Spotify app, so nobody can pre-save; pages offer a calendar and links.",
    hint="Set SPOTIFY_CLIENT_ID and SPOTIFY_CLIENT_SECRET to offer pre-saves.",
    id="presave.I001",
)
FOR_TESTERS: Final = Info(
    "The Spotify app is in development mode: only five listed accounts can pre-save.",
    hint="Set SPOTIFY_APP_MODE=extended only for an app to which Spotify granted extended quota.",
    id="presave.I002",
)

ON_SQLITE: Final = Info(
    "The database is SQLite: for one machine, with one writer at a time and no roles.",
    hint="Use Postgres for more: docs/without-docker.md says what SQLite leaves out.",
    id="presave.I003",
)


class CampaignsConfig(AppConfig):
    name = "campaigns"

    def ready(self) -> None:
        register(whom_spotify_lets_in, deploy=True)
        register(what_will_be_mandatory, deploy=True)
        register(where_rows_are, deploy=True)
        pre_migrate.connect(wait_briefly_for_locks, sender=self)
        post_migrate.connect(finish_migrating, sender=self)
        post_migrate.connect(wait_as_before, sender=self)


def finish_migrating(**sent: Any) -> None:
    """What is no migration's, and has to follow each: nobody has to remember it. Tests that empty
    the tables send the same signal, without a plan.
    """
    from campaigns.roles import granting

    if "plan" not in sent:
        return
    call_command("createcachetable", verbosity=0)
    try:
        granting.grant()
    except granting.RolesError as error:
        raise CommandError(str(error)) from None


def whom_spotify_lets_in(**_options: Any) -> Sequence[CheckMessage]:
    if not settings.SPOTIFY_CLIENT_ID:
        return [NO_APP]
    return [FOR_TESTERS] if settings.SPOTIFY_APP_MODE == "development" else []


def where_rows_are(**_options: Any) -> Sequence[CheckMessage]:
    return [ON_SQLITE] if connection.vendor == "sqlite" else []


def what_will_be_mandatory(**_options: Any) -> Sequence[CheckMessage]:
    """A setting that Presave did not ask for before has one release in which it may be missing."""
    return [
        Warning(
            f"{name} is not set. From version {version} on Presave does not start without it.",
            hint=f"Set {name} in .env now.",
            id="presave.W001",
        )
        for name, version in settings.SOON_REQUIRED.items()
    ]


def wait_briefly_for_locks(using: str, **_options: Any) -> None:
    """The version before serves meanwhile, and would wait behind a migration that waits."""
    _on_postgres(using, "SET lock_timeout = '5s'")


def wait_as_before(using: str, **_options: Any) -> None:
    _on_postgres(using, "RESET lock_timeout")


def _on_postgres(using: str, statement: str) -> None:
    connection = connections[using]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(statement)
