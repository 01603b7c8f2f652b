"""What a script may ask for: JSON, checked and turned into items, accounts and faults."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from sandbox.catalogue import SPOTIFY_ID, Artist, Item, Window, derived_id
from sandbox.faults import ENDPOINTS, KINDS, Fault
from sandbox.instants import from_iso
from sandbox.markets import MARKET
from sandbox.state import Account, Settings
from sandbox.wordings import REFUSALS

Value = TypeVar("Value")
Check = Callable[[object], Value]
ACCOUNT_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
RELEASE_DATE = re.compile(r"[0-9]{4}(-[0-9]{2}){0,2}")
MOST_ACCOUNTS_AT_ONCE = 1_000_000


class ScriptError(Exception):
    """The text says which field to change and how."""


class Script:
    """One JSON object; every field is taken once, and one nobody takes is an error."""

    def __init__(self, body: object) -> None:
        if not isinstance(body, dict):
            raise ScriptError("The body must be a JSON object.")
        self._fields = dict(body)

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def take(self, name: str, check: Check[Value]) -> Value:
        if name not in self._fields:
            raise ScriptError(f"The field {name} is missing.")
        value = self._fields.pop(name)
        try:
            return check(value)
        except ValueError as error:
            raise ScriptError(f"The field {name} must be {error}.") from None

    def get(self, name: str, check: Check[Value], default: Value) -> Value:
        return self.take(name, check) if name in self._fields else default

    def rest(self) -> dict[str, Any]:
        """All that is not taken yet."""
        fields, self._fields = self._fields, {}
        return fields

    def finish(self) -> None:
        if self._fields:
            raise ScriptError(f"Unknown field: {', '.join(sorted(self._fields))}.")


def text(value: object) -> str:
    if not isinstance(value, str):
        raise ValueError("a string")
    return value


def flag(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")
    return value


def whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("a whole number, 0 or more")
    return value


def number(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or value < 0:
        raise ValueError("a number, 0 or more")
    return float(value)


def share(value: object) -> float:
    if number(value) > 1:
        raise ValueError("a number from 0 to 1")
    return number(value)


def instant(value: object) -> float:
    try:
        return from_iso(text(value))
    except ValueError:
        raise ValueError("an ISO instant with a UTC offset") from None


def optional(check: Check[Value]) -> Check[Value | None]:
    return lambda value: None if value is None else check(value)


def one_of(*choices: str) -> Check[str]:
    def check(value: object) -> str:
        if value not in choices:
            raise ValueError(f"one of {', '.join(choices)}")
        return value

    return check


def matching(pattern: re.Pattern[str], meaning: str) -> Check[str]:
    def check(value: object) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise ValueError(meaning)
        return value

    return check


def list_of(check: Check[Value]) -> Check[list[Value]]:
    def check_all(value: object) -> list[Value]:
        if not isinstance(value, list):
            raise ValueError("a list")
        return [check(entry) for entry in value]

    return check_all


def mapping_of(check_key: Check[str], check: Check[Value]) -> Check[dict[str, Value]]:
    def check_all(value: object) -> dict[str, Value]:
        if not isinstance(value, dict):
            raise ValueError("an object")
        return {check_key(key): check(entry) for key, entry in value.items()}

    return check_all


def anything(value: object) -> Any:
    return value


market = matching(MARKET, "a market of two capital letters")
spotify_id = matching(SPOTIFY_ID, "a Spotify id of 22 letters and digits")
album_type = one_of("album", "single", "compilation")
account_id = matching(ACCOUNT_ID, "1 to 64 letters, digits, dots, dashes or underscores")
release_date = matching(RELEASE_DATE, "a date such as 2026-11-27, 2026-11 or 2026")
WINDOW_FIELDS = ("from", "until", "share")
ARTISTS_MEANING = "a name, an object with a name and an id, or a list of these"


def artists_of(value: object) -> list[Artist]:
    """One artist or a list of them: a name, or an object with a name and perhaps an id."""
    listed = value if isinstance(value, list) else [value]
    artists = [artist_from(entry) for entry in listed]
    if not artists:
        raise ValueError(ARTISTS_MEANING)
    return artists


def artist_from(entry: object) -> Artist:
    fields = entry if isinstance(entry, dict) else {"name": entry}
    name = fields.get("name")
    if not isinstance(name, str) or not set(fields) <= {"id", "name"}:
        raise ValueError(ARTISTS_MEANING)
    return Artist(spotify_id(fields.get("id", derived_id("artist", name))), name)


def window_from(value: object) -> Window:
    """Every field may be left out."""
    fields = mapping_of(one_of(*WINDOW_FIELDS), anything)(value)
    return Window(
        opens=optional(instant)(fields.get("from")) or 0.0,
        closes=optional(instant)(fields.get("until")),
        share=share(fields.get("share", 1)),
    )


def latency(value: object) -> dict[str, float]:
    """Milliseconds for every call, or an object with one entry per endpoint."""
    if isinstance(value, dict):
        return mapping_of(text, number)(value)
    return {"*": number(value)}


def item_from(body: object) -> Item:
    script = Script(body)
    kind = script.take("kind", one_of("album", "track"))
    name = script.take("name", text)
    field = "artists" if "artists" in script else "artist"
    artists = script.get(field, artists_of, artists_of("Demo Artist"))
    names = [artist.name for artist in artists]
    appears_at = script.get("available_at", optional(instant), None)
    album_name = script.get("album_name", optional(text), None)
    is_single = kind == "track" and album_name is None
    item = Item(
        kind=kind,
        id=script.get("id", spotify_id, derived_id(kind, name, *names)),
        name=name,
        artists=artists,
        upc=script.get("upc", optional(text), None),
        isrc=script.get("isrc", optional(text), None),
        release_date=script.get("release_date", release_date, today()),
        album_type=script.get("album_type", album_type, "single" if is_single else "album"),
        album_name=album_name,
        album_id=script.get("album_id", optional(spotify_id), None),
        explicit=script.get("explicit", flag, False),
        label=script.get("label", text, "Demo Label"),
        total_tracks=script.get("total_tracks", whole, 1),
        available_at=time.time() if appears_at is None else appears_at,
        markets=script.get("markets", mapping_of(market, optional(instant)), {}),
        removed_at=script.get("removed_at", optional(instant), None),
        unplayable_markets=script.get("unplayable_markets", list_of(market), []),
        windows=script.get("windows", list_of(window_from), []),
        seed=script.get("seed", whole, 0),
        relinked_to=script.get("relinked_to", optional(spotify_id), None),
        moved_to=script.get("moved_to", optional(spotify_id), None),
    )
    script.finish()
    if kind == "album" and item.relinked_to is not None:
        raise ScriptError("The field relinked_to is for tracks only.")
    return item


def today() -> str:
    return time.strftime("%Y-%m-%d", time.gmtime())


def account_from(body: object) -> Account:
    script = Script(body)
    name = script.take("id", account_id)
    account = Account(
        id=name,
        display_name=script.get("display_name", text, name),
        listed=script.get("listed", flag, True),
        country=script.get("country", market, "US"),
    )
    script.finish()
    return account


def accounts_from(body: object) -> list[Account]:
    """Either the accounts themselves, or how many to number from a prefix."""
    script = Script(body)
    accounts = take_accounts(script)
    script.finish()
    return accounts


def consents_from(body: object) -> tuple[list[Account], frozenset[str]]:
    """Accounts as accounts_from reads them, and the scopes that they allow."""
    script = Script(body)
    scopes = frozenset(script.take("scope", text).split())
    accounts = take_accounts(script)
    script.finish()
    return accounts, scopes


def take_accounts(script: Script) -> list[Account]:
    if "accounts" in script:
        return [account_from(entry) for entry in script.take("accounts", list_of(anything))]
    count = script.take("count", whole)
    if count > MOST_ACCOUNTS_AT_ONCE:
        raise ScriptError(f"The field count must be at most {MOST_ACCOUNTS_AT_ONCE}.")
    prefix = script.get("prefix", account_id, "fan-")
    listed = script.get("listed", flag, True)
    country = script.get("country", market, "US")
    names = (f"{prefix}{number}" for number in range(1, count + 1))
    return [Account(name, name, listed, country) for name in names]


def fault_from(body: object) -> Fault:
    script = Script(body)
    times: int | None = 1
    if "times" in script:
        times = script.take("times", optional(whole))
    fault = Fault(
        endpoint=script.take("endpoint", one_of(*ENDPOINTS)),
        kind=script.take("kind", one_of(*KINDS)),
        status=script.get("status", optional(http_status), None),
        body=script.get("body", anything, None),
        headers=script.get("headers", mapping_of(text, header_value), {}),
        content_type=script.get("content_type", optional(text), None),
        times=times,
        account=script.get("account", accounts_named, []),
        refusal=script.get("refusal", one_of(*REFUSALS), ""),
        probability=script.get("probability", share, 1.0),
        seed=script.get("seed", whole, 0),
        seconds=script.get("seconds", number, 60.0),
        location=script.get("location", text, "/"),
        after_effect=script.get("after_effect", flag, False),
    )
    script.finish()
    if (fault.kind == "refusal") != bool(fault.refusal):
        raise ScriptError("The kind refusal needs the field refusal, and no other kind has it.")
    return fault


def accounts_named(value: object) -> list[str]:
    """One account or a list of them; null is everyone."""
    if value is None:
        return []
    return list_of(account_id)(value if isinstance(value, list) else [value])


def http_status(value: object) -> int:
    if not 200 <= whole(value) <= 599:
        raise ValueError("an HTTP status from 200 to 599")
    return whole(value)


def header_value(value: object) -> str:
    return str(value) if isinstance(value, int) else text(value)


SETTING_CHECKS: Mapping[str, Check[Any]] = {
    "mode": one_of("development", "extended"),
    "rate_limit": optional(whole),
    "token_rate_limit": optional(whole),
    "enforce_ban": flag,
    "quota_retry_after": optional(whole),
    "latency_ms": latency,
    "scope_in_answer": text,
    "scope_in_refresh_answer": text,
    "refresh_token_in_answer": flag,
    "rotate_refresh_tokens": flag,
    "access_token_seconds": number,
    "refresh_token_days": number,
    "code_seconds": number,
    "premium_lapsed": flag,
    "isrc_as_stored": flag,
}


def change_settings(settings: Settings, body: object) -> None:
    """Change the named settings and leave the others; nothing changes if one is wrong."""
    script = Script(body)
    changes = {
        name: script.take(name, check) for name, check in SETTING_CHECKS.items() if name in script
    }
    script.finish()
    for name, value in changes.items():
        setattr(settings, name, value)
