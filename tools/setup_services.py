"""`make test` runs this first: find Postgres, gettext, FriBiDi, libical, nginx and Chromium,
install what is missing, or say how.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from ctypes.util import find_library
from pathlib import Path

from tests.browser import (
    HEADLESS_SHELL,
    ChromiumNotFoundError,
    DriverBrokenError,
    check_driver,
    find_chromium,
)
from tests.libical import LibicalNotFoundError, find_libical
from tests.nginx import NginxNotFoundError, find_nginx
from tests.postgres import PostgresNotFoundError, find_binaries
from tools.messages import GettextNotFoundError, find_gettext

CLUSTER_CONFIG = Path("/etc/postgresql-common/createcluster.conf")


class FriBiDiNotFoundError(Exception):
    """The library is missing with which Pillow sets Arabic and Hebrew."""


def main() -> None:
    _find_or_install(find_binaries, PostgresNotFoundError, [install_postgres])
    _find_or_install(find_gettext, GettextNotFoundError, [install_gettext])
    _find_or_install(find_fribidi, FriBiDiNotFoundError, [install_fribidi])
    _find_or_install(find_libical, LibicalNotFoundError, [install_libical])
    _find_or_install(find_nginx, NginxNotFoundError, [install_nginx])
    _find_or_install(check_driver, DriverBrokenError, [install_driver_libraries])
    install_headless_shell()
    _find_or_install(find_chromium, ChromiumNotFoundError, [install_chromium, download_chromium])


def _find_or_install(
    find: Callable[[], object],
    missing: type[Exception],
    attempts: list[Callable[[], None]],
) -> None:
    for attempt in attempts:
        try:
            find()
            return
        except missing:
            attempt()
    try:
        find()
    except missing as error:
        sys.exit(str(error))


def install_postgres() -> None:
    """Install Debian's server without the cluster that it would create and start."""
    if not _may_install():
        return
    _apt_install("postgresql-common")
    original = CLUSTER_CONFIG.read_text()
    CLUSTER_CONFIG.write_text(f"{original}\ncreate_main_cluster = false\n")
    try:
        _apt_install("postgresql")
    finally:
        CLUSTER_CONFIG.write_text(original)


def install_gettext() -> None:
    if _may_install():
        _apt_install("gettext")


def find_fribidi() -> None:
    if not find_library("fribidi"):
        raise FriBiDiNotFoundError(
            "FriBiDi is missing, with which story pictures set Arabic and Hebrew. "
            "Install it: apt-get install libfribidi0, dnf install fribidi, or brew install fribidi."
        )


def install_fribidi() -> None:
    if _may_install():
        _apt_install("libfribidi0")


def install_libical() -> None:
    if _may_install():
        _apt_install("libical3")


def install_nginx() -> None:
    if _may_install():
        _apt_install("nginx-light")


def install_driver_libraries() -> None:
    if _may_install():
        _apt_install("libatomic1", "libstdc++6")


def install_headless_shell() -> None:
    """On Debian, which has that package; the tests run without it as well, and take longer."""
    is_debian = _may_install() and platform.freedesktop_os_release()["ID"] == "debian"
    if is_debian and not shutil.which(HEADLESS_SHELL):
        _apt_install(HEADLESS_SHELL)


def install_chromium() -> None:
    if _may_install():
        _apt_install("chromium")


def download_chromium() -> None:
    """Playwright's own build, with the system libraries it needs where those may be installed."""
    extra = ["--with-deps"] if _may_install() else []
    _run([sys.executable, "-m", "playwright", "install", *extra, "chromium"])


def _may_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def _apt_install(*packages: str) -> None:
    _run(["apt-get", "update", "--quiet"])
    _run(["apt-get", "install", "--yes", "--no-install-recommends", *packages])


def _run(command: list[str]) -> None:
    """Run it and show its output only when it fails: what is still missing is reported later."""
    print(f"Running: {' '.join(command)}")
    # In this run level Debian starts no service, as nginx, that it has just installed.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    done = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
    )
    if done.returncode != 0:
        sys.stderr.write(done.stdout.decode(errors="replace")[-2000:])


if __name__ == "__main__":
    main()
