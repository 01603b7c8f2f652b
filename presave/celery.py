"""The Celery application. Workers refuse to start without a keyring they can open."""

from __future__ import annotations

import logging.config
import os
import sys
from typing import Any

from celery import Celery
from celery.signals import setup_logging, worker_init, worker_ready
from django.db import Error

from presave import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "presave.settings")

broker.use()
app = Celery("presave")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@setup_logging.connect
def use_django_logging(**kwargs: Any) -> None:
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)


@worker_init.connect
def refuse_a_wrong_keyring(**kwargs: Any) -> None:
    from campaigns import keyring
    from campaigns.clock import database_now
    from campaigns.retention import keys

    try:
        keys.check_keys(database_now())
    except (keyring.KeyringError, Error) as error:
        # Celery goes on after any other exception of a signal's receiver.
        sys.exit(f"Presave's worker cannot start: {error}")


@worker_ready.connect
def ask_the_mail_server(**kwargs: Any) -> None:
    from campaigns.status import mail_server

    mail_server.start_checking()
