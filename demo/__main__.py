"""`make demo`: a release night on this machine, from first tap to destroyed permission."""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from demo.environment import DemoError, prepare
from embedded.processes import LOOPBACK, StartError
from embedded.stack import PortTakenError, Sandbox, Stack, check_alive, check_ports
from embedded.valkey import ServerNotFoundError, Valkey

DIRECTORY = Path(__file__).resolve().parent.parent / "data" / "demo"


def directory_of(port: int) -> Path:
    """One for each port, so that a second demo takes nothing from one that runs."""
    return DIRECTORY / str(port)


def main() -> int:
    options = parse_arguments()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with ExitStack() as closing:
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
        print("\nThe demo has ended; nothing of it is running any more.")
        return 0
    return 1


def run(options: argparse.Namespace, closing: ExitStack) -> int:
    check_ports(options.port, options.port + 1)
    directory = directory_of(options.port)
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(mode=0o700, parents=True)
    print("Starting the sandbox, Valkey, web, worker and beat ...", flush=True)
    valkey = closing.enter_context(Valkey())
    prepare(directory, options.port, valkey.url, options.port + 1)
    secret = os.environ["SPOTIFY_CLIENT_SECRET"]
    sandbox = closing.enter_context(
        Sandbox(directory, options.port + 1, os.environ["SPOTIFY_CLIENT_ID"], secret)
    )
    # Django reads its settings here: not before the environment is complete.
    from demo.night import Night, make_tables, release_night, show_addresses

    make_tables()
    stack = closing.enter_context(Stack(directory, os.environ, options.port))
    # The first thing to happen at the end: a second Ctrl-C must not leave anything running.
    closing.callback(signal.signal, signal.SIGINT, signal.SIG_IGN)

    def check() -> None:
        stack.check_alive()
        check_alive("sandbox", sandbox.process)
        check_alive("valkey", valkey.process)

    kept = release_night(Night(sandbox.url, check), options.fans, options.seconds)
    if options.once:
        return 0 if kept else 1
    show_addresses(Night(sandbox.url, check))
    print("\nThe demo goes on until you press Ctrl-C.", flush=True)
    while True:
        check()
        time.sleep(1)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end after the summary")
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
