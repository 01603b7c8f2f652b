"""`make demo`: a label's campaigns on this machine, and a release night from first tap to destroyed
permission.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from demo.environment import DemoError, Secrets, prepare
from embedded.processes import LOOPBACK, StartError
from embedded.stack import PortTakenError, Sandbox, Stack, check_alive, check_ports
from embedded.valkey import ServerNotFoundError, Valkey

if TYPE_CHECKING:
    from demo.campaigns import Demo

# Whom a Spotify app in development mode serves.
LISTED_FANS = 5
DIRECTORY = Path(__file__).resolve().parent.parent / "data" / "demo"


def directory_of(port: int) -> Path:
    """One for each port, so that a second demo takes nothing from one that runs."""
    return DIRECTORY / str(port)


def main() -> int:
    options = parse_arguments()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with ExitStack() as closing, told_at_once():
            return run(options, closing)
    except PortTakenError as error:
        again = f"make demo PORT={options.port + 10}"
        print(f"{error} Stop what uses it, or run: {again}", file=sys.stderr)
    except (DemoError, ServerNotFoundError, StartError) as error:
        print(
            f"The demo could not go on: {error}\nLogs are in {directory_of(options.port)}.",
            file=sys.stderr,
        )
    except PermissionError as error:
        print(
            f"The demo cannot write to {error.filename}. Clone Presave into your own directory.",
            file=sys.stderr,
        )
    except KeyboardInterrupt:
        print("The demo has ended; nothing of it is running any more. Its next start goes on here.")
        return 0
    return 1


@contextmanager
def told_at_once() -> Iterator[None]:
    """Everything takes some seconds to end, in which nobody should wonder."""
    try:
        yield
    except KeyboardInterrupt:
        print("\nStopping…", flush=True)
        raise


def run(options: argparse.Namespace, closing: ExitStack) -> int:
    check_ports(options.port, options.port + 1)
    directory = found_directory(options)
    print("Starting the sandbox, Valkey, web, worker and beat ...", flush=True)
    valkey = closing.enter_context(Valkey())
    kept = Secrets.of(directory)
    prepare(directory, options.port, valkey.url, options.port + 1, kept, options.mode)
    client = os.environ["SPOTIFY_CLIENT_ID"]
    sandbox = closing.enter_context(
        Sandbox(directory, options.port + 1, client, kept.client_secret, options.mode)
    )
    # Django reads its settings here: not before the environment is complete.
    from demo.campaigns import Demo, make_tables

    make_tables()
    stack = closing.enter_context(Stack(directory, os.environ, options.port))
    # The first thing to happen at the end: a second Ctrl-C must not leave anything running.
    closing.callback(signal.signal, signal.SIGINT, signal.SIG_IGN)

    def check() -> None:
        stack.check_alive()
        check_alive("sandbox", sandbox.process)
        check_alive("valkey", valkey.process)

    return show(Demo(sandbox.url, check), options, kept.password)


def found_directory(options: argparse.Namespace) -> Path:
    directory = directory_of(options.port)
    if options.fresh and directory.exists():
        shutil.rmtree(directory)
        print("Beginning anew: what was made in earlier demos is gone.")
    elif directory.exists():
        print("Going on from the last demo; make demo FRESH=1 begins anew.")
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    return directory


def show(demo: Demo, options: argparse.Namespace, password: str) -> int:
    from campaigns.status import heartbeat
    from demo import night, people, scenery

    is_limited = options.mode == "development"
    fans = min(options.fans, LISTED_FANS) if is_limited else options.fans
    scenery.clear(demo)
    label = people.label()
    log_ins = people.log_ins(label, password)
    demo.wait_for(lambda: not heartbeat.artists_warning(), 60, "a sign of the worker")
    if not options.once:
        people.tell(log_ins, demo.sandbox_url)
        scenery.put_up(demo, label, LISTED_FANS if is_limited else fans * 2)
    kept = night.release_night(demo, label, fans, options.seconds)
    if options.once:
        return 0 if kept else 1
    scenery.tell()
    print("\nThe demo goes on until you press Ctrl-C.", flush=True)
    while True:
        demo.check_alive()
        time.sleep(1)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end after the summary")
    parser.add_argument("--fresh", action="store_true", help="forget what earlier demos left")
    parser.add_argument(
        "--mode",
        choices=("development", "extended"),
        default="extended",
        help="what Spotify granted the app: a new one serves five listed people",
    )
    parser.add_argument("--fans", type=int, default=200, help="how many fans pre-save")
    parser.add_argument("--seconds", type=int, default=60, help="how far away the release is")
    parser.add_argument(
        "--port", type=port, default=8000, help=f"of {LOOPBACK}; the sandbox takes the next one"
    )
    return parser.parse_args()


def port(text: str) -> int:
    number = int(text)
    if not 1024 <= number <= 65_534:
        raise argparse.ArgumentTypeError(f"PORT must be a number from 1024 to 65534, not {text}")
    return number


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
