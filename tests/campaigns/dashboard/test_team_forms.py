"""Forms about a label's people: what they take."""

from __future__ import annotations

import pytest

from campaigns.dashboard.team_forms import ROLE_NAMES, InviteForm, NewPasswordForm, RoleForm
from campaigns.models import Role


def test_every_role_has_a_name_and_can_be_chosen() -> None:
    assert ROLE_NAMES.keys() == set(Role)
    for role in Role:
        form = RoleForm({"role": role.value})
        assert form.is_valid()
        assert form.cleaned_data["role"] is role


@pytest.mark.parametrize("given", [{}, {"role": ""}, {"role": "admin"}])
def test_another_role_is_refused(given: dict[str, str]) -> None:
    assert not RoleForm(given).is_valid()


@pytest.mark.parametrize("email", ["", "guest", "guest@", "a@example.com\nBcc: b@example.com"])
def test_an_invitation_needs_an_address(email: str) -> None:
    assert "email" in InviteForm({"email": email, "role": "viewer"}).errors


@pytest.mark.parametrize("around", ["{}", " {}\u200b", "\ufeff{}", "{}\u202c", "{}\u2060"])
def test_an_invitation_goes_to_the_address_without_what_nobody_sees(around: str) -> None:
    form = InviteForm({"email": around.format("guest@example.com"), "role": "viewer"})
    assert form.is_valid()
    assert form.cleaned_data["email"] == "guest@example.com"


@pytest.mark.parametrize(
    "password", ["", "too short", "password12", "guest@example.com", "1234567890"]
)
def test_a_weak_password_is_refused(password: str) -> None:
    form = NewPasswordForm({"password": password}, email="guest@example.com")
    assert "password" in form.errors


def test_a_password_is_taken_as_it_is() -> None:
    form = NewPasswordForm({"password": "  with its spaces  "}, email="guest@example.com")
    assert form.is_valid()
    assert form.cleaned_data["password"] == "  with its spaces  "
