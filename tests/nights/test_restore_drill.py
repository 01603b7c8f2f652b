"""Yesterday's database comes back: what was destroyed since stays destroyed, what lives goes on."""

from __future__ import annotations

import io
import os
import subprocess
from collections.abc import Callable, Iterator
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
from campaigns.keyring import KeyFileError, Secret, UnreadablePermissionError
from campaigns.models import Campaign, CampaignState, PauseReason, PreSave
from campaigns.planning.transitions import cancel_campaign
from campaigns.release import claims
from tests.factory import make_campaign, make_label, make_presave, make_presaves
from tests.nights.night import check_books, claim, make_night, states, work
from tests.postgres import find_binaries
from tests.sandbox_process import Sandbox

if TYPE_CHECKING:
    from django.test import Client

pytestmark = [pytest.mark.django_db(transaction=True)]

HOUR = timedelta(hours=1)
TOKEN = "AQD-canary-of-a-refresh-token"


def dump(path: Path) -> bytes:
    """A backup, as docs/operations.md makes it."""
    pg_dump = find_binaries() / "pg_dump"
    arguments = ["--format=custom", f"--file={path}", os.environ["DATABASE_URL"]]
    subprocess.run([pg_dump, *arguments], check=True)
    return path.read_bytes()


def back_up_keyring() -> io.BytesIO:
    archive = io.BytesIO()
    keyring.back_up(archive)
    return io.BytesIO(archive.getvalue())


@pytest.fixture
def restore() -> Iterator[Callable[[Path], None]]:
    """Bring a backup into a fresh database, and the product to that."""
    name, before = "restored", connection.settings_dict["NAME"]

    def administer(statement: str) -> None:
        url = os.environ["DATABASE_URL"].rpartition("/")[0]
        with psycopg.connect(f"{url}/postgres", autocommit=True) as administrator:
            administrator.execute(sql.SQL(statement).format(sql.Identifier(name)))

    def restore(path: Path) -> None:
        administer("CREATE DATABASE {}")
        url = os.environ["DATABASE_URL"].rpartition("/")[0]
        pg_restore = find_binaries() / "pg_restore"
        subprocess.run([pg_restore, f"--dbname={url}/{name}", path], check=True)
        connection.close()
        connection.settings_dict["NAME"] = name

    yield restore
    connection.close()
    connection.settings_dict["NAME"] = before
    administer("DROP DATABASE IF EXISTS {} WITH (FORCE)")


def can_be_opened(campaign: Campaign) -> list[str]:
    """What the present keyring reads of the restored permissions."""
    try:
        key = keyring.from_settings().open(campaign.id)
    except KeyFileError:
        return []
    rows = PreSave.objects.filter(campaign=campaign)
    agreed = campaign.agreed_digest
    return sorted(key.open(bytes(row.sealed or b""), row.id, agreed).reveal() for row in rows)


def check_receipts(client: Client) -> None:
    for row in PreSave.objects.all():
        page = client.get(f"/receipt/{row.id.hex}").content.decode()
        assert "<dt>We hold</dt><dd>nothing</dd>" in page


def test_nothing_that_ended_comes_back_with_the_database(
    sandbox: Sandbox, restore: Callable[[Path], None], tmp_path: Path, client: Client
) -> None:
    """A release that is out, a campaign and fans who cancelled: neither saved nor promised again,
    with the keys of that day back, too.
    """
    label = make_label()
    released = make_night(sandbox, fans=3, label=label)
    cancelled = make_campaign(label=label)
    make_presaves(cancelled, ["token-a", "token-b"])
    living = make_night(sandbox, fans=6, label=label)
    living.presaves.update(due_at=timezone.now() + HOUR)
    fans = list(living.presaves.all())
    dump(tmp_path / "yesterday.dump")
    keys_of_yesterday = back_up_keyring()
    assert work() == 3
    cancel_campaign(cancelled, timezone.now())
    for fan in fans[:3]:
        receipts.cancel(fan.id, timezone.now())
    work()

    restore(tmp_path / "yesterday.dump")
    assert keyring.bring_back(keys_of_yesterday) == (0, 2)
    assert [states(one) for one in (released, cancelled, living)] == [
        *({"pending": 3}, {"pending": 2}, {"pending": 6})
    ]
    living.presaves.update(due_at=timezone.now() - HOUR)
    already = len(sandbox.calls("library"))
    assert work() == 3
    assert len(sandbox.calls("library")) == already + 3

    became = {"failed": 3}, {"cancelled": 2}, {"cancelled": 3, "saved": 3}
    for campaign, how in zip((released, cancelled, living), became, strict=True):
        assert states(campaign) == how
        check_books(campaign)
    check_receipts(client)
    assert {fan.id for fan in fans[:3]} == set(
        living.presaves.cancelled_by_fan().values_list("id", flat=True)
    )
    assert can_be_opened(released) == can_be_opened(cancelled) == []


def test_a_keyring_that_is_older_than_the_database_opens_nothing_of_another_key(
    restore: Callable[[Path], None], tmp_path: Path
) -> None:
    """A campaign of the same id got another key in between: its rows stay as they are."""
    campaign = make_campaign()
    row = make_presave(campaign)
    dump(tmp_path / "yesterday.dump")
    keyring.from_settings().shred(campaign.id)
    keyring.from_settings().public_key(campaign.id)
    restore(tmp_path / "yesterday.dump")
    assert work() == 0
    key = keyring.from_settings().open(campaign.id)
    with pytest.raises(UnreadablePermissionError):
        key.open(bytes(row.sealed or b""), row.id, campaign.agreed_digest)
    campaign.refresh_from_db()
    assert campaign.paused_reason == PauseReason.KEY_MISSING
    assert states(campaign) == {"pending": 1}


def files_that_hold(needles: list[bytes], directory: Path) -> set[bytes]:
    """Which of them stand in a file of the database cluster, its log of writes included."""
    found = set()
    for path in directory.rglob("*"):
        try:
            content = path.read_bytes() if path.is_file() else b""
        except FileNotFoundError:
            continue  # the server took it away meanwhile
        found |= {needle for needle in needles if needle in content}
    return found


def test_a_permission_was_never_written_anywhere_in_the_database(tmp_path: Path) -> None:
    """Not in the tables, not in the log of writes, not in what a vacuum has yet to clean: erasing
    is then enough.
    """
    campaign = make_campaign(state=CampaignState.RELEASING)
    row = make_presave(campaign, TOKEN)
    first = bytes(row.sealed or b"")
    backup = dump(tmp_path / "held.dump")
    claims.keep_rotated_tokens(claim(campaign), {row.id: Secret(f"{TOKEN}-2")})
    row.refresh_from_db()
    second = bytes(row.sealed or b"")
    cancel_campaign(campaign, timezone.now())
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
        cursor.execute("SHOW data_directory")
        (directory,) = cursor.fetchone()

    sealed = [first[2:40], second[2:40]]
    found = files_that_hold([TOKEN.encode(), *sealed], Path(directory))
    assert found == set(sealed), "erased rows stay in the cluster's files for long, sealed"
    assert TOKEN.encode() not in backup + dump(tmp_path / "erased.dump")
    assert PreSave.objects.get().sealed is None
