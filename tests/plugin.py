"""Starts the services that the tests use and sets the environment before Django reads it."""

from __future__ import annotations

import argparse
import base64
import os
import secrets
import signal
import tempfile
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

import pytest

from embedded.processes import LOOPBACK, StartError, free_port
from embedded.valkey import ServerNotFoundError, Valkey
from tests.postgres import Postgres, PostgresNotFoundError

pytest_plugins = [
    *("tests.browser", "tests.receiver", "tests.sandbox_process", "tests.sentry", "tests.smtp"),
]

CORE = "release_core"
NOBODY_LISTENS = "http://127.0.0.1:1"
NO_DATABASE = "postgres://nobody@127.0.0.1:1/none"
NO_REDIS = "redis://127.0.0.1:1"
NOT_FROM_THE_SHELL = (
    *("SECRET_KEY_FILE", "DATABASE_URL_FILE", "REDIS_URL_FILE", "SPOTIFY_CLIENT_SECRET_FILE"),
    *("EMAIL_URL", "EMAIL_URL_FILE", "MAIL_FROM", "SENTRY_DSN", "SENTRY_DSN_FILE", "COMMIT"),
    *("PING_URL", "LOG_FORMAT"),
    *("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"),
)


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    """Wrappers come before pytest-django's own hook, which loads the settings."""
    stack = ExitStack()
    early_config.add_cleanup(lambda: _close(stack))
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    # A job in the background of a shell ignores it, and what it starts would, too.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        _start(stack, early_config.known_args_namespace)
    except (PostgresNotFoundError, ServerNotFoundError, StartError) as error:
        raise pytest.UsageError(str(error)) from error
    yield


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_xdist_auto_num_workers() -> int:
    """Twice as many as there are cores, which with half as many again were idle for two fifths of
    the time: a test of real processes mostly waits for them.
    """
    return 2 * (os.cpu_count() or 1)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Where the release core alone is run, files that have none of it are not even read: reading
    all took a sixth of the time.
    """
    is_test = collection_path.name.startswith("test_") and collection_path.suffix == ".py"
    if config.option.markexpr == CORE and is_test and CORE not in collection_path.read_text():
        return True
    return None


def pytest_sessionstart() -> None:
    from django.conf import settings
    from django.core.management import call_command

    # The tests' database is the one that DATABASE_URL names, so that a worker or web process
    # started with this environment works on the same rows. SQLite needs a file for that, too.
    database = settings.DATABASES["default"]
    database.setdefault("TEST", {})["NAME"] = database["NAME"]
    call_command("collectstatic", interactive=False, verbosity=0)


def _start(stack: ExitStack, arguments: argparse.Namespace) -> None:
    directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="presave-tests-")))
    directory.chmod(0o711)  # a web process of another user gets through, and into the keyring not
    if _only_hands_out(arguments):
        set_environment(directory, NO_DATABASE, NO_REDIS)
    else:
        database_url = _start_database(stack, directory)
        set_environment(directory, database_url, stack.enter_context(Valkey()).url)


def _only_hands_out(arguments: argparse.Namespace) -> bool:
    """Whether this process runs no test itself, but has xdist's others run them."""
    shares = getattr(arguments, "numprocesses", None) and not arguments.usepdb
    return bool(shares) and "PYTEST_XDIST_WORKER" not in os.environ


def set_environment(directory: Path, database_url: str, redis_url: str) -> None:
    """What presave.settings reads, with keys of its own in `directory`."""
    for name in NOT_FROM_THE_SHELL:
        os.environ.pop(name, None)
    os.environ.update(_settings(directory), DATABASE_URL=database_url, REDIS_URL=redis_url)


def _start_database(stack: ExitStack, directory: Path) -> str:
    kind = os.environ.get("TEST_DATABASE", "postgres")
    if kind == "sqlite":
        return f"sqlite:///{directory}/presave.sqlite3"
    if kind != "postgres":
        raise pytest.UsageError(f"TEST_DATABASE must be postgres or sqlite, not {kind!r}.")
    postgres = stack.enter_context(Postgres())
    for side in ("web", "worker"):
        os.environ[f"{side.upper()}_DATABASE_URL"] = postgres.url("presave", f"presave_{side}")
    return postgres.url("presave")


def _settings(directory: Path) -> dict[str, str]:
    return {
        "DJANGO_SETTINGS_MODULE": "presave.settings",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DEBUG": "False",
        "PUBLIC_URL": f"http://{LOOPBACK}:{free_port()}",
        "OPERATOR_NAME": "Demo Label",
        "OPERATOR_CONTACT": "privacy@example.com",
        "SPOTIFY_CLIENT_ID": "test-client-id",
        "SPOTIFY_CLIENT_SECRET": secrets.token_urlsafe(24),
        "SPOTIFY_ACCOUNTS_URL": NOBODY_LISTENS,
        "SPOTIFY_API_URL": f"{NOBODY_LISTENS}/v1",
        "SPOTIFY_APP_MODE": "extended",
        "SPOTIFY_MAX_RATE": "1000",
        "SPOTIFY_MARKET": "US",
        "SIGN_UP": "closed",
        "DATA_DIR": str(directory),
        "KEYRING_DIR": str(_make_keyring(directory)),
        "MASTER_KEY_FILE": str(_make_master_key(directory)),
    }


def _make_keyring(directory: Path) -> Path:
    path = directory / "keyring"
    path.mkdir(mode=0o700)
    return path


def _make_master_key(directory: Path) -> Path:
    path = directory / "master.key"
    path.touch(mode=0o600)
    path.write_text(f"1:{base64.b64encode(secrets.token_bytes(32)).decode()}\n")
    return path


def _interrupt(number: int, frame: FrameType | None) -> None:
    """End as Ctrl-C does: pytest then tears down every fixture and calls the cleanup."""
    raise KeyboardInterrupt


def _close(stack: ExitStack) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    stack.close()
