"""What `./presavectl upgrade` does with docker, in which order, and where it stops."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from deploy.server import secret_files

ROOT = Path(__file__).resolve().parents[3]
OLD = {"web-of-old": "id-of-old"}


class Server:
    """A checkout of its own, with a `docker` whose world the test writes and reads."""

    def __init__(self, directory: Path) -> None:
        self.checkout = directory / "presave"
        for part in ("deploy", "embedded"):
            shutil.copytree(ROOT / part, self.checkout / part)
        for name in ("presavectl", "Caddyfile"):
            shutil.copy(ROOT / name, self.checkout / name)
        secret_files.make_missing(self.checkout / "secrets", {"spotify_client_secret": "none"})
        (self.checkout / "pyproject.toml").write_text('version = "1.1.0"\n')
        (self.checkout / ".env").write_text("PUBLIC_URL=https://presave.example.com\nVERSION=old\n")
        (self.checkout / ".env").chmod(0o600)
        self._bin, self._world = directory / "bin", directory / "world.json"
        self._bin.mkdir()
        docker = self._bin / "docker"
        text = (ROOT / "tests" / "deploy" / "server" / "docker.py").read_text()
        docker.write_text(f"#!{sys.executable} -IS\n{text}")
        docker.chmod(0o755)
        self.set(
            calls=[],
            fails={},
            half_done={},
            interrupted={},
            stopped={},
            running={"web": OLD, "worker": {"worker-of-old": ""}, "caddy": {"caddy": ""}},
            images={"presave:old": "id-of-old"},
            servers=["caddy", "postgres", "redis"],
            unhealthy=[],
            ready="ok",
        )

    def set(self, **world: Any) -> None:
        self._world.write_text(json.dumps({**self.world, **world}))

    @property
    def world(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self._world.read_text()) if self._world.exists() else {}
        return found

    @property
    def calls(self) -> list[str]:
        return [call.removeprefix("compose ") for call in self.world["calls"]]

    @property
    def env_file(self) -> str:
        return (self.checkout / ".env").read_text()

    def presavectl(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, self.checkout / "presavectl", *command],
            env={
                "PATH": f"{self._bin}:{os.environ['PATH']}",
                "DOCKER_WORLD": str(self._world),
                # Not the repository that this one may lie in.
                "GIT_CEILING_DIRECTORIES": str(self.checkout.parent),
            },
            capture_output=True,
            text=True,
            check=False,
        )

    def shorten(self, wait: str) -> None:
        path = self.checkout / "deploy" / "server" / "upgrade.py"
        path.write_text(re.sub(rf"{wait}: Final = \d+", f"{wait}: Final = 1", path.read_text()))

    def order_of(self, *beginnings: str) -> list[int]:
        return [
            next(at for at, call in enumerate(self.calls) if call.startswith(beginning))
            for beginning in beginnings
        ]


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


def test_whatever_can_fail_comes_before_the_swap_and_the_old_web_goes_last(server: Server) -> None:
    done = server.presavectl("upgrade")

    assert done.returncode == 0, done.stderr
    order = server.order_of(
        "build",
        "run --rm --no-deps -T web python manage.py check --deploy",
        "run --rm --no-deps -T worker python manage.py check --deploy",
        "exec -T --env PGUSER=presave --env PGDATABASE=presave postgres pg_dump",
        "run --rm --no-deps -T migrate",
        "tag id-of-old presave:previous",
        "up --detach --no-recreate --scale=worker=2 --scale=beat=1 worker beat",
        "stop worker-of-old",
        "up --detach --no-recreate --scale=web=2 web",
        "stop web-of-old",
        "rm web-of-old",
        "exec -T caddy caddy reload",
        "exec -T web python",
    )
    assert order == sorted(order)
    assert server.world["running"]["web"] == {"web-of-1.1.0": "id-of-1.1.0"}
    assert "Version 1.1.0 runs." in done.stdout
    assert "./presavectl downgrade" in done.stdout


def test_the_new_version_is_written_down_and_the_rest_of_env_stays(server: Server) -> None:
    server.presavectl("upgrade")

    assert server.env_file == "PUBLIC_URL=https://presave.example.com\nVERSION=1.1.0\n"
    assert stat.S_IMODE((server.checkout / ".env").stat().st_mode) == 0o600


def test_a_database_elsewhere_is_not_migrated_before_somebody_says_that_it_is_backed_up(
    server: Server,
) -> None:
    server.set(servers=["caddy"])

    done = server.presavectl("upgrade")

    assert done.returncode == 1
    assert "so upgrade cannot back it up." in done.stderr
    assert "./presavectl upgrade --without-backup" in done.stderr
    assert set(server.calls) == {"config --format json"}


def test_a_database_elsewhere_is_neither_started_nor_dumped(server: Server) -> None:
    server.set(servers=["caddy"])

    done = server.presavectl("upgrade", "--without-backup")

    assert done.returncode == 0, done.stderr
    assert "Making no backup" in done.stdout
    assert not [call for call in server.calls if "postgres" in call or "redis" in call]
    assert server.order_of("run --rm --no-deps -T migrate")


def test_a_sandbox_runs_the_new_version_too_and_its_trouble_is_not_the_sites(
    server: Server,
) -> None:
    server.set(servers=[*server.world["servers"], "sandbox"], fails={"up --detach sandbox": "no"})

    done = server.presavectl("upgrade")

    order = server.order_of("stop worker-of-old", "up --detach sandbox", "exec -T web python")
    assert order == sorted(order)
    assert done.returncode == 0, done.stderr
    assert "The sandbox did not start, and all else runs the new version:\nno" in done.stdout


def test_all_that_a_new_server_needs_is_backed_up_first(server: Server) -> None:
    server.presavectl("upgrade")

    [made] = (server.checkout / "backups").iterdir()
    assert (made / "database.dump").read_text() == "the dump\n"
    assert {path.name for path in made.iterdir()} >= {"artwork.tar", "keyring.tar", "secrets.txt"}


def test_an_upgrade_too_deletes_copies_of_the_keyring_after_seven_days(server: Server) -> None:
    old = server.checkout / "backups" / "2026-01-02T03-00-00Z"
    old.mkdir(parents=True)
    for name in ("keyring.tar", "database.dump"):
        (old / name).write_text("of January")

    server.presavectl("upgrade")

    assert [path.name for path in old.iterdir()] == ["database.dump"]


def test_a_version_without_the_command_has_its_database_dumped(server: Server) -> None:
    server.set(fails={"help keyring": "Unknown command: 'keyring'"})

    server.presavectl("upgrade")

    [dump] = (server.checkout / "backups").iterdir()
    assert dump.read_text() == "the dump\n"
    assert stat.S_IMODE(dump.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("config --format json", "PUBLIC_URL is missing"),
        ("build", "no network"),
        ("run --rm --no-deps -T web", "Presave cannot start: SIGN_UP must be one of"),
        ("run --rm --no-deps -T worker", "Presave cannot start: REDIS_URL is empty"),
        ("pg_dump", "the disk is full"),
        ("-T migrate", "django.db.utils.OperationalError: lock timeout"),
    ],
)
def test_what_fails_before_the_swap_leaves_everything_running_and_says_why(
    call: str, told: str, server: Server
) -> None:
    server.set(fails={call: told})

    done = server.presavectl("upgrade")

    assert done.returncode == 1
    assert told in done.stderr
    assert "goes on" in done.stderr
    assert server.world["running"]["web"] == OLD
    assert not [
        call for call in server.calls if call.startswith(("stop", "rm", "up --detach --no-d"))
    ]
    assert "VERSION=old" in server.env_file


def test_a_lost_secret_is_named_and_not_made_anew(server: Server) -> None:
    (server.checkout / "secrets" / "master_key").unlink()

    done = server.presavectl("upgrade")

    assert "Missing: secrets/master_key." in done.stderr
    assert not (server.checkout / "secrets" / "master_key").exists()
    assert not server.calls


def test_a_secret_that_was_pasted_wrong_is_told_before_anything_is_built(server: Server) -> None:
    path = server.checkout / "secrets" / "redis_url"
    path.chmod(0o600)
    path.write_text("'redis://redis'")

    done = server.presavectl("upgrade")

    assert done.returncode == 1
    assert "secrets/redis_url" in done.stderr
    assert not server.calls


def test_a_secret_that_is_new_with_this_version_is_made(server: Server) -> None:
    (server.checkout / "secrets" / "sentry_dsn").unlink()

    server.presavectl("upgrade")

    assert (server.checkout / "secrets" / "sentry_dsn").read_text() == "none\n"


def test_a_new_web_that_does_not_become_healthy_goes_and_the_old_one_stays(server: Server) -> None:
    server.set(unhealthy=["web-of-1.1.0"])

    done = server.presavectl("upgrade")

    assert done.returncode == 1
    assert "the last words of web-of-1.1.0" in done.stderr
    assert "Not well: web. The lines above say why. So what was begun is removed" in done.stderr
    assert "the old web goes on." in done.stderr
    assert server.world["running"]["web"] == OLD
    assert "VERSION=old" in server.env_file


def test_a_new_worker_that_does_not_become_healthy_goes_and_the_old_one_stays(
    server: Server,
) -> None:
    server.set(unhealthy=["worker-of-1.1.0"])

    done = server.presavectl("upgrade")

    assert done.returncode == 1
    assert "Not well: worker." in done.stderr
    assert list(server.world["running"]["worker"]) == ["worker-of-old"]


def test_a_site_that_is_not_ready_is_told_with_the_way_back(server: Server) -> None:
    trouble = "No heartbeat from the worker yet. Check worker and beat."
    server.set(ready=trouble)
    server.shorten("READY_SECONDS")

    done = server.presavectl("upgrade")

    assert done.returncode == 1
    assert trouble in done.stderr
    assert "./presavectl downgrade" in done.stderr


def test_the_way_back_swaps_and_touches_no_database(server: Server) -> None:
    server.presavectl("upgrade")
    server.set(calls=[])

    done = server.presavectl("downgrade")

    assert done.returncode == 0, done.stderr
    assert server.world["running"]["web"] == {"web-of-previous": "id-of-old"}
    assert "VERSION=previous" in server.env_file
    assert not [call for call in server.calls if "migrate" in call or "pg_dump" in call]
    order = server.order_of("stop web-of-1.1.0", "stop worker-of-1.1.0")
    assert order == sorted(order)


def test_a_version_without_roles_comes_back_as_the_databases_owner(server: Server) -> None:
    """Web of version 0.1 reads the sealed permission with each receipt, which its role may not."""
    server.presavectl("upgrade")
    assert "DATABASE_ROLE_FILE" not in server.env_file
    server.set(fails={"--entrypoint test presave:previous": "no such directory"})

    server.presavectl("downgrade")

    assert "DATABASE_ROLE_FILE=database_url\n" in server.env_file
    server.set(fails={})
    server.presavectl("upgrade")
    assert "DATABASE_ROLE_FILE" not in server.env_file


def test_there_is_no_way_back_from_the_first_version(server: Server) -> None:
    done = server.presavectl("downgrade")

    assert done.returncode == 1
    assert "There is no version before on this server." in done.stderr


def test_what_is_left_alone_is_told_with_the_command(server: Server) -> None:
    """Caddy, Postgres and Redis are not started anew by an upgrade. Caddy waits for nobody when it
    is named by itself.
    """
    before = {name: {f"{name}-of-before": ""} for name in ("caddy", "postgres")}
    server.set(running={"web": OLD, **before, "redis": {"redis": ""}})

    done = server.presavectl("upgrade")

    commands = ["docker compose up --detach postgres", "docker compose up --detach caddy"]
    assert [line.strip() for line in done.stdout.splitlines() if "up --detach" in line] == commands


def test_the_status_says_when_the_checkout_is_not_what_runs(server: Server) -> None:
    """As after `git pull`, which changes nothing that runs."""
    assert "version old, and this checkout is 1.1.0" in server.presavectl("status").stdout

    server.presavectl("upgrade")

    assert "this checkout" not in server.presavectl("status").stdout


def test_a_badly_pasted_secret_is_told_before_anything_is_touched(server: Server) -> None:
    server.set(fails={"deploy.server.secret_files": "secrets/email_url is in quotes."})

    done = server.presavectl("upgrade")

    assert done.returncode == 1
    assert "what ran goes on running. secrets/email_url is in quotes." in done.stderr
    assert not any(call.startswith("up ") for call in server.calls)
