"""Strict, typed readers of environment variables: a bad value stops the start with a sentence
that names it.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from urllib.parse import SplitResult, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import URLValidator, validate_email


class Required:
    """The type of REQUIRED, the default of a variable that has none."""


REQUIRED: Final = Required()
LOOPBACK_HOSTS: Final = ("127.0.0.1", "::1")
_ADDRESS: Final = re.compile(
    r"https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]+)?(/[A-Za-z0-9._~/-]*)?"
)


def text(name: str, default: str | Required = REQUIRED) -> str:
    value = os.environ.get(name, "").strip()
    if value:
        return value
    if isinstance(default, Required):
        raise ImproperlyConfigured(
            f"{name} is not set. Set it in the environment (see .env.example)."
        )
    return default


def secret(name: str, default: str | Required = REQUIRED) -> str:
    """The variable itself or the content of the file that NAME_FILE names, never both."""
    path = os.environ.get(f"{name}_FILE", "").strip()
    if path and os.environ.get(name, "").strip():
        raise ImproperlyConfigured(f"Set either {name} or {name}_FILE, not both.")
    if path:
        return _read_secret_file(f"{name}_FILE", Path(path))
    if not os.environ.get(name, "").strip() and isinstance(default, Required):
        raise ImproperlyConfigured(
            f"{name} is not set. Set {name}, or {name}_FILE to the path of a file that holds it."
        )
    return text(name, default)


def _read_secret_file(name: str, path: Path) -> str:
    try:
        value = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ImproperlyConfigured(
            f"{name} names {path}, which cannot be read: {reason}."
        ) from None
    if not value:
        raise ImproperlyConfigured(f"{name} names {path}, which is empty.")
    return value


def flag(name: str, default: bool) -> bool:
    value = text(name, str(default))
    if value not in ("True", "False"):
        raise ImproperlyConfigured(f"{name} must be True or False, not {value!r}.")
    return value == "True"


def choice(name: str, options: Sequence[str], default: str) -> str:
    value = text(name, default)
    if value not in options:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(options)}, not {value!r}.")
    return value


def rate(name: str, default: float) -> float:
    """A number of requests per second, above 0 and at most 10,000."""
    value = text(name, str(default))
    try:
        number = float(value)
    except ValueError:
        number = 0.0
    if not 0 < number <= 10_000:
        raise ImproperlyConfigured(
            f"{name} must be a number of requests per second between 0 and 10000, not {value!r}."
        )
    return number


def market(name: str, default: str) -> str:
    """An ISO 3166-1 alpha-2 country code, as Spotify's `market` parameter takes it."""
    value = text(name, default)
    if not re.fullmatch(r"[A-Z]{2}", value):
        raise ImproperlyConfigured(
            f"{name} must be a two-letter country code such as US, not {value!r}."
        )
    return value


def commit(name: str, default: str) -> str:
    """The full name of a git commit: 40 hexadecimal digits, or 64 in a repository with SHA-256."""
    value = text(name, "")
    if value and not re.fullmatch(r"[0-9a-f]{40}([0-9a-f]{24})?", value):
        raise ImproperlyConfigured(
            f"{name} must be the 40 or 64 digits that `git rev-parse HEAD` prints, not {value!r}."
        )
    return value or default


def url(name: str, default: str | Required = REQUIRED) -> str:
    """An https address without a trailing slash; plain http only for a loopback address."""
    value = text(name, default).rstrip("/")
    if "@" in value:
        raise ImproperlyConfigured(f"{name} must not hold a user name or password.")
    parts = _split(name, value)
    # Lower case only, as browsers write an origin: it is compared with theirs.
    if not _ADDRESS.fullmatch(value) or not parts.hostname:
        raise ImproperlyConfigured(
            f"{name} must be an address such as https://presave.example.com, not {value!r}."
        )
    if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
        raise ImproperlyConfigured(
            f"{name} must start with https:// (plain http is for http://127.0.0.1 only), "
            f"not {value!r}."
        )
    return value


def _split(name: str, value: str) -> SplitResult:
    # The value is not repeated: it may hold a password.
    try:
        parts = urlsplit(value)
        if parts.port == 0:
            raise ValueError
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} is not a valid address: check its port, and write the special characters of "
            "a password as %XX."
        ) from None
    return parts


def origin(name: str, default: str | Required = REQUIRED) -> str:
    """As `url`, without a path."""
    value = url(name, default)
    default_port = {"https": 443, "http": 80}[urlsplit(value).scheme]
    if urlsplit(value).port == default_port:
        raise ImproperlyConfigured(
            f"{name} must leave out :{default_port}, as browsers do: not {value!r}."
        )
    if urlsplit(value).path:
        raise ImproperlyConfigured(
            f"{name} must not have a path, only scheme and host: not {value!r}."
        )
    return value


def contact(name: str, default: str | Required = REQUIRED) -> str:
    """Where people can write to: an email address, or the https address of a page."""
    value = text(name, default)
    is_page = value.startswith("https://")
    validate = URLValidator(schemes=["https"]) if is_page else validate_email
    try:
        validate(value)
    except ValidationError:
        raise ImproperlyConfigured(
            f"{name} must be an email address or an address that starts with https://, "
            f"not {value!r}."
        ) from None
    return value


def path(name: str, default: Path) -> Path:
    value = Path(text(name, str(default)))
    if not value.is_absolute():
        raise ImproperlyConfigured(f"{name} must be an absolute path, not {str(value)!r}.")
    return value


def database(name: str, default: str | Required = REQUIRED) -> dict[str, Any]:
    """Django's settings for a postgres:// or sqlite://// address."""
    value = secret(name, default)
    if not value.startswith(("postgres://", "postgresql://", "sqlite:////")):
        raise ImproperlyConfigured(
            f"{name} must start with postgres://, or with sqlite://// and an absolute path."
        )
    _split(name, value)
    with warnings.catch_warnings(action="ignore"):
        config: dict[str, Any] = environ.Env.db_url_config(value)
    if config.get("NAME") in ("", ":memory:"):
        raise ImproperlyConfigured(f"{name} does not name a database that lasts.")
    return config


def redis_url(name: str, default: str | Required = REQUIRED) -> str:
    value = secret(name, default)
    if not value.startswith(("redis://", "rediss://", "redis+socket://")):
        raise ImproperlyConfigured(f"{name} must start with redis:// or rediss://.")
    _split(name, value)
    return value


def email(name: str) -> dict[str, Any]:
    """Django's EMAIL_* settings for an address such as smtp+tls://user:password@host:587; empty
    when not set.
    """
    value = secret(name, "")
    if not value:
        return {}
    try:
        return dict(environ.Env.email_url_config(value))
    except (ImproperlyConfigured, ValueError):
        raise ImproperlyConfigured(
            f"{name} must look like smtp+tls://user:password@host:587."
        ) from None
