"""Asks the Python advisory database about each package of the image, through pip-audit.

That needs the network. Where the service does not answer, this says so loudly, and fails if told
that an answer is required.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any, Final

NOT_CHECKED: Final = """\

!! KNOWN VULNERABILITIES WERE NOT CHECKED: the advisory service did not answer about {what}.
!! Run `make audit` again where it can be reached, before you trust this result.
"""


def main(pip_audit: str, requirements: str, *options: str) -> int:
    done = subprocess.run(
        [
            *(pip_audit, "--disable-pip", "--require-hashes", "--progress-spinner=off"),
            *("--format=json", "--requirement", requirements),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    return verdict(done.stdout, is_required="--required" in options)


def verdict(report: str, *, is_required: bool) -> int:
    """Print what pip-audit's JSON says, and give the exit code that follows from it."""
    packages = _packages(report)
    vulnerable = [package for package in packages if package.get("vulns")]
    for package in vulnerable:
        for found in package["vulns"]:
            fixed = ", ".join(found["fix_versions"]) or "no version yet"
            print(f"{package['name']} {package['version']}: {found['id']}, fixed in {fixed}.")
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    if skipped or not packages:
        what = f"{len(skipped)} of {len(packages)} packages" if packages else "any package"
        print(NOT_CHECKED.format(what=what), file=sys.stderr)
        return 1 if vulnerable or is_required else 0
    if not vulnerable:
        print(f"No known vulnerability in {len(packages)} packages.")
    return 1 if vulnerable else 0


def _packages(report: str) -> list[dict[str, Any]]:
    try:
        return list(json.loads(report)["dependencies"])
    except ValueError:  # no network: pip-audit ends with a traceback in place of a report
        return []


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
