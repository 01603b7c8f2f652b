"""How a message is written for each kind of webhook, and signed."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.header import decode_header, make_header
from uuid import UUID

from campaigns.models import WebhookKind
from campaigns.webhooks import Call, Notice, call, new_secret, writing

AT = datetime(2026, 12, 4, 23, 0, tzinfo=UTC)
SENT = datetime(2026, 12, 4, 23, 5, tzinfo=UTC)
NOTICE = Notice(
    id=UUID(int=7),
    event="campaign.finished",
    at=AT,
    subject="Nöon & <Bus>: 61 of 61 fans have it",
    body="Done: 61 of 61 fans have it.\nhttps://presave.example.com/",
    data={"numbers": {"saved": 61}},
)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ADDRESS = "https://tools.example/"


def written(kind: WebhookKind, notice: Notice = NOTICE) -> Call:
    return call(kind, ADDRESS, SECRET, notice, SENT)


def test_the_signature_is_that_of_the_standard() -> None:
    """With the example that Standard Webhooks gives."""
    made = writing.signature(
        SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", "1614265330", b'{"test": 2432232314}'
    )
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_json_carries_what_happened_and_its_signature() -> None:
    made = written(WebhookKind.JSON)
    assert json.loads(made.body) == {
        "type": "campaign.finished",
        "timestamp": "2026-12-04T23:00:00+00:00",
        "data": {"title": NOTICE.subject, "message": NOTICE.body, "numbers": {"saved": 61}},
    }
    assert made.headers["webhook-id"] == "msg_00000000000000000000000000000007"
    assert made.headers["webhook-timestamp"] == str(int(SENT.timestamp()))
    assert made.headers["webhook-signature"] == writing.signature(
        SECRET, made.headers["webhook-id"], made.headers["webhook-timestamp"], made.body
    )


def test_slack_gets_a_text_without_markup_of_ours() -> None:
    made = written(WebhookKind.SLACK)
    assert json.loads(made.body) == {
        "text": "*Nöon &amp; &lt;Bus&gt;: 61 of 61 fans have it*\n" + NOTICE.body
    }


def test_ntfy_gets_plain_text_and_a_title_in_one_line() -> None:
    made = written(WebhookKind.NTFY)
    assert made.body == NOTICE.body.encode()
    assert made.headers["Title"].isascii()
    assert str(make_header(decode_header(made.headers["Title"]))) == NOTICE.subject


def test_a_title_never_begins_another_header() -> None:
    for subject in ("A\r\nX: y", "Ä\r\nX: y", "Ä" * 300):
        title = written(WebhookKind.NTFY, Notice(**{**vars(NOTICE), "subject": subject}))
        assert not set("\r\n") & set(title.headers["Title"])


def test_every_secret_is_another_one() -> None:
    made = {new_secret() for _ in range(10)}
    assert len(made) == 10
    assert all(one.startswith("whsec_") and len(one) == 50 for one in made)
