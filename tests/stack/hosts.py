"""Machines of their own on this one: network namespaces, each of which sees its loopback alone."""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from embedded.processes import LOOPBACK, Process, spawn

CLONE_NEWNET: Final = 0x40000000


class Host:
    """`ports`: what its loopback leads to on this machine, by port; as wires would."""

    def __init__(self, name: str, ports: Mapping[int, int]) -> None:
        self.name = f"presave-{os.getpid()}-{name}"
        self._ports = ports
        self._closing = ExitStack()
        self._logs: list[Path] = []
        # How often each port was called.
        self.calls = dict.fromkeys(ports, 0)

    def __enter__(self) -> Self:
        _ip("netns", "add", self.name)
        self._closing.callback(_ip, "netns", "delete", self.name)
        _ip("-n", self.name, "link", "set", "lo", "up")
        for port, target in self._ports.items():
            listener = self._closing.enter_context(self._listener(port))
            self._closing.callback(_end, listener)
            threading.Thread(target=self._serve, args=(listener, port, target), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._closing.close()

    def start(self, argv: Sequence[str | Path], env: Mapping[str, str], log_path: Path) -> Process:
        process = spawn(["ip", "netns", "exec", self.name, *argv], env, log_path)
        self._closing.callback(process.stop)
        self._logs.append(log_path)
        return process

    @property
    def log(self) -> str:
        return "".join(path.read_text(errors="replace") for path in self._logs)

    def _listener(self, port: int) -> socket.socket:
        """Made on a thread that has gone over: a socket stays where it was made."""
        made: list[socket.socket] = []

        def make() -> None:
            with open(f"/run/netns/{self.name}", "rb") as namespace:
                if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET):
                    raise OSError(ctypes.get_errno(), "setns")
            made.append(socket.create_server((LOOPBACK, port)))

        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        return made[0]

    def _serve(self, listener: socket.socket, port: int, target: int) -> None:
        with suppress(OSError):  # closed
            while True:
                line, _ = listener.accept()
                self.calls[port] += 1
                threading.Thread(target=_carry, args=(line, target), daemon=True).start()


def _carry(line: socket.socket, target: int) -> None:
    with line, suppress(OSError), socket.create_connection((LOOPBACK, target)) as there:
        back = threading.Thread(target=_pump, args=(there, line), daemon=True)
        back.start()
        _pump(line, there)
        back.join()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


def _end(listener: socket.socket) -> None:
    """Closing alone would leave the thread that waits there."""
    with suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)
