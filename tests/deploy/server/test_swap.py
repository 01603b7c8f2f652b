"""What `./presavectl upgrade` leaves when a swap fails, is interrupted or was killed."""

from __future__ import annotations

import pytest

from tests.deploy.server.test_upgrade import OLD, Server, server

__all__ = ["server"]
OLD_WORKER = {"worker-of-old": ""}
NEW = {"web-of-1.1.0": "id-of-1.1.0"}
INTERRUPTED: list[dict[str, str]] = [
    {"compose build": "SIGINT"},
    {"pg_dump": "SIGHUP"},
    {"-T migrate": "SIGTERM"},
    {"--scale=web=2": "SIGINT"},
    {"RestartCount": "SIGTERM"},
    {"--scale=worker=2": "SIGHUP"},
    {"exec -T web python -c": "SIGINT"},
]


@pytest.mark.parametrize("service", ["web", "worker"])
def test_what_compose_began_before_it_failed_is_removed(service: str, server: Server) -> None:
    server.set(half_done={service: "driver failed: port is already allocated"})

    done = server.presavectl("upgrade")

    assert done.returncode == 1
    assert f"The new {service}" in done.stderr
    assert "could not be started, so what was begun is removed and the old one" in done.stderr
    assert "port is already allocated" in done.stderr
    assert server.world["running"][service] == (OLD if service == "web" else OLD_WORKER)
    assert not server.world["stopped"][service]
    worker = "1.1.0" if service == "web" else "old"
    assert f"What runs now: web presave:old, worker presave:{worker}, beat" in done.stderr


def test_what_cannot_be_removed_is_told_and_removed_the_next_time(server: Server) -> None:
    server.set(half_done={"web": "no"}, fails={"rm --force": "Cannot connect to the daemon"})
    done = server.presavectl("upgrade")
    assert "could not be removed either: Cannot connect to the daemon" in done.stderr
    assert server.world["stopped"]["web"]

    server.set(half_done={}, fails={})
    done = server.presavectl("upgrade")

    assert done.returncode == 0, done.stderr
    assert server.world["running"]["web"] == NEW
    assert not server.world["stopped"]["web"]


@pytest.mark.parametrize("interrupted", INTERRUPTED, ids=str)
def test_an_interruption_leaves_one_of_each_and_says_which(
    interrupted: dict[str, str], server: Server
) -> None:
    server.set(interrupted=interrupted)

    done = server.presavectl("upgrade")

    assert done.returncode == 130
    assert "Traceback" not in done.stderr
    assert "Interrupted. What runs now: web presave:" in done.stderr
    assert "./presavectl upgrade" in done.stderr
    running = server.world["running"]
    assert len(running["web"]) == len(running["worker"]) == 1
    assert not any(server.world["stopped"].values())
    assert ("web-of-1.1.0" in running["web"]) == ("VERSION=1.1.0" in server.env_file)


def test_an_upgrade_that_was_interrupted_between_worker_and_web_is_gone_on_with(
    server: Server,
) -> None:
    server.set(interrupted={"--scale=web=2": "SIGINT"})
    assert server.presavectl("upgrade").returncode == 130
    server.set(interrupted={})

    assert server.presavectl("upgrade").returncode == 0

    [web], [worker] = (server.world["running"][service] for service in ("web", "worker"))
    assert (web, worker) == ("web-of-1.1.0", "worker-of-1.1.0-again")


def test_once_the_old_one_goes_it_goes_before_the_command_ends(server: Server) -> None:
    server.set(interrupted={"stop web-of-old": "SIGINT"})

    done = server.presavectl("upgrade")

    assert done.returncode == 130
    assert server.world["running"]["web"] == NEW
    assert "VERSION=1.1.0" in server.env_file


def test_a_disk_that_is_full_at_the_swap_leaves_the_old_one(server: Server) -> None:
    """What stands for it: .env cannot be written."""
    (server.checkout / ".env.new").mkdir()

    done = server.presavectl("upgrade")

    assert done.returncode == 1
    assert ".env.new" in done.stderr
    assert "Traceback" not in done.stderr
    assert server.world["running"]["web"] == OLD


@pytest.mark.parametrize("named", ["old", "1.1.0"])
def test_of_two_that_a_killed_upgrade_left_the_one_that_env_names_stays(
    named: str, server: Server
) -> None:
    server.set(
        running={**server.world["running"], "web": {**OLD, **NEW}},
        images={**server.world["images"], "presave:1.1.0": "id-of-1.1.0"},
    )
    path = server.checkout / ".env"
    path.write_text(path.read_text().replace("VERSION=old", f"VERSION={named}"))

    assert server.presavectl("upgrade").returncode == 0

    first = next(call for call in server.calls if call.startswith("stop web"))
    assert first == f"stop web-of-{'1.1.0' if named == 'old' else 'old'}"
    assert len(server.world["running"]["web"]) == 1


def test_a_worker_that_is_stopped_does_not_come_back_in_place_of_the_new_one(
    server: Server,
) -> None:
    server.set(
        running={"web": OLD, "caddy": {"caddy": ""}}, stopped={"worker": {"worker-of-old": "old"}}
    )

    assert server.presavectl("upgrade").returncode == 0

    assert list(server.world["running"]["worker"]) == ["worker-of-1.1.0"]
