"""What a worker notes of itself once a minute, and tells a dead-man's switch: web, which sees
neither keyring nor backups, shows it on.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Thread
from typing import Any, Final

from django.conf import settings
from django.db.models import Q

from campaigns import elsewhere
from campaigns.doctor import examination, keys, page
from campaigns.doctor.checks import Check, Mark, Part
from campaigns.elsewhere import SiteError
from campaigns.models import Heartbeat

logger = logging.getLogger(__name__)

EVERY: Final = timedelta(minutes=1)
# An older one says nothing about now.
OLDEST: Final = timedelta(minutes=5)
# What nobody has to get up for: it stays red in the doctor and on the dashboard.
CAN_WAIT: Final = ("mail", "master-key", "roles", "settings")


@dataclass(frozen=True)
class Report:
    checks: list[Check]
    # Seconds; None where there was none.
    wrapping_key_age: float | None
    backup_age: float | None


def make(now: datetime) -> None:
    """Once a minute, whichever worker comes first: note how this worker stands, and ping."""
    is_old = Q(reported_at=None) | Q(reported_at__lte=now - EVERY) | Q(reported_at__gt=now)
    row = Heartbeat.objects.filter(is_old)
    if not row.update(reported_at=now):
        return
    checks = examination.at_a_glance(Part.WORKER)
    Heartbeat.objects.update(report=_report(checks))
    _start_pinging([check for check in checks if _is_urgent(check)])


def _report(checks: list[Check]) -> dict[str, Any]:
    moments = {"wrapping_key": keys.wrapping_key_made_at(), "backup": keys.backed_up_at()}
    return {
        "checks": page.as_data(checks),
        **{name: moment and moment.timestamp() for name, moment in moments.items()},
    }


def last(now: datetime) -> Report | None:
    """The last one, unless it is too old."""
    row = Heartbeat.objects.filter(reported_at__gt=now - OLDEST, reported_at__lte=now).first()
    if row is None:
        return None
    return Report(
        page.from_data(row.report.get("checks", [])),
        _age(row.report.get("wrapping_key"), now),
        _age(row.report.get("backup"), now),
    )


def _age(moment: float | None, now: datetime) -> float | None:
    return None if moment is None else max(now.timestamp() - moment, 0.0)


def _is_urgent(check: Check) -> bool:
    return check.mark is Mark.RED and check.name not in CAN_WAIT


def _start_pinging(urgent: list[Check]) -> None:
    """On a thread of its own: nothing waits for a switch that does not answer."""
    if settings.PING_URL:
        Thread(target=ping, args=[urgent], name="ping", daemon=True).start()


def ping(urgent: list[Check]) -> None:
    """As healthchecks.io has it: the address says that all is well, with /fail that it is not.

    What was found stays here: it names campaigns, which nobody else may know of yet.
    """
    address = f"{settings.PING_URL}/fail" if urgent else settings.PING_URL
    names = ", ".join(dict.fromkeys(check.title for check in urgent))
    told = f"{names}. `./presavectl doctor` says more." if urgent else ""
    try:
        status = elsewhere.ping(address, told)
    except SiteError as error:
        logger.warning("ping not sent: %s", error)
        return
    if not 200 <= status < 300:
        logger.warning("ping refused: %s", status)
