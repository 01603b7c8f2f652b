"""What ./presavectl backup and restore promise, apart from what tests/stack/test_backup.py does."""

from __future__ import annotations

import argparse
import os
import re
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from deploy.server import backup, restore, secrets_list
from deploy.server.backup import BackupError
from deploy.server.compose import CommandError
from tests.test_deploy import compose

ROOT = Path(__file__).resolve().parents[3]
NOW = datetime(2026, 12, 4, 3, tzinfo=UTC)


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `docker` that prints what stands in a file of that name and exits as `exits` says."""
    directory = tmp_path / "bin"
    directory.mkdir()
    script = directory / "docker"
    script.write_text(
        "#!/bin/sh\n"
        'if [ "$2" = config ]; then cat "${0%/*}/config"; exit; fi\n'
        'echo content; exit "$(cat "${0%/*}/exits")"\n'
    )
    script.chmod(0o755)
    secret = tmp_path / "secret_key"
    secret.write_text("a long and random one")
    (directory / "exits").write_text("0")
    services = '{"postgres": {}, "web": {"image": "presave"}, "worker": {}}'
    secrets = f'{{"secret_key": {{"file": "{secret}"}}}}'
    (directory / "config").write_text(f'{{"services": {services}, "secrets": {secrets}}}')
    monkeypatch.setenv("PATH", f"{directory}:{os.environ['PATH']}")
    return directory


def made_before(directory: Path, age: timedelta) -> Path:
    path = directory / (NOW - age).strftime("%Y-%m-%dT%H-%M-%SZ")
    path.mkdir()
    for name in (backup.DATABASE, backup.KEYRING):
        (path / name).touch()
    return path


def test_every_volume_is_in_the_backup_or_is_made_anew() -> None:
    """A new one has to be put into deploy/server/backup.py, or have a reason there."""
    # Compose itself leaves out those of profiles that are not asked for.
    section = (ROOT / "docker-compose.yml").read_text().partition("\nvolumes:\n")[2]
    volumes = set(re.findall(r"^  (\w+):", section.partition("\n\n")[0], re.MULTILINE))
    assert set(compose()["volumes"]) <= volumes
    assert volumes == backup.VOLUMES.keys() | backup.MADE_ANEW.keys()
    assert set(backup.VOLUMES.values()) == set(backup.PARTS)


def test_where_its_age_cannot_be_noted_there_is_no_backup(docker: Path, tmp_path: Path) -> None:
    """As the command then says."""
    script = docker / "docker"
    refused = 'case "$*" in *last-backup*) exit 1; esac\n'
    script.write_text(script.read_text().replace("echo content", f"{refused}echo content"))
    with pytest.raises(CommandError):
        backup.make(tmp_path / "backups", NOW)
    assert list((tmp_path / "backups").iterdir()) == []


def test_what_a_volume_holds_is_read_in_a_service_that_has_it() -> None:
    for volume, part in backup.VOLUMES.items():
        service = compose()["services"][backup.SERVICE_OF[part]]
        assert volume in [mounted["source"] for mounted in service["volumes"]]
        assert backup.SERVICE_OF[part] in backup.PARTS[part]


def test_the_list_tells_a_secret_that_is_another_one_and_nothing_of_what_is_in_it(
    tmp_path: Path,
) -> None:
    for name in ("secret_key", "email_url", "master_key"):
        (tmp_path / name).write_text(f"{name} of then")
    then = secrets_list.write(tmp_path)
    assert " of then" not in then
    assert secrets_list.compare(then, secrets_list.write(tmp_path)) == []
    (tmp_path / "email_url").write_text("another")
    (tmp_path / "master_key").unlink()
    assert secrets_list.compare(then, secrets_list.write(tmp_path)) == [
        "master_key is missing.",
        "email_url is another one.",
    ]


def test_nobody_can_try_which_password_it_is_without_the_secret_key(tmp_path: Path) -> None:
    digests = set()
    for key in ("one", "two"):
        (tmp_path / "secret_key").write_text(key)
        (tmp_path / "email_url").write_text("smtps://a:short@mail.example.com")
        listed = secrets_list.write(tmp_path)
        digests.add(listed.split()[1])
    assert len(digests) == 2
    assert "secret_key is another one" in secrets_list.compare(listed, "secret_key 0\n")[-1]


@pytest.mark.usefixtures("docker")
def test_a_backup_is_private_and_is_never_written_over(tmp_path: Path) -> None:
    made = backup.make(tmp_path / "backups", NOW)
    files = {path.name: stat.S_IMODE(path.stat().st_mode) for path in made.iterdir()}
    assert files == dict.fromkeys([*backup.PARTS, backup.SECRETS], 0o600)
    assert stat.S_IMODE(made.stat().st_mode) == 0o700
    with pytest.raises(BackupError, match="is there already"):
        backup.make(tmp_path / "backups", NOW)
    with pytest.raises(FileExistsError), backup.create(made / backup.DATABASE):
        pass


def test_a_backup_that_fails_leaves_nothing(
    docker: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (docker / "exits").write_text("1")
    chosen = argparse.Namespace(directory=tmp_path / "backups")
    assert backup.run(chosen) == 1
    assert list((tmp_path / "backups").iterdir()) == []
    assert capsys.readouterr().err.startswith("No backup was made. ")


def test_an_old_copy_that_cannot_be_deleted_does_not_deny_the_new_backup(
    docker: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = made_before(tmp_path, timedelta(days=400)) / backup.KEYRING
    old.unlink()
    old.mkdir()
    assert backup.run(argparse.Namespace(directory=tmp_path)) == 1
    told = capsys.readouterr()
    assert told.out.startswith("The backup is ")
    assert f"shred --remove {old}" in told.err


def test_copies_of_the_keyring_go_after_seven_days_and_nothing_else(tmp_path: Path) -> None:
    days = [made_before(tmp_path, timedelta(days=days)) for days in (8, 7, 6, 0)]
    killed = made_before(tmp_path, timedelta(days=9))
    killed = killed.rename(f"{killed}.unfinished")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / backup.KEYRING).touch()
    assert backup.delete_old_keyrings(tmp_path, NOW) == 3
    assert not (killed / backup.KEYRING).exists()
    assert [(one / backup.KEYRING).exists() for one in days] == [False, False, True, True]
    assert all((one / backup.DATABASE).exists() for one in days)
    assert (tmp_path / "notes" / backup.KEYRING).exists()


def test_a_copy_of_the_keyring_is_overwritten_before_it_goes(tmp_path: Path) -> None:
    """A deleted one would be a remnant of the weekly key, too."""
    copy = made_before(tmp_path, timedelta(days=8)) / backup.KEYRING
    copy.write_bytes(b"what wraps it" * 100)
    remnant = tmp_path / "remnant"
    remnant.hardlink_to(copy)
    backup.delete_old_keyrings(tmp_path, NOW)
    assert remnant.stat().st_size == 1300
    assert b"what wraps it" not in remnant.read_bytes()


def test_a_restore_that_fails_half_way_says_what_is_stopped_and_how_to_do_it_again(
    docker: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = made_before(tmp_path, timedelta())
    for name in (backup.ARTWORK, backup.SECRETS):
        (one / name).write_text("secret_key 0\n")
    script = docker / "docker"
    refused = 'case "$*" in *"keyring restore"*) echo no space left >&2; exit 1; esac\n'
    as_said = "echo content 0"
    told = refused + 'case "$*" in *psql*) echo "the database is restored"; exit; esac\n'
    script.write_text(script.read_text().replace("echo content", told + as_said))

    assert restore.run(argparse.Namespace(backup=one, replace=True)) == 1

    said = capsys.readouterr().err
    assert "no space left\nWeb, worker and beat are stopped" in said
    assert f"./presavectl restore --replace {one}" in said


@pytest.mark.usefixtures("docker")
def test_another_directory_is_no_backup(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = made_before(tmp_path, timedelta())
    chosen = argparse.Namespace(backup=tmp_path / "notes", replace=True)
    assert restore.run(chosen) == 1
    told = capsys.readouterr().err
    assert "is no backup" in told
    assert str(one) in told


def test_a_backup_of_an_instance_whose_database_is_elsewhere_holds_none(tmp_path: Path) -> None:
    one = made_before(tmp_path, timedelta())
    (one / backup.DATABASE).unlink()
    assert restore.check(one, [backup.KEYRING]) == NOW
    with pytest.raises(BackupError, match=r"with database\.dump, keyring\.tar in it"):
        restore.check(one, [backup.DATABASE, backup.KEYRING])


def test_who_restores_by_hand_gives_the_roles_their_rights_before_the_worker_asks() -> None:
    """A restored database grants nothing; the command migrates in between, too."""
    [by_hand] = re.findall(r"^By hand, .*$", (ROOT / "docs" / "backup.md").read_text(), re.M)
    steps = ("keyring restore", "manage.py migrate", "keyring tombstones", "start the worker")
    places = [by_hand.index(step) for step in steps]
    assert places == sorted(places)
