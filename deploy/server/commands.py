"""What `./presavectl` can do."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from deploy.server import (
    backup,
    compose,
    doctor,
    engine,
    health,
    restore,
    setup,
    upgrade,
    version,
)
from embedded import interruption


def main(arguments: Sequence[str]) -> int:
    """Run one command, and return its exit code."""
    chosen = _parser().parse_args(arguments)
    interruption.expect()
    try:
        engine.check()
        return int(chosen.run(chosen))
    except engine.EngineError as error:
        print(error, file=sys.stderr)
    except OSError as error:
        print(f"{error.filename or 'A file'}: {error.strerror}.", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nInterrupted.", file=sys.stderr)
        return 130
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="presavectl", description="Run Presave on this server.")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for add in (
        *(setup.add, upgrade.add, backup.add, restore.add),
        *(doctor.add, _add_status, _add_logs, _add_invite, _add_domain),
    ):
        add(commands)
    for command in commands._choices_actions:
        told = command.help or ""
        commands.choices[command.dest].description = f"{told[:1].upper()}{told[1:]}."
    return parser


def _add_status(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("status", help="show which services run, and how they are")
    command.set_defaults(run=_status)


def _status(chosen: argparse.Namespace) -> int:
    ended = compose.run("ps", "--all")
    for reason in health.reasons():
        print(f"\n{reason}")
    running, checked_out = version.in_service(), version.of_checkout().tag
    if running and running != checked_out:
        print(f"\n.env names version {running}, and this checkout is {checked_out}.")
        print("To put the checkout into service: ./presavectl upgrade")
    return ended


def _add_logs(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("logs", help="follow the logs of all services, or of some")
    command.add_argument("services", nargs="*", metavar="SERVICE")
    command.set_defaults(
        run=lambda chosen: compose.run("logs", "--follow", "--tail", "100", *chosen.services)
    )


def _add_invite(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("invite", help="print a link with which somebody can log in")
    command.add_argument("email")
    command.add_argument("--label", required=True, help="the label that they will belong to")
    command.set_defaults(run=_invite)


def _invite(chosen: argparse.Namespace) -> int:
    in_web = ("exec", "web", "python", "manage.py", "invite")
    return compose.run(*in_web, chosen.email, "--label", chosen.label)


def _add_domain(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    command = commands.add_parser("domain", help="show a label's fan pages at a domain of its own")
    actions = command.add_subparsers(dest="action", metavar="ACTION", required=True)
    add = actions.add_parser("add", help="show them there")
    add.add_argument("domain")
    add.add_argument("--label", required=True, help="the label's name")
    actions.add_parser("remove", help="take the domain back").add_argument("domain")
    actions.add_parser("list", help="print each domain with its label")
    command.set_defaults(run=_domain)


def _domain(chosen: argparse.Namespace) -> int:
    told = [chosen.domain] if chosen.action != "list" else []
    told += ["--label", chosen.label] if chosen.action == "add" else []
    in_web = ("exec", "web", "python", "manage.py", "domain")
    return compose.run(*in_web, chosen.action, *told)
