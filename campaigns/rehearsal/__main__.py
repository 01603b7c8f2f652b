"""`python -m campaigns.rehearsal FANS LIMIT FAULTS FILE`, as `manage.py rehearse` starts it."""

from __future__ import annotations

import sys
from pathlib import Path

import django


def main(fans: str, limit: str, faults: str, told: str) -> None:
    django.setup()
    from campaigns.rehearsal import night

    night.run(night.Plan(int(fans), float(limit), faults == "faults"), Path(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
