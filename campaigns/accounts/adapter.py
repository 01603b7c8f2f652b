"""What django-allauth is told to do differently."""

from __future__ import annotations

import secrets
from types import SimpleNamespace
from typing import Any, Final

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress
from allauth.account.utils import setup_user_email
from allauth.core.internal import ratelimit
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy

from campaigns import keyring
from campaigns.accounts import browsers, sending, sessions, told
from campaigns.models import Event, User
from campaigns.planning.history import record_failed_sign_in, record_sign_in

_SECOND_FACTOR: Final = "second-factor"
_WAYS_TO_CONFIRM: Final = {
    "reauthenticate": gettext_lazy("Use your password"),
    "mfa_reauthenticate": gettext_lazy("Use your authenticator app or a recovery code"),
    "mfa_reauthenticate:webauthn": gettext_lazy("Use your passkey"),
}


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # it ships no types
    """Every link in a mail begins with PUBLIC_URL, whatever Host a request brought."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "too_many_login_attempts": gettext_lazy(
            "Too many wrong passwords. Try again later, or set a new password by email."
        ),
        "email_password_mismatch": gettext_lazy("Wrong email or password."),
        "enter_current_password": gettext_lazy("Wrong password."),
        "incorrect_password": gettext_lazy("Wrong password."),
        "duplicate_email": gettext_lazy("That's already your email."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return bool(settings.SIGN_UP == "open")

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        user.is_self_made = True
        saved: User = super().save_user(request, user, form, commit)
        return saved

    def is_safe_url(self, url: str | None) -> bool:
        """Whether it leads to a page of this site. allauth's own fails at `//[`."""
        return url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    # Wrong passwords

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        super().authentication_failed(request, **credentials)
        email = str(credentials.get("email", ""))
        record_failed_sign_in(email, timezone.now())
        told.of_failure(email)

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the attempt before it is known to be wrong: of a browser that the account knows by
        itself, and of all others together, each source's too.
        """
        key = self._get_login_attempts_cache_key(request, **credentials)
        limits = {"login_failed_source": "", "login_failed": key}
        if browser := browsers.id_for_email(request, key):
            limits = {"login_failed_known": browser}
        self._login_failed_rl_usage = ratelimit.RateLimitUsage([])
        for action, counted in limits.items():
            usage = ratelimit.consume(request, app="allauth.account", action=action, key=counted)
            if not usage:
                told.of_limit(action)
                raise self.validation_error("too_many_login_attempts")
            self._login_failed_rl_usage.usage += usage.usage

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """allauth's own begins with the Host header, whose port a stranger chooses."""
        return str(credentials.get("email", "")).lower()

    # Log-ins

    def login(self, request: HttpRequest, user: User) -> None:
        """This is where a log-in from a new browser is noticed. Nobody is told of their first."""
        is_news = user.last_login is not None and not browsers.id_for(request, user)
        super().login(request, user)
        sessions.note_log_in(request)
        if is_news:
            self.send_notification_mail("account/email/new_browser", user)
            record_sign_in(user, Event.NEW_BROWSER)

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = super().post_login(request, user, **kwargs)
        browsers.remember(request, response, user)
        return response

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """A log-in says who somebody is as well as an answer to the question, which allauth would
        ask right after it.
        """
        required: bool = super().is_reauthentication_required(app=app, **kwargs)
        return required and not sessions.began_of_late(self.request)

    def get_reauthentication_methods(self, user: User) -> list[dict[str, Any]]:
        ways: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        return [way | {"description": _WAYS_TO_CONFIRM[way["id"]]} for way in ways]

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """allauth looks at confirmed addresses alone; a superuser's need not be."""
        others = User.objects.exclude(pk=email_address.user_id)
        if others.filter(email=email_address.email).exists():
            failed = "account/messages/email_confirmation_failed.txt"
            self.add_message(request, messages.ERROR, failed, {"email": email_address.email})
            return False
        return bool(super().confirm_email(request, email_address))

    # Mails

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        sending.send_soon(self._mail(template_prefix, email, context), context.get("user"))

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """allauth's own does not tell whose account it is."""
        facts = {**(context or {}), "user": user}
        super().send_notification_mail(template_prefix, user, facts, email)

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        message = self._mail("account/email/password_reset_key", email, context)
        if user.pk:
            sending.send_soon(message, user)

    def send_account_already_exists_mail(self, email: str) -> None:
        _make_an_account_in_vain(self.request)
        context = {"password_reset_url": _address("account_reset_password")}
        self.send_mail("account/email/account_already_exists", email, context)

    def get_reset_password_from_key_url(self, key: str) -> str:
        user, _, token = key.partition("-")
        return _address("account_reset_password_from_key", uidb36=user, key=token)

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        return _address("account_confirm_email", key=emailconfirmation.key)

    def _mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> Any:
        """In the language of the person whose account it is; in English where that is not told."""
        user: User | None = context.get("user")
        facts = {
            "email": email,
            "current_site": SimpleNamespace(name="Presave", domain=settings.PUBLIC_HOST),
            "account_url": _address("account"),
            "password_reset_url": _address("account_reset_password"),
            **context,
            "user_agent": sessions.browser_name(context.get("user_agent", "")),
        }
        with translation.override(user.mail_language if user else settings.LANGUAGE_CODE):
            return self.render_mail(template_prefix, email, facts)


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # it ships no types
    """A copy of the database opens nothing: what codes are made from is sealed with SECRET_KEY."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": gettext_lazy("Wrong or expired code."),
    }

    def encrypt(self, text: str) -> str:
        return keyring.seal_cookie(settings.SECRET_KEY, text.encode(), _SECOND_FACTOR)

    def decrypt(self, encrypted_text: str) -> str:
        opened = keyring.open_cookie(settings.SECRET_KEY, encrypted_text, _SECOND_FACTOR)
        return (opened or b"").decode()

    def build_totp_svg(self, url: str) -> str:
        """To stand in a page: the policy lets no page show a picture that is written in it."""
        picture: str = super().build_totp_svg(url)
        return mark_safe(picture[picture.index("<svg") :])  # nosec B308 B703 # noqa: S308 -- qrcode draws squares alone

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": settings.PUBLIC_HOST, "name": "Presave"}

    def generate_authenticator_name(self, user: User, type: Any) -> str:
        """What a person recognises it by later."""
        return sessions.browser_name(self.request.META.get("HTTP_USER_AGENT", ""))


def _make_an_account_in_vain(request: HttpRequest) -> None:
    """So that the time tells nobody that there was one: a password is hashed, and rows written."""
    with transaction.atomic():
        nobody = User.objects.create_user(f"{secrets.token_hex(8)}@example.invalid", "password")
        setup_user_email(request, nobody, [EmailAddress(email=nobody.email)])
        transaction.set_rollback(True)


def _address(name: str, **parts: str) -> str:
    return f"{settings.PUBLIC_URL}{reverse(name, kwargs=parts)}"
