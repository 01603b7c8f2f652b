"""`manage.py release_worker`: the worker's loop with neither Celery nor Redis, for the night on
which those are broken.
"""

from __future__ import annotations

import logging
import signal
from argparse import ArgumentParser
from datetime import timedelta
from threading import Event
from typing import Any, Final

from django.core.management.base import BaseCommand, CommandError
from django.db import Error, close_old_connections

from campaigns import keyring
from campaigns.clock import database_now
from campaigns.release import worker
from campaigns.retention import keys, tombstones

logger = logging.getLogger(__name__)

TURN: Final = timedelta(seconds=60)


class Command(BaseCommand):
    help = (
        "Make keys, confirm releases and save them, without Celery and Redis. "
        "Runs until SIGTERM or Ctrl-C."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="do what is due now, then end")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            tombstones.begin(database_now())
            keys.refuse_strange_keyring()
            keys.check_keys(database_now())
        except keyring.KeyringError as error:
            raise CommandError(str(error)) from None
        except Error as error:
            raise CommandError(f"The database does not answer: {error}") from None
        stopped = Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        while not stopped.is_set():
            saved = self.turn(stopped)
            if options["once"]:
                return
            if not saved:
                stopped.wait(1)

    def turn(self, stopped: Event) -> int:
        """Work for a while; returns the number of saves."""
        try:
            return worker.work(until=database_now() + TURN, stopped=stopped)
        except Error:
            # The rows hold everything, so waiting for the database is all there is to do.
            logger.exception("database unavailable")
        except Exception:
            # This is the worker of last resort: it goes on, and the rows come due again.
            logger.exception("turn failed")
        finally:
            close_old_connections()
        return 0
