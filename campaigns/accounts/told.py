"""What the log tells of accounts: which one, by its number, what was done, and how somebody showed
who they are. Never an address, a name or a secret.
"""

from __future__ import annotations

import logging
from typing import Any, Final

from allauth.account import signals as account
from allauth.account.internal.flows.login import get_authentication_records
from allauth.mfa import signals as second_factor
from django.contrib.auth.signals import user_logged_out
from django.dispatch import Signal

from campaigns.models import User

logger = logging.getLogger(__name__)

_ACTS: Final[dict[Signal, str]] = {
    account.user_logged_in: "logged in",
    user_logged_out: "logged out",
    account.user_signed_up: "signed up",
    account.password_set: "password set",
    account.password_changed: "password changed",
    account.password_reset: "password reset",
    account.email_changed: "email changed",
    second_factor.authenticator_added: "second step added",
    second_factor.authenticator_removed: "second step removed",
    second_factor.authenticator_reset: "second step reset",
    second_factor.authentication_failed: "second step failed",
}


def tell(signal: Signal, user: Any = None, request: Any = None, **_: Any) -> None:
    methods = [record["method"] for record in get_authentication_records(request, user)]
    by = ",".join(dict.fromkeys(methods)) or "-"
    logger.info("account=%s %s by=%s", getattr(user, "pk", None), _ACTS[signal], by)


def of_failure(email: str) -> None:
    """Of an address that is nobody's too, at the same cost."""
    account_id = User.objects.filter(email__iexact=email).values_list("pk", flat=True).first()
    logger.info("account=%s wrong password", account_id)


def of_limit(limit: str) -> None:
    logger.info("password not looked at: too many wrong ones, %s", limit)


for _signal in _ACTS:
    _signal.connect(tell)
