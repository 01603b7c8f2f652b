"""A rehearsal's settings lead to no table and no host but its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from presave import rehearsing

SPOTIFY = "https://accounts.spotify.com"
SANDBOX = "http://127.0.0.1:4711"
ASK = "import django; django.setup(); from campaigns.models import Label; Label.objects.count()"


def ask_for_labels(**changes: str) -> str:
    """Under a rehearsal's settings, in a process as a rehearsal starts them; its last word."""
    changes = {"SPOTIFY_ACCOUNTS_URL": SANDBOX, "SPOTIFY_API_URL": f"{SANDBOX}/v1", **changes}
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "presave.rehearsal_settings", **changes}
    asked = subprocess.run(
        [sys.executable, "-c", ASK], env=env, capture_output=True, text=True, check=False
    )
    assert asked.returncode == 1
    return asked.stderr.splitlines()[-1]


@pytest.mark.django_db(transaction=True)
def test_without_its_own_tables_it_finds_none() -> None:
    """And not the real ones, which this database holds."""
    assert "came to the schema None" in ask_for_labels()


@pytest.mark.django_db(transaction=True)
def test_a_pooler_that_drops_the_schema_is_noticed() -> None:
    with pytest.raises(ImproperlyConfigured, match="must lead to Postgres itself"):
        rehearsing.refuse_other_tables(connection)
    assert connection.connection is None


def test_spotify_itself_is_never_called() -> None:
    assert "calls the sandbox alone" in ask_for_labels(SPOTIFY_ACCOUNTS_URL=SPOTIFY)
    assert "calls the sandbox alone" in ask_for_labels(SPOTIFY_API_URL=f"{SPOTIFY}/v1")


def test_a_schema_stands_alone_and_keeps_the_other_options() -> None:
    real = {"ENGINE": "django.db.backends.postgresql", "NAME": "presave"}
    real_options = {"options": "-c idle_in_transaction_session_timeout=15s", "sslmode": "require"}

    options = rehearsing.database({**real, "OPTIONS": real_options})["OPTIONS"]

    assert options["options"] == (
        "-c idle_in_transaction_session_timeout=15s -c search_path=presave_rehearsal"
    )
    assert options["sslmode"] == "require"
    assert "search_path" not in real_options["options"]


def test_sqlite_has_a_file_of_its_own() -> None:
    real = {"ENGINE": "django.db.backends.sqlite3", "NAME": Path("/data/presave.sqlite3")}

    assert rehearsing.database(real)["NAME"] == "/data/presave.sqlite3.rehearsal"
