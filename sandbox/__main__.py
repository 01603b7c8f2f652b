"""`python -m sandbox`: read the options, listen on loopback, stop on SIGTERM or SIGINT."""

from __future__ import annotations

import argparse
import asyncio
import errno
import os
import signal
import sys
from pathlib import Path

from aiohttp import web

from sandbox import memory
from sandbox.accounts import is_loopback_literal
from sandbox.app import build_app
from sandbox.state import Client, State

SECONDS_TO_FINISH = 1.0


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="a loopback address")
    parser.add_argument("--port", type=int, default=8765, help="0 takes a free one")
    parser.add_argument(
        "--in-container",
        action="store_true",
        help="listen on all addresses of a container, whose port is published on loopback alone",
    )
    parser.add_argument("--client-id", default="sandbox-client")
    parser.add_argument(
        "--client-secret",
        default=os.environ.get("SANDBOX_CLIENT_SECRET") or "sandbox-secret",
        help="better given as SANDBOX_CLIENT_SECRET, out of the process list",
    )
    parser.add_argument("--app-name", default="Presave", help="as the consent page shows it")
    parser.add_argument(
        "--redirect-uri",
        action="append",
        default=[],
        help="repeatable; with none, https and http on loopback are accepted",
    )
    parser.add_argument("--mode", choices=("development", "extended"), default="extended")
    parser.add_argument(
        "--memory", type=Path, help="a file that keeps catalogue, accounts and libraries"
    )
    chosen = parser.parse_args(arguments)
    if chosen.in_container:
        chosen.host = "0.0.0.0"  # nosec B104 # noqa: S104 -- the container's
    return chosen


async def serve(chosen: argparse.Namespace) -> None:
    """Raises OSError if the address cannot be listened on, and UnreadableMemoryError."""
    client = Client(
        client_id=chosen.client_id,
        secret=chosen.client_secret,
        name=chosen.app_name,
        redirect_uris=tuple(chosen.redirect_uri),
        mode=chosen.mode,
    )
    state = State(client)
    if chosen.memory:
        memory.recall(state, chosen.memory)
    # No access log: its request lines would carry codes and states.
    runner = web.AppRunner(build_app(state), access_log=None, shutdown_timeout=SECONDS_TO_FINISH)
    await runner.setup()
    try:
        site = web.TCPSite(runner, chosen.host, chosen.port, backlog=1024)
        await site.start()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, state.stopping.set)
        port = runner.addresses[0][1]
        host = f"[{chosen.host}]" if ":" in chosen.host else chosen.host
        print(f"Sandbox listening on http://{host}:{port}", flush=True)
        await state.stopping.wait()
        if chosen.memory:
            memory.keep(state, chosen.memory)
    finally:
        await runner.cleanup()


def main() -> int:
    chosen = options()
    if not (chosen.in_container or is_loopback_literal(chosen.host)):
        print(
            f"The sandbox has no passwords and serves this machine alone: "
            f"choose --host 127.0.0.1 or ::1 instead of {chosen.host}.",
            file=sys.stderr,
        )
        return 1
    try:
        asyncio.run(serve(chosen))
    except memory.UnreadableMemoryError:
        print(
            f"The sandbox cannot start: {chosen.memory} is of another version. Delete it.",
            file=sys.stderr,
        )
        return 1
    except (OSError, OverflowError) as error:
        print(problem_of(chosen, error), file=sys.stderr)
        return 1
    return 0


def problem_of(chosen: argparse.Namespace, error: Exception) -> str:
    address = f"{chosen.host}:{chosen.port}"
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return f"The sandbox cannot start: {address} is taken. Choose another --port, or 0."
    return f"The sandbox cannot listen on {address}: {error}"


if __name__ == "__main__":
    sys.exit(main())
