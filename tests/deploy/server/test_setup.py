"""`./presavectl setup`, on a copy of the checkout and a stand-in for the engine."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.server import setup
from presave import env
from sandbox.__main__ import options
from tests.test_deploy import ROOT

FILES = ("presavectl", ".env.example", "docker-compose.yml", "Caddyfile", "pyproject.toml")
# Domain, name, contact, no app, no mail, the same address to log in with.
ANSWERS = ["music.example.com", "A$AP Label #1's", "hello@example.com", "", "", ""]
APP, APP_SECRET = "0123456789abcdef" * 2, "fedcba9876543210" * 2
SENTENCE_OF_THE_EXAMPLE = "PUBLIC_URL=https://presave.example.com"


class Server:
    """An operator's: a clone, and an engine as the stand-in says."""

    def __init__(self, place: Path) -> None:
        self.checkout, self.bin = place / "presave", place / "bin"
        self.bin.mkdir(parents=True)
        self.checkout.mkdir()
        for name in FILES:
            shutil.copy(ROOT / name, self.checkout)
        for part in ("deploy", "embedded"):
            shutil.copytree(ROOT / part, self.checkout / part)
        shutil.copy(Path(__file__).with_name("engine_stand_in.sh"), self.bin / "docker")

    def set_up(self, *typed: str, option: str = "", **environment: str) -> str:
        """What it prints; `ended` is its exit code."""
        done = subprocess.run(
            [sys.executable, "presavectl", "setup", *([option] if option else [])],
            cwd=self.checkout,
            env={
                "PATH": f"{self.bin}:{os.environ['PATH']}",
                "TOOLS": str(Path(sys.executable).parent),
                **environment,
            },
            input="".join(f"{line}\n" for line in typed),
            capture_output=True,
            text=True,
            check=False,
        )
        self.ended = done.returncode
        assert "Traceback" not in done.stderr, done.stderr
        return done.stdout + done.stderr

    def kept(self) -> dict[str, bytes]:
        paths = [self.checkout / ".env", *sorted((self.checkout / "secrets").iterdir())]
        return {path.name: path.read_bytes() for path in paths}

    def secret(self, name: str) -> str:
        return (self.checkout / "secrets" / name).read_text().strip()

    def commands(self) -> list[str]:
        path = self.bin / "commands"
        return path.read_text().splitlines() if path.exists() else []

    def has_started_something(self) -> bool:
        return any(line.startswith(("compose up", "compose build")) for line in self.commands())

    def environment_of(self, service: str) -> dict[str, str]:
        command = (
            str(Path(sys.executable).parent / "docker-compose"),
            "config",
            "--format",
            "json",
        )
        shown = subprocess.run(
            command,
            cwd=self.checkout,
            env={"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
            check=True,
        )
        found: dict[str, str] = json.loads(shown.stdout)["services"][service]["environment"]
        return {name: (value or "").replace("$$", "$") for name, value in found.items()}


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


def test_from_a_clone_to_an_invitation(server: Server) -> None:
    said = server.set_up(*ANSWERS)

    assert server.ended == 0, said
    web = server.environment_of("web")
    assert web["PUBLIC_URL"] == "https://music.example.com"
    assert web["OPERATOR_NAME"] == "A$AP Label #1's"
    assert server.secret("spotify_client_secret") == "none"
    assert server.secret("email_url") == "dummymail://"
    steps = ("compose build", "run --rm", "compose up --detach", "compose exec -T web")
    ran = [line for line in server.commands() if line.startswith(steps)]
    assert len(ran) == 4
    assert all(line.startswith(step) for line, step in zip(ran, steps, strict=True))
    assert "invite hello@example.com --label A$AP Label #1's --if-first" in ran[-1]
    assert "Presave runs at https://music.example.com" in said


def test_a_repetition_asks_nothing_and_changes_nothing(server: Server) -> None:
    server.set_up(*ANSWERS)
    before = server.kept()

    said = server.set_up()

    assert server.ended == 0, said
    assert server.kept() == before
    assert "Written" not in said
    assert sum(line.startswith("compose build") for line in server.commands()) == 1


def test_a_secret_that_was_removed_is_asked_for_again(server: Server) -> None:
    server.set_up(*ANSWERS)
    (server.checkout / "secrets" / "email_url").unlink()

    said = server.set_up("smtps://mail.example.com", "", "Noon <music@example.com>")

    assert server.ended == 0, said
    assert server.secret("email_url") == "smtps://mail.example.com"
    assert "compose up --detach --force-recreate --no-deps web worker" in server.commands()


def test_what_the_operator_wrote_by_hand_stays(server: Server) -> None:
    path = server.checkout / ".env"
    path.write_text(f"# Mine.\n{SENTENCE_OF_THE_EXAMPLE}\nOPERATOR_NAME=Noon\nSIGN_UP=closed\n")
    (server.checkout / "secrets").mkdir()
    (server.checkout / "secrets" / "email_url").write_text("smtps://mail.example.com\n")

    said = server.set_up("music.example.com", "hello@example.com", "", "you@example.com")

    assert server.ended == 0, said
    assert path.read_text().startswith(
        "# Mine.\nPUBLIC_URL='https://music.example.com'\nOPERATOR_NAME=Noon\nSIGN_UP=closed\n"
    )
    assert server.secret("email_url") == "smtps://mail.example.com"


def test_a_wrong_answer_is_explained_and_asked_again(server: Server) -> None:
    contacts = ["privacy@example.com", ANSWERS[2]]
    said = server.set_up("http://presave.example.com", *ANSWERS[:2], *contacts, *ANSWERS[3:])

    assert server.ended == 0, said
    assert "PUBLIC_URL must start with https://" in said
    assert "OPERATOR_CONTACT must be your own: privacy@example.com is only an example." in said
    assert server.environment_of("web")["OPERATOR_CONTACT"] == ANSWERS[2]


def test_the_environment_answers_where_nobody_is_there(server: Server) -> None:
    answers = {
        "PUBLIC_URL": "https://music.example.com",
        "OPERATOR_NAME": "Noon",
        "OPERATOR_CONTACT": "https://example.com/us",
        "SPOTIFY_CLIENT_ID": APP,
        "SPOTIFY_CLIENT_SECRET": APP_SECRET,
        "LOG_IN_EMAIL": "you@example.com",
    }
    said = server.set_up(**answers)

    assert server.ended == 0, said
    assert server.secret("spotify_client_secret") == APP_SECRET
    assert APP_SECRET not in said
    assert "stand at Spotify: https://music.example.com/callback" in said


def test_an_answer_that_nobody_gives_is_named(server: Server) -> None:
    said = server.set_up(PUBLIC_URL="music.example.com")

    assert server.ended == 1
    assert "OPERATOR_NAME is needed." in said
    assert not (server.checkout / ".env").exists()


def test_a_mail_password_may_hold_any_character(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = ["smtp+tls://mail.example.com:587", "you@example.com", "p#w/@:%?[ ü", ""]
    said = server.set_up(*ANSWERS[:4], *mail, "")

    assert server.ended == 0, said
    monkeypatch.setenv("EMAIL_URL", server.secret("email_url"))
    read = env.email("EMAIL_URL")
    assert (read["EMAIL_HOST_USER"], read["EMAIL_HOST_PASSWORD"]) == (mail[1], mail[2])
    assert server.environment_of("web")["MAIL_FROM"] == "you@example.com"


@pytest.mark.parametrize(
    "line", ["PUBLIC_URL=http://music.example.com", "OPERATOR_NAME=A$AP Records"]
)
def test_a_wrong_line_in_env_stops_before_anything_starts(server: Server, line: str) -> None:
    name = line.partition("=")[0]
    (server.checkout / ".env").write_text(f"{line}\n")

    said = server.set_up(*ANSWERS)

    assert server.ended == 1
    assert f"{name} in .env" in said
    assert not server.has_started_something()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("PUBLIC_URL=music.example.com", "PUBLIC_URL in .env must begin with https://"),
        ("PUBLIC_URL=https://music.example.com:8443", "write HTTPS_PORT=8443 into .env"),
    ],
)
def test_an_address_that_nobody_would_reach_stops_before_anything_starts(
    server: Server, line: str, told: str
) -> None:
    (server.checkout / ".env").write_text(f"{line}\n")

    said = server.set_up(*ANSWERS[1:])

    assert server.ended == 1
    assert told in said
    assert not server.has_started_something()


def test_a_setting_that_presave_refuses_leaves_what_runs_as_it_is(server: Server) -> None:
    server.set_up(*ANSWERS)
    (server.bin / "commands").unlink()
    (server.bin / "failing").write_text("compose run")
    (server.bin / "refusal").write_text("Presave cannot start: SPOTIFY_MARKET must be a country.")

    said = server.set_up()

    assert server.ended == 1
    assert "SPOTIFY_MARKET must be a country." in said
    assert "what runs was left as it is" in said
    assert not server.has_started_something()


def test_an_answer_with_its_name_in_front_is_asked_again(server: Server) -> None:
    said = server.set_up(ANSWERS[0], "OPERATOR_NAME=Noon", *ANSWERS[1:])

    assert server.ended == 0, said
    assert "OPERATOR_NAME begins with its own name" in said
    assert server.environment_of("web")["OPERATOR_NAME"] == ANSWERS[1]


def test_a_badly_pasted_secret_stops_before_anything_starts(server: Server) -> None:
    (server.checkout / "secrets").mkdir()
    (server.checkout / "secrets" / "spotify_client_secret").write_bytes(b"\xef\xbb\xbfs3cret")

    said = server.set_up(*ANSWERS)

    assert server.ended == 1
    assert "secrets/spotify_client_secret begins with an invisible mark (BOM)" in said
    assert not server.has_started_something()


def test_the_database_of_another_checkout_is_not_met_with_a_new_password(server: Server) -> None:
    (server.bin / "volume").touch()

    said = server.set_up(*ANSWERS)

    assert server.ended == 1
    assert "Bring secrets/postgres_password back from your copy" in said
    assert not (server.checkout / "secrets").exists()


def test_a_lost_half_of_a_password_is_made_from_the_other(server: Server) -> None:
    server.set_up(*ANSWERS)
    (server.bin / "volume").touch()
    before = server.kept()
    for name in ("postgres_password", "redis_conf"):
        (server.checkout / "secrets" / name).unlink()

    said = server.set_up()

    assert server.ended == 0, said
    assert server.kept() == before
    assert "LOG_IN_EMAIL" not in said
    recreate = "compose up --detach --force-recreate --no-deps web worker redis beat"
    assert recreate in server.commands()


def test_the_address_of_a_redis_elsewhere_is_not_made_up(server: Server) -> None:
    files = "docker-compose.yml:deploy/external-redis.yml"
    (server.checkout / ".env").write_text(f"COMPOSE_FILE={files}\n")

    said = server.set_up(*ANSWERS)

    assert server.ended == 1
    assert "secrets/redis_url is missing" in said
    assert not (server.checkout / "secrets").exists()


def test_a_lost_master_key_is_not_made_anew(server: Server) -> None:
    server.set_up(*ANSWERS)
    (server.bin / "volume").touch()
    (server.checkout / "secrets" / "master_key").unlink()

    said = server.set_up()

    assert server.ended == 1
    assert "secrets/master_key is missing" in said
    assert not (server.checkout / "secrets" / "master_key").exists()


def test_a_database_and_a_redis_elsewhere_are_set_up_as_docs_database_says(server: Server) -> None:
    files = ("docker-compose.yml", "deploy/external-db.yml", "deploy/external-redis.yml")
    (server.checkout / ".env").write_text(f"COMPOSE_FILE={':'.join(files)}\n")
    secrets = server.checkout / "secrets"
    secrets.mkdir(mode=0o700)
    address = "@db.example.com:5432/presave?sslmode=verify-full"
    (secrets / "database_url").write_text(f"postgres://presave:sesame{address}\n")
    (secrets / "redis_url").write_text("rediss://:sesame@redis.example.com:6380/0\n")
    for name in ("database_ca", "redis_ca"):
        (secrets / name).write_text("-----BEGIN CERTIFICATE-----\n")
    told = server.set_up(*ANSWERS)
    assert server.ended == 0, told
    assert server.secret("database_url_web").endswith(address)
    assert server.has_started_something()


def test_a_service_that_does_not_start_is_named_with_its_last_lines(server: Server) -> None:
    (server.bin / "failing").write_text("compose up")
    (server.bin / "services").write_text(
        '{"Id": "a1b2c3", "Service": "web", "State": "restarting"}'
    )

    said = server.set_up(*ANSWERS)

    assert server.ended == 1
    assert "What is wrong." in said
    assert "Not well: web." in said


def test_the_sandbox_takes_spotifys_place(server: Server) -> None:
    said = server.set_up("", "Noon", "hello@example.com", "", option="--sandbox")

    assert server.ended == 0, said
    for service in ("web", "worker"):
        environment = server.environment_of(service)
        assert environment["SPOTIFY_ACCOUNTS_URL"] == "http://sandbox.localhost:8765"
        assert environment["SPOTIFY_API_URL"] == "http://sandbox.localhost:8765/v1"
        assert environment["PUBLIC_URL"] == "https://presave.localhost"
    assert server.secret("spotify_client_secret") == options([]).client_secret
    assert server.environment_of("web")["SPOTIFY_CLIENT_ID"] == options([]).client_id


def test_what_is_no_apps_is_explained_and_asked_again(server: Server) -> None:
    of_an_app = ["https://example.com/contact", APP[1:], APP, "abc def", APP_SECRET]
    said = server.set_up(*ANSWERS[:3], *of_an_app, "", "")

    assert server.ended == 0, said
    assert said.count("SPOTIFY_CLIENT_ID must be the client ID from the app's page") == 2
    assert said.count("SPOTIFY_CLIENT_SECRET must be the client secret from the app's page") == 1
    assert server.secret("spotify_client_secret") == APP_SECRET


def test_the_app_of_a_sandbox_may_have_any_name(server: Server) -> None:
    (server.checkout / ".env").write_text("SPOTIFY_ACCOUNTS_URL=http://127.0.0.1:8765\n")

    said = server.set_up(*ANSWERS[:3], "lab-client", "lab-secret", "", "")

    assert server.ended == 0, said
    assert server.secret("spotify_client_secret") == "lab-secret"


def test_the_sandbox_does_not_take_the_place_of_an_app(server: Server) -> None:
    server.set_up(*ANSWERS[:3], APP, APP_SECRET, "", "")

    said = server.set_up(option="--sandbox")

    assert server.ended == 1
    assert "SPOTIFY_CLIENT_ID in .env is for Spotify itself." in said


def test_an_app_whose_secret_says_none_is_told_what_to_do(server: Server) -> None:
    server.set_up(*ANSWERS)
    path = server.checkout / ".env"
    path.write_text(path.read_text().replace("SPOTIFY_CLIENT_ID=''", f"SPOTIFY_CLIENT_ID={APP}"))

    said = server.set_up()

    assert server.ended == 1
    assert "rm secrets/spotify_client_secret" in said


@pytest.mark.parametrize(
    ("host", "warned"),
    [
        ("presave.localhost", ""),
        ("127.0.0.1", ""),
        ("presave.invalid", "does not resolve"),
        ("192.0.2.1", "no address of this machine"),
    ],
)
def test_a_domain_that_leads_elsewhere_is_a_warning(host: str, warned: str) -> None:
    assert warned in "".join(setup.domain_warnings(host))
    assert bool(warned) == bool(setup.domain_warnings(host))
