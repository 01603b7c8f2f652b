"""Clients that keep a connection for as long as they can, in four ways, and the shipped proxy."""

from __future__ import annotations

import select
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from embedded.processes import LOOPBACK, free_port, port_is_free, spawn, wait_until

# As much as the system lets a window be small: whoever reads nothing soon holds up the sender.
SMALLEST_WINDOW: Final = 1024
FORM: Final = "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\nzone="


class SlowClients:
    """So many of them at one port, who begin at once and go on by a byte at each `drip`."""

    def __init__(self, port: int, beginning: str, drop: str, number: int) -> None:
        self._address = (LOOPBACK, port)
        self._beginning = beginning.replace("\r\n", f"\r\nHost: {LOOPBACK}:{port}\r\n", 1).encode()
        self._drop = drop.encode()
        self._number = number
        self._sockets: list[socket.socket] = []

    def __enter__(self) -> Self:
        for _ in range(self._number):
            client = socket.socket()
            self._sockets.append(client)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALLEST_WINDOW)
            client.connect(self._address)
            client.sendall(self._beginning)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for client in self._sockets:
            client.close()

    def drip(self) -> None:
        for client in self._sockets:
            client.sendall(self._drop)

    def answered(self) -> int:
        """How many have something to read, be it the end."""
        return len(select.select(self._sockets, [], [], 0)[0])


def kinds(slug: str, large_file: str) -> dict[str, Callable[[int, int], SlowClients]]:
    """Each begins so many clients at a port. `large_file` is larger than what waits on its way."""
    form, large = f"POST /{slug}/go HTTP/1.1\r\n{FORM}", f"GET {large_file} HTTP/1.1\r\n\r\n"
    return {
        "headers": lambda port, number: SlowClients(port, "GET / HTTP/1.1\r\n", "X: y\r\n", number),
        "body": lambda port, number: SlowClients(port, form, "x", number),
        "reader": lambda port, number: SlowClients(port, large, "", number),
        "idle": lambda port, number: SlowClients(port, "", "", number),
    }


@contextmanager
def proxy(web_port: int, directory: Path, in_front: str = "", waits: str = "15s") -> Iterator[int]:
    """The port of a Caddy in front of web, with the files that compose gives it; one that `waits`
    another time for a web that is away.
    """
    root = Path(__file__).resolve().parent.parent
    port, file = free_port(), directory / "Caddyfile"
    shipped = (root / "Caddyfile").read_text().replace("root /srv", f"root {root / 'deploy'}")
    shipped = shipped.replace("web:8000", f"{LOOPBACK}:{web_port}")
    assert "lb_try_duration 15s" in shipped
    shipped = shipped.replace("lb_try_duration 15s", f"lb_try_duration {waits}")
    # Nothing is at port 80 here, which all tests would want.
    own = f"off\n\tauto_https disable_redirects\n\thttp_port {free_port()}"
    file.write_text(shipped.replace("unix//run/admin.sock", own))
    environment = {
        "HTTPS_PORT": str(free_port()),
        "PUBLIC_URL": f"http://{LOOPBACK}:{port}",
        "PROXIES_IN_FRONT": in_front,
        **{name: str(directory) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")},
    }
    caddy = Path(sys.executable).parent / "caddy"
    command = (caddy, "run", "--adapter", "caddyfile", "--config", file)
    process = spawn(command, environment, directory / "caddy.log")
    try:
        wait_until(lambda: not port_is_free(port), 60, "Caddy", process)
        yield port
    finally:
        process.stop()
