"""`manage.py domain`: gives a label a domain of its own, and takes it back."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from campaigns import hosts
from campaigns.models import Label
from campaigns.planning import domains
from campaigns.planning.labels import LabelError


class Command(BaseCommand):
    help = "Give a label a domain of its own for its fans' pages, take it back, or list them."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        add = actions.add_parser("add", help="show a label's fan pages at this domain")
        add.add_argument("domain", metavar="DOMAIN")
        add.add_argument("--label", required=True, metavar="NAME", help="the label's name or id")
        remove = actions.add_parser("remove", help="show them at PUBLIC_URL alone")
        remove.add_argument("domain", metavar="DOMAIN")
        actions.add_parser("list", help="print each domain with its label")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, options["action"])(options)
        except LabelError as error:
            raise CommandError(str(error)) from None

    def add(self, options: dict[str, Any]) -> None:
        label = domains.give(options["domain"], options["label"])
        self.stdout.write(f"The fan pages of {label} are at {hosts.at_domain(str(label.domain))}.")
        self.stdout.write(
            f"Let its DNS lead here: {label.domain}. CNAME {settings.PUBLIC_HOST}. Caddy then gets "
            "a certificate by itself, and the doctor says whether all is right: docs/domains.md."
        )

    def remove(self, options: dict[str, Any]) -> None:
        label = domains.take(options["domain"])
        self.stdout.write(f"The fan pages of {label} are at {settings.PUBLIC_URL} alone.")

    def list(self, options: dict[str, Any]) -> None:
        labels = Label.objects.exclude(domain=None).order_by("domain")
        for label in labels:
            self.stdout.write(f"{label.domain}  {label}")
        if not labels:
            self.stdout.write("No label has a domain of its own.")
