"""Whether what is due gets done: fans, messages, alarms, and the gate before Spotify."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from django.db.models import Min, Q

from campaigns.doctor.checks import Check, green, note, red
from campaigns.doctor.spotify_app import of_error
from campaigns.gate import closing, rows
from campaigns.models import (
    Alarm,
    Campaign,
    ErrorReason,
    Gate,
    GateName,
    Message,
    PreSave,
    Trouble,
)

# At the pace that Spotify allows fans may well be served for long: then the gate has permits out.
WAITING_FOR: Final = timedelta(minutes=10)
# A mail server that greylists takes what comes again after minutes.
UNDELIVERED_FOR: Final = timedelta(minutes=30)


def gate(now: datetime) -> Check:
    shut = [gate for gate in rows.gates(now).values() if rows.is_blocked(gate, now)]
    for one in shut:
        found = of_error(ErrorReason(one.blocked_reason))
        if found.fix:
            return red("gate", found.text, found.fix)
    if shut:
        until = max(one.blocked_until for one in shut if one.blocked_until)
        return note(
            "gate",
            f"Spotify asked to wait until {until:%H:%M:%S} UTC on {until:%d %B}; nothing is lost.",
        )
    return green("gate", "Spotify may be asked.")


def due(now: datetime) -> Check:
    """Fans who could have been served for long. Whom the catalogue makes wait, alarms tell of."""
    if not closing.is_open(now):
        return note("due-work", "While Spotify asks to wait, nobody is served.")
    releasing = Campaign.objects.releasing().exclude(confirmed_at=None)
    waiting = PreSave.objects.filter(campaign__in=releasing, attempts=0).due(now).servable()
    oldest = waiting.aggregate(oldest=Min("due_at"))["oldest"]
    if oldest is None or now - oldest < WAITING_FOR or _takes_permits(now):
        return green("due-work", "Nothing that is due is left lying.")
    minutes = int((now - oldest).total_seconds() // 60)
    return red(
        "due-work",
        f"Fans are due for up to {minutes} minutes, and nobody serves them.",
        "`./presavectl logs worker` says why; `./presavectl status` whether it runs. Until then "
        "`manage.py release_worker`, in the worker's container, serves them.",
    )


def _takes_permits(now: datetime) -> bool:
    """Some are on their way: the rest waits for its turn."""
    return Gate.objects.filter(name=GateName.API, free_at__gt=now - timedelta(minutes=1)).exists()


def alarms() -> Check:
    open_alarms = Alarm.objects.filter(resolved_at=None).select_related("campaign")
    found = list(open_alarms.order_by("raised_at")[:4])
    if not found:
        return green("alarms", "No release is in trouble.")
    told = "; ".join(f"{one.campaign.slug}: {Trouble(one.trouble).label}" for one in found[:3])
    return red(
        "alarms",
        f"{told}{'; and more' if found[3:] else ''}.",
        "The campaign's page in the dashboard says what to do; docs/operations.md lists all "
        "troubles under Alarms.",
    )


def messages(now: datetime) -> Check:
    late = Q(created_at__lte=now - UNDELIVERED_FOR, attempts__gt=0)
    mails = Message.objects.mails().filter(late).count()
    calls = Message.objects.calls().filter(late).count()
    if mails:
        return red(
            "messages",
            f"For more than half an hour the mail server has not taken "
            f"{'1 mail' if mails == 1 else f'{mails} mails'}.",
            "`manage.py doctor --mail you@example.com` says what it answers. They are tried again "
            "for a day.",
        )
    if calls:
        return note("messages", f"{calls} to webhooks wait; each label's page says why.")
    return green("messages", "None waits for long.")
