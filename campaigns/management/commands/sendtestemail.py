"""`manage.py sendtestemail`: in place of Django's, which says nothing when nothing was sent."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from campaigns.doctor import mail
from campaigns.doctor.checks import Mark


class Command(BaseCommand):
    help = "Send one email, and say whether the mail server accepted it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("email", nargs="+")

    def handle(self, *args: Any, **options: Any) -> None:
        for address in options["email"]:
            check = mail.examine(address)
            if check.mark is Mark.RED:
                raise CommandError(f"{check.text} {check.fix}")
            self.stdout.write(check.text)
