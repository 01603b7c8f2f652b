"""What Spotify's answers mean: pure functions from status, headers and body to facts."""

from __future__ import annotations

import enum
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple

from campaigns.keyring import Secret
from campaigns.models.choices import ErrorReason, GateName

# Spotify gives seconds; what is missing or unreadable counts as one rate window. Bans of a day and
# more were seen. After seven days every release that waited is given up: nobody is served by a
# longer wait.
# https://developer.spotify.com/documentation/web-api/concepts/rate-limits
DEFAULT_RETRY_AFTER: Final = 30.0
LONGEST_RETRY_AFTER: Final = 604_800.0
# What is said further back in an answer is not looked for.
LONGEST_TEXT: Final = 4000


_BETWEEN_WORDS: Final = re.compile(r"[\s_-]+")


def _said(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


# Spotify has no codes for these, and words them anew every few years, as plain text or as JSON:
# what they say is matched, and not how. In 2021 "User not registered in the Developer Dashboard"
# and "User not approved for app"; in 2024 "Check settings on developer.spotify.com/dashboard, the
# user may not be registered."; in 2026 "The user is not registered for this application."
_FORBIDDEN: Final = {
    ErrorReason.SCOPE: _said(
        r"\b(insufficient|missing|lack(s|ing)?|without|not have) (\w+ ){0,2}scope"
    ),
    ErrorReason.NOT_LISTED: _said(
        r"\bunregistered (user|account)\b"
        r"|\b(user|account)\b[^.]{0,30}(\bnot|n('|\u2019|\\u2019)t)\b[^.]{0,20}\b(registered|approved"
        r"|listed|(allow|white) ?list(ed)?|authori[sz]ed (for|to use) (\w+ )?app)"
    ),
    ErrorReason.PREMIUM_LAPSED: _said(r"\bpremium\b.*\bowner\b|\bowner\b.*\bpremium\b"),
}
_UNKNOWN: Final = ErrorReason.FORBIDDEN
# Of an `invalid_grant`, where it is not about an authorization code. "Expired or revoked" does not
# say which.
_EXPIRED: Final = _said(r"^(?!.*\b(or|not|revoked|invalid)\b).*\btoken (\w+ )?expired\b")


class Answer(NamedTuple):
    """An answer as it came. `date` is when it says that it was made."""

    status: int
    retry_after: str | None
    body: bytes
    date: str | None = None


class Scope(enum.Enum):
    """How far an error reaches: one fan, one campaign, or every call of this app."""

    FAN = "fan"
    CAMPAIGN = "campaign"
    APP = "app"


def scope_of(reason: ErrorReason) -> Scope:
    """How far each reason reaches."""
    match reason:
        case ErrorReason.UNREACHABLE | ErrorReason.UNAVAILABLE | ErrorReason.UNUSABLE_ANSWER:
            return Scope.FAN
        case ErrorReason.UNEXPECTED | ErrorReason.NOT_SENT | ErrorReason.ACCESS_TOKEN_REFUSED:
            return Scope.FAN
        case ErrorReason.QUESTION_REFUSED:
            return Scope.FAN
        case ErrorReason.INVALID_GRANT | ErrorReason.SCOPE | ErrorReason.NOT_LISTED:
            return Scope.FAN
        case ErrorReason.RELEASE_REFUSED:
            return Scope.CAMPAIGN
        case ErrorReason.RATE_LIMITED | ErrorReason.QUOTA_EXCEEDED | ErrorReason.OUTAGE:
            return Scope.APP
        case ErrorReason.INVALID_CLIENT | ErrorReason.PREMIUM_LAPSED | ErrorReason.FORBIDDEN:
            return Scope.APP


class SpotifyError(Exception):
    """What went wrong at which half of Spotify. `retry_after` is in seconds; `is_final` where
    Spotify says itself that asking again is of no use.
    """

    def __init__(
        self,
        reason: ErrorReason,
        *,
        half: GateName = GateName.API,
        retry_after: float | None = None,
        is_final: bool = False,
    ) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.scope = scope_of(reason)
        self.half = half
        self.retry_after = retry_after
        self.is_final = is_final


@dataclass(frozen=True)
class Grant:
    """Spotify's raw token answer.

    `scope` and `refresh_token` are None where the answer left them out or blank, `expires_in` is 0.
    """

    access_token: Secret
    refresh_token: Secret | None
    scope: str | None
    expires_in: int


def parse_grant(answer: Answer) -> Grant:
    """What the token endpoint gave. Raises SpotifyError."""
    if answer.status != 200:
        raise token_error(answer)
    grant = json_object(answer.body)
    access_token = _text(grant, "access_token")
    if access_token is None:
        raise SpotifyError(ErrorReason.UNUSABLE_ANSWER)
    refresh_token = _text(grant, "refresh_token")
    expires_in = grant.get("expires_in")
    return Grant(
        access_token=Secret(access_token),
        refresh_token=Secret(refresh_token) if refresh_token else None,
        scope=_text(grant, "scope"),
        expires_in=expires_in if isinstance(expires_in, int) else 0,
    )


def _text(fields: dict[str, object], name: str) -> str | None:
    value = fields.get(name)
    return value if isinstance(value, str) and value.strip() else None


def token_error(answer: Answer) -> SpotifyError:
    """RFC 6749 section 5.2 names the errors of a token endpoint, all with a status of 4xx."""
    refusal = json_object(answer.body) if 400 <= answer.status < 500 else {}
    code = (_text(refusal, "error") or "").lower()
    description = _text(refusal, "error_description") or ""
    if answer.status == 429:
        reason = ErrorReason.RATE_LIMITED
    elif code == "invalid_grant":
        reason = ErrorReason.INVALID_GRANT
    elif code == "invalid_client":
        reason = ErrorReason.INVALID_CLIENT
    elif answer.status >= 500:
        reason = ErrorReason.UNAVAILABLE
    else:
        reason = ErrorReason.UNUSABLE_ANSWER
    is_final = reason is ErrorReason.INVALID_GRANT and _says(_EXPIRED, description)
    wait = _wait(answer)
    return SpotifyError(reason, half=GateName.ACCOUNTS, retry_after=wait, is_final=is_final)


def api_error(answer: Answer) -> SpotifyError:
    """The meaning of a Web API answer that is not 200, as docs/release-night.md lists them."""
    return SpotifyError(_api_reason(answer.status, answer.body), retry_after=_wait(answer))


def error_of_fan(answer: Answer) -> SpotifyError:
    """As api_error, for a call with a fan's token: a 403 that says nothing known is about that fan,
    until others are told the same.
    """
    error = api_error(answer)
    if error.reason is ErrorReason.FORBIDDEN:
        error.scope = Scope.FAN
    return error


def _wait(answer: Answer) -> float | None:
    return seconds_until(answer.retry_after, answer.date) if answer.status == 429 else None


def _api_reason(status: int, body: bytes) -> ErrorReason:
    text = body[:LONGEST_TEXT].decode(errors="replace")
    if status == 429:
        is_quota = "QUOTA_EXCEEDED" in text
        return ErrorReason.QUOTA_EXCEEDED if is_quota else ErrorReason.RATE_LIMITED
    if status == 403:
        return _why_forbidden(text)
    if status in (400, 404) and json_object(body):
        return ErrorReason.RELEASE_REFUSED
    if status == 401:
        return ErrorReason.ACCESS_TOKEN_REFUSED
    return ErrorReason.UNAVAILABLE if status >= 500 else ErrorReason.UNUSABLE_ANSWER


def _why_forbidden(text: str) -> ErrorReason:
    return next((reason for reason, said in _FORBIDDEN.items() if _says(said, text)), _UNKNOWN)


def _says(meaning: re.Pattern[str], text: str) -> bool:
    """In words or as a code, such as USER_NOT_REGISTERED."""
    return bool(meaning.search(_BETWEEN_WORDS.sub(" ", text)))


def json_object(body: bytes) -> dict[str, object]:
    """Spotify's answers are JSON objects: anything else, which counts as an empty one, comes from
    something in between.
    """
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


def seconds_until(retry_after: str | None, date: str | None = None) -> float:
    """Retry-After as seconds: RFC 9110 section 10.2.3 allows whole seconds or a date, and some
    servers give fractions. A date is one of Spotify's clock, as the answer's own Date shows it.
    """
    value = (retry_after or "").strip()
    if re.fullmatch(r"[0-9]+(\.[0-9]+)?", value):
        seconds = float(value)
    elif moment := _moment(value):
        seconds = (moment - (_moment(date or "") or datetime.now(UTC))).total_seconds()
    else:
        return DEFAULT_RETRY_AFTER
    return min(max(seconds, 1.0), LONGEST_RETRY_AFTER)


def _moment(value: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
