"""allauth's forms where they would tell who has an account."""

from __future__ import annotations

from typing import Any

from allauth.account.forms import ResetPasswordForm
from django.http import HttpRequest

from campaigns.models import User


class RequestPasswordForm(ResetPasswordForm):  # type: ignore[misc]  # it ships no types
    """For an address that nobody has, the same work is done, and its mail is not sent."""

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        self.users: list[User] = self.users or [User(pk=0)]
        return str(super().save(request, **kwargs))
