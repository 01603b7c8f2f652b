"""Refusals as Spotify has worded them over the years: the same meaning, in other words, letter
cases and forms each time.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

# By what is refused: the status, and what was seen said for it.
API_REFUSALS: Final[dict[str, tuple[int, list[str]]]] = {
    "scope": (403, ["Insufficient client scope", "Insufficient scope"]),
    "not_listed": (
        403,
        [
            "User not registered in the Developer Dashboard",
            "User not approved for app",
            "Check settings on developer.spotify.com/dashboard, the user may not be registered.",
            "The user is not registered for this application. Please check your settings on "
            "https://developer.spotify.com/dashboard.",
        ],
    ),
    "premium": (
        403,
        [
            "Active premium subscription required for the owner of the app",
            "Active premium subscription required for the owner of the app. When the subscription "
            "status changes, it can take a few hours before requests are allowed again.",
        ],
    ),
    "unknown": (403, ["Forbidden", "Restriction violated"]),
    "not_found": (404, ["Resource not found", "Not found.", "Non existing id"]),
}
TOKEN_REFUSALS: Final[dict[str, list[str]]] = {
    "revoked": ["Refresh token revoked", "Invalid refresh token"],
    "expired": ["Refresh token expired", "Refresh token has expired."],
}
REFUSALS: Final = (*API_REFUSALS, *TOKEN_REFUSALS)
CASES: Final[list[Callable[[str], str]]] = [str, str.lower, str.upper]


def refuse(what: str, number: int) -> tuple[int, Any]:
    """Status and body of the refusal with that number: the words change first, then their case,
    then the form.
    """
    if what in TOKEN_REFUSALS:
        text = _in_turn(TOKEN_REFUSALS[what], number)
        return 400, {"error": "invalid_grant", "error_description": text}
    status, wordings = API_REFUSALS[what]
    text = _in_turn(wordings, number)
    forms = [{"error": {"status": status, "message": text}}, {"status": status, "message": text}]
    # Spotify says as plain text only what its gateway refuses: a 404 is always an object.
    bodies: list[Any] = [*forms, text] if status == 403 else forms
    return status, bodies[number // (len(wordings) * len(CASES)) % len(bodies)]


def _in_turn(wordings: list[str], number: int) -> str:
    in_case = CASES[number // len(wordings) % len(CASES)]
    return in_case(wordings[number % len(wordings)])
