"""`make chaos`: a night of faults and a night without, ten thousand fans each, four nights in which
the catalogue flickers, three in which Spotify refuses fans in so many words, and two in which all
have to be done soon; a table of what became of them. Ends with 1 when a promise was broken.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from tests import plugin
from tests.postgres import Postgres
from tests.sandbox_process import Sandbox

DATABASE = "presave"


def main() -> int:
    chosen = _options()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="presave-chaos-")))
        postgres = stack.enter_context(Postgres())
        plugin.set_environment(directory, postgres.url(DATABASE), "redis://127.0.0.1:1/0")
        postgres.create_database(DATABASE)
        sandbox = Sandbox()
        stack.callback(sandbox.stop)
        return _run_nights(chosen, directory, postgres, sandbox)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=int(time.time()) % 100_000)
    parser.add_argument("--fans", type=int, default=10_000)
    parser.add_argument(
        "--only", choices=["faults", "calm", "flicker", "told", "pace"], help="run these alone"
    )
    return parser.parse_args()


def _run_nights(
    chosen: argparse.Namespace, directory: Path, postgres: Postgres, sandbox: Sandbox
) -> int:
    import django

    django.setup()
    from django.core.management import call_command

    from tests.chaos import nights

    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", interactive=False, verbosity=0)
    broken = 0
    for name, plans in nights.all_nights(chosen.seed, chosen.fans).items():
        for plan in plans if chosen.only in (None, name) else []:
            print(f"\nThe night “{plan.name}” takes {plan.quickest / 60:.0f} minutes and some.")
            logs = directory / plan.name
            logs.mkdir()
            sandbox.post("reset")
            verdict = nights.live_through(plan, logs, postgres, sandbox)
            print(nights.table(verdict), flush=True)
            broken += len(verdict.broken)
    return 1 if broken else 0


def _interrupt(number: int, frame: FrameType | None) -> None:
    """End as Ctrl-C does, so that everything that was started is stopped."""
    raise KeyboardInterrupt


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(f"Interrupted; everything that process {os.getpid()} started is stopped.")
