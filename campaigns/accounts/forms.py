"""allauth's forms where they would tell who has an account, or take a code twice."""

from __future__ import annotations

import hashlib
from typing import Any

from allauth.account.forms import ResetPasswordForm
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa import app_settings as second_factor
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from django.core.cache import cache
from django.http import HttpRequest

from campaigns.models import User


class RequestPasswordForm(ResetPasswordForm):  # type: ignore[misc]  # it ships no types
    """For an address that nobody has, the same work is done, and its mail is not sent."""

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        self.users: list[User] = self.users or [User(pk=0)]
        return str(super().save(request, **kwargs))


class _TakesACodeOnce:
    """allauth forgets after half a minute that a code was used, which is good for longer, as a
    clock may be wrong (MFA_TOTP_TOLERANCE).
    """

    user: User
    cleaned_data: dict[str, Any]

    def clean_code(self) -> str:
        code = normalize_user_code(self.cleaned_data["code"])
        used = f"code-used.{hashlib.sha256(f'{self.user.pk}.{code}'.encode()).hexdigest()}"
        if cache.get(used):
            raise get_adapter().validation_error("incorrect_code")
        cleaned: str = super().clean_code()  # type: ignore[misc]
        steps = 1 + 2 * second_factor.TOTP_TOLERANCE
        cache.set(used, True, timeout=steps * second_factor.TOTP_PERIOD)
        return cleaned


class SecondStepForm(_TakesACodeOnce, AuthenticateForm):  # type: ignore[misc]
    pass


class ConfirmByCodeForm(_TakesACodeOnce, ReauthenticateForm):  # type: ignore[misc]
    pass
