"""People who are logged in, and the mails that they get about it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from django.conf import settings
from django.core import mail
from django.core.mail import EmailMessage
from django.test import Client

from campaigns.accounts import sending
from campaigns.models import User

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext


def logged_in(user: User, confirmed: bool = True) -> Client:
    """A browser in which the user is at work and, as a rule, has just confirmed who they are."""
    client = Client()
    client.force_login(user)
    session = client.session
    session["seen"] = int(time.time())
    if confirmed:
        session["account_authentication_methods"] = [
            {"method": "password", "at": time.time(), "reauthenticated": True}
        ]
        session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client


def let_in(context: BrowserContext, user: User, site: str) -> None:
    """Log a Chromium in as `logged_in` does."""
    name = settings.SESSION_COOKIE_NAME
    session = logged_in(user).cookies[name].value
    context.add_cookies([{"name": name, "value": session, "url": site}])


def mails() -> list[EmailMessage]:
    """All that were sent, those of a moment ago too."""
    sending.wait_until_sent()
    return mail.outbox
