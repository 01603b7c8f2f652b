"""`manage.py keys`: shows, checks, destroys and rewraps keys, on the worker's side."""

from __future__ import annotations

from argparse import ArgumentParser
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from campaigns import keyring
from campaigns.clock import database_now
from campaigns.keyring import Keyring, WeeklyKey
from campaigns.models import WEEKLY_KEY_LIFETIME, Campaign
from campaigns.retention import keys

# What no process of Presave can do where the master key file is a secret of docker compose.
BY_HAND = """\
Where that file is kept (secrets/master_key with docker compose), change it as its owner or root:

  (umask 377 && {command} > secrets/master_key.new)
  chown --reference=secrets/master_key secrets/master_key.new
  ln secrets/master_key secrets/master_key.old
  mv secrets/master_key.new secrets/master_key

Then let the worker see the changed file, and destroy the one from before:

  docker compose up --detach --force-recreate worker
  shred --force --remove secrets/master_key.old"""
ANOTHER_LINE = (
    "{{ printf '{name}:' && head -c 32 /dev/urandom | base64 && cat secrets/master_key; }}"
)
WITHOUT_LINE = "grep -v '^{name}:' secrets/master_key"


class Command(BaseCommand):
    help = (
        "Show (status), check (verify) or destroy (shred) the keys of campaigns; replace the "
        "weekly key (renew) or the master key (rotate, then rewrap, then retire) that wrap them."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        actions.add_parser("status", help="what each master key wraps, and each campaign's key")
        actions.add_parser(
            "verify", help="open the key of every live campaign and compare it with its row"
        )
        shred = actions.add_parser("shred", help="destroy the key of an ended campaign at once")
        shred.add_argument("campaign", help="the campaign's slug or id")
        actions.add_parser(
            "renew", help="replace the weekly key now, as the worker does every week"
        )
        actions.add_parser("rotate", help="make a new master key the current one; keep the others")
        actions.add_parser("rewrap", help="wrap every key file by the current keys")
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
        self._show_weekly_keys(keyring_files)
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

    def _show_weekly_keys(self, keyring_files: Keyring) -> None:
        wrapped, now = keyring_files.wrapped_in_week(), database_now()
        if not keyring_files.weekly_keys:
            self.stdout.write("No weekly key yet: the worker makes one when it starts")
        for key in keyring_files.weekly_keys:
            standing = _age(key, now) if key == keyring_files.current_week else "is being replaced"
            self.stdout.write(
                f"{_title(key)}: {standing}, wraps {_files(wrapped[key.fingerprint])}"
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

    def renew(self, options: dict[str, Any]) -> None:
        keyring_files = keyring.from_settings()
        if problems := keyring_files.renew(database_now(), timedelta()):
            raise CommandError("\n".join(problems))
        week = keyring_files.current_week
        self.stdout.write(
            f"{_title(week) if week else ''} wraps every key file now. The one before it is "
            "destroyed, and nothing opens what is left of deleted key files."
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
            f"The master key {name} is overwritten and removed. Keep your copy of it until the "
            "last backup of the keyring that it wraps is gone, then destroy that too."
        )

    def _find(self, name: str) -> Campaign:
        campaign = Campaign.objects.filter(slug=name).first()
        if campaign is None:
            with suppress(ValidationError):  # no UUID
                campaign = Campaign.objects.filter(id=name).first()
        if campaign is None:
            raise CommandError(f"There is no campaign {name}.")
        return campaign


def _title(key: WeeklyKey) -> str:
    if key.aead is None:
        return "No weekly key in the first week"
    return f"Weekly key {key.number} (fingerprint {key.fingerprint.hex()})"


def _age(key: WeeklyKey, now: datetime) -> str:
    days = max(0, (now - key.began_at).days)
    next_one = key.began_at + WEEKLY_KEY_LIFETIME
    return (
        f"{days} {'day' if days == 1 else 'days'} old, the worker replaces it on "
        f"{next_one:%Y-%m-%d at %H:%M} UTC"
    )


def _files(count: int) -> str:
    return "1 key file" if count == 1 else f"{count} key files"
