"""What workers share: what the database refuses of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError
from django.utils import timezone

from campaigns.models import Gate, GateName

pytestmark = pytest.mark.django_db


def refused(constraint: str) -> Any:
    """As pytest.raises, in a transaction of its own so that the test can go on."""
    return pytest.raises(IntegrityError, match=constraint)


def test_a_gate_without_a_pace_is_refused() -> None:
    with refused("gate_rate_positive"):
        Gate.objects.create(name=GateName.API, rate=0, free_at=timezone.now())
