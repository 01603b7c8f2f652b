"""The systemd units, run line by line on the tests' Postgres and Valkey."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from django.conf import settings

from campaigns.doctor import keys
from campaigns.models import Heartbeat
from embedded.processes import spawn, wait_for_http, wait_until
from embedded.stack import WEB
from tests.sandbox_process import Sandbox
from tests.test_deploy import services
from tests.test_watchdog import freeze

pytestmark = [pytest.mark.stack]

ROOT = Path(__file__).resolve().parents[2]
UNITS = ROOT / "deploy" / "systemd"
SIDES = ("migrate", "web", "worker", "beat")
# Where the chapter puts things.
CHECKOUT, SETTINGS, STATE = "/opt/presave", "/etc/presave", "/var/lib"


class Unit(configparser.RawConfigParser):
    """Its [Service]; of a key that comes twice, the last."""

    def __init__(self, side: str) -> None:
        super().__init__(strict=False, interpolation=None)
        self.optionxform = str  # type: ignore[assignment,method-assign]
        self.read(UNITS / f"presave-{side}.service")
        self.service = self["Service"]


@pytest.fixture
def server(tmp_path: Path) -> Callable[[str], list[str]]:
    """This machine as the chapter leaves it: a function that finds a path of the chapter's here."""
    secrets, state = tmp_path / "etc" / "secrets", tmp_path / "lib"
    secrets.mkdir(parents=True)
    (state / "presave-worker" / "keyring").mkdir(parents=True, mode=0o700)
    shutil.copy(settings.MASTER_KEY_FILE, state / "presave-worker" / "master_key")
    contents = {
        "secret_key": settings.SECRET_KEY,
        "redis_url": os.environ["REDIS_URL"],
        "spotify_client_secret": settings.SPOTIFY_CLIENT_SECRET,
        "email_url": "dummymail://",
        "database_url": os.environ["DATABASE_URL"],
        "database_url_web": os.environ["WEB_DATABASE_URL"],
        "database_url_worker": os.environ["WORKER_DATABASE_URL"],
    }
    for name, content in contents.items():
        (secrets / name).write_text(content)

    def here(line: str) -> list[str]:
        line = line.replace(f"{CHECKOUT}/.venv", str(ROOT / ".venv"))
        line = line.replace(CHECKOUT, str(ROOT)).replace(STATE, str(state))
        return shlex.split(line.replace(SETTINGS, str(tmp_path / "etc")))

    return here


def environment(side: str, here: Callable[[str], list[str]], sandbox: Sandbox) -> dict[str, str]:
    """As the two files of its unit say, and where the tests' services are."""
    found = {"PATH": os.environ["PATH"], **sandbox.environment, "PUBLIC_URL": settings.PUBLIC_URL}
    for file in ("presave.env", f"{side}.env"):
        for line in (UNITS / file).read_text().splitlines():
            if not line.startswith("#"):
                [setting] = here(line)
                name, _, value = setting.partition("=")
                found.setdefault(name, value)
    return {**found, "SPOTIFY_CLIENT_ID": settings.SPOTIFY_CLIENT_ID}


def test_each_units_lines_do_its_work(
    transactional_db: None,
    server: Callable[[str], list[str]],
    sandbox: Sandbox,
    eventually: Callable[..., None],
    tmp_path: Path,
) -> None:
    if "WEB_DATABASE_URL" not in os.environ:
        pytest.skip("SQLite has no roles")
    port = settings.PUBLIC_URL.rpartition(":")[2]
    with ExitStack() as closing:
        for side in SIDES:
            env, service = environment(side, server, sandbox), Unit(side).service
            lines = [service[key] for key in ("ExecStartPre", "ExecStart") if key in service]
            *before, begun = (server(line.replace("8000", port)) for line in lines)
            if service["Type"] == "oneshot":
                before.append(begun)
            for command in before:
                subprocess.run(command, env=env, cwd=ROOT, check=True, capture_output=True)
            if service["Type"] != "oneshot":
                process = spawn(begun, env, tmp_path / f"{side}.log")
                closing.callback(process.stop)
                if side == "web":
                    wait_for_http(f"{settings.PUBLIC_URL}/healthz", 60, process)
        eventually(Heartbeat.objects.exists, "the worker's heartbeat, which beat asks for")
    assert list((tmp_path / "lib" / "presave" / "static").rglob("*.css"))


def test_systemd_accepts_the_units() -> None:
    """Where the users and the virtual environment of the chapter are not there, it says so."""
    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("no systemd here")
    units = [UNITS / f"presave-{side}.service" for side in (*SIDES, "watchdog")]
    told = subprocess.run([verify, "verify", *units], capture_output=True, text=True, check=False)
    lines = [line for line in told.stderr.splitlines() if "presave" in line]
    assert [line for line in lines if "is not executable" not in line] == []


def test_web_is_started_as_in_the_image() -> None:
    program, *arguments = shlex.split(Unit("web").service["ExecStart"])
    assert (Path(program).name, *arguments)[: len(WEB)] == WEB


@pytest.mark.parametrize("side", ["worker", "beat"])
def test_the_others_are_started_as_compose_does(side: str) -> None:
    program, *arguments = shlex.split(Unit(side).service["ExecStart"])
    of_a_downgrade = "--schedule=/tmp/beat"  # docker-compose.yml says why
    assert [Path(program).name, *arguments] == [
        word for word in services()[side]["command"] if word != of_a_downgrade
    ]


@pytest.mark.parametrize("side", ["web", "worker", "beat"])
def test_a_unit_holds_its_process_back(side: str) -> None:
    service = Unit(side).service
    assert service["User"] == f"presave-{side}"
    assert (service["NoNewPrivileges"], service["CapabilityBoundingSet"]) == ("yes", "")
    assert (service["ProtectSystem"], service["Restart"]) == ("strict", "always")
    assert (service["LimitCORE"], service["UMask"]) == ("0", "0077")


# It asks systemd one thing: `systemctl show --property MainPID --value UNIT`.
SYSTEMCTL = """#!/bin/sh
[ "$1 $2 $3" = "show --property MainPID" ] || exit 2
[ "$5" = presave-web ] && exec cat "$RUNTIME_DIRECTORY/pid-of-web"
echo 0
"""


def test_what_is_frozen_is_ended_or_woken(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    script = "import subprocess; subprocess.run(['sleep', '600'])"
    main = spawn([sys.executable, "-c", script], None, tmp_path / "web.log")
    request.addfinalizer(main.kill9)
    wait_until(lambda: children_of(main.pid) != [], 60, "A process of web's")
    (tmp_path / "pid-of-web").write_text(f"{main.pid}\n")
    (tmp_path / "systemctl").write_text(SYSTEMCTL)
    (tmp_path / "systemctl").chmod(0o755)
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "RUNTIME_DIRECTORY": str(tmp_path)}

    def look() -> str:
        command = ["sh", "-eu", str(UNITS / "presave-watchdog")]
        done = subprocess.run(command, env=env, text=True, check=True, capture_output=True)
        return done.stdout

    assert look() == ""
    freeze(main.pid)
    assert look() == f"presave-web: process {main.pid} was stopped, and is woken\n"
    [child] = children_of(main.pid)
    freeze(child)
    assert look() == f"presave-web: process {child} is stopped\n"
    assert look() == f"presave-web: process {child} was stopped, and is killed\n"
    # What it was started for has gone.
    main.wait(60)


def children_of(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_the_watchdog_may_do_nothing_but_kill() -> None:
    service = Unit("watchdog").service
    assert service["CapabilityBoundingSet"] == "CAP_KILL"
    assert (service["NoNewPrivileges"], service["ProtectSystem"]) == ("yes", "strict")
    assert f"{CHECKOUT}/deploy/systemd/presave-watchdog" in service["ExecStart"]


def test_the_chapter_checks_the_settings_of_all_before_it_restarts_any() -> None:
    """systemctl stops a service before it finds that the new one does not start."""
    chapter = (ROOT / "docs" / "without-docker.md").read_text()
    blocks = [
        one for one in re.findall(r"```\n(.+?)```", chapter, re.S) if "restart presave" in one
    ]
    assert blocks
    for block in blocks:
        *before, restarted = re.split(r"\s+&&\s+", block.replace("\\\n", " ").strip())
        sides = re.findall(r"presave-(web|worker|beat)", restarted)
        assert sides == ["web", "worker", "beat"]
        assert {f"presave-manage {side} check --deploy" for side in sides} <= {*before}


def test_the_chapters_check_ends_with_an_error_where_a_service_would_not_start(
    server: Callable[[str], list[str]], sandbox: Sandbox, tmp_path: Path
) -> None:
    found = {**environment("worker", server, sandbox), "SPOTIFY_MAX_RATE": "many"}
    for name, values in {"presave": found, "worker": {"KEYRING_DIR": found["KEYRING_DIR"]}}.items():
        lines = [f"{key}={shlex.quote(value)}\n" for key, value in values.items()]
        (tmp_path / "etc" / f"{name}.env").write_text("".join(lines))
    script = (UNITS / "presave-manage").read_text().replace(CHECKOUT, str(ROOT))
    script = script.replace(SETTINGS, str(tmp_path / "etc"))
    # As the user who runs the tests, in place of the service's.
    script = script.replace('runuser -u "presave-$side" --', "env")
    command = ["sh", "-c", script, "presave-manage", "worker", "check", "--deploy"]
    env = {"PATH": os.environ["PATH"]}
    told = subprocess.run(command, env=env, check=False, capture_output=True, text=True)
    assert told.returncode == 1
    assert "SPOTIFY_MAX_RATE must" in told.stderr


def test_the_chapter_lets_the_doctor_know_of_a_backup() -> None:
    [keyring] = re.findall(r"^KEYRING_DIR='(.+)'$", (UNITS / "worker.env").read_text(), re.M)
    chapter = (ROOT / "docs" / "without-docker.md").read_text()
    assert f"touch {keyring}/{keys.BACKUP_STAMP}" in chapter
