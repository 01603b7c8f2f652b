from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import ParamSpec, TypeVar

import pytest
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.handlers.base import BaseHandler
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.test import TransactionTestCase
from whitenoise.base import WhiteNoise
from whitenoise.responders import StaticFile

from campaigns.release import maintenance, worker
from campaigns.status import outbox
from tests.emptying import empty_tables
from tests.roles import as_web, as_worker

Given = ParamSpec("Given")
Result = TypeVar("Result")


@pytest.fixture(scope="session")
def django_db_modify_db_settings_xdist_suffix() -> None:
    """In place of pytest-django's, which names a database after each process. Ours have a Postgres
    of their own each, and the programs that a test starts look for the name in DATABASE_URL.
    """


LEAST_COST = {"time_cost": 1, "memory_cost": 8, "parallelism": 1}
REAL_COST = {name: getattr(Argon2PasswordHasher, name) for name in LEAST_COST}


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> Iterator[None]:
    """The product's own hasher, without the quarter of a second that protects real passwords."""
    with pytest.MonkeyPatch.context() as patch:
        for name, cost in LEAST_COST.items():
            patch.setattr(Argon2PasswordHasher, name, cost)
        yield


@pytest.fixture
def real_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords that are set in this test are hashed at the cost that the product has."""
    for name, cost in REAL_COST.items():
        monkeypatch.setattr(Argon2PasswordHasher, name, cost)


@pytest.fixture(scope="session", autouse=True)
def static_files_found_once() -> Iterator[None]:
    """Each test client builds the middleware anew, and WhiteNoise then looks at every file: half of
    what a short test of a page costs. No test adds a static file.
    """
    find, found = WhiteNoise.update_files_dictionary, dict[tuple[str, str], dict[str, StaticFile]]()

    def find_once(self: WhiteNoise, root: str, prefix: str) -> None:
        others, self.files = self.files, found.setdefault((root, prefix), {})
        if not self.files:
            find(self, root, prefix)
        self.files = others | self.files

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoise, "update_files_dictionary", find_once)
        yield


@pytest.fixture(scope="session", autouse=True)
def only_filled_tables_are_emptied() -> Iterator[None]:
    """After each test that commits; pytest-django has Django's test case do it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda self: empty_tables())
        yield


@pytest.fixture(scope="session", autouse=True)
def pages_are_made_as_web() -> Iterator[None]:
    """Every request of every test has web's own rights in Postgres, and no other."""
    answer = BaseHandler.get_response

    def answer_as_web(self: BaseHandler, request: HttpRequest) -> HttpResponseBase:
        with as_web():
            return answer(self, request)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BaseHandler, "get_response", answer_as_web)
        yield


@pytest.fixture(scope="session", autouse=True)
def nights_are_worked_as_worker() -> Iterator[None]:
    """The saves, the maintenance and the messages of every test have worker's own rights."""

    def as_workers_own(function: Callable[Given, Result]) -> Callable[Given, Result]:
        @functools.wraps(function)
        def run(*given: Given.args, **named: Given.kwargs) -> Result:
            with as_worker():
                return function(*given, **named)

        return run

    with pytest.MonkeyPatch.context() as patch:
        for module, name in (
            *((worker, "work"), (maintenance, "run_maintenance")),
            *((outbox, "_run"), (outbox, "deliver_due")),
        ):
            patch.setattr(module, name, as_workers_own(getattr(module, name)))
        yield
