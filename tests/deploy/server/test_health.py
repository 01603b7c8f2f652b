"""When a service is well, and what is told of one that is not."""

from __future__ import annotations

import json

import pytest

from deploy.server import health

WEB = {"Service": "web", "State": "running", "Health": "healthy", "ExitCode": 0}


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


@pytest.mark.parametrize("told", [json.dumps([WEB, WEB]), f"{json.dumps(WEB)}\n{json.dumps(WEB)}"])
def test_both_forms_in_which_compose_lists_services_are_read(told: str) -> None:
    assert health.containers(told) == [WEB, WEB]
