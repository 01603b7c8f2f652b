"""Strict, typed readers of environment variables: a bad value stops the start with a sentence
that names it.
"""

from __future__ import annotations

import os
import re
import unicodedata
import warnings
from collections.abc import Sequence
from email.utils import formataddr, parseaddr
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Final, NoReturn
from urllib.parse import SplitResult, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.validators import URLValidator, validate_email

from presave.markets import MARKETS

# The default of a variable that has none.
REQUIRED: Final = None
# The variables that are not set and that a later version will want, each with that version.
missing_soon: Final[dict[str, str]] = {}
LOOPBACK_HOSTS: Final = ("127.0.0.1", "::1")
_ADDRESS: Final = re.compile(
    r"https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]+)?(/[A-Za-z0-9._~/-]*)?"
)
_IN_QUOTES: Final = re.compile(r"\"[^\"]*\"|'[^']*'|`[^`]*`")
# What is pasted along with a value, from a file or from a page.
_NAMED: Final = re.compile(
    r"(export )?([A-Z]+(_[A-Z]+)+|(?i:([a-z]+[_ ])*(secret|key|password|token|id))) ?[=:]"
)


def _refuse(name: str, wanted: str, value: str) -> NoReturn:
    raise ImproperlyConfigured(f"{name} must {wanted}, not {value!r}.") from None


def text(name: str, default: str | None = REQUIRED) -> str:
    value = _given(name)
    if value:
        if any(map(_is_invisible, value)):
            # Not repeated: an address may hold a password.
            raise ImproperlyConfigured(f"{name} holds an invisible character: type it by hand.")
        if _IN_QUOTES.fullmatch(value):
            raise ImproperlyConfigured(f"The value that {name} gives is in quotes: leave them out.")
        return value
    if default is None:
        raise ImproperlyConfigured(
            f"{name} is not set. Set it in the environment (see .env.example)."
        )
    return default


def _given(name: str) -> str:
    return os.environ.get(name, "").removeprefix("\ufeff").strip()


def _is_invisible(character: str) -> bool:
    """What joins the letters of some scripts, and of emoji, belongs to a name."""
    return unicodedata.category(character) in ("Cc", "Cf") and character not in "\u200c\u200d"


def soon_required(name: str, version: str, running: str, until_then: str) -> str | None:
    """The default of a variable that is mandatory from a version on, and asked for before."""
    if _parts(running) >= _parts(version):
        return REQUIRED
    if not _given(name):
        missing_soon[name] = version
    return until_then


def _parts(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def plain(name: str, default: str | None = REQUIRED) -> str:
    """What is pasted from elsewhere and is no secret, such as an app's id."""
    value = text(name, default)
    return _pasted_right(name, value) if value else ""


def secret(name: str, default: str | None = REQUIRED) -> str:
    """The variable itself or the content of the file that NAME_FILE names, never both."""
    path, value = text(f"{name}_FILE", ""), _given(name)
    if path and value:
        raise ImproperlyConfigured(f"Set either {name} or {name}_FILE, not both.")
    if path:
        return _pasted_right(f"{name}_FILE", _read_secret_file(f"{name}_FILE", Path(path)))
    if value:
        return _pasted_right(name, value)
    if default is None:
        raise ImproperlyConfigured(
            f"{name} is not set. Set {name}, or {name}_FILE to the path of a file that holds it."
        )
    return default


def _pasted_right(name: str, value: str) -> str:
    """Nobody sees what is wrong with a value that is refused elsewhere: it is told here. It is not
    repeated, as it may be a secret.
    """
    if "\n" in value or "\r" in value:
        wrong = "has more than one line"
    elif not re.fullmatch(r"[ -~]+", value):
        wrong = "holds a character that is not plain ASCII, perhaps an invisible one"
    elif _IN_QUOTES.fullmatch(value):
        wrong = "is in quotes: leave them out"
    elif value.startswith(("'", '"', "`")):
        wrong = "begins with a quotation mark: leave it out"
    elif " #" in value:
        wrong = "has a comment after it: leave that out"
    elif _NAMED.match(value):
        wrong = "begins with the name of a variable: leave out that and the sign after it"
    else:
        return value
    raise ImproperlyConfigured(f"The value that {name} gives {wrong}.")


def _read_secret_file(name: str, path: Path) -> str:
    try:
        value = path.read_text(encoding="utf-8-sig").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ImproperlyConfigured(
            f"{name} names {path}, which cannot be read: {reason}."
        ) from None
    if not value:
        raise ImproperlyConfigured(f"{name} names {path}, which is empty.")
    return value


def flag(name: str, default: bool) -> bool:
    return choice(name, ("True", "False"), str(default)) == "True"


def choice(name: str, options: Sequence[str], default: str) -> str:
    value = text(name, default)
    if value not in options:
        _refuse(name, f"be one of {', '.join(options)}", value)
    return value


def rate(name: str, default: float) -> float:
    """A number of requests per second, above 0 and at most 10,000."""
    value = text(name, str(default))
    try:
        number = float(value)
    except ValueError:
        number = 0.0
    if not 0 < number <= 10_000:
        _refuse(name, "be a number above 0 and at most 10000 (saves a second)", value)
    return number


def market(name: str, default: str) -> str:
    """A country that Spotify serves, as its `market` parameter takes it."""
    value = text(name, default)
    if value == "UK":
        _refuse(name, "be GB for the United Kingdom", value)
    if value not in MARKETS:
        _refuse(name, "be the two-letter code of a country that Spotify serves, as US or GB", value)
    return value


def commit(name: str, default: str) -> str:
    """The full name of a git commit: 40 hexadecimal digits, or 64 in a repository with SHA-256."""
    value = text(name, "")
    if value and not re.fullmatch(r"[0-9a-f]{40}([0-9a-f]{24})?", value):
        _refuse(name, "be the 40 or 64 digits that `git rev-parse HEAD` prints", value)
    return value or default


def url(name: str, default: str | None = REQUIRED) -> str:
    """An https address without a trailing slash; plain http only for this machine."""
    value = text(name, default).rstrip("/")
    if "@" in value:
        raise ImproperlyConfigured(f"{name} must not hold a user name or password.")
    # Lower case only, as browsers write an origin: it is compared with theirs.
    if not _ADDRESS.fullmatch(value):
        _refuse(name, "be an address such as https://presave.example.com", value)
    parts = _split(name, value)
    if parts.scheme == "http" and not _is_this_machine(str(parts.hostname)):
        _refuse(name, "start with https:// (plain http is for http://127.0.0.1 only)", value)
    return value


def _is_this_machine(host: str) -> bool:
    """A name below .localhost is never another machine (RFC 6761); in a container it may be the
    sandbox's.
    """
    return host in LOOPBACK_HOSTS or host.endswith(".localhost")


def ping_url(name: str) -> str:
    """As `url`, where anyone who knows the address may use it; empty when not set. A container's
    name may stand in it with plain http.
    """
    value = text(name, "").rstrip("/")
    if not value:
        return ""
    parts = _split(name, value)
    is_plain_and_far = parts.scheme == "http" and not _is_near(str(parts.hostname))
    if parts.scheme not in ("http", "https") or not parts.hostname or is_plain_and_far:
        # The value is not repeated.
        raise ImproperlyConfigured(f"{name} must be an address such as https://hc-ping.com/….")
    if parts.query:
        raise ImproperlyConfigured(f"{name} must not hold a question mark: /fail is put after it.")
    return value


def _split(name: str, value: str) -> SplitResult:
    # The value is not repeated: it may hold a password. One with # or / in it ends the host early.
    try:
        parts = urlsplit(value)
        if parts.port == 0 or parts.fragment or "@" in f"{parts.path}{parts.query}":
            raise ValueError
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} is not a valid address: check its port, and write the special characters of "
            "a password as %XX, such as # as %23."
        ) from None
    return parts


def origin(name: str, default: str | None = REQUIRED) -> str:
    """As `url`, without a path."""
    value = url(name, default)
    default_port = {"https": 443, "http": 80}[urlsplit(value).scheme]
    if urlsplit(value).port == default_port:
        _refuse(name, f"leave out :{default_port}, as browsers do", value)
    if urlsplit(value).path:
        _refuse(name, "have no path, only scheme and host", value)
    return value


def proxy(name: str) -> str:
    """The address of a proxy, as http://proxy.example.com:3128; empty when not set."""
    value = text(name, "")
    if not value:
        return ""
    parts = _split(name, value)
    # The value is not repeated: it may hold a password.
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
        raise ImproperlyConfigured(
            f"{name} must be the address of a proxy, such as http://proxy.example.com:3128."
        )
    return value


def networks(name: str, default: str) -> list[str]:
    """IP addresses and networks, with spaces or commas between them."""
    value = text(name, default)
    try:
        found = [ip_network(one) for one in value.replace(",", " ").split()]
    except ValueError:
        _refuse(name, "be addresses and networks, such as 10.0.0.0/8 192.0.2.7", value)
    if not all(network.prefixlen for network in found):
        _refuse(name, "name proxies, and not everybody", value)
    return [str(network) for network in found]


def contact(name: str, default: str | None = REQUIRED) -> str:
    """Where people can write to: an email address, or the https address of a page."""
    value = text(name, default)
    is_page = value.startswith("https://")
    validate = URLValidator(schemes=["https"]) if is_page else validate_email
    try:
        validate(value)
    except ValidationError:
        _refuse(name, "be an email address or an address that starts with https://", value)
    return value


def path(name: str, default: Path) -> Path:
    value = Path(text(name, str(default)))
    if not value.is_absolute():
        _refuse(name, "be an absolute path", str(value))
    return value


def database(name: str, default: str | None = REQUIRED) -> dict[str, Any]:
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


def redis_url(name: str, default: str | None = REQUIRED) -> str:
    value = secret(name, default)
    if not value.startswith(("redis://", "rediss://", "redis+socket://")):
        raise ImproperlyConfigured(f"{name} must start with redis:// or rediss://.")
    parts = _split(name, value)
    if parts.scheme == "rediss" and "ssl_cert_reqs=" not in parts.query:
        # kombu would take anybody for the server.
        query = f"{parts.query}&ssl_cert_reqs=required".removeprefix("&")
        return parts._replace(query=query).geturl()
    return value


def email(name: str) -> dict[str, Any]:
    """Django's EMAIL_* settings for an address such as smtp+tls://user:password@host:587; empty
    when not set.
    """
    value = secret(name, "")
    if not value:
        return {}
    parts = _split(name, value)
    try:
        config = dict(environ.Env.email_url_config(value))
    except (ImproperlyConfigured, ValueError):
        raise ImproperlyConfigured(
            f"{name} must look like smtp+tls://user:password@host:587."
        ) from None
    if config["EMAIL_BACKEND"].endswith("dummy.EmailBackend"):
        return {"EMAIL_BACKEND": "presave.smtp.NoMailServer"}
    return config | _smtp(name, parts) if "smtp" in parts.scheme else config


def _smtp(name: str, parts: SplitResult) -> dict[str, Any]:
    """What django-environ takes for something else or leaves open: smtps is TLS from the start."""
    from_the_start = parts.scheme in ("smtps", "smtp+ssl")
    usual = 465 if from_the_start else 587 if parts.scheme == "smtp+tls" else 25
    port = parts.port or usual
    if not parts.hostname:
        raise ImproperlyConfigured(f"{name} must name a host, as smtp+tls://mail.example.com:587.")
    if (port == 465) != from_the_start and port in (25, 465, 587):
        right = "smtps" if port == 465 else "smtp+tls"
        raise ImproperlyConfigured(f"{name} must begin with {right}:// for port {port}.")
    if parts.scheme == "smtp" and parts.password and not _is_near(parts.hostname):
        raise ImproperlyConfigured(
            f"{name} would send the password unencrypted: begin it with smtp+tls:// (STARTTLS) or "
            "smtps:// (TLS from the start) instead of smtp://."
        )
    return {
        "EMAIL_BACKEND": "presave.smtp.EmailBackend",
        "EMAIL_PORT": port,
        "EMAIL_USE_SSL": from_the_start,
        "EMAIL_USE_TLS": parts.scheme == "smtp+tls",
    }


def _is_near(host: str) -> bool:
    """Whether it is this machine, or a container, whose name has no dot."""
    return host in LOOPBACK_HOSTS or not re.search(r"[.:]", host)


def sender(name: str, default: str) -> str:
    """An email address, with or without a name before it: Demo Label <music@example.com>."""
    value = text(name, "")
    if not value:
        return default
    shown, address = parseaddr(value)
    forms = (address, f"<{address}>", f"{shown}<{address}>", f'"{shown}"<{address}>')
    try:
        validate_email(address)
        if not address.isascii() or _without_spaces(value) not in map(_without_spaces, forms):
            raise ValidationError("no address of ASCII, or more than one")
    except ValidationError:
        _refuse(name, "be an email address such as Demo Label <music@example.com>", value)
    return formataddr((shown or "Presave", address))


def _without_spaces(value: str) -> str:
    return "".join(value.split())
