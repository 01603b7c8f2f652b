"""`./presavectl setup`: from a clone to a Presave that runs, asking for what is not there yet."""

from __future__ import annotations

import argparse
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from deploy.server import (
    answers,
    compose,
    dotenv,
    engine,
    health,
    owner,
    questions,
    secret_files,
    version,
)
from deploy.server.answers import AnswerError
from deploy.server.compose import CHECKOUT

ENV: Final = CHECKOUT / ".env"
EXAMPLE: Final = CHECKOUT / ".env.example"
SECRETS: Final = CHECKOUT / "secrets"


def _written_url(name: str, value: str) -> str:
    """In .env nobody puts https:// before a domain alone. Raises AnswerError."""
    if "://" not in value:
        raise AnswerError(f"{name} must begin with https://, as https://presave.example.com.")
    return answers.public_url(name, value)


ASKED: Final = {
    "PUBLIC_URL": _written_url,
    "OPERATOR_NAME": answers.text,
    "OPERATOR_CONTACT": answers.contact,
}
# Ports and volumes are known without them.
NOT_ASKED_YET: Final = dict.fromkeys(("PUBLIC_URL", "OPERATOR_NAME", "OPERATOR_CONTACT"), "-")
# One of them may have been lost.
MADE_FIRST: Final = ("secret_key", "postgres_password")
# What the service sandbox of docker-compose.yml is started with.
SANDBOX_PROOF: Final = "sandbox-secret"
SANDBOX: Final = {
    "COMPOSE_PROFILES": "sandbox",
    "SPOTIFY_CLIENT_ID": "sandbox-client",
    "SPOTIFY_ACCOUNTS_URL": "http://sandbox.localhost:8765",
    "SPOTIFY_API_URL": "http://sandbox.localhost:8765/v1",
    "SPOTIFY_APP_MODE": "extended",
}


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser(
        "setup", help="ask for what is needed, then build, start and invite; may be repeated"
    )
    command.add_argument(
        "--sandbox",
        action="store_true",
        help="try everything on this machine, with a stand-in for Spotify",
    )
    command.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    try:
        known = answered()
        check_machine(chosen.sandbox)
        is_first = not any((SECRETS / name).exists() for name in MADE_FIRST)
        settings, secrets = ask(known, chosen.sandbox)
        mailbox = _mailbox({**known, **settings})
        email = questions.ask(questions.LOG_IN_EMAIL, mailbox) if is_first else mailbox
        made = prepare(settings, secrets)
        config = start(with_new_files=[] if is_first else made)
    except (AnswerError, engine.EngineError, PermissionError) as error:
        print(f"\n{secret_files.sentence_of(error)}")
        return 1
    except KeyboardInterrupt:
        print("\nStopped. Run ./presavectl setup again to go on.")
        return 130
    return invite(config, email)


def check_machine(is_tried: bool) -> None:
    """Raises EngineError, or AnswerError, for what no answer can change."""
    engine.check_checkout()
    config = engine.config(
        {**NOT_ASKED_YET, **({"COMPOSE_PROFILES": "sandbox"} if is_tried else {})}
    )
    engine.check_ports(config)
    _refuse_to_make_up_an_address(config)
    _refuse_a_strangers_database(config)
    _refuse_another_master_key(config)


def ask(known: Mapping[str, str], is_tried: bool) -> tuple[dict[str, str], dict[str, str]]:
    """The answers that .env and ./secrets do not give yet. Raises AnswerError."""
    wanted = (
        questions.TRIED_URL if is_tried else questions.PUBLIC_URL,
        questions.OPERATOR_NAME,
        questions.OPERATOR_CONTACT,
    )
    new = {one.name: questions.ask(_own(one)) for one in wanted if one.name not in known}
    if is_tried:
        new |= _sandbox(known)
    elif "SPOTIFY_CLIENT_ID" not in known:
        new["SPOTIFY_CLIENT_ID"] = questions.ask(_of_app(questions.CLIENT_ID, known))
    secrets = _client_secret({**known, **new}, is_tried)
    if not is_tried and not (SECRETS / "email_url").exists():
        mail = dict(questions.mail())
        secrets |= {"email_url": mail.pop("EMAIL_URL")} if mail else {}
        new |= mail if "MAIL_FROM" not in known else {}
    return new, secrets


def _own(question: questions.Question) -> questions.Question:
    """Without the example's answer, which in .env counts as none."""
    example = dotenv.read(EXAMPLE)[question.name]

    def rule(name: str, value: str) -> str:
        answer = question.rule(name, value)
        if answer == example:
            raise AnswerError(f"{name} must be your own: {answer} is only an example.")
        return answer

    return replace(question, rule=rule)


def answered() -> dict[str, str]:
    """What .env says, each answer checked; what is still the example's is none."""
    example, known = dotenv.read(EXAMPLE), dotenv.read(ENV)
    client_id = _of_app(questions.CLIENT_ID, known)
    for name, rule in {**ASKED, client_id.name: client_id.rule}.items():
        if name not in known:
            continue
        if known[name] == example[name]:
            del known[name]
            continue
        try:
            rule(f"{name} in .env", known[name])
        except AnswerError as error:
            raise AnswerError(
                f"{error} Change that line, or delete it to be asked again."
            ) from None
    return known


def _sandbox(known: Mapping[str, str]) -> dict[str, str]:
    real = known.get("SPOTIFY_CLIENT_ID", SANDBOX["SPOTIFY_CLIENT_ID"])
    if real != SANDBOX["SPOTIFY_CLIENT_ID"]:
        raise AnswerError(
            "SPOTIFY_CLIENT_ID in .env is for Spotify itself. Try the sandbox in a clone of its "
            "own, on a machine where this one does not run."
        )
    return {name: value for name, value in SANDBOX.items() if known.get(name) != value}


def _of_app(question: questions.Question, known: Mapping[str, str]) -> questions.Question:
    is_at_spotify = not known.get("SPOTIFY_ACCOUNTS_URL")
    return question if is_at_spotify else questions.at_a_stand_in(question)


def _client_secret(settings: Mapping[str, str], is_tried: bool) -> dict[str, str]:
    client_id = settings["SPOTIFY_CLIENT_ID"]
    path = SECRETS / secret_files.BY_HAND
    if path.exists():
        _refuse_none_for_an_app(path, client_id)
        return {}
    if is_tried or client_id == SANDBOX["SPOTIFY_CLIENT_ID"]:
        secret = SANDBOX_PROOF
    elif client_id:
        secret = questions.ask(_of_app(questions.CLIENT_SECRET, settings))
    else:
        secret = secret_files.NOTHING
    return {secret_files.BY_HAND: secret}


def _refuse_none_for_an_app(path: Path, client_id: str) -> None:
    """Raises AnswerError if the app came after the secret had been written as none."""
    can_be_read = path.is_file() and os.access(path, os.R_OK)
    if client_id and can_be_read and path.read_bytes().strip() == secret_files.NOTHING.encode():
        shown = f"{SECRETS.name}/{path.name}"
        raise AnswerError(
            f"SPOTIFY_CLIENT_ID is set, and {shown} still says none. Run: rm {shown}, then this "
            "again, to be asked for the client secret."
        )


def _mailbox(settings: Mapping[str, str]) -> str:
    contact = settings.get("OPERATOR_CONTACT", "")
    return contact if answers.is_email(contact) else ""


def prepare(settings: Mapping[str, str], given: Mapping[str, str]) -> list[str]:
    """Write what was answered, and see that all of it will be read as it was meant. Returns which
    secrets were made.
    """
    if settings:
        dotenv.add(ENV, settings, EXAMPLE)
        print(f"\nWritten: {ENV.name}, with {', '.join(settings)}")
    config = engine.config()
    understood_by_compose(config)
    engine.check_public_port(config)
    made = secret_files.make_missing(SECRETS, given)
    secret_files.check_readable(SECRETS)
    if made:
        print(f"Written: {SECRETS.name}/, with {', '.join(made)}")
    if "master_key" in made:
        print("Keep a copy of secrets/master_key elsewhere: no permission opens without it.")
    for line in domain_warnings(str(urlsplit(dotenv.read(ENV)["PUBLIC_URL"]).hostname)):
        print(line)
    return made


def understood_by_compose(config: Mapping[str, Any]) -> None:
    """Raises AnswerError for a setting that comes out of Compose otherwise than it went in."""
    known, environment = dotenv.read(ENV), config["services"]["web"]["environment"]
    for name, value in known.items():
        if name in environment and (environment[name] or "").replace("$$", "$") != value:
            raise AnswerError(
                f"{name} is {value!r} in .env, and Compose reads {environment[name]!r}. Is it set "
                "in your shell, too? Else put it in single quotes."
            )


def _refuse_to_make_up_an_address(config: Mapping[str, Any]) -> None:
    """Raises AnswerError for that of a server elsewhere: see docs/database.md."""
    for service, name in (("postgres", "database_url"), ("redis", "redis_url")):
        if service not in config["services"] and not (SECRETS / name).exists():
            raise AnswerError(
                f"secrets/{name} is missing, and {service} is none of the services here. Write its "
                "address into the file, or bring it back from your copy."
            )


def _refuse_a_strangers_database(config: Mapping[str, Any]) -> None:
    if "pgdata" not in config["volumes"]:  # it is elsewhere: see docs/database.md
        return
    volume = config["volumes"]["pgdata"]["name"]
    is_known = any((SECRETS / name).exists() for name in ("postgres_password", "database_url"))
    if not is_known and engine.has_volume(volume):
        raise AnswerError(
            f"Docker has the database of an earlier Presave here (the volume {volume}), and no "
            "new password opens it. Bring secrets/postgres_password back from your copy, or all of "
            "secrets/ from the checkout that it belongs to. Or, to lose all that is in it and "
            "begin afresh, run: docker volume rm $(docker volume ls --quiet --filter "
            f"label=com.docker.compose.project={config['name']})"
        )


def _refuse_another_master_key(config: Mapping[str, Any]) -> None:
    """Raises AnswerError where one would be made that opens none of the keys that are here."""
    volume = config["volumes"]["keyring"]["name"]
    if not (SECRETS / "master_key").exists() and engine.has_volume(volume):
        raise AnswerError(
            f"secrets/master_key is missing, and no other opens the keys that Docker has here (the "
            f"volume {volume}). Bring the file back from your copy. Without one no permission of "
            "an open campaign can be used: cancel those in the dashboard, then run: sudo make "
            "secrets && docker compose restart worker"
        )


def domain_warnings(host: str) -> list[str]:
    """What would keep a certificate from coming, as far as this machine can see."""
    if answers.is_this_machine(host):
        return []
    try:
        found = {str(one[4][0]) for one in socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)}
    except OSError:
        return [
            f"Warning: {host} does not resolve. Point its A or AAAA record to this server; there "
            "is no certificate before that."
        ]
    if any(map(_is_own, found)):
        return []
    return [
        f"Warning: {host} resolves to {', '.join(sorted(found))}, which is no address of this "
        "machine. That is right behind a router or proxy that passes ports 80 and 443 on to it."
    ]


def _is_own(address: str) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True


def start(with_new_files: Sequence[str]) -> dict[str, Any]:
    """Make the image, protect the secrets, start, and wait. Returns what Compose has read, and
    raises EngineError.
    """
    config = make_image()
    owner.give_to_containers(config)
    check_settings()
    print("\nStarting.", flush=True)
    try:
        if compose.run("up", "--detach"):
            unwell = [name for name, how in health.states().items() if how != "well"]
            health.give_up(sorted(unwell))
        if with_new_files:
            # A container keeps the file that was there when it started.
            services = [name for name in _reading(with_new_files) if name in config["services"]]
            compose.run("up", "--detach", "--force-recreate", "--no-deps", *services)
        health.wait()
    except engine.EngineError as error:
        raise engine.EngineError(f"{error} Once that is changed, run this again.") from None
    return config


def _reading(secrets: Sequence[str]) -> list[str]:
    """Redis keeps nothing that is needed, and beat asks it alone."""
    return ["web", "worker", *(["redis", "beat"] if "redis_conf" in secrets else [])]


def make_image() -> dict[str, Any]:
    """Build this checkout's, unless the one that .env names is there: `./presavectl upgrade` puts
    another into its place. Returns what Compose reads then.
    """
    config = engine.config()
    if "VERSION" in dotenv.read(ENV) and engine.has_image(config["services"]["web"]["image"]):
        return config
    new = version.of_checkout()
    version.write(new)
    config = engine.config()
    registry_has_it = new.is_release and "/" in config["services"]["web"]["image"]
    if registry_has_it and compose.run("pull", "--quiet", "web") == 0:
        return config
    print(f"\nBuilding version {new.tag}; the first time takes some minutes.", flush=True)
    if compose.run("build", "web", variables=new.variables):
        raise engine.EngineError(
            "The image could not be built; the lines above say why. If they speak of BuildKit or "
            "--mount, install docker-buildx; if of a connection, run this again."
        )
    return config


def check_settings() -> None:
    """Start the image with them next to what runs, which a wrong one would otherwise take down.
    Raises EngineError.
    """
    print("\nChecking the settings.", flush=True)
    for service in ("web", "worker"):
        answer = engine.ask(
            *("compose", "run", "--rm", "--no-deps", "-T", service),
            *("python", "manage.py", "check", "--deploy"),
        )
        if answer.returncode:
            said = f"{answer.stdout}\n{answer.stderr}".strip()
            why = health.REFUSAL.findall(said)
            raise engine.EngineError(
                f"{why[-1] if why else said}\nNothing was started, and what runs was left as it "
                "is. Once that is changed, run this again."
            )


def invite(config: Mapping[str, Any], email: str) -> int:
    """Print where Presave is, and a link for its first user as long as nobody has logged in."""
    url, name = (dotenv.read(ENV)[setting] for setting in ("PUBLIC_URL", "OPERATOR_NAME"))
    print(f"\nPresave runs at {url}", flush=True)
    if "sandbox" in config["services"]:
        print(f"The sandbox, in Spotify's place: {SANDBOX['SPOTIFY_ACCOUNTS_URL']}", flush=True)
    elif dotenv.read(ENV).get("SPOTIFY_CLIENT_ID"):
        print(f"The redirect URI, as it must stand at Spotify: {url}/callback", flush=True)
    if not email:
        print(f'Let somebody log in: ./presavectl invite you@example.com --label "{name}"')
        return 0
    in_web = ("exec", "-T", "web", "python", "manage.py", "invite")
    return compose.run(*in_web, email, "--label", name, "--if-first")
