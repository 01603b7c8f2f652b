"""A label's people on its page, and the way of an invitation from the form to the label."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from campaigns.models import Invitation, Label, Role, User
from campaigns.planning import invitations
from tests import factory
from tests.fans import text_of
from tests.log_ins import logged_in

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db

GUEST = "guest@example.com"
NEW_PASSWORD = "another fine password"


@pytest.fixture(autouse=True)
def _fresh_limits() -> None:
    cache.clear()


@pytest.fixture
def browser(artist: User, label: Label) -> Client:
    """The label's owner, who has just confirmed the password."""
    return logged_in(artist)


@pytest.fixture
def page(label: Label) -> str:
    return f"/dashboard/labels/{label.id}"


@pytest.fixture
def link(label: Label, artist: User) -> str:
    invited = invitations.invite(label, GUEST, Role.EDITOR, artist, timezone.now())
    return path_of(invited.link.reveal())


def path_of(text: str) -> str:
    found = re.search(r"/dashboard/invitations/[\w-]{43}", text)
    assert found
    return found[0]


def test_members_see_each_other_with_their_roles(label: Label, artist: User, page: str) -> None:
    viewer = factory.make_member(label, role=Role.VIEWER)
    shown = text_of(logged_in(viewer).get(page))
    assert artist.email in shown
    assert f"{viewer.email}</strong> (you)" in shown
    assert re.search(r'class="role">Owner<.*class="role">Viewer<|Viewer<.*Owner<', shown)


def test_an_owner_changes_a_role_and_removes_a_member(
    browser: Client, label: Label, page: str
) -> None:
    editor = factory.make_member(label)
    member = f"{page}/members/{editor.memberships.get().id}"

    assert "Role changed." in text_of(
        browser.post(f"{member}/role", {"role": "viewer"}, follow=True)
    )
    assert editor.memberships.get().role == Role.VIEWER
    again = text_of(browser.post(f"{member}/role", {"role": "viewer"}, follow=True))
    assert "Role changed." not in again
    assert "already their role" in again
    browser.post(f"{member}/role", {"role": "admin"})
    assert editor.memberships.get().role == Role.VIEWER

    assert f"{editor.email} loses access to Demo Label" in text_of(browser.get(f"{member}/remove"))
    removed = text_of(browser.post(f"{member}/remove", follow=True))
    assert f"{editor.email} is no longer a member." in removed
    assert not editor.memberships.exists()


def test_the_last_owner_is_told_why_they_stay(browser: Client, artist: User, page: str) -> None:
    asked = text_of(browser.get(f"{page}/leave"))
    assert "You're the only owner of this label." in asked
    assert "Leave label" not in asked
    told = text_of(browser.post(f"{page}/leave", follow=True))
    assert "A label needs an owner, and this is the last one." in told
    assert artist.memberships.exists()


def test_a_member_leaves(label: Label, page: str) -> None:
    viewer = factory.make_member(label, role=Role.VIEWER)
    client = logged_in(viewer)

    assert "Leave Demo Label?" in text_of(client.get(f"{page}/leave"))
    left = text_of(client.post(f"{page}/leave", follow=True))

    assert "You left Demo Label." in left
    assert "Create a label first" in left


def test_the_password_is_asked_first_and_the_act_then_done(
    artist: User, label: Label, page: str
) -> None:
    editor = factory.make_member(label)
    client = Client()
    client.force_login(artist)

    role = f"{page}/members/{editor.memberships.get().id}/role"
    asked = client.post(role, {"role": "viewer"})
    assert editor.memberships.get().role == Role.EDITOR
    client.post(asked.headers["Location"], {"password": "wrong"})
    assert editor.memberships.get().role == Role.EDITOR
    client.post(asked.headers["Location"], {"password": factory.PASSWORD})

    assert editor.memberships.get().role == Role.VIEWER


def test_without_email_the_link_is_shown_once(browser: Client, label: Label, page: str) -> None:
    answer = browser.post(f"{page}/invite", {"email": GUEST, "role": "editor"})

    shown = text_of(answer)
    assert "Send this link" in shown
    assert "no-store" in answer.headers["Cache-Control"]
    assert invitations.behind(path_of(shown).rpartition("/")[2], timezone.now())
    label_page = text_of(browser.get(page))
    assert GUEST in label_page
    assert "/dashboard/invitations/" not in label_page


def test_with_email_the_link_is_sent_and_shown_to_nobody(
    browser: Client, page: str, settings: Settings
) -> None:
    settings.SENDS_EMAIL = True

    shown = text_of(browser.post(f"{page}/invite", {"email": GUEST, "role": "editor"}, follow=True))

    assert f"Invitation sent to {GUEST}." in shown
    assert "/dashboard/invitations/" not in shown
    assert settings.PUBLIC_URL in str(mail.outbox[0].body)
    assert path_of(str(mail.outbox[0].body))


@pytest.mark.parametrize("has_account", [True, False])
def test_the_form_says_the_same_whether_the_address_has_an_account(
    browser: Client, page: str, settings: Settings, has_account: bool
) -> None:
    settings.SENDS_EMAIL = True
    if has_account:
        factory.make_user(email=GUEST)

    answer = browser.post(f"{page}/invite", {"email": GUEST, "role": "editor"})

    assert answer.headers["Location"] == page
    assert len(mail.outbox) == 1


def test_an_error_comes_back_with_what_was_entered(
    browser: Client, artist: User, page: str
) -> None:
    shown = text_of(browser.post(f"{page}/invite", {"email": artist.email, "role": "viewer"}))
    assert "This person is already a member." in shown
    assert f'value="{artist.email}"' in shown


def test_an_owner_withdraws_an_invitation(
    browser: Client, label: Label, link: str, page: str
) -> None:
    address = f"{page}/invitations/{label.invitations.get().id}/withdraw"

    assert "Invitation withdrawn." in text_of(browser.post(address, follow=True))

    assert Client().get(link).status_code == 404


@pytest.mark.parametrize("has_account", [True, False])
def test_the_links_page_tells_nobody_whether_there_is_an_account(
    link: str, has_account: bool
) -> None:
    without = text_of(Client().get(link))
    if has_account:
        factory.make_user(email=GUEST)

    answer = Client().get(link)

    hide = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')
    assert hide.sub("", text_of(answer)) == hide.sub("", without)
    assert "no-store" in answer.headers["Cache-Control"]
    assert answer.headers["Referrer-Policy"] == "strict-origin"
    assert "New here?" in text_of(answer)
    assert "Log in and join" in text_of(answer)


def test_a_guest_without_an_account_sets_a_password_and_is_in(link: str, page: str) -> None:
    client = Client(enforce_csrf_checks=True)
    form = client.get(link).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
    assert token
    sent = {"password": NEW_PASSWORD, "csrfmiddlewaretoken": token[1]}

    answer = client.post(link, sent)

    assert answer.headers["Location"] == page
    shown = text_of(client.get(page))
    assert "(you)" in shown
    assert "You joined Demo Label as Editor." in shown
    assert "logged in." not in shown
    guest = User.objects.get(email=GUEST)
    assert guest.check_password(NEW_PASSWORD)
    assert not EmailAddress.objects.get(user=guest).verified  # the link was copied by hand


def test_a_weak_password_is_refused_and_the_link_stays_good(link: str) -> None:
    shown = text_of(Client().post(link, {"password": "password12"}))
    assert "too common" in shown
    assert not User.objects.filter(email=GUEST).exists()
    assert Client().get(link).status_code == 200


def test_a_guest_with_an_account_logs_in_and_joins(link: str, page: str) -> None:
    guest, client = factory.make_user(email=GUEST), Client()
    form = {"login": GUEST, "password": factory.PASSWORD, "next": link}
    assert client.post("/accounts/login/", form).headers["Location"] == link
    assert "Join Demo Label" in text_of(client.get(link))

    for _ in range(2):  # a button may be pressed twice
        assert client.post(link).headers["Location"] == page

    assert guest.memberships.get().role == Role.EDITOR
    assert text_of(client.get(page)).count("You joined Demo Label as Editor.") == 1


def test_where_nobody_confirmed_the_address_a_new_password_comes_first(
    link: str, page: str
) -> None:
    guest, here, there = factory.make_user(email=GUEST), Client(), Client()
    EmailAddress.objects.create(user=guest, email=GUEST, primary=True)
    for client in (here, there):
        client.post("/accounts/login/", {"login": GUEST, "password": factory.PASSWORD})

    answer = here.post(link)
    assert "please set a new password" in text_of(here.get(answer.headers["Location"]))
    new = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    answer = here.post(answer.headers["Location"], new)

    assert answer.headers["Location"] == page
    assert here.get(page).status_code == 200
    assert there.get(page).status_code == 302
    guest.refresh_from_db()
    assert guest.check_password(NEW_PASSWORD)


def test_a_password_for_an_account_that_has_one_opens_nothing(link: str) -> None:
    guest, client = factory.make_user(email=GUEST), Client()

    shown = text_of(client.post(link, {"password": NEW_PASSWORD}, follow=True))

    assert "There is already an account for this address. Log in to accept" in shown
    assert client.get("/dashboard").status_code == 302
    assert not guest.memberships.exists()


@pytest.mark.parametrize("method", ["get", "post"])
def test_somebody_else_who_is_logged_in_is_told_so(link: str, method: str) -> None:
    other = factory.make_user()
    client = Client()
    client.force_login(other)

    answer = getattr(client, method)(link)

    assert answer.status_code == 403
    assert f"You're logged in as {other.email}, but this invitation is for {GUEST}." in text_of(
        answer
    )
    assert not other.memberships.exists()


def test_a_dead_link_says_the_same_whatever_it_died_of(link: str, label: Label) -> None:
    unknown = text_of(Client().get("/dashboard/invitations/never-was"))
    assert "This link no longer works" in unknown

    Client().post(link, {"password": NEW_PASSWORD})
    assert text_of(Client().get(link)) == unknown
    Invitation.objects.update(used_at=None, expires_at=timezone.now() - timedelta(seconds=1))
    assert text_of(Client().get(link)) == unknown
    assert Client().post(link, {"password": NEW_PASSWORD}).status_code == 404
