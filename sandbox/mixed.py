"""Mixed faults: a share of the calls for fans goes wrong, in all the ways there are, each alike."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

# The ways in which a call goes wrong for one fan. Of a save: an empty 200 is what Spotify sends.
BOTH: Final[list[dict[str, Any]]] = [
    {"kind": "status", "status": 502},
    {"kind": "status", "status": 503, "body": "<html>Service unavailable</html>"},
    {"kind": "status", "status": 500, "after_effect": True},
    {"kind": "reset_before"},
    {"kind": "reset_after_effect"},
    {"kind": "html"},
    {"kind": "redirect"},
    {"kind": "timeout", "seconds": 0.5},
    {"kind": "timeout", "seconds": 0.5, "after_effect": True},
    {"kind": "slow_body"},
    {"kind": "status", "status": 401},
]
FAULTS: Final = {
    "library": BOTH,
    "token.refresh": [*BOTH, {"kind": "empty"}, {"kind": "status", "status": 200, "body": "{"}],
}
SLOW_SECONDS: Final = 0.5


def scripts(
    share: float, seed: int, slow_seconds: float = SLOW_SECONDS
) -> Iterator[dict[str, Any]]:
    """As `POST /_sandbox/faults` takes them."""
    for endpoint, kinds in FAULTS.items():
        each, left = share / len(kinds), 1.0
        for number, kind in enumerate(kinds):
            # Only a call that no fault before it has struck comes to this one.
            probability, left = each / left, left - each
            script: dict[str, Any] = {"endpoint": endpoint, "times": None}
            script["seed"] = seed * 1000 + number
            if kind["kind"] == "slow_body":
                script["seconds"] = slow_seconds
            yield script | {"probability": probability} | kind
