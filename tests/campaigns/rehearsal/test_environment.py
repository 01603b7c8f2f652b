"""What a rehearsal's processes are told, and what they are not."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from django.conf import settings

from campaigns.rehearsal import environment

SANDBOX = "http://127.0.0.1:4711"
NOT_FOR_THEM = {
    "SECRET_KEY_FILE": "/run/secrets/secret_key",
    "SPOTIFY_CLIENT_SECRET_FILE": "/run/secrets/spotify_client_secret",
    "EMAIL_URL": "smtp://mail.example.com",
    "SENTRY_DSN": "https://key@sentry.example.com/1",
    "HTTPS_PROXY": "http://proxy.example.com",
    "SOMETHING_NEW": "that nobody thought of here",
}


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in NOT_FOR_THEM.items():
        monkeypatch.setenv(name, value)


def test_workers_are_told_of_nobody_but_database_broker_and_sandbox(tmp_path: Path) -> None:
    told = environment.of_workers(tmp_path, SANDBOX, "made-up")

    assert not NOT_FOR_THEM.keys() & told.keys()
    assert (told["SPOTIFY_ACCOUNTS_URL"], told["SPOTIFY_API_URL"]) == (SANDBOX, f"{SANDBOX}/v1")
    assert told["DJANGO_SETTINGS_MODULE"] == "presave.rehearsal_settings"
    assert told["SPOTIFY_MAX_RATE"] == str(settings.SPOTIFY_MAX_RATE)


def test_no_secret_or_file_of_the_instance_is_theirs(tmp_path: Path) -> None:
    told = environment.of_workers(tmp_path, SANDBOX, "made-up")

    for secret in (settings.SECRET_KEY, settings.SPOTIFY_CLIENT_SECRET):
        assert secret not in told.values()
    for name in ("DATA_DIR", "KEYRING_DIR", "MASTER_KEY_FILE"):
        assert Path(told[name]).is_relative_to(tmp_path)
    assert stat.S_IMODE(Path(told["MASTER_KEY_FILE"]).stat().st_mode) == 0o600


def test_the_sandbox_is_told_of_neither_database_nor_broker() -> None:
    told = environment.of_sandbox("made-up")

    assert told["SANDBOX_CLIENT_SECRET"] == "made-up"
    assert not [name for name in told if name.startswith(("DATABASE", "REDIS"))]
