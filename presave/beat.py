"""The scheduler of Celery's beat, which shows that it is alive."""

from __future__ import annotations

from typing import Any

from celery import beat

from presave import liveness


class Scheduler(beat.Scheduler):
    """In memory: there is nothing to remember, and a schedule file that a crash tore could keep
    beat from starting again.
    """

    def tick(self, *args: Any, **kwargs: Any) -> float:
        liveness.show_sign()
        return float(super().tick(*args, **kwargs))

    def _ensure_connected(self) -> Any:
        """Waits for Redis, for as long as that takes."""
        liveness.expect_none()
        connection = super()._ensure_connected()  # type: ignore[misc]
        liveness.show_sign()
        return connection

    def close(self) -> None:
        """At the end. Celery's would wait for Redis here, to say good-bye to it."""
        liveness.end_soon()
