"""`manage.py doctor`: what is set up right, what is not, and what to do about it."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import timezone

from campaigns.doctor import examination, page
from campaigns.doctor.checks import Mark, Part


class Command(BaseCommand):
    help = (
        "Examine this instance: settings, Spotify, database, Redis, processes, keys, backups, mail "
        "and the public address. Ends with 1 if anything is red."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="for monitoring")
        parser.add_argument("--mail", default="", metavar="ADDRESS", help="send one email there")
        parser.add_argument(
            "--part",
            choices=[part.value for part in Part],
            default=Part.ALL.value,
            help="whose container this is; all without containers",
        )
        parser.add_argument(
            "--merge",
            action="store_true",
            help="with --part: read the other part's --json from standard input",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        part = Part(options["part"])
        checks = examination.examine(part, options["mail"])
        if options["merge"]:
            other = Part.WEB if part is Part.WORKER else Part.WORKER
            checks = page.merged(checks, page.read(sys.stdin.read(), other), other)
        if options["json"]:
            self.stdout.write(page.as_json(checks))
        else:
            now = timezone.now()
            heading = f"{settings.PUBLIC_URL} on {now:%d %B %Y at %H:%M} UTC"
            self.stdout.write(page.as_text(checks, heading))
        if any(check.mark is Mark.RED for check in checks):
            sys.exit(1)
