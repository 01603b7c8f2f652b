"""allauth's forms where they would tell who has an account, take a code twice, or say things in
other words than the rest of the site.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, ClassVar

from allauth.account import forms as account
from allauth.core.internal.cryptokit import normalize_user_code
from allauth.mfa import app_settings as second_factor
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from django import forms
from django.core.cache import cache
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from campaigns.models import User
from campaigns.pasted import EmailInput


class _InOurWords:
    """No label stands in its field once more, and gone as soon as somebody types."""

    fields: dict[str, forms.Field]
    labels: ClassVar[Mapping[str, Any]] = {}
    helps: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.widget.attrs.pop("placeholder", None)
            if isinstance(field, forms.EmailField):
                field.widget = EmailInput(field.widget.attrs)
            field.label = self.labels.get(name, field.label)
            field.help_text = self.helps.get(name, field.help_text)


class LogInForm(_InOurWords, account.LoginForm):  # type: ignore[misc]  # it ships no types
    """Nothing else on the page wants the focus, unless there is an error to read first."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_bound:
            self.fields["login"].widget.attrs["autofocus"] = True


_PASSWORD_HELP = {"password1": _("At least 10 characters, and not a common one.")}
_NEW_PASSWORD = {"password1": _("New password"), "password2": _("New password again")}


class SignUpForm(_InOurWords, account.SignupForm):  # type: ignore[misc]
    helps = _PASSWORD_HELP


class ConfirmByPasswordForm(_InOurWords, account.ReauthenticateForm):  # type: ignore[misc]
    pass


class ChangeEmailForm(_InOurWords, account.AddEmailForm):  # type: ignore[misc]
    labels: ClassVar = {"email": _("New email")}


class ChangePasswordForm(_InOurWords, account.ChangePasswordForm):  # type: ignore[misc]
    labels: ClassVar = {"oldpassword": _("Current password"), **_NEW_PASSWORD}
    helps = _PASSWORD_HELP


class SetPasswordForm(_InOurWords, account.SetPasswordForm):  # type: ignore[misc]
    labels = _NEW_PASSWORD
    helps = _PASSWORD_HELP


class SetForgottenPasswordForm(_InOurWords, account.ResetPasswordKeyForm):  # type: ignore[misc]
    """Also of people who were invited, and set their first one."""

    labels = _NEW_PASSWORD
    helps = _PASSWORD_HELP


class RequestPasswordForm(_InOurWords, account.ResetPasswordForm):  # type: ignore[misc]
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


class AddAppForm(_InOurWords, ActivateTOTPForm):  # type: ignore[misc]
    labels: ClassVar = {"code": _("Code")}


class AddPasskeyForm(_InOurWords, AddWebAuthnForm):  # type: ignore[misc]
    labels: ClassVar = {"name": _("Name"), "passwordless": _("Log in without a password")}
    helps: ClassVar = {
        "passwordless": _("This passkey alone is then enough. It needs a PIN, fingerprint or face.")
    }


class SecondStepForm(_InOurWords, _TakesACodeOnce, AuthenticateForm):  # type: ignore[misc]
    pass


class ConfirmByCodeForm(_InOurWords, _TakesACodeOnce, ReauthenticateForm):  # type: ignore[misc]
    pass
