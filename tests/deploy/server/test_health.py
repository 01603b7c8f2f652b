"""When a service is well, and what is told of one that is not."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from deploy.server import commands, engine, health


@pytest.mark.parametrize(
    ("state", "of_health", "code", "how"),
    [
        ("running", "healthy", 0, "well"),
        ("running", "", 0, "well"),
        ("exited", "", 0, "well"),
        ("running", "starting", 0, "waiting"),
        ("running", "unhealthy", 0, "waiting"),
        ("created", "", 0, "waiting"),
        ("exited", "", 1, "failed"),
        ("restarting", "", 1, "failed"),
    ],
)
def test_the_state_of_a_service(state: str, of_health: str, code: int, how: str) -> None:
    container = {"Service": "web", "State": state, "Health": of_health, "ExitCode": code}
    assert health.state_of(container) == how


def test_the_migration_is_well_when_it_has_ended() -> None:
    assert health.state_of({"Service": "migrate", "State": "running"}) == "waiting"
    assert health.state_of({"Service": "migrate", "State": "exited", "ExitCode": 0}) == "well"


@pytest.mark.parametrize(
    ("migrate", "failed"),
    [("waiting", []), ("well", ["worker"]), ("failed", ["migrate", "worker"])],
)
def test_a_worker_may_fail_until_the_tables_are_made(migrate: str, failed: list[str]) -> None:
    states = {"worker": "failed", "web": "waiting", "migrate": migrate}
    assert health.failed_in(states) == failed


def test_an_engine_that_does_not_answer_makes_nothing_well(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "docker").write_text("#!/bin/sh\necho 'Cannot connect.' >&2; exit 1\n")
    (tmp_path / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    with pytest.raises(engine.EngineError, match="does not say how the services are: Cannot"):
        health.wait()


def test_the_engine_is_asked_for_a_line_of_json_for_each_container() -> None:
    """Compose's own list would have what `docker compose run` began, too."""
    told = re.sub(r"{{index [^}]*}}|{{with [^}]*}}{{[^}]*}}{{end}}", "web", health.FORM)
    told = re.sub(r"{{[^}]*(Code|Count)}}", "0", told)
    assert json.loads(re.sub(r"{{[^}]*}}", "a1b2", told))["Service"] == "web"
    assert "\n" not in health.FORM


SAID = "Presave's worker cannot start: KEYRING_DIR holds no key. Cancel these campaigns."


def engine_with_a_worker(
    place: Path, monkeypatch: pytest.MonkeyPatch, state: dict[str, object]
) -> None:
    worker = {"Id": "a1b2", "Service": "worker", "ExitCode": 1, "Restarts": 3, **state}
    (place / "config").write_text('{"name": "presave"}')
    (place / "inspect").write_text(json.dumps(worker))
    (place / "logs").write_text(f"Connected.\n{SAID}\nBye.\n")
    (place / "docker").write_text(
        '#!/bin/sh\n[ "$1" = compose ] && shift\n'
        'case "$1" in ps) echo a1b2 ;; *) cat "${0%/*}/$1" ;; esac\n'
    )
    (place / "docker").chmod(0o755)
    monkeypatch.setenv("PATH", f"{place}:/usr/bin:/bin")


def test_a_worker_that_refuses_to_start_is_told_with_its_own_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a restore whose live campaigns have no keys."""
    engine_with_a_worker(tmp_path, monkeypatch, {"State": "restarting"})
    with pytest.raises(engine.EngineError) as caught:
        health.give_up(["worker"])
    assert str(caught.value) == f"Not well: worker. {SAID}"


@pytest.mark.parametrize(
    "state", [{"State": "restarting"}, {"State": "running", "Health": "starting"}]
)
def test_the_status_says_why_one_does_not_start_between_its_tries_too(
    state: dict[str, object],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    engine_with_a_worker(tmp_path, monkeypatch, state)
    chosen = commands._parser().parse_args(["status"])
    chosen.run(chosen)
    assert f"worker does not start: {SAID}" in capsys.readouterr().out
