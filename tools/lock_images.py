"""Write the digest of each base image behind its tag, in Dockerfile and docker-compose.yml.

A tag can be moved to another image; a digest is that image. Docker and the network are needed.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
# FROM name:tag@digest, or image: name:tag@digest. The product's own image has a variable there.
NAMED: Final = re.compile(
    r"^(?P<before>FROM |\s+image: )(?P<image>[a-z]+:[\w.-]+)(?:@sha256:[0-9a-f]{64})?", re.MULTILINE
)


def main() -> None:
    for name in ("Dockerfile", "docker-compose.yml"):
        path = ROOT / name
        path.write_text(NAMED.sub(_with_digest, path.read_text()))


def _with_digest(found: re.Match[str]) -> str:
    return f"{found['before']}{found['image']}@{digest_of(found['image'])}"


def digest_of(image: str) -> str:
    """Of the list for all platforms. Ends the program where the registry does not tell it."""
    inspect = ("docker", "buildx", "imagetools", "inspect", "--format", "{{.Manifest.Digest}}")
    done = subprocess.run([*inspect, image], capture_output=True, text=True, check=False)
    digest = done.stdout.strip()
    if not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
        sys.exit(f"Could not find the digest of {image}. {done.stderr.strip()}")
    return digest


if __name__ == "__main__":
    main()
