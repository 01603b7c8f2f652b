"""Visits and taps, counted for each source: no row per visitor, and nothing about who it was."""

from __future__ import annotations

import itertools
import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest
from django.utils import timezone

from campaigns.models import Campaign, Counted, SourceCount, Step, sources

logger = logging.getLogger(__name__)

# What the page's script sends, and the start's address carries along.
SOURCE: Final = "src"
# Counts that may wait for the database. Strangers can invent sources and addresses without end.
MOST_WAITING: Final = 10_000
# Nobody waits for the answer to a visit; a fan who taps does, and leaves the rest to the next one.
ROUNDS_OF_A_TAP: Final = 3


def source_of(request: HttpRequest) -> str:
    """Where this visit or start comes from, as far as it says so."""
    try:
        told = request.POST.get(SOURCE, "") or request.GET.get(SOURCE, "")
    except SuspiciousOperation:
        return sources.OTHER  # a flood of parameters
    if told == urlsplit(settings.PUBLIC_URL).netloc:
        return sources.DIRECT  # from a receipt back to a label's own domain
    return sources.cleaned(told) or sources.DIRECT


@dataclass(frozen=True)
class Noted:
    """One count as the address tells it: whether there is such a page, the database knows."""

    slug: str
    day: date
    source: str
    step: Step


class Tally:
    """The counts of one process on their way into the database: one thread writes what has come
    in meanwhile, all in one statement, and the others go on at once.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: Counter[Noted] = Counter()
        self._is_being_written = False

    def add(self, noted: Noted) -> None:
        """Count it, in moments. While the database is away it waits for the next one to come."""
        with self._lock:
            if noted in self._waiting or len(self._waiting) < MOST_WAITING:
                self._waiting[noted] += 1
            if self._is_being_written:
                return
            self._is_being_written = True
        self._write(range(ROUNDS_OF_A_TAP) if noted.step is Step.TAP else itertools.count())

    def _write(self, rounds: Iterable[int]) -> None:
        for _ in rounds:
            batch = self._take()
            if not batch:
                return
            try:
                _write_down(batch)
            except (OperationalError, InterfaceError):
                self._put_back(batch)
                return
            except Exception:
                # No fan is kept from a pre-save because a count is lost.
                logger.exception("Some visits could not be counted.")
        self._put_back(Counter())

    def _take(self) -> Counter[Noted]:
        with self._lock:
            batch, self._waiting = self._waiting, Counter()
            self._is_being_written = bool(batch)
            return batch

    def _put_back(self, batch: Counter[Noted]) -> None:
        with self._lock:
            self._waiting.update(batch)
            self._is_being_written = False


def _write_down(batch: Counter[Noted]) -> None:
    slugs = {noted.slug for noted in batch}
    ids = dict(Campaign.objects.public().filter(slug__in=slugs).values_list("slug", "id"))
    SourceCount.objects.add(
        {
            Counted(ids[noted.slug], noted.day, noted.source, noted.step): number
            for noted, number in batch.items()
            if noted.slug in ids
        }
    )


_TALLY: Final = Tally()


def count(slug: str, source: str, step: Step) -> None:
    _TALLY.add(Noted(slug, timezone.now().date(), source, step))
