"""Everything the sandbox remembers: in memory only, and forgotten on reset."""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass, field

from aiohttp import web

from sandbox.calls import CallLog
from sandbox.catalogue import Catalogue
from sandbox.faults import FaultPlan
from sandbox.limits import RollingWindow

DAY_SECONDS = 86_400.0
DEFAULT_ACCOUNTS = 5
LANES = ("api", "token", "consent")


@dataclass(frozen=True)
class Client:
    """The one app that is registered, as in Spotify's dashboard."""

    client_id: str
    secret: str
    name: str
    redirect_uris: tuple[str, ...]
    mode: str


@dataclass
class Settings:
    mode: str = "extended"
    rate_limit: int | None = None
    token_rate_limit: int | None = None
    enforce_ban: bool = False
    quota_retry_after: int | None = None
    latency_ms: dict[str, float] = field(default_factory=dict)
    scope_in_answer: str = "granted"
    scope_in_refresh_answer: str = "changed"
    refresh_token_in_answer: bool = True
    rotate_refresh_tokens: bool = False
    access_token_seconds: float = 3600.0
    refresh_token_days: float = 180.0
    code_seconds: float = 600.0
    premium_lapsed: bool = False
    isrc_as_stored: bool = False

    def latency_seconds(self, endpoint: str) -> float:
        wanted = self.latency_ms.get(endpoint, self.latency_ms.get("*", 0.0))
        return wanted / 1000.0


@dataclass
class Account:
    id: str
    display_name: str
    listed: bool = True
    country: str = "US"


@dataclass(frozen=True)
class Code:
    account: str
    redirect_uri: str
    scopes: frozenset[str]
    issued_at: float


@dataclass
class Permission:
    """What a refresh token stands for."""

    account: str
    scopes: frozenset[str]
    consented_at: float
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class AccessToken:
    account: str | None
    scopes: frozenset[str]
    issued_at: float


class State:
    def __init__(self, client: Client) -> None:
        self.client = client
        self.stopping = asyncio.Event()
        self.reset()

    def reset(self) -> None:
        self.settings = Settings(mode=self.client.mode)
        self.accounts: dict[str, Account] = {}
        self.catalogue = Catalogue()
        self.codes: dict[str, Code] = {}
        self.permissions: dict[str, Permission] = {}
        self.access_tokens: dict[str, AccessToken] = {}
        self.scopes_ever_granted: dict[str, frozenset[str]] = {}
        self.libraries: dict[str, dict[str, float]] = {}
        self.calls = CallLog()
        self.faults = FaultPlan()
        self.windows = {lane: RollingWindow() for lane in LANES}
        for number in range(1, DEFAULT_ACCOUNTS + 1):
            self.add_account(Account(f"fan-{number}", f"Fan {number}"))

    def add_account(self, account: Account) -> None:
        self.accounts[account.id] = account

    def issue_code(self, account: str, redirect_uri: str, scopes: frozenset[str]) -> str:
        code = new_secret("AQC")
        self.codes[code] = Code(account, redirect_uri, scopes, time.time())
        return code

    def issue_access_token(self, account: str | None, scopes: frozenset[str]) -> str:
        token = new_secret("BQ")
        self.access_tokens[token] = AccessToken(account, scopes, time.time())
        return token

    def issue_refresh_token(self, account: str, scopes: frozenset[str], consented_at: float) -> str:
        token = new_secret("AQD")
        self.permissions[token] = Permission(account, scopes, consented_at)
        return token

    def is_expired(self, token: AccessToken) -> bool:
        return time.time() >= token.issued_at + self.settings.access_token_seconds

    def remember_grant(self, account: str, scopes: frozenset[str]) -> None:
        self.scopes_ever_granted[account] = self.granted_to(account) | scopes

    def granted_to(self, account: str) -> frozenset[str]:
        return self.scopes_ever_granted.get(account, frozenset())

    def revoke(self, account: str) -> int:
        """End every refresh token of the account; access tokens live on, as at Spotify."""
        self.scopes_ever_granted.pop(account, None)
        revoked = 0
        for permission in self.permissions.values():
            if permission.account == account and not permission.revoked:
                permission.revoked = True
                revoked += 1
        return revoked

    def save(self, account: str, uri: str) -> None:
        """Keep the first time: saving again changes nothing."""
        self.libraries.setdefault(account, {}).setdefault(uri, time.time())


def new_secret(prefix: str) -> str:
    return prefix + secrets.token_urlsafe(48)


STATE = web.AppKey("state", State)
