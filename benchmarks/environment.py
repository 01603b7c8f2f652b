"""What a benchmark runs on: a throw-away Postgres and Valkey, and rows of fans who pre-saved."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from embedded import processes
from embedded.processes import Process
from embedded.stack import WORKER_READY
from embedded.valkey import Valkey
from tests import plugin
from tests.postgres import Postgres

if TYPE_CHECKING:
    from campaigns.models import Campaign

START_SECONDS: Final = 30
# No pace of its own: what is measured is how fast a design can go.
WITHOUT_LIMIT: Final = "10000"


@contextmanager
def services() -> Iterator[Path]:
    """Postgres with the product's tables, Valkey, and a directory for logs.

    Django is set up with them when this begins.
    """
    with ExitStack() as closing:
        directory = Path(
            closing.enter_context(tempfile.TemporaryDirectory(prefix="presave-bench-"))
        )
        postgres = closing.enter_context(Postgres())
        postgres.create_database("presave")
        redis_url = closing.enter_context(Valkey()).url
        plugin.set_environment(directory, postgres.url("presave"), redis_url)
        os.environ["SPOTIFY_MAX_RATE"] = WITHOUT_LIMIT
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        call_command("createcachetable", verbosity=0)
        yield directory


@contextmanager
def server(directory: Path, module: str, *arguments: str, **environment: str) -> Iterator[Process]:
    """A stand-in for Spotify, `benchmarks.responder` or `sandbox`, as a process of its own; the
    product's settings point to it.
    """
    log_path = directory / f"{module}.log"
    log_path.unlink(missing_ok=True)  # the address is read from it
    process = processes.spawn(
        [sys.executable, "-u", "-m", module, *arguments],
        env={**os.environ, **environment},
        log_path=log_path,
    )
    try:
        processes.wait_until(lambda: "listening on" in process.log, START_SECONDS, module, process)
        point_to(process.log.split()[-1])
        yield process
    finally:
        process.stop()


@contextmanager
def celery(directory: Path, app: str, *arguments: str) -> Iterator[Process]:
    """A Celery worker that is ready for tasks."""
    process = processes.spawn(
        [sys.executable, "-m", "celery", "-A", app, "worker", "--loglevel", "INFO", *arguments],
        env=os.environ,
        log_path=directory / f"{app}.log",
    )
    try:
        processes.wait_until(
            lambda: WORKER_READY in process.log, START_SECONDS, "The Celery worker", process
        )
        yield process
    finally:
        process.stop()


def point_to(url: str) -> None:
    from django.conf import settings

    from campaigns.spotify import catalogue_calls

    os.environ.update(SPOTIFY_ACCOUNTS_URL=url, SPOTIFY_API_URL=f"{url}/v1")
    settings.SPOTIFY_ACCOUNTS_URL, settings.SPOTIFY_API_URL = url, f"{url}/v1"
    catalogue_calls.APP_TOKEN.forget()


def forget_everything() -> None:
    from django.core.management import call_command

    call_command("flush", interactive=False, verbosity=0)


def wait_for_connections(count: int) -> None:
    """Until so many other processes have come to the database."""
    from django.db import connection

    def are_there() -> bool:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(DISTINCT client_port) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            return bool(cursor.fetchone()[0] >= count)

    processes.wait_until(are_there, START_SECONDS, "The workers")


def let_go(*campaigns: Campaign) -> None:
    """What these campaigns' fans wait for comes to pass."""
    from campaigns.models import Campaign

    ids = [campaign.id for campaign in campaigns]
    Campaign.objects.filter(id__in=ids).update(paused_reason="", paused_at=None)


def make_due(tokens: Iterable[str]) -> Campaign:
    """A campaign whose release is confirmed, with one fan for each token; it begins when it is let
    go.
    """
    from campaigns.models import CampaignState, PauseReason
    from tests.factory import make_campaign, make_presaves

    campaign = make_campaign(
        state=CampaignState.RELEASING, paused_reason=PauseReason.RELEASE_REFUSED
    )
    make_presaves(campaign, tokens)
    return campaign
