"""`./presavectl restore`: bring a backup into service, on this server or a new one.

The database comes from the backup that is named; what has ended, from the newest one next to it and
from the keyring that is still here. So it ends again before anybody is served.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from deploy.server import backup, compose, engine, health, secrets_list
from deploy.server.backup import ARTWORK, AS_OWNER, DATABASE, KEYRING, SECRETS, BackupError

WRITERS: Final = ("web", "worker", "beat")
IN_POSTGRES: Final = ("exec", "-T", *AS_OWNER, "postgres", "sh", "-c")
# How many campaigns there are; nothing in a database without tables.
COUNT: Final = """
psql --no-psqlrc --tuples-only --no-align --set ON_ERROR_STOP=1 <<'SQL'
SELECT to_regclass('campaigns_campaign') IS NOT NULL AS has_tables \\gset
\\if :has_tables
  SELECT count(*) FROM campaigns_campaign;
\\endif
SQL
"""
DONE: Final = "the database is restored"
# All at once: whatever goes wrong, the database is as it was. A dump that ends early is never
# committed.
REPLACE: Final = f"""
{{ echo 'BEGIN; DROP SCHEMA public CASCADE; CREATE SCHEMA public;'
  echo 'ALTER SCHEMA public OWNER TO pg_database_owner; GRANT USAGE ON SCHEMA public TO PUBLIC;'
  pg_restore --no-owner --no-privileges --file=- && printf '%s\\n' 'COMMIT;' '\\echo {DONE}'
}} | psql --no-psqlrc --quiet --set ON_ERROR_STOP=1
"""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("restore", help="bring a backup into service")
    command.add_argument("backup", type=Path, metavar="BACKUP", help="one directory of a backup")
    command.add_argument(
        "--replace",
        action="store_true",
        help="restore although the database here holds something, which is lost then",
    )
    command.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    try:
        _restore(chosen.backup.absolute(), is_told=chosen.replace)
    except (BackupError, compose.CommandError, OSError) as error:
        print(f"Not restored. {error}", file=sys.stderr)
        return 1
    try:
        _step("Waiting until all services are well")
        health.wait()
    except engine.EngineError as error:
        print(f"The backup is restored, but: {error}", file=sys.stderr)
        print("Once that is changed it starts by itself: ./presavectl status", file=sys.stderr)
        return 1
    return 0


def _restore(chosen: Path, *, is_told: bool) -> None:
    """Raises BackupError, CommandError or OSError."""
    config = compose.config()
    has_database = "postgres" in config["services"]
    made_at = check(chosen, [DATABASE, ARTWORK, SECRETS] if has_database else [ARTWORK, SECRETS])
    keyring = _newest_keyring(chosen)
    _tell_of_secrets(chosen, config)
    if has_database:
        compose.read("up", "--detach", "--wait", "postgres")
        if not is_told:
            _refuse_to_replace(chosen)
    _step("Stopping web, worker and beat")
    compose.read("stop", *WRITERS)
    try:
        _bring_back(chosen, made_at, keyring, has_database=has_database)
    except (BackupError, compose.CommandError, OSError, KeyboardInterrupt) as error:
        raise BackupError(
            f"{str(error) or 'Interrupted.'}\nWeb, worker and beat are stopped. To do all of it "
            f"again:\n  ./presavectl restore --replace {chosen}"
        ) from None
    _step("Starting everything")
    compose.read("up", "--detach")
    _tell_what_nobody_knows(made_at, keyring)


def _bring_back(chosen: Path, made_at: datetime, keyring: Path, *, has_database: bool) -> None:
    """The keys come first: where they are refused, the database is as it was."""
    _step(f"Bringing back keys and tombstones from {keyring}")
    _in_worker("restore", keyring)
    if has_database:
        _step(f"Restoring the database of {made_at:%d %B %Y, %H:%M} UTC")
        replace_database(chosen / DATABASE)
    _step("Bringing back covers and clips that are not here")
    _bring_artwork_back(chosen / ARTWORK)
    _step("Migrating the database, and ending again what had ended")
    compose.read("run", "--rm", "-T", "migrate")
    _in_worker("tombstones")


def check(chosen: Path, wanted: Sequence[str]) -> datetime:
    """When the backup was made. Raises BackupError where it is none, or without a wanted file."""
    made_at = backup.made_at(chosen)
    if made_at is None or not all((chosen / name).is_file() for name in wanted):
        there = "".join(f"\n  {path}" for path in backup.backups_in(chosen.parent))
        raise BackupError(
            f"{chosen} is no backup of this instance. One is a directory such as "
            f"2026-12-04T03-00-00Z, with {', '.join(wanted)} in it."
            f"{there and ' There are:'}{there}"
        )
    return made_at


def _newest_keyring(chosen: Path) -> Path:
    """Whatever has ended since stands in the newest one. Raises BackupError."""
    for one in backup.backups_in(chosen.parent):
        if (one / KEYRING).is_file():
            return one / KEYRING
    raise BackupError(f"There is no {KEYRING} in {chosen} nor in another backup next to it.")


def _tell_of_secrets(chosen: Path, config: dict[str, Any]) -> None:
    """Most may be others on a new server; what the master key is for tells the keyring itself."""
    listed = (chosen / SECRETS).read_text()
    for sentence in secrets_list.compare(listed, secrets_list.read(config)):
        print(f"secrets/{sentence}")


def _refuse_to_replace(chosen: Path) -> None:
    """A campaign is what somebody would miss."""
    campaigns = int(compose.read(*IN_POSTGRES, COUNT) or 0)
    if campaigns:
        held = "1 campaign" if campaigns == 1 else f"{campaigns} campaigns"
        raise BackupError(
            f"The database here holds {held}. Restoring replaces all of it by the backup's: what "
            "came since, pre-saves too, is lost. Web, worker and beat are stopped meanwhile; "
            "covers and keys that are here stay. To do that, run:\n"
            f"  ./presavectl restore --replace {chosen}"
        )


def replace_database(dump: Path) -> None:
    """Raises CommandError; then the database is as it was."""
    with dump.open("rb") as file:
        told = compose.read(*IN_POSTGRES, REPLACE, given=file)
    if DONE not in told:
        raise compose.CommandError(f"{dump} is damaged. The database is as it was.")


def _bring_artwork_back(archive: Path) -> None:
    tar = ("tar", "--extract", "--directory", "/data/artwork", "--skip-old-files")
    with archive.open("rb") as file:
        compose.read("run", "--rm", "--no-deps", "-T", "web", *tar, given=file)


def _in_worker(action: str, archive: Path | None = None) -> None:
    command = ("run", "--rm", "--no-deps", "-T", "worker", "python", "manage.py", "keyring", action)
    if archive is None:
        print(compose.read(*command))
        return
    with archive.open("rb") as file:
        print(compose.read(*command, given=file))


def _tell_what_nobody_knows(made_at: datetime, keyring: Path) -> None:
    print(f"Presave has the database of {made_at:%d %B %Y, %H:%M} UTC.")
    copied_at = backup.made_at(keyring.parent)
    print(
        "If the keyring of this server was lost too, nobody knows who cancelled after "
        f"{copied_at:%d %B %Y, %H:%M} UTC: those fans wait again."
    )


def _step(what: str) -> None:
    print(f"== {what}", flush=True)
