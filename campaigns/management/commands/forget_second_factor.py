"""`manage.py forget_second_factor`: let somebody in who lost every second step."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from django.core.management.base import BaseCommand, CommandError, CommandParser

from campaigns.models import User


class Command(BaseCommand):
    help = "Forget an account's authenticator app, passkeys and recovery codes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"]
        user = User.objects.filter(email__iexact=email).first()
        if user is None:
            raise CommandError(f"There is no account {email}.")
        number, _ = Authenticator.objects.filter(user=user).delete()
        self.stdout.write(f"{number} forgotten. The password alone lets {user.email} in now.")
