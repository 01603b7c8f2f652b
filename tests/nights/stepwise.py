"""Workers that go one step at a time, and time that passes in between.

A worker serves one claim on a thread and a database connection of its own, with the product's own
code. It halts before each step that another worker, a fan or an artist could come between.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping
from datetime import timedelta
from queue import Empty, SimpleQueue
from threading import Thread, current_thread
from typing import Any, Final
from uuid import UUID

import pytest
from django.apps import apps
from django.db import connections, models
from django.db.models import F

from campaigns import keyring
from campaigns.clock import database_now
from campaigns.keyring import Secret
from campaigns.models import Campaign, Gate
from campaigns.release import claims
from campaigns.release.pipeline import LARGEST_BLOCK, Pipeline
from campaigns.spotify import FanCalls, Slots

CLAIM, LOOK, SEND, SETTLE, END = "claim", "look", "send", "settle", "end"
HALTS: Final = (CLAIM, LOOK, SEND, SETTLE)
SECONDS: Final = 30


class KilledError(BaseException):
    """Ends a worker as if its process had died: nothing of the product catches it."""


def be_killed(*arguments: Any) -> None:
    """In place of a step that the process did not live to see."""
    raise KilledError


class Worker:
    """Serves one block of fans, halted before it claims, looks again, sends the saves, settles; or
    before fewer of these.
    """

    def __init__(self, name: str, campaign: Campaign, halts: Collection[str] = HALTS) -> None:
        self.name = name
        self.at = ""
        self.sent = 0
        self.rows: set[UUID] = set()
        self.fence: UUID | None = None
        self._campaign, self._halts = campaign, halts
        self._error: BaseException | None = None
        self._is_dying = False
        self._orders, self._news = SimpleQueue[None](), SimpleQueue[None]()
        self._thread = _WorkersThread(self)
        self._thread.start()
        self._wait()

    @property
    def is_done(self) -> bool:
        return self.at == END

    def step(self) -> None:
        """Do what the worker stands before, up to the next halt or the end."""
        self._orders.put(None)
        self._wait()

    def step_to(self, halt: str) -> None:
        while self.at != halt and not self.is_done:
            self.step()

    def die(self) -> None:
        if not self.is_done:
            self._is_dying = True
            self.step()

    def halt(self, name: str) -> None:
        """Called on the worker's own thread."""
        if name not in self._halts:
            return
        self.at = name
        self._news.put(None)
        self._orders.get()
        if self._is_dying:
            raise KilledError

    def run(self) -> None:
        try:
            self.halt(CLAIM)
            self._serve()
        except KilledError:
            pass
        except BaseException as error:
            self._error = error
        finally:
            connections.close_all()
            self.at = END
            self._news.put(None)

    def _serve(self) -> None:
        key = keyring.from_settings().open(self._campaign.id)
        claim = claims.claim_block(self._campaign, LARGEST_BLOCK, database_now())
        if claim is None:
            return
        self.rows, self.fence = {row.id for row in claim.rows}, claim.fence
        with _HaltingCalls(10) as calls:
            pipeline = Pipeline(calls, database_now)
            pipeline.apply_gates()
            pipeline.admit(claim, key)
            while not pipeline.is_empty:
                pipeline.step()

    def _wait(self) -> None:
        try:
            self._news.get(timeout=SECONDS)
        except Empty:
            raise AssertionError(f"worker {self.name} never came to its next halt") from None
        if self._error:
            raise self._error


class _WorkersThread(Thread):
    def __init__(self, worker: Worker) -> None:
        super().__init__(target=worker.run, name=worker.name, daemon=True)
        self.worker = worker


class _HaltingCalls(FanCalls[UUID]):
    def save(self, access_tokens: Mapping[UUID, Secret], uri: str, slots: Slots) -> None:
        worker = _current_worker()
        worker.halt(SEND)
        worker.sent += len(access_tokens)
        super().save(access_tokens, uri, slots)


HALTS_BEFORE: Final = {"still_standing": LOOK, "settle": SETTLE}


@pytest.fixture
def halting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets workers halt before they look again, and before they settle."""
    for name in HALTS_BEFORE:
        monkeypatch.setattr(claims, name, halting_as(name, getattr(claims, name)))


def halting_as(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that takes the place of this one of claiming's; others do not halt."""

    @functools.wraps(function)
    def halts(*arguments: Any, **options: Any) -> Any:
        if name in HALTS_BEFORE:
            _halt(HALTS_BEFORE[name])
        return function(*arguments, **options)

    return halts


def _halt(name: str) -> None:
    if isinstance(current_thread(), _WorkersThread):
        _current_worker().halt(name)


def _current_worker() -> Worker:
    thread = current_thread()
    assert isinstance(thread, _WorkersThread)
    return thread.worker


def let_time_pass(time: timedelta) -> None:
    """The database's clock cannot be turned on, so everything that is written moves back."""
    for model in apps.get_app_config("campaigns").get_models():
        instants = [
            field.name
            for field in model._meta.get_fields()
            if isinstance(field, models.DateTimeField)
        ]
        if instants:
            model._default_manager.update(**{name: F(name) - time for name in instants})
    for gate in Gate.objects.all():
        gate.recent = [[at - time.total_seconds(), count] for at, count in gate.recent]
        gate.save(update_fields=["recent"])
