"""The night itself, in a process under presave/rehearsal_settings.py: fans who pre-saved, their
release, and what became of it. Workers of the same settings do the work.
"""

from __future__ import annotations

import json
import secrets
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from django.conf import settings
from django.db import connection
from django.db.models import Max, Min

from campaigns import keyring
from campaigns.clock import database_now
from campaigns.consent import wordings
from campaigns.keyring import Secret
from campaigns.models import Campaign, CampaignState, DailyCount, Label, PreSave
from campaigns.spotify import SCOPE
from campaigns.spotify.http import ask_once

# Spotify's limit is a rolling window of 30 seconds.
WINDOW_SECONDS: Final = 30
LATENCY_MS: Final = 50
FAULT_SHARE: Final = 0.15
FANS_AT_ONCE: Final = 500
ALBUM_ID: Final = "4aawyAB9vmqN3uQ7FjRGTy"
TITLE: Final = "Rehearsal"
ARTIST: Final = "Demo Artist"
LOOK_SECONDS: Final = 0.5
KEY_PATIENCE_SECONDS: Final = 60
# The longest wait between two tries for a fan is a quarter of an hour.
PATIENCE_SECONDS: Final = 1200
COMMITS_TIMED: Final = 30


class NightError(Exception):
    """The night came to no end; the message says where it stood."""


@dataclass(frozen=True)
class Plan:
    fans: int
    limit: float
    with_faults: bool


Tell = Callable[[str, int, int], None]


def run(plan: Plan, told: Path) -> None:
    """Tell step by step, as lines of JSON in the file `told`, and the figures at last."""
    with told.open("a", encoding="utf-8") as file:

        def say(**words: Any) -> None:
            file.write(f"{json.dumps(words)}\n")
            file.flush()

        try:
            say(figures=_figures(plan, lambda step, done, of: say(step=step, done=done, of=of)))
        except NightError as error:
            say(error=str(error))


def _figures(plan: Plan, tell: Tell) -> dict[str, Any]:
    commit_ms = _time_commits()
    _control("settings", _sandbox_settings(plan))
    campaign = _make_campaign()
    _let_fans_pre_save(campaign, plan.fans, tell)
    if plan.with_faults:
        _control("faults/mixed", {"share": FAULT_SHARE, "seed": 1})
    began = _release(campaign)
    _watch(campaign, plan.fans, tell)
    return {**_measured(campaign, began), **_as_the_sandbox_saw_it(), "commit_ms": commit_ms}


def _time_commits() -> float:
    label = Label.objects.create(name=TITLE)
    took = []
    for number in range(COMMITS_TIMED):
        began = time.perf_counter()
        Label.objects.filter(id=label.id).update(name=f"{TITLE} {number}")
        took.append(time.perf_counter() - began)
    return 1000 * statistics.median(took)


def _sandbox_settings(plan: Plan) -> dict[str, Any]:
    return {
        "rate_limit": max(1, round(plan.limit * WINDOW_SECONDS)),
        "enforce_ban": True,
        "latency_ms": LATENCY_MS,
    }


def _make_campaign() -> Campaign:
    now = database_now()
    return Campaign.objects.create(
        label=Label.objects.get(),
        slug="rehearsal",
        title=TITLE,
        artist=ARTIST,
        agreed_title=TITLE,
        agreed_artist=ARTIST,
        spotify_uri=f"spotify:album:{ALBUM_ID}",
        release_at=now + timedelta(days=1),
        release_zone="UTC",
        state=CampaignState.OPEN,
        opened_at=now,
        scheduled_at=now,
        consent_version=wordings.CURRENT_VERSION,
    )


def _let_fans_pre_save(campaign: Campaign, fans: int, tell: Tell) -> None:
    _wait_for_key(campaign)
    for begin in range(0, fans, FANS_AT_ONCE):
        tell("pre-saved", begin, fans)
        count = min(FANS_AT_ONCE, fans - begin)
        _store(campaign, _consents(count, f"fan-{begin}-"))
    tell("pre-saved", fans, fans)


def _wait_for_key(campaign: Campaign) -> None:
    """The workers make it."""
    gives_up_at = time.monotonic() + KEY_PATIENCE_SECONDS
    while campaign.public_key is None:
        if time.monotonic() > gives_up_at:
            raise NightError("The workers made no key: beat, Redis or worker does not work.")
        time.sleep(LOOK_SECONDS)
        campaign.refresh_from_db()


def _consents(count: int, prefix: str) -> list[str]:
    answer = _control("consents", {"count": count, "prefix": prefix, "scope": SCOPE})
    return list(answer["refresh_tokens"].values())


def _store(campaign: Campaign, tokens: list[str]) -> None:
    now = database_now()
    PreSave.objects.bulk_create([_presave(campaign, Secret(token), now) for token in tokens])
    DailyCount.objects.add(campaign.id, now, {"presaves": len(tokens)})


def _presave(campaign: Campaign, token: Secret, now: datetime) -> PreSave:
    row_id, agreed = uuid4(), campaign.agreed_digest
    public_key = bytes(campaign.public_key or b"")
    return PreSave(
        id=row_id,
        campaign=campaign,
        due_at=campaign.release_at,
        consented_at=now,
        agreed_digest=agreed,
        receipt_hash=sha256(secrets.token_bytes(16)).digest(),
        sealed=keyring.seal(public_key, token, campaign.id, row_id, agreed),
    )


def _release(campaign: Campaign) -> datetime:
    """The moment has come, and the catalogue shows the release."""
    album = {"kind": "album", "id": ALBUM_ID, "name": TITLE, "artist": ARTIST}
    now = database_now()
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE")  # as autovacuum has long done on a real night
    campaign.presaves.update(due_at=now)
    _control("catalogue", album)
    now = database_now()
    Campaign.objects.filter(id=campaign.id).update(
        opened_at=now, scheduled_at=now, release_at=now, next_check_at=None
    )
    return now


def _watch(campaign: Campaign, fans: int, tell: Tell) -> None:
    """Until the campaign's key is destroyed, which comes last. Raises NightError."""
    last, last_at = (-1, -1), time.monotonic()
    while campaign.key_destroyed_at is None:
        time.sleep(LOOK_SECONDS)
        campaign.refresh_from_db()
        sent = fans - campaign.presaves.waiting().count()
        settled = DailyCount.objects.totals_of(campaign.id).settled
        tell("saved", sent, fans) if sent < fans else tell("confirmed", settled, fans)
        if campaign.is_paused:
            raise NightError(f"The campaign was paused: {campaign.get_paused_reason_display()}.")
        if (sent, settled) != last:
            last, last_at = (sent, settled), time.monotonic()
        if time.monotonic() - last_at > PATIENCE_SECONDS:
            raise NightError(f"Nothing moves any more at {sent} sent and {settled} settled.")


def _measured(campaign: Campaign, began: datetime) -> dict[str, Any]:
    times = campaign.presaves.aggregate(
        first=Min("sent_at"), last=Max("sent_at"), settled=Max("settled_at")
    )
    destroyed = campaign.key_destroyed_at
    seconds = {
        name: (at - began).total_seconds() if at else 0.0
        for name, at in {**times, "destroyed": destroyed}.items()
    }
    totals = DailyCount.objects.totals_of(campaign.id)
    return {
        "first_sent": seconds["first"],
        "last_sent": seconds["last"],
        "last_confirmed": seconds["settled"],
        "key_destroyed": seconds["destroyed"],
        "saved": totals.saved,
        "failed": totals.failed + totals.expired + totals.cancelled,
        "tokens_left": campaign.presaves.exclude(sealed=None).count(),
    }


def _as_the_sandbox_saw_it() -> dict[str, Any]:
    seen = _control("summary", method="GET")
    of_fans = [seen["by_endpoint"].get(name, {}) for name in ("library", "token.refresh")]
    statuses = [(status, count) for counts in of_fans for status, count in counts.items()]
    return {
        "held_by_libraries": seen["libraries"],
        "saves_answered": of_fans[0].get("200", 0),
        "refused": sum(count for status, count in statuses if status == "429"),
        "gone_wrong": sum(count for status, count in statuses if status not in ("200", "429")),
    }


def _control(path: str, body: Any = None, method: str = "POST") -> Any:
    url = f"{settings.SPOTIFY_ACCOUNTS_URL}/_sandbox/{path}"
    answer = ask_once(method, url, json=body)
    if answer.status != 200:
        raise NightError(f"The sandbox answered {answer.status} to {path}: {answer.body[:200]!r}.")
    return json.loads(answer.body)
