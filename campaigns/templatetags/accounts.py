"""What the account pages ask of the settings, and of an account's second steps."""

from __future__ import annotations

import json
from ipaddress import ip_address
from typing import Any

from allauth.mfa.models import Authenticator
from django import template
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder

from campaigns.models import User

register = template.Library()


@register.simple_tag
def sends_email() -> bool:
    return bool(settings.SENDS_EMAIL)


@register.simple_tag
def sign_up_is_open() -> bool:
    return bool(settings.SIGN_UP == "open")


@register.simple_tag
def passkeys_work() -> bool:
    """Browsers bind a passkey to a domain name, and make none without https but on localhost."""
    try:
        ip_address(settings.PUBLIC_HOST)
    except ValueError:
        return bool(settings.IS_HTTPS or settings.PUBLIC_HOST == "localhost")
    return False


@register.simple_tag
def second_steps_of(user: User) -> dict[str, bool]:
    """What is offered to somebody who has given the password."""
    kinds = set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    return {
        "has_app": Authenticator.Type.TOTP in kinds,
        "has_passkey": Authenticator.Type.WEBAUTHN in kinds and passkeys_work(),
    }


@register.filter
def as_json(value: Any) -> str:
    """For a script to read out of the page's text, where none may stand inline."""
    return json.dumps(value, cls=DjangoJSONEncoder)
