"""The product's own worker processes with a shorter lease or a wrong clock, for which the product
has no option: `python -m tests.chaos.worker manage.py release_worker`, or `… celery -A presave …`.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime, timedelta
from unittest.mock import patch

import django
import time_machine

LEASE_SECONDS = "CHAOS_LEASE_SECONDS"
SECOND_LOOK_SECONDS = "CHAOS_SECOND_LOOK_SECONDS"
CONFIRMED_AFTER_SECONDS = "CHAOS_CONFIRMED_AFTER_SECONDS"
CLOCK_AHEAD_SECONDS = "CHAOS_CLOCK_AHEAD_SECONDS"


def main() -> None:
    ahead = float(os.environ.get(CLOCK_AHEAD_SECONDS, "0"))
    if ahead:
        time_machine.travel(datetime.now(UTC) + timedelta(seconds=ahead), tick=True).start()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "presave.settings")
    django.setup()
    _shorten_waits()
    sys.argv = sys.argv[1:]
    if sys.argv[0] == "celery":
        from celery.__main__ import main as celery

        celery()
    else:
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)


def _shorten_waits() -> None:
    """So that a compressed night need not wait a minute for what a killed worker held, nor for the
    next attempt for a fan, nor half an hour for the second look at one who was refused; nor ten
    seconds after every save until looks may confirm it, which test_series.py looks at.
    """
    from campaigns.catalogue import series
    from campaigns.release import claims, retrying

    for variable, places in {
        LEASE_SECONDS: ((claims, "LEASE"), (retrying, "LONGEST_DELAY")),
        SECOND_LOOK_SECONDS: ((retrying, "SECOND_LOOK"), (retrying, "LATEST_SECOND_LOOK")),
        CONFIRMED_AFTER_SECONDS: ((series, "CONFIRMED_AFTER"),),
    }.items():
        if seconds := os.environ.get(variable):
            for module, name in places:
                patch.object(module, name, timedelta(seconds=float(seconds))).start()


if __name__ == "__main__":
    main()
