"""What Spotify's answers mean: pure functions from status, headers and body to facts."""

from __future__ import annotations

import enum
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

from campaigns.keyring import Secret

# Spotify gives seconds; what is missing or unreadable counts as one rate window. Bans of a day and
# more were seen. After seven days every release that waited is given up: nobody is served by a
# longer wait.
# https://developer.spotify.com/documentation/web-api/concepts/rate-limits
DEFAULT_RETRY_AFTER: Final = 30.0
LONGEST_RETRY_AFTER: Final = 604_800.0


class Scope(enum.Enum):
    """How far an error reaches: one fan, one campaign, or every call of this app."""

    FAN = "fan"
    CAMPAIGN = "campaign"
    APP = "app"


class Half(enum.Enum):
    """Which half of Spotify answered; each has limits of its own."""

    ACCOUNTS = "accounts"
    API = "api"


class SpotifyError(Exception):
    """What went wrong at Spotify, as facts.

    `reason` is a constant word; `retry_after` is in seconds.
    """

    def __init__(
        self,
        reason: str,
        *,
        scope: Scope = Scope.FAN,
        half: Half = Half.API,
        permanent: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.scope = scope
        self.half = half
        self.permanent = permanent
        self.retry_after = retry_after


@dataclass(frozen=True)
class Grant:
    """Spotify's raw token answer.

    `scope` and `refresh_token` are None where the answer left them out.
    """

    access_token: Secret
    refresh_token: Secret | None
    scope: str | None


def parse_grant(body: bytes) -> Grant:
    answer = _json_object(body)
    access_token = _text(answer, "access_token")
    if access_token is None:
        raise SpotifyError("unusable_answer")
    refresh_token = _text(answer, "refresh_token")
    return Grant(
        access_token=Secret(access_token),
        refresh_token=Secret(refresh_token) if refresh_token else None,
        scope=_text(answer, "scope"),
    )


def _text(answer: dict[str, object], name: str) -> str | None:
    value = answer.get(name)
    return value if isinstance(value, str) and value else None


def token_error(
    status: int, retry_after: str | None, body: bytes, date: str | None = None
) -> SpotifyError:
    """RFC 6749 section 5.2 names the errors of a token endpoint, all with a status of 4xx.

    `date` is when the answer says that it was made.
    """
    code = _error_code(body) if 400 <= status < 500 else ""
    if status == 429:
        return SpotifyError(
            "rate_limited",
            scope=Scope.APP,
            half=Half.ACCOUNTS,
            retry_after=seconds_until(retry_after, date),
        )
    if code == "invalid_grant":
        return SpotifyError("invalid_grant", half=Half.ACCOUNTS, permanent=True)
    if code == "invalid_client":
        return SpotifyError("invalid_client", scope=Scope.APP, half=Half.ACCOUNTS)
    reason = "unavailable" if status >= 500 else "unusable_answer"
    return SpotifyError(reason, half=Half.ACCOUNTS)


def api_error(
    status: int, retry_after: str | None, body: bytes, date: str | None = None
) -> SpotifyError:
    """The meaning of a Web API answer that is not 200, as docs/release-night.md lists them."""
    text = body.decode(errors="replace")
    if status == 429:
        reason = "quota_exceeded" if "QUOTA_EXCEEDED" in text else "rate_limited"
        wait = seconds_until(retry_after, date)
        return SpotifyError(reason, scope=Scope.APP, retry_after=wait)
    if status == 403:
        return _forbidden(text)
    if status in (400, 404) and _json_object(body):
        return SpotifyError("release_refused", scope=Scope.CAMPAIGN)
    if status == 401:
        return SpotifyError("access_token_refused")
    return SpotifyError("unavailable" if status >= 500 else "unusable_answer")


def _forbidden(text: str) -> SpotifyError:
    if "Insufficient client scope" in text:
        return SpotifyError("scope", permanent=True)
    if "User not registered" in text:
        return SpotifyError("not_listed", permanent=True)
    if "Active premium subscription required" in text:
        return SpotifyError("premium_lapsed", scope=Scope.APP)
    return SpotifyError("forbidden", scope=Scope.APP)


def _error_code(body: bytes) -> str:
    code = _json_object(body).get("error")
    return code if isinstance(code, str) else ""


def _json_object(body: bytes) -> dict[str, object]:
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
