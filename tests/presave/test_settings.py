"""What a start makes of the environment: one sentence and an exit, or a service."""

from __future__ import annotations

import logging
import os
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from presave import env

ROOT = Path(__file__).resolve().parents[2]


def read_settings(monkeypatch: pytest.MonkeyPatch, **changes: str | None) -> dict[str, Any]:
    """The settings that the tests' environment with these changes gives; None unsets one."""
    for name, value in changes.items():
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    return runpy.run_path(str(ROOT / "presave" / "settings.py"))


def run_command(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=ROOT,
        env={**os.environ, **changes},
        capture_output=True,
        text=True,
        check=False,
    )


BAD = [
    ("SECRET_KEY", None),
    ("SECRET_KEY", "too-short"),
    ("PUBLIC_URL", None),
    ("PUBLIC_URL", "http://presave.example.com"),
    ("PUBLIC_URL", "https://presave.example.com/somewhere"),
    ("OPERATOR_CONTACT", "Demo Label"),
    ("DATABASE_URL", None),
    ("DATABASE_URL", "mysql://h/db"),
    ("REDIS_URL", None),
    ("SPOTIFY_CLIENT_ID", "'4aawyAB9'"),
    ("OPERATOR_NAME", "\u200b"),
    ("SPOTIFY_CLIENT_SECRET", None),
    ("SPOTIFY_ACCOUNTS_URL", "http://accounts.example.com"),
    ("SPOTIFY_API_URL", "nonsense"),
    ("SPOTIFY_APP_MODE", "production"),
    ("SPOTIFY_MAX_RATE", "fast"),
    ("SPOTIFY_MARKET", "Sweden"),
    ("KEYRING_DIR", "keyring"),
    ("MASTER_KEY_FILE", "master.key"),
    ("DATA_DIR", "data"),
    ("SIGN_UP", "yes"),
    ("SIGN_UP", "open"),
    ("EMAIL_URL", "nonsense"),
    ("MAIL_FROM", "nonsense"),
    ("SENTRY_DSN", "nonsense"),
    ("SENTRY_DSN", "https://sentry.example.com/1"),
    ("TRUSTED_PROXIES", "caddy"),
    ("DEBUG", "yes"),
]


@pytest.mark.parametrize(("variable", "value"), BAD)
def test_a_bad_value_is_refused_with_its_variable_named(
    variable: str, value: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ImproperlyConfigured, match=variable):
        read_settings(monkeypatch, **{variable: value})


@pytest.mark.parametrize(
    ("command", "variable", "value"),
    [
        (["check"], "SECRET_KEY", ""),
        (["check"], "PUBLIC_URL", "http://presave.example.com"),
        (["release_worker", "--once"], "SPOTIFY_MAX_RATE", "fast"),
        ([], "SIGN_UP", "open"),
    ],
)
def test_a_start_with_a_bad_value_ends_in_one_sentence(
    command: list[str], variable: str, value: str
) -> None:
    run = run_command(*command, **{variable: value})
    assert run.returncode == 1
    assert run.stdout == ""
    assert run.stderr.startswith("Presave cannot start: ")
    assert variable in run.stderr
    assert run.stderr.count("\n") == 1


def test_the_web_side_starts_without_a_readable_master_key_or_keyring() -> None:
    away = {"KEYRING_DIR": "/nonexistent/keyring", "MASTER_KEY_FILE": "/nonexistent/master.key"}
    run = run_command("check", **away)
    assert run.returncode == 0, run.stderr


DEFAULT_IN_DEBUG = dict.fromkeys(
    (
        *("SECRET_KEY", "PUBLIC_URL", "OPERATOR_NAME", "OPERATOR_CONTACT"),
        *("DATABASE_URL", "REDIS_URL"),
    )
)


def test_debug_alone_has_defaults_for_what_is_the_operators(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read_settings(monkeypatch, DEBUG="True", **DEFAULT_IN_DEBUG)
    with pytest.raises(ImproperlyConfigured):
        read_settings(monkeypatch, DEBUG="False", **DEFAULT_IN_DEBUG)


def test_a_setting_that_becomes_mandatory_is_asked_for_a_release_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(env, "missing_soon", {})
    monkeypatch.delenv("OPERATOR_NAME", raising=False)

    assert (
        env.soon_required("OPERATOR_NAME", "1.10.0", "1.9.0", until_then="the host") == "the host"
    )
    assert env.missing_soon == {"OPERATOR_NAME": "1.10.0"}
    assert env.soon_required("OPERATOR_NAME", "1.10.0", "1.10.0", until_then="") is env.REQUIRED


def test_who_runs_the_instance_may_still_be_missing_and_is_warned_of() -> None:
    run = run_command(
        "check",
        "--deploy",
        PUBLIC_URL="https://presave.example.com",
        OPERATOR_NAME="",
        OPERATOR_CONTACT="",
    )

    assert run.returncode == 0, run.stderr
    for name in ("OPERATOR_NAME", "OPERATOR_CONTACT"):
        assert f"{name} is not set. From version 1.1.0 on Presave does not start" in run.stderr


def test_debug_is_for_a_loopback_address(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured, match="DEBUG"):
        read_settings(monkeypatch, DEBUG="True", PUBLIC_URL="https://presave.example.com")


def test_the_spotify_secret_has_no_default_even_in_debug(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ImproperlyConfigured, match="SPOTIFY_CLIENT_SECRET"):
        read_settings(monkeypatch, DEBUG="True", SPOTIFY_CLIENT_SECRET=None)


def test_https_makes_cookies_and_transport_strict(monkeypatch: pytest.MonkeyPatch) -> None:
    strict = read_settings(monkeypatch, PUBLIC_URL="https://presave.example.com")
    assert strict["SESSION_COOKIE_NAME"] == "__Host-session"
    assert strict["SESSION_COOKIE_SECURE"] is strict["CSRF_COOKIE_SECURE"] is True
    assert strict["SECURE_SSL_REDIRECT"] is True
    assert strict["SECURE_HSTS_SECONDS"] >= 31_536_000
    assert strict["SECURE_HSTS_INCLUDE_SUBDOMAINS"] is False
    assert strict["ALLOWED_HOSTS"] == ["presave.example.com"]
    assert strict["CSRF_TRUSTED_ORIGINS"] == ["https://presave.example.com"]


def test_every_cookie_is_bound_to_the_host() -> None:
    named = (
        "from presave.messages import Storage\n"
        "from campaigns.accounts import browsers, passkeys\n"
        "from campaigns.fan import cookies\n"
        "from django.conf import settings\n"
        "print(settings.SESSION_COOKIE_NAME, settings.CSRF_COOKIE_NAME,"
        " Storage.storage_classes[0].cookie_name, browsers.COOKIE, passkeys.COOKIE,"
        " cookies._pending_consent_name(), cookies._receipts_name())"
    )
    https = {"PUBLIC_URL": "https://presave.example.com"}
    names = run_command("shell", "--verbosity=0", f"--command={named}", **https).stdout.split()
    assert len(names) == 7
    assert all(name.startswith("__Host-") for name in names), names


def test_other_hosts_of_the_domain_are_bound_to_https_only_if_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = {"HSTS_INCLUDE_SUBDOMAINS": "True"}
    bound = read_settings(monkeypatch, PUBLIC_URL="https://presave.example.com", **asked)
    assert bound["SECURE_HSTS_INCLUDE_SUBDOMAINS"] is True
    loopback = read_settings(monkeypatch, PUBLIC_URL="http://127.0.0.1:8123", **asked)
    assert loopback["SECURE_HSTS_INCLUDE_SUBDOMAINS"] is False


def test_loopback_works_without_https(monkeypatch: pytest.MonkeyPatch) -> None:
    loopback = read_settings(monkeypatch, PUBLIC_URL="http://127.0.0.1:8123")
    assert loopback["SESSION_COOKIE_NAME"] == "session"
    assert loopback["SESSION_COOKIE_SECURE"] is loopback["SECURE_SSL_REDIRECT"] is False
    assert loopback["ALLOWED_HOSTS"] == ["127.0.0.1"]


def test_what_is_not_set_is_spotify_itself_in_development_mode_with_sign_up_closed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = ("SPOTIFY_ACCOUNTS_URL", "SPOTIFY_API_URL", "SPOTIFY_APP_MODE", "SIGN_UP", "COMMIT")
    usual = read_settings(monkeypatch, **dict.fromkeys(names))
    assert usual["SPOTIFY_ACCOUNTS_URL"] == "https://accounts.spotify.com"
    assert usual["SPOTIFY_API_URL"] == "https://api.spotify.com/v1"
    assert usual["SPOTIFY_APP_MODE"] == "development"
    assert usual["SIGN_UP"] == "closed"
    assert usual["COMMIT"] == "unknown"


def test_there_may_be_no_spotify_app(monkeypatch: pytest.MonkeyPatch) -> None:
    without = read_settings(monkeypatch, SPOTIFY_CLIENT_ID=None, SPOTIFY_CLIENT_SECRET=None)
    assert without["SPOTIFY_CLIENT_ID"] == without["SPOTIFY_CLIENT_SECRET"] == ""


def test_every_mail_has_one_sender(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = read_settings(monkeypatch, MAIL_FROM=None, PUBLIC_URL="https://presave.example.com")
    assert usual["DEFAULT_FROM_EMAIL"] == "Presave <presave@presave.example.com>"
    chosen = read_settings(monkeypatch, MAIL_FROM="Demo Label <music@example.com>")
    assert chosen["DEFAULT_FROM_EMAIL"] == "Demo Label <music@example.com>"


@pytest.mark.parametrize(
    ("variable", "setting", "value"),
    [
        ("SECRET_KEY", "SECRET_KEY", "k" * 60),
        ("SPOTIFY_CLIENT_SECRET", "SPOTIFY_CLIENT_SECRET", "from-a-file"),
        ("REDIS_URL", "CELERY_BROKER_URL", "redis://:pw@h"),
    ],
)
def test_secrets_come_from_files(
    variable: str, setting: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_text(f"{value}\n")
    path = str(tmp_path / "secret")
    read = read_settings(monkeypatch, **{variable: None, f"{variable}_FILE": path})
    assert read[setting] == value


def test_sqlite_takes_its_write_lock_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read = read_settings(monkeypatch, DATABASE_URL="sqlite:////srv/presave.sqlite3")
    options = read["DATABASES"]["default"]["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert "journal_mode=WAL" in options["init_command"]


def test_tasks_never_run_eagerly_and_are_acknowledged_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read = read_settings(monkeypatch)
    assert "CELERY_TASK_ALWAYS_EAGER" not in read
    assert read["CELERY_TASK_ACKS_LATE"] is read["CELERY_TASK_REJECT_ON_WORKER_LOST"] is True


@pytest.mark.parametrize("name", ["spotipy", "urllib3", "aiohttp"])
def test_libraries_that_print_tokens_at_debug_stay_quiet(name: str) -> None:
    root = logging.getLogger()
    level = root.level
    root.setLevel(logging.DEBUG)
    try:
        assert not logging.getLogger(f"{name}.client").isEnabledFor(logging.INFO)
    finally:
        root.setLevel(level)
