"""People and labels: what the database refuses of them."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from campaigns.models import Membership, Role, User
from tests.factory import make_label, make_member, make_user

pytestmark = pytest.mark.django_db


def refused(constraint: str) -> Any:
    """As pytest.raises, in a transaction of its own so that the test can go on."""
    return pytest.raises(IntegrityError, match=constraint)


def change(rows: Any, **fields: Any) -> None:
    with transaction.atomic():
        rows.update(**fields)


def test_an_address_of_mail_is_taken_once_in_any_case() -> None:
    make_user(email="artist@example.com")
    other = make_user(email="other@example.com")
    with refused("user_email_any_case"):
        change(User.objects.filter(id=other.id), email="Artist@Example.com")


def test_users_are_stored_in_lower_case_and_found_in_any_case() -> None:
    user = make_user(email="Artist@Example.COM")
    assert user.email == "artist@example.com"
    assert User.objects.get_by_natural_key("ARTIST@example.com") == user


def test_a_superuser_needs_only_mail_and_password() -> None:
    user = User.objects.create_superuser("boss@example.com", "correct horse battery")
    assert user.is_staff
    assert user.is_superuser
    assert user.check_password("correct horse battery")


def test_a_user_is_a_member_of_a_label_once() -> None:
    label = make_label()
    user = make_member(label)
    with refused("membership_once_per_label"):
        make_member(label, user, Role.VIEWER)


def test_an_unknown_role_is_refused() -> None:
    label = make_label(make_user())
    with refused("membership_role_known"):
        change(Membership.objects.filter(label=label), role="admin")
