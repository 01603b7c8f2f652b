"""The list of secret files that a backup carries: their names and what tells whether a file is the
same, and nothing of what is in them. Only the containers' user may read them, so a container writes
it: `python -m deploy.server.secrets_list DIRECTORY`.
"""

from __future__ import annotations

import hashlib
import hmac
import sys
from pathlib import Path
from typing import Any, Final

from deploy.server import compose

# Long and random, so that its digests tell nobody anything; a mail password may be short, and a
# digest without a key would let anybody try which it is.
KEY: Final = "secret_key"


def read(config: dict[str, Any]) -> str:
    """The list of this server's secrets. Raises CommandError."""
    [directory] = {str(Path(secret["file"]).parent) for secret in config["secrets"].values()}
    return compose.docker(
        *("run", "--rm", "--network", "none", "--user", "0:0", "--workdir", "/checkout"),
        *("--volume", f"{compose.CHECKOUT}/deploy:/checkout/deploy:ro"),
        *("--volume", f"{directory}:/checkout/secrets:ro"),
        *("--env", "PYTHONDONTWRITEBYTECODE=1", "--entrypoint", "python"),
        config["services"]["web"]["image"],
        *("-m", "deploy.server.secrets_list", "/checkout/secrets"),
    )


def write(directory: Path) -> str:
    """A line for each file: its name and its digest. Raises OSError."""
    key = (directory / KEY).read_bytes()
    paths = sorted(path for path in directory.iterdir() if path.is_file())
    return "".join(f"{path.name} {_digest(key, path)}\n" for path in paths)


def _digest(key: bytes, path: Path) -> str:
    content = path.name.encode() + b"\0" + path.read_bytes()
    return hmac.new(key, content, hashlib.sha256).hexdigest()


def compare(then: str, now: str) -> list[str]:
    """What is missing now or another, in sentences."""
    listed, here = (dict(line.split() for line in text.splitlines()) for text in (then, now))
    missing = [f"{name} is missing." for name in listed if name not in here]
    if listed.get(KEY) != here.get(KEY):
        return [*missing, f"{KEY} is another one, so nobody can tell whether the others are."]
    changed = [name for name in listed if name in here and here[name] != listed[name]]
    return [*missing, *(f"{name} is another one." for name in changed)]


if __name__ == "__main__":
    sys.stdout.write(write(Path(sys.argv[1])))
