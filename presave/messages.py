"""What a page tells on the next one, in a cookie with the prefix that all others have."""

from __future__ import annotations

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class _BoundToHost(CookieStorage):
    cookie_name = f"{settings.COOKIE_PREFIX}messages"


class Storage(FallbackStorage):
    """Django's own, but for the cookie's name."""

    storage_classes = (_BoundToHost, SessionStorage)
