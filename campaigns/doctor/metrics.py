"""What Prometheus is told: numbers of the whole instance, taken from the rows when it asks. No
label names a fan, a campaign or a person.

Every query has a bound: counts come from the days' sums, not from fans' rows, and what needs the
rows looks at the nights of the last seven days alone.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from django.conf import settings
from django.db import Error, connection, transaction
from django.db.models import Count, DurationField, ExpressionWrapper, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, Greatest
from django.utils.crypto import salted_hmac
from prometheus_client import CollectorRegistry
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeHistogramMetricFamily,
    GaugeMetricFamily,
    Metric,
)
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from campaigns.clock import database_now
from campaigns.doctor import examination, report
from campaigns.doctor.checks import Mark, Part
from campaigns.doctor.page import merged
from campaigns.gate import rows
from campaigns.models import (
    ENDED_STATES,
    HARD_STOP,
    Alarm,
    Campaign,
    CampaignState,
    DailyCount,
    ErrorReason,
    FinalFigures,
    Gate,
    Heartbeat,
    Message,
    PreSave,
    PreSaveState,
    Trouble,
)

logger = logging.getLogger(__name__)

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4
# Seconds from a fan's own release time to the save.
LATE_BY: Final = (1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 6 * 3600, 24 * 3600)
# Rather no answer than a slow night.
LONGEST_QUERY_MS: Final = 3000
_Numbers = Callable[[datetime], Iterator[Metric]]


def token() -> str:
    """What Prometheus shows for it, as `manage.py metrics_token` prints it. It follows from
    SECRET_KEY, so there is no further secret to keep.
    """
    return salted_hmac("presave/metrics", "token", algorithm="sha256").hexdigest()


def exposition() -> bytes:
    """Raises django.db.Error where nothing at all can be read."""
    registry = CollectorRegistry()
    registry.register(_Rows())
    told: bytes = generate_latest(registry)
    return told


class _Rows(Collector):
    def describe(self) -> list[Metric]:
        return []  # else it would be asked twice

    def collect(self) -> Iterator[Metric]:
        now = database_now()
        yield _info()
        failed = {}
        for name, part in _PARTS.items():
            found = _read(name, part, now)
            failed[name] = int(found is None)
            yield from found or ()
        yield _by("presave_scrape_failed", "1 for numbers that are not here.", "part", failed)


def _read(name: str, part: _Numbers, now: datetime) -> list[Metric] | None:
    """In a transaction of its own: where a query fails, the other parts come out."""
    try:
        with transaction.atomic():
            if connection.vendor == "postgresql":
                with connection.cursor() as cursor:
                    cursor.execute(f"SET LOCAL statement_timeout = {LONGEST_QUERY_MS}")
            return list(part(now))
    except Error as error:
        logger.warning("metrics not read part=%s: %s", name, str(error).partition("\n")[0])
        return None


def _info() -> Metric:
    labels = {"version": settings.VERSION, "commit": settings.COMMIT}
    metric = GaugeMetricFamily("presave_info", "Which code runs.", labels=[*labels])
    metric.add_metric([*labels.values()], 1)
    return metric


def _of_campaigns(_now: datetime) -> Iterator[Metric]:
    states = dict(Campaign.objects.values_list("state").annotate(Count("id")))
    yield _by("presave_campaigns", "Campaigns by state.", "state", states, CampaignState.values)
    keys = Campaign.objects.aggregate(
        live=Count("id", filter=Q(public_key__isnull=False) & ~Q(state__in=ENDED_STATES)),
        destroyed=Count("id", filter=Q(key_destroyed_at__isnull=False)),
    )
    yield _by("presave_keys", "Campaigns' keys: in use, and destroyed.", "state", keys)


def _of_outcomes(_now: datetime) -> Iterator[Metric]:
    totals = DailyCount.objects.totals()
    yield CounterMetricFamily("presave_presaves", "Pre-saves ever made.", value=totals.presaves)
    ended = CounterMetricFamily(
        "presave_outcomes", "Pre-saves that ended, by outcome.", labels=["outcome"]
    )
    for outcome in ("saved", "failed", "cancelled", "expired"):
        ended.add_metric([outcome], totals.by_name[outcome])
    yield ended
    yield GaugeMetricFamily(
        "presave_permissions_held", "Permissions that are kept just now.", value=totals.pending
    )
    why = CounterMetricFamily(
        "presave_outcomes_without_save",
        "Pre-saves that ended without a save, by reason.",
        labels=["reason"],
    )
    for reason, number in sorted(_reasons().items()):
        why.add_metric([reason], number)
    yield why


def _reasons() -> Counter[str]:
    """Of campaigns whose figures are written down, from these; of the others, from the rows."""
    found: Counter[str] = Counter()
    figures = FinalFigures.objects.values_list("campaign__failures", "cancellations")
    for of_campaign in figures:
        for reasons in of_campaign:
            found.update(reasons or {})
    ended = (PreSaveState.FAILED, PreSaveState.EXPIRED, PreSaveState.CANCELLED)
    unwritten = Campaign.objects.filter(opened_at__isnull=False, figures=None)
    live = PreSave.objects.filter(campaign__in=unwritten, state__in=ended)
    found.update(dict(live.values_list("reason").annotate(Count("id")).order_by()))
    return found


def _of_lateness(now: datetime) -> Iterator[Metric]:
    """Of the nights of the last seven days."""
    delays = _delays(now)
    counts = {
        f"le_{seconds}": Count("id", filter=Q(seconds__lte=timedelta(seconds=seconds)))
        for seconds in LATE_BY
    }
    found = delays.aggregate(**counts, all=Count("id"), sum=Sum("seconds"))
    buckets = [(str(seconds), found[f"le_{seconds}"]) for seconds in LATE_BY]
    total = found["sum"].total_seconds() if found["sum"] else 0.0
    metric = GaugeHistogramMetricFamily(
        "presave_lateness_seconds",
        "From a fan's own release time to the save, of releases of the last seven days.",
    )
    metric.add_metric([], [*buckets, ("+Inf", found["all"])], total)
    yield metric


def _delays(now: datetime) -> QuerySet[PreSave]:
    """As retention/figures.py counts them."""
    nights = Campaign.objects.filter(
        state__in=(CampaignState.RELEASING, CampaignState.FINISHED),
        release_at__gt=now - HARD_STOP,
        release_at__lte=now,
    )
    saved_at, promised_at = Coalesce("sent_at", "settled_at"), Greatest("due_at", "consented_at")
    waited = ExpressionWrapper(saved_at - promised_at, output_field=DurationField())
    saved = PreSave.objects.filter(campaign__in=nights, state=PreSaveState.SAVED)
    return saved.annotate(seconds=waited).filter(seconds__gte=timedelta(0))


def _of_work(now: datetime) -> Iterator[Metric]:
    serving = Campaign.objects.serving()
    due = PreSave.objects.filter(campaign__in=serving).held_or_due(now)
    yield GaugeMetricFamily("presave_due", "Fans who may be saved just now.", value=due.count())
    waiting = due.order_by("due_at").values_list("due_at", flat=True).first()
    yield GaugeMetricFamily(
        "presave_due_oldest_seconds",
        "For how long the first of them has been due.",
        value=(now - waiting).total_seconds() if waiting else 0,
    )
    troubles = dict(
        Alarm.objects.filter(resolved_at=None).values_list("trouble").annotate(Count("id"))
    )
    yield _by("presave_alarms", "Releases in trouble.", "trouble", troubles, Trouble.values)
    kinds = {"mail": Message.objects.mails().count(), "webhook": Message.objects.calls().count()}
    yield _by("presave_messages_waiting", "Messages to people and tools.", "kind", kinds)


def _of_gates(now: datetime) -> Iterator[Metric]:
    gates = rows.gates(now)
    paces = {name: rows.pace(gate) for name, gate in gates.items()}
    yield _by(
        "presave_pace", "Calls a second that a half of Spotify is asked at most.", "half", paces
    )
    yield GaugeMetricFamily(
        "presave_pace_limit", "SPOTIFY_MAX_RATE.", value=settings.SPOTIFY_MAX_RATE
    )
    calls = {name: _calls(gate, now) for name, gate in gates.items()}
    yield _by("presave_calls_last_minute", "Calls within the last minute.", "half", calls)
    closed = GaugeMetricFamily(
        "presave_gate_closed_seconds",
        "For how much longer Spotify may not be asked, and why; 0 while it may.",
        labels=["half", "reason"],
    )
    for name, gate in gates.items():
        left = (gate.blocked_until - now).total_seconds() if gate.blocked_until else 0
        is_closed = rows.is_blocked(gate, now)
        reason = ErrorReason(gate.blocked_reason).value if is_closed else "none"
        closed.add_metric([name, reason], left if is_closed else 0)
    yield closed


def _calls(gate: Gate, now: datetime) -> int:
    since = now.timestamp() - 60
    return sum(number for second, number in gate.recent if second > since)


def _of_processes(now: datetime) -> Iterator[Metric]:
    row, last = Heartbeat.objects.first(), report.last(now)
    ages: dict[str, tuple[str, float | None]] = {
        "presave_worker_heartbeat_age_seconds": (
            "Since a worker was last heard from.",
            _seconds_since(row.beat_at if row else None, now),
        ),
        "presave_beat_age_seconds": (
            "Since a message of beat's last reached a worker.",
            _seconds_since(row.rung_at if row else None, now),
        ),
        "presave_wrapping_key_age_seconds": (
            "Since the key that wraps the keyring was last replaced.",
            last.wrapping_key_age if last else None,
        ),
        "presave_backup_age_seconds": ("Since the last backup.", last.backup_age if last else None),
    }
    for name, (text, age) in ages.items():
        metric = GaugeMetricFamily(name, text)
        # Never is not zero: without it there is no sample, and `absent()` tells.
        if age is not None:
            metric.add_metric([], age)
        yield metric


def _seconds_since(moment: datetime | None, now: datetime) -> float | None:
    return (now - moment).total_seconds() if moment else None


def _of_checks(now: datetime) -> Iterator[Metric]:
    last = report.last(now)
    checks = merged(examination.at_a_glance(Part.WEB), last.checks if last else [], Part.WORKER)
    seen = [check for check in checks if check.mark is not Mark.UNSEEN]
    reds = {check.name: int(check.mark is Mark.RED) for check in seen}
    yield _by("presave_check_failed", "1 for each check of the doctor that is red.", "check", reds)


_PARTS: Final[dict[str, _Numbers]] = {
    "campaigns": _of_campaigns,
    "outcomes": _of_outcomes,
    "lateness": _of_lateness,
    "work": _of_work,
    "gates": _of_gates,
    "processes": _of_processes,
    "checks": _of_checks,
}


def _by(
    name: str, text: str, label: str, values: dict[Any, Any], every: list[str] | None = None
) -> Metric:
    """One sample for each value, also of those of `every` that have none."""
    metric = GaugeMetricFamily(name, text, labels=[label])
    for key, value in (dict.fromkeys(every or [], 0) | values).items():
        metric.add_metric([str(key)], value)
    return metric
