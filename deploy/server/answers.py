"""What an answer may be: the rules of presave/env.py, for a machine that has none of its packages.

Each function returns the answer as it is kept, or raises AnswerError with a sentence that names it.
tests/deploy/server/test_answers.py holds both to the same verdicts.
"""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from email.utils import parseaddr
from typing import Final, NoReturn
from urllib.parse import SplitResult, urlsplit

LOOPBACK_HOSTS: Final = ("127.0.0.1", "::1")
_ADDRESS: Final = re.compile(r"https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]+)?/*")
_IN_QUOTES: Final = re.compile(r"\"[^\"]*\"|'[^']*'|`[^`]*`")
_NAMED: Final = re.compile(
    r"(export )?([A-Z]+(_[A-Z]+)+|(?i:([a-z]+[_ ])*(secret|key|password|token|id))) ?[=:]"
)
# As Django checks them.
_MAILBOX: Final = re.compile(
    r"[-!#$%&'*+/=?^_`{}|~0-9A-Z]+(\.[-!#$%&'*+/=?^_`{}|~0-9A-Z]+)*", re.IGNORECASE | re.ASCII
)
_LABEL: Final = r"[a-z0-9\u00a1-\uffff](?:[a-z0-9\u00a1-\uffff-]{0,61}[a-z0-9\u00a1-\uffff])?"
_TOP_LABEL: Final = r"(?!-)(?:[a-z\u00a1-\uffff-]{2,63}|xn--[a-z0-9]{1,59})(?<!-)"
_DOMAIN: Final = re.compile(rf"({_LABEL}\.)+{_TOP_LABEL}\.?", re.IGNORECASE)
_MAIL_SCHEMES: Final = ("smtp", "smtps", "smtp+tls", "smtp+ssl")
_OTHER_MAIL: Final = ("consolemail", "filemail", "memorymail", "dummymail")


class AnswerError(ValueError):
    """The message is a whole sentence, and never holds a secret."""


def _refuse(name: str, wanted: str, value: str) -> NoReturn:
    raise AnswerError(f"{name} must {wanted}, not {value!r}.")


def text(name: str, value: str) -> str:
    """Something that people read: any letters, but nothing that they do not see."""
    value = value.removeprefix("\ufeff").strip()
    if not value:
        raise AnswerError(f"{name} is needed.")
    if any(map(_is_invisible, value)):
        raise AnswerError(f"{name} holds an invisible character: type it by hand.")
    if _IN_QUOTES.fullmatch(value):
        raise AnswerError(f"{name} is in quotes: leave them out.")
    return value


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) in ("Cc", "Cf") and character not in "\u200c\u200d"


def pasted(name: str, value: str) -> str:
    """Something copied from elsewhere, which nobody reads: a secret, or an app's id."""
    value = value.removeprefix("\ufeff").strip()
    if not value:
        wrong = "is empty"
    elif "\n" in value or "\r" in value:
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
    raise AnswerError(f"{name} {wrong}.")


def public_url(name: str, value: str) -> str:
    """The address of the whole site; a domain alone stands for https and that domain."""
    value = text(name, value)
    if "://" not in value:
        value = f"https://{value.lower()}"
    value = value.rstrip("/")
    if "@" in value:
        raise AnswerError(f"{name} must not hold a user name or password.")
    if not _ADDRESS.fullmatch(value):
        _refuse(name, "be an address such as https://presave.example.com, without a path", value)
    parts = _split(name, value)
    if parts.scheme == "http" and not is_this_machine(str(parts.hostname)):
        _refuse(name, "start with https:// (plain http is for http://127.0.0.1 only)", value)
    if parts.port == {"https": 443, "http": 80}[parts.scheme]:
        _refuse(name, f"leave out :{parts.port}, as browsers do", value)
    return value


def is_this_machine(host: str) -> bool:
    """Whether every machine takes this for itself: *.localhost is nobody else's, by RFC 6761."""
    return host in LOOPBACK_HOSTS or host.endswith(".localhost")


def _split(name: str, value: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        if parts.port == 0 or parts.fragment or "@" in f"{parts.path}{parts.query}":
            raise ValueError
    except ValueError:
        raise AnswerError(
            f"{name} is not a valid address: check its port, and write the special characters of "
            "a password as %XX, such as # as %23."
        ) from None
    return parts


def contact(name: str, value: str) -> str:
    """An email address, or the https address of a page."""
    value = text(name, value)
    if not (_is_page(value) if value.startswith("https://") else is_email(value)):
        _refuse(name, "be an email address or an address that starts with https://", value)
    return value


def is_email(value: str) -> bool:
    """Whether mail could be sent there."""
    mailbox, _, domain = value.rpartition("@")
    known = domain == "localhost" or (_DOMAIN.fullmatch(domain) and not domain.endswith("."))
    return bool(len(value) <= 320 and _MAILBOX.fullmatch(mailbox) and known)


def _is_page(value: str) -> bool:
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    in_brackets = parts.netloc.rpartition("@")[2].startswith("[")
    known = _is_ip(host) if in_brackets else bool(_DOMAIN.fullmatch(host)) or _is_ip(host)
    return (known or host == "localhost") and not re.search(r"\s", value)


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def email_url(name: str, value: str) -> str:
    """A mail server, such as smtp+tls://user:password@host:587."""
    value = pasted(name, value)
    parts = _split(name, value)
    if parts.scheme in _MAIL_SCHEMES:
        _check_smtp(name, parts)
    elif parts.scheme not in _OTHER_MAIL or "://" not in value:
        raise AnswerError(f"{name} must look like smtp+tls://user:password@host:587.")
    return value


def _check_smtp(name: str, parts: SplitResult) -> None:
    from_the_start = parts.scheme in ("smtps", "smtp+ssl")
    usual = 465 if from_the_start else 587 if parts.scheme == "smtp+tls" else 25
    port = parts.port or usual
    if not parts.hostname:
        raise AnswerError(f"{name} must name a host, as smtp+tls://mail.example.com:587.")
    if (port == 465) != from_the_start and port in (25, 465, 587):
        right = "smtps" if port == 465 else "smtp+tls"
        raise AnswerError(f"{name} must begin with {right}:// for port {port}.")
    if parts.scheme == "smtp" and parts.password and not _is_near(parts.hostname):
        raise AnswerError(
            f"{name} would send the password unencrypted: begin it with smtp+tls:// (STARTTLS) or "
            "smtps:// (TLS from the start) instead of smtp://."
        )


def _is_near(host: str) -> bool:
    return host in LOOPBACK_HOSTS or not re.search(r"[.:]", host)


def sender(name: str, value: str) -> str:
    """An email address, with or without a name before it."""
    value = text(name, value)
    shown, address = parseaddr(value)
    forms = (address, f"<{address}>", f"{shown}<{address}>", f'"{shown}"<{address}>')
    right = "".join(value.split()) in ("".join(form.split()) for form in forms)
    if not (right and address.isascii() and is_email(address)):
        _refuse(name, "be an email address such as Demo Label <music@example.com>", value)
    return value
