"""`./presavectl backup` and `restore`, with real Postgres, artwork and keys: a new server, in the
order of docs/backup.md.
"""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from django.db import connection
from django.utils import timezone
from psycopg import sql

from campaigns import keyring
from campaigns.consent import receipts
from campaigns.models import Campaign, CampaignState, PreSave
from campaigns.planning.transitions import cancel_campaign
from presave import rehearsing
from tests.factory import make_campaign, make_presaves, master_key_line
from tests.nights.night import check_books, make_night, states, work
from tests.postgres import find_binaries
from tests.sandbox_process import Sandbox
from tests.test_deploy import compose

if TYPE_CHECKING:
    from django.test import Client
    from pytest_django import Settings

pytestmark = [pytest.mark.django_db(transaction=True)]

ROOT = Path(__file__).resolve().parents[2]
NEW_DATABASE = "new_server"


@dataclass
class Server:
    """A machine with its settings, as far as the commands see it."""

    directory: Path
    database: str
    master_key: Path

    def __post_init__(self) -> None:
        for name in ("data/artwork/clips", "secrets", "bin"):
            (self.directory / name).mkdir(parents=True)
        (self.directory / "bin" / "docker").symlink_to(ROOT / "tests" / "docker_stand_in.py")
        compose = (ROOT / "docker-compose.yml").read_text()
        (self.directory / "docker-compose.yml").write_text(compose)

    @property
    def keyring(self) -> Path:
        return self.directory / "keyring"

    @property
    def artwork(self) -> Path:
        return self.directory / "data" / "artwork"

    @property
    def secrets(self) -> Path:
        return self.directory / "secrets"

    @property
    def log(self) -> list[str]:
        log = self.directory / "log"
        return log.read_text().splitlines() if log.exists() else []

    def run(self, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
        """Run ./presavectl here."""
        url = os.environ["DATABASE_URL"]
        host, port = url.rpartition("@")[2].partition("/")[0].split(":")
        environment = {
            **os.environ,
            "DATABASE_URL": f"{url.rpartition('/')[0]}/{self.database}",
            "PGHOST": host,
            "PGPORT": port,
            "PGUSER": "postgres",
            "PGDATABASE": self.database,
            "DATA_DIR": str(self.directory / "data"),
            "KEYRING_DIR": str(self.keyring),
            "MASTER_KEY_FILE": str(self.master_key),
            "STAND_IN_FILE": str(self.directory / "docker-compose.yml"),
            "STAND_IN_SECRETS": str(self.secrets),
            "STAND_IN_LOG": str(self.directory / "log"),
            "STAND_IN_BINARIES": str(find_binaries()),
            "PATH": f"{self.directory / 'bin'}:{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
        command = [sys.executable, ROOT / "presavectl", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def old(settings: Settings, tmp_path: Path) -> Server:
    master_key = tmp_path / "master.key"
    master_key.touch(0o600)
    master_key.write_text(master_key_line())
    server = Server(tmp_path / "old", connection.settings_dict["NAME"], master_key)
    settings.KEYRING_DIR, settings.MASTER_KEY_FILE = server.keyring, master_key
    for name in compose()["secrets"]:
        (server.secrets / name).write_text(f"content of {name}\n")
    return server


@pytest.fixture
def new(old: Server, settings: Settings, tmp_path: Path) -> Iterator[Server]:
    """Another machine with the same secrets and nothing else; `move` brings the product to it."""
    before = connection.settings_dict["NAME"]
    administer("CREATE DATABASE {}")
    server = Server(tmp_path / "new", NEW_DATABASE, old.master_key)
    for secret in old.secrets.iterdir():
        (server.secrets / secret.name).write_bytes(secret.read_bytes())
    yield server
    connection.close()
    connection.settings_dict["NAME"] = before
    administer("DROP DATABASE IF EXISTS {} WITH (FORCE)")


def administer(statement: str) -> None:
    url = os.environ["DATABASE_URL"].rpartition("/")[0]
    with psycopg.connect(f"{url}/postgres", autocommit=True) as administrator:
        administrator.execute(sql.SQL(statement).format(sql.Identifier(NEW_DATABASE)))


def move(server: Server, settings: Settings) -> None:
    connection.close()
    connection.settings_dict["NAME"] = server.database
    settings.KEYRING_DIR = server.keyring


def modes(directory: Path) -> set[int]:
    return {stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}


@pytest.fixture
def backups(tmp_path: Path) -> Path:
    return tmp_path / "backups"


@pytest.fixture
def rehearsal(new: Server) -> Iterator[None]:
    """On both servers there are tables of one."""
    make = sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(rehearsing.SCHEMA))
    with psycopg.connect(
        f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{new.database}"
    ) as there:
        there.execute(make)
    with connection.cursor() as here:
        here.execute(make)
    before = connection.settings_dict["NAME"]
    yield
    connection.close()
    connection.settings_dict["NAME"] = before
    with connection.cursor() as here:
        here.execute(sql.SQL("DROP SCHEMA {}").format(sql.Identifier(rehearsing.SCHEMA)))


def back_up(server: Server, backups: Path, name: str) -> Path:
    """Make one, and call it as if it were made at another time."""
    before = {*backups.iterdir()} if backups.exists() else set()
    done = server.run("backup", backups)
    assert done.returncode == 0, done.stderr
    [made] = {*backups.iterdir()} - before
    assert f"The backup is {made}." in done.stdout
    return made.rename(backups / name)


def check_files(server: Server, backup: Path) -> None:
    assert {path.name for path in backup.iterdir()} == {
        *("database.dump", "artwork.tar", "keyring.tar", "secrets.txt")
    }
    assert (modes(backup), modes(backup.parent)) == ({0o600}, {0o700})
    assert "content of" not in (backup / "secrets.txt").read_text()
    assert (server.keyring / "last-backup").exists()


def restore(server: Server, backup: Path) -> str:
    done = server.run("restore", backup)
    assert done.returncode == 0, done.stderr
    started = ["up --detach --wait postgres", "stop web worker beat", "up --detach"]
    assert [line for line in server.log if not line.startswith("ps ")] == started
    return done.stdout


def check_refusals(server: Server, backup: Path, living: Campaign) -> None:
    """Over a database that holds something, and of a dump that is damaged."""
    before = states(living)
    refused = server.run("restore", backup)
    assert refused.returncode == 1
    assert "The database here holds 2 campaigns." in refused.stderr
    assert f"./presavectl restore --replace {backup}" in refused.stderr
    damaged = backup / "database.dump"
    damaged.write_bytes(damaged.read_bytes()[:-20_000])
    connection.close()
    refused = server.run("restore", "--replace", backup)
    assert refused.returncode == 1
    assert "Web, worker and beat are stopped." in refused.stderr
    assert states(living) == before


def check_refusal_of_keys(server: Server, backup: Path, living: Campaign) -> None:
    """The database stays, as there would be fans without the keys of their permissions."""
    before, damaged = states(living), backup / "keyring.tar"
    damaged.write_bytes(damaged.read_bytes()[:-20_000])
    connection.close()
    refused = server.run("restore", "--replace", backup)
    assert refused.returncode == 1
    assert "backup of the keyring" in refused.stderr
    assert states(living) == before


@pytest.mark.usefixtures("rehearsal")
def test_a_new_server_goes_on_where_the_backup_was_made_and_revives_nobody(
    sandbox: Sandbox, old: Server, new: Server, settings: Settings, backups: Path, client: Client
) -> None:
    living = make_night(sandbox, fans=5)
    living.presaves.update(due_at=timezone.now() + timedelta(hours=1))
    ended = make_campaign()
    make_presaves(ended, ["token-a", "token-b"])
    for name in ("a-cover-640.webp", "clips/a-clip.mp3"):
        (old.artwork / name).write_text(name)
    first = back_up(old, backups, "2026-11-30T03-00-00Z")
    check_files(old, first)
    receipts.cancel(living.presaves.all()[0].id, timezone.now())
    cancel_campaign(ended, timezone.now())
    work()
    second = back_up(old, backups, "2026-12-01T03-00-00Z")

    told = restore(new, first)

    assert f"Bringing back keys and tombstones from {second / 'keyring.tar'}" in told
    assert "nobody knows who cancelled after 01 December 2026, 03:00 UTC" in told
    assert (new.artwork / "a-cover-640.webp").read_text() == "a-cover-640.webp"
    assert (new.artwork / "clips" / "a-clip.mp3").exists()
    move(new, settings)
    assert states(living) == {"pending": 4, "cancelled": 1}
    assert states(ended) == {"cancelled": 2}
    assert Campaign.objects.get(id=ended.id).state == CampaignState.CANCELLED
    assert set(keyring.from_settings().campaign_ids()) == {living.id}
    for row in PreSave.objects.exclude(state="pending"):
        page = client.get(f"/receipt/{row.id.hex}").content.decode()
        assert "<dt>We hold</dt><dd>nothing</dd>" in page
    living.presaves.update(due_at=timezone.now())
    assert work() == 4
    for campaign in (living, ended):
        check_books(campaign)
    check_refusals(new, first, living)
    check_refusal_of_keys(new, second, living)
