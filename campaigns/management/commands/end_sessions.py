"""`manage.py end_sessions`: log out an account, or all of them, from every browser."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from campaigns.accounts import sessions
from campaigns.models import User


class Command(BaseCommand):
    help = "Log out an account from every browser; with --all, every account."

    def add_arguments(self, parser: CommandParser) -> None:
        whom = parser.add_mutually_exclusive_group(required=True)
        whom.add_argument("email", nargs="?", metavar="EMAIL")
        whom.add_argument("--all", action="store_true", help="every account")

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"]
        user = User.objects.filter(email__iexact=email).first() if email else None
        if email and user is None:
            raise CommandError(f"There is no account {email}.")
        self.stdout.write(f"Browsers logged out: {sessions.end_all(user)}.")
