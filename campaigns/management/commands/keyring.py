"""`manage.py keyring`: backs the keyring up and brings it back, on the worker's side."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from campaigns import keyring
from campaigns.clock import database_now
from campaigns.retention import tombstones


class Command(BaseCommand):
    help = (
        "Write key files and tombstones to standard output (backup), bring back what is missing "
        "from standard input (restore), or end what the tombstones say has ended (tombstones)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("backup", help="write a tar of key files and tombstones")
        actions.add_parser("restore", help="bring back what is missing, and no destroyed key")
        actions.add_parser("tombstones", help="after a restore of the database, before it is used")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, options["action"])()
        except keyring.KeyringError as error:
            raise CommandError(str(error)) from None

    def backup(self) -> None:
        if sys.stdout.isatty():
            raise CommandError("Send this to a file: manage.py keyring backup > keyring.tar")
        keyring.back_up(sys.stdout.buffer)

    def restore(self) -> None:
        restored = keyring.bring_back(sys.stdin.buffer)
        self.stdout.write(f"Key files brought back: {restored.keys}.")
        if restored.refused:
            self.stdout.write(
                f"Left out, as they were destroyed when their campaigns ended: {restored.refused}."
            )

    def tombstones(self) -> None:
        tombstones.begin(database_now())
        self.stdout.write("What the tombstones say has ended has ended in this database, too.")
