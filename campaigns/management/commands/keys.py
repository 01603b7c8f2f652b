"""`manage.py keys`: shows, checks, destroys and rewraps keys, on the worker's side."""

from __future__ import annotations

from argparse import ArgumentParser
from contextlib import suppress
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from campaigns import keyring
from campaigns.keyring import Keyring
from campaigns.models import Campaign
from campaigns.retention import keys

# What no process of Presave can do where the master key file is a secret of docker compose.
BY_HAND = """\
Where that file is kept (secrets/master_key with docker compose), change it as its owner or root:

  (umask 377 && {command} > secrets/master_key.new)
  chown --reference=secrets/master_key secrets/master_key.new
  mv secrets/master_key.new secrets/master_key

Then let the worker see the changed file: docker compose up --detach --force-recreate worker"""
ANOTHER_LINE = (
    "{{ printf '{name}:' && head -c 32 /dev/urandom | base64 && cat secrets/master_key; }}"
)
WITHOUT_LINE = "grep -v '^{name}:' secrets/master_key"


class Command(BaseCommand):
    help = (
        "Show (status), check (verify) or destroy (shred) the keys of campaigns; replace the "
        "master key that wraps them (rotate, then rewrap, then retire)."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("status", help="what each master key wraps, and each campaign's key")
        actions.add_parser(
            "verify", help="open the key of every live campaign and compare it with its row"
        )
        shred = actions.add_parser("shred", help="destroy the key of an ended campaign at once")
        shred.add_argument("campaign", help="the campaign's slug or id")
        actions.add_parser("rotate", help="make a new master key the current one; keep the others")
        actions.add_parser("rewrap", help="wrap every key file by the current master key")
        retire = actions.add_parser("retire", help="remove a master key that wraps nothing more")
        retire.add_argument("name", help="the master key's name, as status shows it")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            getattr(self, options["action"])(options)
        except keyring.KeyringError as error:
            raise CommandError(str(error)) from None

    def status(self, options: dict[str, Any]) -> None:
        keyring_files = keyring.from_settings()
        self._show_master_keys(keyring_files)
        files = set(keyring_files.campaign_ids())
        for campaign in Campaign.objects.exclude(public_key=None).order_by("opened_at"):
            here = "key file present" if campaign.id in files else "no key file"
            if campaign.key_destroyed_at:
                here += f", destroyed {campaign.key_destroyed_at:%Y-%m-%d %H:%M:%S} UTC"
            self.stdout.write(f"{campaign.slug} ({campaign.id}): {campaign.state}, {here}")
            files.discard(campaign.id)
        for campaign_id in sorted(files):
            self.stdout.write(f"{campaign_id}: a key file without a campaign of this database")

    def _show_master_keys(self, keyring_files: Keyring) -> None:
        wrapped = keyring_files.wrapped_by()
        for key in keyring_files.master_keys:
            role = "current" if key == keyring_files.current else "older"
            self.stdout.write(
                f"Master key {key.name} (fingerprint {key.fingerprint.hex()}, {role}): wraps "
                f"{_files(wrapped.pop(key.fingerprint, 0))}"
            )
        if unreadable := wrapped.pop(keyring.UNREADABLE, 0):
            self.stdout.write(f"Damaged: {_files(unreadable)}")
        for fingerprint, count in sorted(wrapped.items()):
            self.stdout.write(
                f"A master key that is not here (fingerprint {fingerprint.hex()}): wraps "
                f"{_files(count)}"
            )

    def verify(self, options: dict[str, Any]) -> None:
        if problems := keys.verify_keys():
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
        keys.shred(campaign.id, timezone.now())
        self.stdout.write(f"The key of {campaign.slug} is destroyed.")

    def rotate(self, options: dict[str, Any]) -> None:
        keyring_files = keyring.from_settings()
        try:
            key = keyring_files.rotate()
        except keyring.MasterKeyFileReadOnlyError as error:
            line = ANOTHER_LINE.format(name=keyring_files.next_name)
            raise CommandError(
                f"{error} Nothing was changed.\n\n{BY_HAND.format(command=line)}\n"
                "After that: manage.py keys rewrap"
            ) from None
        self.stdout.write(
            f"Master key {key.name} (fingerprint {key.fingerprint.hex()}) wraps new key files from "
            "now on. Keep a copy of MASTER_KEY_FILE elsewhere, then run `manage.py keys rewrap`."
        )

    def rewrap(self, options: dict[str, Any]) -> None:
        keyring_files = keyring.from_settings()
        rewrapped, problems = keyring_files.rewrap()
        self.stdout.write(
            f"Rewrapped {_files(rewrapped)} by the master key {keyring_files.current.name}."
        )
        if problems:
            raise CommandError("\n".join(problems))

    def retire(self, options: dict[str, Any]) -> None:
        name = options["name"]
        try:
            keyring.from_settings().retire(name)
        except keyring.MasterKeyFileReadOnlyError as error:
            line = WITHOUT_LINE.format(name=name)
            raise CommandError(
                f"The master key {name} wraps nothing any more and can go. {error}\n\n"
                f"{BY_HAND.format(command=line)}"
            ) from None
        self.stdout.write(
            f"The master key {name} is removed. Keep your copy of it until the last backup of the "
            "keyring that it wraps is gone."
        )

    def _find(self, name: str) -> Campaign:
        campaign = Campaign.objects.filter(slug=name).first()
        if campaign is None:
            with suppress(ValidationError):  # no UUID
                campaign = Campaign.objects.filter(id=name).first()
        if campaign is None:
            raise CommandError(f"There is no campaign {name}.")
        return campaign


def _files(count: int) -> str:
    return "1 key file" if count == 1 else f"{count} key files"
