"""Clients that keep a connection for as long as they can, in four ways."""

from __future__ import annotations

import select
import socket
from types import TracebackType
from typing import Final, Self

from embedded.processes import LOOPBACK

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


def headers(port: int, number: int) -> SlowClients:
    return SlowClients(port, "GET / HTTP/1.1\r\n", "X: y\r\n", number)


def body(port: int, number: int, path: str) -> SlowClients:
    return SlowClients(port, f"POST {path} HTTP/1.1\r\n{FORM}", "x", number)


def reader(port: int, number: int, path: str) -> SlowClients:
    """Whose answer is larger than what waits on the way."""
    return SlowClients(port, f"GET {path} HTTP/1.1\r\n\r\n", "", number)


def idle(port: int, number: int) -> SlowClients:
    return SlowClients(port, "", "", number)
