"""`manage.py invite`: lets artists and label members in while sign-up is closed."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, ProgrammingError

from campaigns.models import Role, User
from campaigns.planning.labels import LabelError, invite


class Command(BaseCommand):
    help = "Invite somebody into a label and print the link with which they set their password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", metavar="EMAIL")
        parser.add_argument(
            "--label", required=True, metavar="NAME", help="the label's name or id; made if new"
        )
        parser.add_argument(
            "--role",
            choices=Role.values,
            help="owner for a label's first member and editor for others, unless given",
        )
        parser.add_argument(
            "--if-first",
            action="store_true",
            help="invite nobody once there is an account; for a set-up that may be repeated",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        role = Role(options["role"]) if options["role"] else None
        try:
            if options["if_first"] and User.objects.exists():
                self.stdout.write("Somebody was invited before, so nobody is invited now.")
                return
            invitation = invite(options["email"], options["label"], role)
        except LabelError as error:
            raise CommandError(str(error)) from None
        except (OperationalError, ProgrammingError):
            raise CommandError(
                "Can't reach the database, or it has no tables yet: run `manage.py migrate` first."
            ) from None
        days = timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT).days
        self.stdout.write(f"{invitation.membership}.")
        self.stdout.write(f"Send them this link. It sets a password, once, for {days} days:")
        self.stdout.write(invitation.url)
