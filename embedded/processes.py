"""Child processes that die with their parent, and waiting until they answer."""

from __future__ import annotations

import ctypes
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

LOOPBACK = "127.0.0.1"
POLL_SECONDS = 0.02
PR_SET_PDEATHSIG = 1
# Loaded here: between fork and exec nothing may be imported.
_WITHOUT_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


class StartError(Exception):
    """A server that was started did not come to answer; the message says why."""


class Process:
    """A child in a process group of its own, with its output in a file."""

    def __init__(self, popen: subprocess.Popen[bytes], log_path: Path) -> None:
        self._popen = popen
        self.log_path = log_path

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs; -9 if signal 9 ended it."""
        return self._popen.poll()

    @property
    def log(self) -> str:
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def signal(self, number: int) -> None:
        """Send a signal to the process alone, not to its children."""
        self._popen.send_signal(number)

    def kill9(self) -> None:
        """Kill the process and its children at once, as a power cut would."""
        _signal_group(self.pid, signal.SIGKILL)
        self._popen.wait()

    def wait(self, seconds: float) -> int:
        """The exit code. Raises subprocess.TimeoutExpired when the process still runs then."""
        return self._popen.wait(seconds)

    def stop(self, seconds: float = 10) -> None:
        """Ask the process to end, and kill the group after so many seconds."""
        if self._popen.poll() is None:
            self._popen.terminate()
            try:
                self._popen.wait(seconds)
            except subprocess.TimeoutExpired:
                pass
        self.kill9()


def spawn(
    argv: Sequence[str | Path],
    env: Mapping[str, str] | None,
    log_path: Path,
    user: str | None = None,
    death_signal: int = signal.SIGTERM,
) -> Process:
    """Start a child that gets `death_signal` when the thread that called this ends (Linux)."""
    with log_path.open("ab") as log:
        popen = subprocess.Popen(
            [str(argument) for argument in argv],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=user,
            group=_group_of(user),
            extra_groups=None if user is None else [],
            preexec_fn=_die_with_parent(death_signal),
        )
    return Process(popen, log_path)


def free_port() -> int:
    """A loopback port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def wait_until(
    ready: Callable[[], bool], seconds: float, name: str, process: Process | None = None
) -> None:
    """Poll `ready`. Raises StartError when the time is up, or at once when the process ends."""
    deadline = time.monotonic() + seconds
    while not ready():
        if process is not None and process.exit_code is not None:
            raise StartError(f"{name} ended instead of answering. {_last_words(process)}")
        if time.monotonic() > deadline:
            raise StartError(f"{name} did not answer in {seconds:g} s. {_last_words(process)}")
        time.sleep(POLL_SECONDS)


def wait_for_http(url: str, seconds: float, process: Process | None = None) -> None:
    """Wait until a GET of `url` answers with a status below 500."""
    wait_until(lambda: _answers(url), seconds, url, process)


def _answers(url: str) -> bool:
    try:
        with _WITHOUT_PROXY.open(url, timeout=2):
            return True
    except urllib.error.HTTPError as error:
        return error.code < 500
    except (OSError, http.client.HTTPException):
        return False


def _last_words(process: Process | None) -> str:
    if process is None:
        return ""
    lines = process.log.strip().splitlines()[-5:]
    return "Its last words: " + " / ".join(lines) if lines else "It said nothing."


def _signal_group(group: int, number: int) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        pass  # macOS answers "not permitted" for a group whose members have all ended


def _group_of(user: str | None) -> int | None:
    if user is None:
        return None
    import pwd

    return pwd.getpwnam(user).pw_gid


def _die_with_parent(death_signal: int) -> Callable[[], None] | None:
    """What the child runs before exec. It comes after a change of user, which would undo it."""
    if _LIBC is None:
        return None
    libc, parent = _LIBC, os.getpid()

    def ask_the_kernel() -> None:
        libc.prctl(PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != parent:
            os._exit(1)

    return ask_the_kernel
