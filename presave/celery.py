"""The Celery application. Workers refuse to start without a keyring they can open."""

from __future__ import annotations

import gc
import logging.config
import os
import sys
from typing import Any

from celery import Celery, bootsteps
from celery.signals import (
    setup_logging,
    worker_init,
    worker_process_init,
    worker_ready,
    worker_shutting_down,
)
from django.db import Error

from presave import broker, liveness

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "presave.settings")

broker.use()
app = Celery("presave")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


class Liveness(bootsteps.StartStopStep):
    """The worker's main process shows that its loop turns, for as long as Redis is there. Its
    children have Celery's time limits.
    """

    requires = ("celery.worker.consumer.connection:Connection",)

    def start(self, parent: Any) -> None:
        liveness.show_sign()
        self._signs = parent.timer.call_repeatedly(liveness.SIGN_EVERY_SECONDS, liveness.show_sign)

    def stop(self, parent: Any) -> None:
        """Redis has gone, or the worker ends."""
        self._signs.cancel()
        liveness.expect_none()


app.steps["consumer"].add(Liveness)


@setup_logging.connect
def use_django_logging(**kwargs: Any) -> None:
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)


@worker_init.connect
def refuse_a_wrong_keyring(**kwargs: Any) -> None:
    from campaigns import keyring
    from campaigns.clock import database_now
    from campaigns.retention import keys, tombstones

    try:
        tombstones.begin(database_now())
        keys.refuse_strange_keyring()
        keys.check_keys(database_now())
    except (keyring.KeyringError, Error) as error:
        # Celery goes on after any other exception of a signal's receiver.
        sys.exit(f"Presave's worker cannot start: {error}")


@worker_process_init.connect
def leave_what_stays_alone(**kwargs: Any) -> None:
    """What a child has from its parent stays for ever: looking for garbage in it again and again
    costs a twentieth of a release night.
    """
    gc.freeze()


@worker_ready.connect
def ask_the_mail_server(**kwargs: Any) -> None:
    from campaigns.status import mail_server

    mail_server.start_checking()


@worker_shutting_down.connect
def end_soon(**kwargs: Any) -> None:
    """Nothing is lost by a worker that is ended: what it held comes due again."""
    from campaigns.tasks import stopped

    stopped.set()
    liveness.end_soon()
