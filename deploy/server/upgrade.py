"""Put the code of this checkout into service, or the version before back, while pages are served.

Whatever can fail comes before anything that runs is touched. The new web process stands next to the
old one until it is healthy; Caddy finds both under one name.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from deploy.server import backup, compose, owner, secret_files, version
from deploy.server.answers import AnswerError
from deploy.server.compose import CommandError
from deploy.server.engine import EngineError
from deploy.server.swap import UpgradeError, remove_leftovers, swap, what_runs

SECRETS: Final = compose.CHECKOUT / "secrets"
IRREPLACEABLE: Final = (
    *("database_url", "master_key", "postgres_password", "redis_conf", "redis_url", "secret_key"),
    secret_files.BY_HAND,
)
READY_SECONDS: Final = 120
BACK_IT_UP_THERE: Final = (
    "The database is not a service of this compose project, so upgrade cannot back it up. Make a "
    "backup where it runs, then: ./presavectl upgrade --without-backup"
)
# Kept as they run: without any of them pages fail.
LEFT_ALONE: Final = ("caddy", "postgres", "redis")
PAGES: Final = ("web",)
BEHIND: Final = ("worker", "beat")
CADDY_ADMIN: Final = "unix//run/admin.sock"
# Django answers to its public name only.
ASK_READY: Final = """
import os, urllib.error, urllib.request as http
host = os.environ["PUBLIC_URL"].split("://")[1].rstrip("/")
request = http.Request("http://127.0.0.1:8000/readyz", headers={"Host": host})
try:
    print(http.urlopen(request, timeout=10).read().decode())
except urllib.error.HTTPError as error:
    print(error.read().decode())
"""


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("upgrade", help="put this checkout's code into service")
    command.add_argument(
        "--without-backup",
        action="store_true",
        help="make none first, as where the database is elsewhere and is backed up there",
    )
    command.set_defaults(
        run=lambda chosen: _told("upgrade", lambda: upgrade(needs_backup=not chosen.without_backup))
    )
    command = commands.add_parser("downgrade", help="go back to the version that ran before")
    command.set_defaults(run=lambda chosen: _told("downgrade", downgrade))


def _told(name: str, work: Callable[[], None]) -> int:
    try:
        work()
    except UpgradeError as error:
        print(f"\n{error}", file=sys.stderr)
    except (CommandError, OSError) as error:
        print(f"\n{_nothing_was_changed()} {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print(f"\nInterrupted. {what_runs()}", file=sys.stderr)
        print(f"To go on where it was: ./presavectl {name}", file=sys.stderr)
        return 130
    else:
        return 0
    return 1


def upgrade(*, needs_backup: bool) -> None:
    """Check, back up, migrate, swap, look. Raises UpgradeError or CommandError."""
    new = version.of_checkout()
    _step(f"Checking .env and secrets, and making the image of version {new.tag}")
    make_new_secrets()
    image = image_of(new)
    ours = _our_servers(new)
    if needs_backup and "postgres" not in ours:
        raise UpgradeError(f"{_nothing_was_changed()} {BACK_IT_UP_THERE}")
    make_image(image, new)
    protect_secrets(new)
    check_settings(new)
    _start_what_is_missing(ours)
    if needs_backup:
        _step("Backing up")
        print(f"   {back_up(new.tag).relative_to(compose.CHECKOUT)}")
    else:
        _step("Making no backup, as --without-backup says")
    _step("Migrating the database; the version before goes on serving")
    migrate(new)
    remove_leftovers()
    keep_previous(image)
    put_into_service(new, BEHIND, PAGES)
    print(f"\nVersion {new.tag} runs.")
    if compose.id_of(_image_named(image, version.PREVIOUS)):
        print("To go back to the version before: ./presavectl downgrade")
    _tell_what_is_left_alone(new)


def downgrade() -> None:
    """Swap to the image that ran before. The database stays as it is: it serves both versions."""
    old = version.Version(version.PREVIOUS, "", is_release=False)
    if not compose.id_of(image_of(old)):
        raise UpgradeError(
            "There is no version before on this server. To go back further, check out that version "
            "and run ./presavectl upgrade."
        )
    old = replace(old, has_roles=_has_roles(image_of(old)))
    _step("Checking the settings with the version before")
    check_settings(old)
    remove_leftovers()
    put_into_service(old, PAGES, BEHIND)
    print("\nThe version before runs, on the database of the newer one.")
    print("To go forward again: ./presavectl upgrade")


# The image


def make_new_secrets() -> None:
    """The files that the version before did not want. One that it had is not made anew: what was
    encrypted with it would stay shut. Raises UpgradeError.
    """
    lost = [f"secrets/{name}" for name in IRREPLACEABLE if not (SECRETS / name).exists()]
    if lost:
        raise UpgradeError(
            f"{_nothing_was_changed()} Missing: {', '.join(lost)}. Bring the file back from a copy."
        )
    try:
        made = secret_files.make_missing(SECRETS, {})
        secret_files.check_readable(SECRETS)
    except (AnswerError, PermissionError) as error:
        why = secret_files.sentence_of(error)
        raise UpgradeError(f"{_nothing_was_changed()} {why}") from None
    for name in made:
        print(f"   Made secrets/{name}, which this version wants.")


def image_of(wanted: version.Version) -> str:
    """The name of its image. Raises UpgradeError for a missing setting."""
    try:
        config = compose.config(wanted.variables)
    except CommandError as error:
        raise UpgradeError(f"{_nothing_was_changed()} Compose cannot use .env:\n{error}") from None
    return str(config["services"]["web"]["image"])


def make_image(image: str, new: version.Version) -> None:
    """From the registry that IMAGE names, for a release that it has; else from this checkout."""
    if new.is_release and "/" in image and _pulled(image):
        return
    try:
        compose.read("build", "--quiet", "web", variables=new.variables)
    except CommandError as error:
        raise UpgradeError(
            f"{_nothing_was_changed()} The image could not be built:\n{error}"
        ) from None


def _pulled(image: str) -> bool:
    try:
        compose.docker("pull", "--quiet", image)
    except CommandError:
        print(f"   No registry has {image}: building it.")
        return False
    return True


def keep_previous(image: str) -> None:
    """Give what runs now a name under which it is found again."""
    for container in compose.containers("web"):
        running = compose.docker("inspect", "--format", "{{.Image}}", container)
        if running != compose.id_of(image):
            compose.docker("tag", running, _image_named(image, version.PREVIOUS))


def _image_named(image: str, tag: str) -> str:
    return f"{image.rpartition(':')[0]}:{tag}"


def _has_roles(image: str) -> bool:
    """Web of version 0.1 reads what its role may not."""
    look = ("run", "--rm", "--network", "none", "--entrypoint", "test", image)
    try:
        compose.docker(*look, "-d", "/app/campaigns/roles")
    except CommandError:
        return False
    return True


# Before anything is touched


def protect_secrets(new: version.Version) -> None:
    """Look into each as the containers' user, and give that user the new ones. Raises
    UpgradeError.
    """
    try:
        owner.give_to_containers(compose.config(new.variables))
    except EngineError as error:
        raise UpgradeError(f"{_nothing_was_changed()} {error}") from None


def check_settings(new: version.Version) -> None:
    """Start the new image with the real settings and secrets. Raises UpgradeError."""
    for service in ("web", "worker"):
        check = ("python", "manage.py", "check", "--deploy")
        try:
            told = compose.read(
                *("run", "--rm", "--no-deps", "-T", service, *check), variables=new.variables
            )
        except CommandError as error:
            raise UpgradeError(
                f"{_nothing_was_changed()} {service} of version {new.tag} says:\n{error}"
            ) from None
        if told and service == "web":
            print(_indented(told))


def _our_servers(new: version.Version) -> list[str]:
    """Which of the two are not elsewhere: see docs/database.md."""
    services = compose.config(new.variables)["services"]
    return [name for name in ("postgres", "redis") if name in services]


def _start_what_is_missing(ours: list[str]) -> None:
    """On a server that is off. What runs is left alone, whatever its settings are by now."""
    if not ours:
        return
    try:
        compose.read("up", "--detach", "--no-recreate", "--wait", *ours)
    except CommandError as error:
        raise UpgradeError(
            f"{_nothing_was_changed()} The database or Redis does not start:\n{error}"
        ) from None


def back_up(tag: str) -> Path:
    """All that a new server needs. An upgrade changes the database alone, so that is enough where
    the version before has no such command, is off, or has secrets that only root may read. Raises
    UpgradeError.
    """
    try:
        if _worker_can_back_up():
            with suppress(PermissionError):
                made = backup.make(backup.DEFAULT, datetime.now(UTC))
                backup.delete_old_keyrings(backup.DEFAULT, datetime.now(UTC))
                return made
        return _dump_database(f"before-{tag}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.dump")
    except (backup.BackupError, CommandError, OSError) as error:
        raise UpgradeError(f"{_nothing_was_changed()} No backup was made. {error}") from None


def _worker_can_back_up() -> bool:
    try:
        compose.read("exec", "-T", "worker", "python", "manage.py", "help", "keyring")
    except CommandError:
        return False
    return True


def _dump_database(name: str) -> Path:
    backup.DEFAULT.mkdir(mode=0o700, exist_ok=True)
    path = backup.DEFAULT / name
    try:
        with backup.create(path) as file:
            compose.read(*backup.PARTS[backup.DATABASE], into=file)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path


def migrate(new: version.Version) -> None:
    """Once, and by nothing else. Raises UpgradeError."""
    alone = ("run", "--rm", "--no-deps", "-T", "migrate")
    try:
        print(_indented(compose.read(*alone, variables=new.variables)))
    except CommandError as error:
        raise UpgradeError(
            "The migration failed. The version before goes on serving; each migration is safe for "
            f"it, also where some were applied. What was said:\n{_without_calls(str(error))}"
        ) from None


def _without_calls(text: str) -> str:
    """A traceback's errors, without the lines of code that led to them."""
    calls = re.compile(r"Traceback \(most recent call last\):|  File \"| {4,}")
    lines = (line.partition("Traceback (most")[0].rstrip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not calls.match(line))


# The swap


def put_into_service(new: version.Version, *order: tuple[str, ...]) -> None:
    """Each service next to the one that it replaces. The newer worker runs with either web: it
    opens what the older web stores, and not the other way round. Raises UpgradeError.
    """
    try:
        for services in order:
            _step(f"Starting {' and '.join(services)} next to what runs")
            swap(new, *services)
        _reload_caddy()
        _replace_sandbox(new)
        _step("Asking /readyz")
        wait_until_ready()
    except (UpgradeError, CommandError, OSError) as error:
        raise UpgradeError(f"{error}\n{what_runs()}") from None


def wait_until_ready() -> None:
    ends = time.monotonic() + READY_SECONDS
    told = ""
    while time.monotonic() < ends:
        told = compose.read("exec", "-T", "web", "python", "-c", ASK_READY).strip()
        if told == "ok":
            return
        time.sleep(2)
    raise UpgradeError(
        f"The new version runs, and /readyz says: {told}\n"
        "To go back to the version before: ./presavectl downgrade"
    )


# What is not swapped


def _reload_caddy() -> None:
    """The Caddyfile of this checkout, without a connection that ends."""
    if "caddy" not in compose.config()["services"]:
        return
    if not compose.containers("caddy"):
        compose.read("up", "--detach", "--no-recreate", "caddy")
        return
    # The file that is mounted may still be the one from before `git pull`, which wrote another.
    reload = ("caddy", "reload", "--config", "-", "--adapter", "caddyfile")
    try:
        with (compose.CHECKOUT / "Caddyfile").open("rb") as file:
            compose.read("exec", "-T", "caddy", *reload, "--address", CADDY_ADMIN, given=file)
    except CommandError:
        print("   Caddy keeps the configuration with which it was started.")


def _replace_sandbox(new: version.Version) -> None:
    """Where Presave is tried out. Its port is one, so there can be no second next to it."""
    if "sandbox" not in compose.config()["services"]:
        return
    try:
        compose.read("up", "--detach", "sandbox", variables=new.variables)
    except CommandError as error:
        print(f"   The sandbox did not start, and all else runs the new version:\n{error}")


def _tell_what_is_left_alone(new: version.Version) -> None:
    services = compose.config(new.variables)["services"]
    outdated = [name for name in LEFT_ALONE if name in services and _is_outdated(name, new)]
    if not outdated:
        return
    print(
        f"\n{', '.join(outdated)}: still with the image or settings of before, as pages fail "
        "for some seconds while one of them starts anew. At a quiet hour:"
    )
    # Caddy by itself: named together, Compose starts web anew too, and Caddy last of all.
    for names in (outdated[1:], outdated[:1]) if "caddy" in outdated else (outdated,):
        if names:
            print(f"   docker compose up --detach {' '.join(names)}")


def _is_outdated(service: str, new: version.Version) -> bool:
    label = '{{index .Config.Labels "com.docker.compose.config-hash"}}'
    wanted = compose.read("config", "--hash", service, variables=new.variables).split()[-1]
    return any(
        compose.docker("inspect", "--format", label, container) != wanted
        for container in compose.containers(service)
    )


# Words


def _step(what: str) -> None:
    print(f"\033[1m== {what}\033[0m" if sys.stdout.isatty() else f"== {what}", flush=True)


def _indented(text: str) -> str:
    return "\n".join(f"   {line}" for line in text.splitlines())


def _nothing_was_changed() -> str:
    return "Nothing was changed, and what ran goes on running."
