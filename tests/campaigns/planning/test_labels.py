"""Labels and who is in them."""

from __future__ import annotations

import pytest

from campaigns.models import Role
from campaigns.planning import labels
from tests import factory

pytestmark = pytest.mark.django_db


def test_whoever_makes_a_label_owns_it() -> None:
    user = factory.make_user()

    label = labels.create_label(user, "Demo Label")

    assert [(member.user, member.role) for member in label.memberships.all()] == [
        (user, Role.OWNER),
    ]
