"""What the product's processes may do in Postgres, for code that runs in the test's own process."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from django.db import connection
from django.db.backends.signals import connection_created

_thread = threading.local()


@contextmanager
def as_role(role: str) -> Iterator[None]:
    """Django neither counts nor sees what is asked here. A connection that is made meanwhile is of
    the role too; one in whose transaction something failed stays as it is until that ends.
    """
    before, _thread.role = getattr(_thread, "role", None), role
    try:
        _set_role(role)
        yield
    finally:
        _thread.role = before
        with suppress(psycopg.Error):
            _set_role(before or "NONE")


def as_web() -> Any:
    return as_role("presave_web")


def as_worker() -> Any:
    return as_role("presave_worker")


def _set_role(role: str) -> None:
    session = connection.connection if connection.vendor == "postgresql" else None
    if session is not None and not session.closed:
        session.execute(f"SET ROLE {role}")


def _of_the_role(**sent: Any) -> None:
    if role := getattr(_thread, "role", None):
        _set_role(role)


connection_created.connect(_of_the_role)
