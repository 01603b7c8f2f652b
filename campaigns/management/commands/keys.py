"""Campaign keys, as an operator handles them on the worker's side."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from campaigns import keyring, retention
from campaigns.models import Campaign


class Command(BaseCommand):
    help = "Show (status), check (verify) or destroy (shred) the keys of campaigns."

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("status", help="one line for each campaign that has or had a key")
        actions.add_parser(
            "verify", help="open the key of every live campaign and compare it with its row"
        )
        shred = actions.add_parser("shred", help="destroy the key of an ended campaign at once")
        shred.add_argument("campaign", help="the campaign's slug or id")

    def handle(self, *args: Any, **options: Any) -> None:
        actions = {"status": self.status, "verify": self.verify, "shred": self.shred}
        try:
            actions[options["action"]](options)
        except keyring.KeyringError as error:
            raise CommandError(str(error)) from None

    def status(self, options: dict[str, Any]) -> None:
        ring = keyring.from_settings()
        files = set(ring.campaign_ids())
        self.stdout.write(f"Master key fingerprint: {ring.fingerprint}")
        for campaign in Campaign.objects.exclude(public_key=None).order_by("opened_at"):
            here = "key file present" if campaign.id in files else "no key file"
            if campaign.key_destroyed_at:
                here += f", destroyed {campaign.key_destroyed_at:%Y-%m-%d %H:%M:%S} UTC"
            self.stdout.write(f"{campaign.slug} ({campaign.id}): {campaign.state}, {here}")
            files.discard(campaign.id)
        for campaign_id in sorted(files):
            self.stdout.write(f"{campaign_id}: a key file without a campaign of this database")

    def verify(self, options: dict[str, Any]) -> None:
        if problems := retention.verify_keys():
            raise CommandError("\n".join(problems))
        self.stdout.write("The key of every live campaign opens and fits.")

    def shred(self, options: dict[str, Any]) -> None:
        campaign = self._find(options["campaign"])
        if not campaign.has_ended:
            raise CommandError(
                f"{campaign.slug} is {campaign.state}. Cancel it first: shredding its key now "
                "would lose its fans."
            )
        if campaign.key_destroyed_at:
            self.stdout.write(f"The key of {campaign.slug} was destroyed before.")
            return
        retention.shred(campaign.id, timezone.now())
        self.stdout.write(f"The key of {campaign.slug} is destroyed.")

    def _find(self, name: str) -> Campaign:
        campaign = Campaign.objects.filter(slug=name).first()
        if campaign is None and _is_uuid(name):
            campaign = Campaign.objects.filter(id=name).first()
        if campaign is None:
            raise CommandError(f"There is no campaign {name}.")
        return campaign


def _is_uuid(name: str) -> bool:
    try:
        UUID(name)
    except ValueError:
        return False
    return True
