"""Set up from a copy of the checkout, play a release, and remove all of it."""

from __future__ import annotations

import os
import re
import shutil
import ssl
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.error import URLError

from deploy.server import engine
from tests.compose_smoke import night
from tests.compose_smoke.browser import SmokeError

ROOT = Path(__file__).resolve().parent.parent.parent
ANSWERS = {
    "COMPOSE_PROJECT_NAME": "presave-smoke",
    "IMAGE": "presave-smoke",
    "PUBLIC_URL": night.PRESAVE,
    "OPERATOR_NAME": "A$AP Label #1's",
    "OPERATOR_CONTACT": "operator@example.com",
    "LOG_IN_EMAIL": night.EMAIL,
}
CERTIFICATE = "/data/caddy/pki/authorities/local/root.crt"


def main() -> int:
    try:
        engine.check()
    except engine.EngineError as error:
        print(f"compose-smoke needs a container engine, and there is none here. {error}")
        return 1
    with tempfile.TemporaryDirectory(prefix="presave-smoke-") as place:
        checkout = Path(place) / "presave"
        copy_checkout(checkout)
        forget_image()
        try:
            invitation = set_up(checkout)
            night.play(invitation, trust(checkout))
        except (SmokeError, URLError, ssl.SSLError) as error:
            compose(checkout, "logs", "--tail", "40")
            print(f"\ncompose-smoke failed. {error}")
            return 1
        finally:
            compose(checkout, "down", "--volumes", "--remove-orphans")
            forget_image()
    print("compose-smoke passed.")
    return 0


def copy_checkout(target: Path) -> None:
    """What git knows of, or would: no .env and no secrets."""
    command = ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-zco", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


def set_up(checkout: Path) -> str:
    """Returns the invitation's address. Raises SmokeError."""
    command = [sys.executable, "presavectl", "setup", "--sandbox"]
    with subprocess.Popen(
        command,
        cwd=checkout,
        env={**os.environ, **ANSWERS},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            print(line, end="", flush=True)
            said.append(line)
    link = re.search(rf"{night.PRESAVE}/accounts/\S+", "".join(said))
    if process.returncode or not link:
        raise SmokeError("The set-up did not come to an invitation.")
    return link[0]


def trust(checkout: Path) -> ssl.SSLContext:
    """The authority that Caddy made for names that no public one certifies."""
    told = subprocess.run(
        ["docker", "compose", "exec", "-T", "caddy", "cat", CERTIFICATE],
        cwd=checkout,
        env={**os.environ, **ANSWERS},
        capture_output=True,
        text=True,
        check=False,
    )
    if told.returncode:
        raise SmokeError(f"Caddy has no certificate of its own: {told.stderr}")
    return ssl.create_default_context(cadata=told.stdout)


def forget_image() -> None:
    """Else the next run would take it for its own."""
    listed = ["docker", "image", "ls", "--quiet", ANSWERS["IMAGE"]]
    found = subprocess.run(listed, capture_output=True, text=True, check=False).stdout.split()
    if found:
        subprocess.run(["docker", "image", "rm", *found], stdout=subprocess.DEVNULL, check=False)


def compose(checkout: Path, *arguments: str) -> None:
    subprocess.run(
        ["docker", "compose", *arguments],
        cwd=checkout,
        env={**os.environ, **ANSWERS},
        check=False,
    )


if __name__ == "__main__":
    sys.exit(main())
