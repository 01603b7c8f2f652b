"""`manage.py invite`: account, label, role, and a link that sets a password once."""

from __future__ import annotations

import re
from io import StringIO
from typing import TYPE_CHECKING

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from campaigns.models import Label, Role, User
from tests import factory

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db

EMAIL = "artist@example.com"
NEW_PASSWORD = "another fine password"


def invite(email: str = EMAIL, label: str = "Demo Label", role: str | None = None) -> str:
    output = StringIO()
    call_command("invite", email, label=label, role=role, stdout=output)
    return output.getvalue()


def path_in(output: str, origin: str) -> str:
    found = re.search(rf"^{re.escape(origin)}(/accounts/password/reset/key/\S+)$", output, re.M)
    assert found, output
    return found[1]


def set_password(path: str, password: str = NEW_PASSWORD) -> str:
    """As a browser does it: follow the link, then send the form to where it led."""
    client = Client()
    form = client.get(path, follow=True)
    if not form.redirect_chain:
        return str(form.content.decode())
    answer = client.post(
        form.redirect_chain[-1][0], {"password1": password, "password2": password}, follow=True
    )
    return str(answer.content.decode())


def test_a_set_up_that_is_repeated_invites_once() -> None:
    output = StringIO()
    call_command("invite", EMAIL, label="Demo Label", if_first=True, stdout=output)
    assert "/accounts/password/reset/key/" in output.getvalue()

    again = StringIO()
    call_command("invite", "second@example.com", label="Demo Label", if_first=True, stdout=again)
    assert again.getvalue() == "Somebody was invited before, so nobody is invited now.\n"
    assert not User.objects.filter(email="second@example.com").exists()


def roles_of(label: str) -> dict[str, str]:
    members = Label.objects.get(name=label).memberships.all()
    return {member.user.email: member.role for member in members}


def test_an_invited_artist_sets_a_password_and_logs_in(settings: Settings) -> None:
    output = invite()
    assert "artist@example.com is owner of Demo Label" in output
    assert not User.objects.get().has_usable_password()

    assert "Password set" in set_password(path_in(output, settings.PUBLIC_URL))

    client = Client()
    answer = client.post("/accounts/login/", {"login": EMAIL, "password": NEW_PASSWORD})
    assert answer.headers["Location"] == "/dashboard"
    assert b"Create your first campaign" in client.get("/dashboard").content


def test_nobody_asks_an_invited_artist_to_confirm_the_address(settings: Settings) -> None:
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"  # as where sign-up is open
    set_password(path_in(invite(), settings.PUBLIC_URL))

    answer = Client().post("/accounts/login/", {"login": EMAIL, "password": NEW_PASSWORD})

    assert answer.headers["Location"] == "/dashboard"


def test_a_link_works_once(settings: Settings) -> None:
    path = path_in(invite(), settings.PUBLIC_URL)
    set_password(path)

    page = set_password(path, "a password of somebody else")

    assert "This link has expired" in page
    assert "Ask your site administrator" in page
    assert User.objects.get().check_password(NEW_PASSWORD)


def test_a_weak_password_is_refused_in_words(settings: Settings) -> None:
    page = set_password(path_in(invite(), settings.PUBLIC_URL), "password12")

    assert "Error: Set your password" in page
    assert "too common" in page
    assert not User.objects.get().has_usable_password()


def test_inviting_again_gives_a_new_link_and_changes_nothing_else(settings: Settings) -> None:
    set_password(path_in(invite(), settings.PUBLIC_URL))

    again = invite("ARTIST@example.com", "demo label")

    assert User.objects.count() == Label.objects.count() == 1
    assert roles_of("Demo Label") == {EMAIL: Role.OWNER}
    assert User.objects.get().check_password(NEW_PASSWORD)
    assert "Password set" in set_password(path_in(again, settings.PUBLIC_URL), "yet another one")


def test_the_first_member_owns_the_label_and_others_edit_unless_said() -> None:
    invite("first@example.com")
    invite("second@example.com")
    invite("third@example.com", role="viewer")

    assert roles_of("Demo Label") == {
        "first@example.com": Role.OWNER,
        "second@example.com": Role.EDITOR,
        "third@example.com": Role.VIEWER,
    }


def test_a_role_that_is_said_replaces_the_old_one() -> None:
    invite(role="viewer")
    invite()
    assert roles_of("Demo Label") == {EMAIL: Role.VIEWER}

    invite(role="editor")
    assert roles_of("Demo Label") == {EMAIL: Role.EDITOR}


def test_of_labels_with_one_name_the_id_says_which() -> None:
    wanted, other = factory.make_label(), factory.make_label()

    with pytest.raises(CommandError, match=str(other.id)):
        invite()
    assert not User.objects.exists()

    invite(label=str(wanted.id))
    assert wanted.members.get().email == EMAIL
    assert not other.members.exists()


@pytest.mark.parametrize(
    ("email", "label", "why"),
    [
        ("artist", "Demo Label", "not an email address"),
        ("", "Demo Label", "not an email address"),
        (EMAIL, " ", "1 to 100 characters"),
        (EMAIL, "a" * 101, "1 to 100 characters"),
        (EMAIL, "00000000-0000-4000-8000-000000000000", "no label with the id"),
    ],
)
def test_what_cannot_be_is_refused_and_leaves_nothing(email: str, label: str, why: str) -> None:
    with pytest.raises(CommandError, match=why):
        invite(email, label)

    assert not User.objects.exists()
    assert not Label.objects.exists()


def test_an_account_that_is_switched_off_stays_off() -> None:
    factory.make_user(email=EMAIL, is_active=False)

    with pytest.raises(CommandError, match="switched off"):
        invite()

    assert not Label.objects.exists()
