"""How saves and consents share the token endpoint. Saves come first: consents are sure of a small
part of what it is believed to take, and have whatever the saves leave.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from campaigns.gate.learning import LATELY, calls_in_window, lately
from campaigns.gate.rows import cap, pace
from campaigns.models import Gate, GateName

SHARE_OF_CONSENTS: Final = 1 / 10


def pace_beside_consents(gate: Gate, now: datetime) -> float:
    """How many saves a second this half lets through now."""
    if gate.name != GateName.ACCOUNTS:
        return pace(gate)
    consents = min(lately(_consents(), now), gate.rate * SHARE_OF_CONSENTS)
    return min(gate.rate - consents, cap())


def pace_of_consents(accounts: Gate, consents: Gate, now: datetime) -> float:
    """How many code exchanges a second the token endpoint lets through now."""
    saves = lately(accounts, now) - lately(consents, now)
    return max(accounts.rate - saves, accounts.rate * SHARE_OF_CONSENTS)


def are_saves_wanted(accounts: Gate, now: datetime) -> bool:
    return accounts.free_at > now - LATELY


def least_after_429(gate: Gate, now: datetime) -> float:
    """What the token endpoint's rate is not lowered below for a 429 that nothing explains: where
    consents were sent, they are what slows down, and the saves keep their pace.
    """
    is_theirs = gate.name == GateName.ACCOUNTS and calls_in_window(_consents(), now)
    return pace(gate) / (1 - SHARE_OF_CONSENTS) if is_theirs else 0.0


def _consents() -> Gate:
    consents = Gate.objects.filter(name=GateName.CONSENTS).first()
    return consents or Gate(name=GateName.CONSENTS)
