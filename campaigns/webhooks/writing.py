"""How a message is written for each kind of webhook.

JSON is signed as https://www.standardwebhooks.com says: a receiver compares `webhook-signature`
with the HMAC-SHA256 of `webhook-id`, `webhook-timestamp` and the body, joined by dots.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from typing import Any, Final
from uuid import UUID

from campaigns.models.choices import WebhookKind
from campaigns.webhooks.calling import Call

_PREFIX: Final = "whsec_"
_SECRET_BYTES: Final = 32
_JSON: Final = "application/json; charset=utf-8"
_TEXT: Final = "text/plain; charset=utf-8"


@dataclass(frozen=True)
class Notice:
    """What is told: the same with each try."""

    id: UUID
    event: str
    at: datetime
    subject: str
    body: str
    data: Mapping[str, Any]


def new_secret() -> str:
    return _PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def call(kind: WebhookKind, address: str, secret: str, notice: Notice, now: datetime) -> Call:
    match kind:
        case WebhookKind.JSON:
            return _signed(address, secret, notice, now)
        case WebhookKind.SLACK:
            text = f"*{_escaped(notice.subject)}*\n{_escaped(notice.body)}"
            return Call(address, _as_json({"text": text}), {"Content-Type": _JSON})
        case WebhookKind.NTFY:
            headers = {
                "Content-Type": _TEXT,
                "Title": _header(notice.subject),
            }
            return Call(address, notice.body.encode(), headers)


def _signed(address: str, secret: str, notice: Notice, now: datetime) -> Call:
    body = _as_json(
        {
            "type": notice.event,
            "timestamp": notice.at.isoformat(),
            "data": {"title": notice.subject, "message": notice.body, **notice.data},
        }
    )
    message_id, timestamp = f"msg_{notice.id.hex}", str(int(now.timestamp()))
    headers = {
        "Content-Type": _JSON,
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": signature(secret, message_id, timestamp, body),
    }
    return Call(address, body, headers)


def signature(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    signed = hmac.digest(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256)
    return f"v1,{base64.b64encode(signed).decode()}"


def _as_json(content: Any) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()


def _escaped(text: str) -> str:
    """Slack reads these three as markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _header(text: str) -> str:
    """As RFC 2047 has it, on one line: a header holds ASCII alone."""
    line = " ".join(text.split())
    return line if line.isascii() else Header(line, "utf-8", maxlinelen=10_000).encode()
