"""The OAuth state that goes to Spotify and back with a fan: ours alone, and good for one return.

https://www.rfc-editor.org/rfc/rfc6749#section-10.12
"""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Final

from django.utils.crypto import constant_time_compare, salted_hmac

from campaigns.consent import receipts
from campaigns.consent.cookie import COOKIE_LIFETIME
from campaigns.models import SpentState

# 256 bits, so that it cannot be guessed.
STATE_BYTES: Final = 32


def new(slug: str, language: str = "") -> str:
    """Slug and language in front let a fan whose cookie got lost be led back to where they came
    from; the seal behind tells a forged return without a look into the database.
    """
    unsealed = ".".join([slug, language, secrets.token_urlsafe(STATE_BYTES)])
    return f"{unsealed}.{_seal(unsealed)}"


def slug_of(state: str) -> str:
    """The campaign that a state of ours was made for; empty for one that was made up."""
    return state.partition(".")[0] if is_ours(state) else ""


def language_of(state: str) -> str:
    """The language that the fan had chosen, as the state says: anything at all may stand there."""
    return state.partition(".")[2].partition(".")[0]


def spent_at(state: str) -> datetime | None:
    """When this state came back from Spotify; None for one that has not, or is not ours."""
    if not is_ours(state):
        return None  # not worth a query
    spent = SpentState.objects.filter(digest=receipts.digest(state))
    return spent.values_list("spent_at", flat=True).first()


def spend(state: str, now: datetime) -> bool:
    """Burn the state before the exchange; of two returns with the same state only one can."""
    digest, defaults = receipts.digest(state), {"spent_at": now}
    _, is_first = SpentState.objects.get_or_create(digest=digest, defaults=defaults)
    return is_first


def give_back(state: str) -> None:
    """The exchange did not take place: the same return counts when it comes again."""
    SpentState.objects.filter(digest=receipts.digest(state)).delete()


def is_ours(state: str) -> bool:
    unsealed, _, seal = state.rpartition(".")
    return constant_time_compare(seal, _seal(unsealed))


def _seal(state: str) -> str:
    # The salt is a value on the wire, whatever the modules are called.
    return salted_hmac("campaigns.authorising.state", state, algorithm="sha256").hexdigest()[:32]


def forget_spent_states(now: datetime) -> int:
    """A state older than its cookie cannot come back."""
    forgotten, _ = SpentState.objects.filter(spent_at__lt=now - COOKIE_LIFETIME).delete()
    return forgotten
