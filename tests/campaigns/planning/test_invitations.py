"""Invitations: whom they let in, how often, and what they tell."""

from __future__ import annotations

import smtplib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from campaigns.models import Invitation, Label, Membership, Role, User
from campaigns.models.limits import (
    INVITATION_LIFETIME,
    MOST_INVITATIONS_A_DAY,
    MOST_OPEN_INVITATIONS,
)
from campaigns.planning import invitations, labels, members
from campaigns.planning.invitations import Invited
from campaigns.planning.obstacles import Obstacle, PlanningError
from tests import factory

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 30, tzinfo=UTC)
GUEST = "guest@example.com"


@pytest.fixture
def sends_email(settings: Settings) -> None:
    settings.SENDS_EMAIL = True


class BrokenServer(BaseEmailBackend):
    def send_messages(self, messages: object) -> int:
        raise smtplib.SMTPRecipientsRefused({GUEST: (550, b"no")})


def invite(label: Label, by: User, email: str = GUEST, role: Role = Role.EDITOR) -> Invited:
    return invitations.invite(label, email, role, by, NOW)


def token_of(invited: Invited) -> str:
    return invited.link.reveal().rpartition("/")[2]


def refusal(act: Callable[[], object]) -> Obstacle:
    with pytest.raises(PlanningError) as refused:
        act()
    return refused.value.obstacle


def test_the_link_leads_to_the_invitation_and_only_its_hash_is_kept(
    label: Label, artist: User
) -> None:
    invited = invite(label, artist)

    assert invitations.behind(token_of(invited), NOW) == invited.invitation
    assert token_of(invited) not in str(Invitation.objects.values_list().get())
    assert invitations.behind(f"{token_of(invited)}x", NOW) is None
    assert token_of(invited) not in repr(invited)


def test_the_guest_comes_in_once_with_the_role(label: Label, artist: User) -> None:
    found = invite(label, artist, role=Role.VIEWER).invitation
    guest = factory.make_user(email=GUEST)

    invitations.accept(found, guest, NOW)

    assert guest.memberships.get().role == Role.VIEWER
    members.remove(guest.memberships.select_related("label").get(), artist)
    assert refusal(lambda: invitations.accept(found, guest, NOW)) is Obstacle.INVITATION_GONE
    assert not guest.memberships.exists()
    assert [entry.event for entry in label.history.all()] == ["removed", "joined", "invited"]


def test_another_account_does_not_come_in(label: Label, artist: User) -> None:
    found, other = invite(label, artist).invitation, factory.make_user()

    assert refusal(lambda: invitations.accept(found, other, NOW)) is Obstacle.INVITATION_GONE
    assert Invitation.objects.get().used_at is None


def test_after_seven_days_the_link_is_dead(label: Label, artist: User) -> None:
    invited, guest = invite(label, artist), factory.make_user(email=GUEST)
    late = NOW + INVITATION_LIFETIME

    assert invitations.behind(token_of(invited), late - timedelta(seconds=1))
    assert invitations.behind(token_of(invited), late) is None
    assert (
        refusal(lambda: invitations.accept(invited.invitation, guest, late))
        is Obstacle.INVITATION_GONE
    )


def test_a_new_invitation_replaces_the_old_link(label: Label, artist: User) -> None:
    old, new = invite(label, artist), invite(label, artist, GUEST.upper(), Role.VIEWER)

    assert invitations.behind(token_of(old), NOW) is None
    assert invitations.behind(token_of(new), NOW) == label.invitations.get()


def test_a_withdrawn_link_is_dead(label: Label, artist: User) -> None:
    invited = invite(label, artist)

    invitations.withdraw(label.invitations.get(), artist)

    assert invitations.behind(token_of(invited), NOW) is None


def test_members_are_not_invited_again_and_keep_their_role(label: Label, artist: User) -> None:
    assert refusal(lambda: invite(label, artist, artist.email)) is Obstacle.ALREADY_MEMBER

    found, guest = invite(label, artist).invitation, factory.make_user(email=GUEST)
    factory.make_member(label, guest, Role.OWNER)
    invitations.accept(found, guest, NOW)

    assert guest.memberships.get().role == Role.OWNER


def test_only_owners_invite(label: Label) -> None:
    editor = factory.make_member(label)

    assert refusal(lambda: invite(label, editor)) is Obstacle.OWNERS_ONLY
    assert not Invitation.objects.exists()


def test_a_label_has_so_many_open_invitations(label: Label, artist: User) -> None:
    for number in range(MOST_OPEN_INVITATIONS):
        invite(label, artist, f"{number}@example.com")

    assert refusal(lambda: invite(label, artist)) is Obstacle.TOO_MANY_INVITATIONS
    invite(label, artist, "1@example.com")  # replaces one
    assert label.invitations.count() == MOST_OPEN_INVITATIONS


def test_a_person_sends_so_many_a_day_in_all_labels(label: Label, artist: User) -> None:
    for number in range(MOST_INVITATIONS_A_DAY):
        other = factory.make_label(owner=artist)
        invitations.invite(other, f"{number}@example.com", Role.VIEWER, artist, NOW)

    assert (
        refusal(lambda: invitations.invite(label, GUEST, Role.VIEWER, artist, timezone.now()))
        is Obstacle.TOO_MANY_INVITATIONS
    )


@pytest.mark.usefixtures("sends_email")
def test_the_mail_says_who_invites_whereto_until_when(label: Label, artist: User) -> None:
    invited = invite(label, artist)

    (message,) = mail.outbox
    assert message.to == [GUEST]
    assert message.subject == "Join Demo Label on Presave"
    body = str(message.body)
    assert f"{artist.email} invited you to join Demo Label on Presave." in body
    assert invited.link.reveal() in body
    assert "expires on 7 December 2026, 00:00 UTC" in body


@pytest.mark.usefixtures("sends_email")
def test_a_mail_that_fails_leaves_no_invitation(
    label: Label, artist: User, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND = f"{__name__}.BrokenServer"

    assert refusal(lambda: invite(label, artist)) is Obstacle.EMAIL_FAILED

    assert not Invitation.objects.exists()
    assert "invitation not sent" in caplog.text
    assert GUEST not in caplog.text


@pytest.mark.parametrize("was_mailed", [True, False])
def test_an_address_counts_as_confirmed_only_if_the_link_went_there(
    label: Label, artist: User, settings: Settings, was_mailed: bool
) -> None:
    settings.SENDS_EMAIL = was_mailed
    found = invite(label, artist).invitation

    guest = invitations.accept_with_password(found, factory.PASSWORD, NOW)

    assert guest.check_password(factory.PASSWORD)
    assert guest.memberships.get().label == label
    assert EmailAddress.objects.get(user=guest).verified is was_mailed


def test_a_link_sets_no_password_of_an_account_that_has_one(label: Label, artist: User) -> None:
    found, guest = invite(label, artist).invitation, factory.make_user(email=GUEST)

    act = partial(invitations.accept_with_password, found, "another fine password", NOW)
    assert refusal(act) is Obstacle.HAS_ACCOUNT

    guest.refresh_from_db()
    assert guest.check_password(factory.PASSWORD)
    assert not guest.memberships.exists()
    assert Invitation.objects.get().used_at is None


@pytest.mark.parametrize("was_mailed", [True, False])
def test_an_account_still_without_a_password_takes_a_mailed_link_alone(
    label: Label, artist: User, settings: Settings, was_mailed: bool
) -> None:
    """Or else an owner could invite it, keep the link, and come into the labels that it is in."""
    settings.SENDS_EMAIL = was_mailed
    labels.invite(GUEST, "Another Label", Role.OWNER)
    found = invite(label, artist).invitation
    guest = User.objects.get(email=GUEST)

    if was_mailed:
        assert invitations.accept_with_password(found, factory.PASSWORD, NOW) == guest
        return
    act = partial(invitations.accept_with_password, found, factory.PASSWORD, NOW)
    assert refusal(act) is Obstacle.HAS_ACCOUNT
    guest.refresh_from_db()
    assert not guest.has_usable_password()


# Accounts that a stranger set up


@pytest.fixture
def squatted(label: Label, artist: User) -> User:
    """The account of somebody who knows nothing of it, made with a link that was copied by hand."""
    found = invite(label, artist).invitation
    user = invitations.accept_with_password(found, factory.PASSWORD, NOW)
    for kind in (Authenticator.Type.WEBAUTHN, Authenticator.Type.TOTP):
        Authenticator.objects.create(user=user, type=kind, data={})
    EmailAddress.objects.create(user=user, email="stranger@example.com")
    return user


def of_another_owner() -> Invitation:
    owner = factory.make_user()
    return invite(factory.make_label(owner=owner), owner).invitation


def opens_nothing_any_more(user: User, password: str = factory.PASSWORD) -> bool:
    fresh = User.objects.get(id=user.id)
    addresses = EmailAddress.objects.filter(user=user).values_list("email", flat=True)
    is_locked = not fresh.check_password(password) and list(addresses) == [GUEST]
    return is_locked and not Authenticator.objects.filter(user=user).exists()


def test_an_account_that_a_stranger_set_up_opens_no_label_of_the_operators(squatted: User) -> None:
    stranger = Client()
    stranger.post("/accounts/login/", {"login": GUEST, "password": factory.PASSWORD})

    granted = labels.invite(GUEST, "Another Label", Role.OWNER)

    assert granted.membership.user == squatted
    assert opens_nothing_any_more(squatted)
    assert stranger.get("/dashboard").status_code == 302
    assert EmailAddress.objects.get(user=squatted).verified


def test_a_session_of_the_stranger_ends_too(squatted: User) -> None:
    Authenticator.objects.all().delete()
    stranger = Client()
    stranger.post("/accounts/login/", {"login": GUEST, "password": factory.PASSWORD})
    assert stranger.get("/dashboard").status_code == 200

    labels.invite(GUEST, "Another Label", Role.OWNER)

    assert stranger.get("/dashboard").status_code == 302
    assert not UserSession.objects.exists()


def test_who_reads_the_mail_takes_such_an_account_over(squatted: User, settings: Settings) -> None:
    settings.SENDS_EMAIL = True
    found = of_another_owner()

    invitations.accept_with_password(found, "a password of their own", NOW)

    assert opens_nothing_any_more(squatted)
    assert EmailAddress.objects.get(user=squatted).verified
    assert User.objects.get(email=GUEST).check_password("a password of their own")


@pytest.mark.parametrize("was_mailed", [True, False])
def test_who_joins_with_such_an_account_has_to_set_a_new_password(
    squatted: User, settings: Settings, was_mailed: bool
) -> None:
    """A stranger may have given them the one that it has."""
    settings.SENDS_EMAIL = was_mailed
    found = of_another_owner()

    invitations.accept(found, squatted, NOW)

    assert opens_nothing_any_more(squatted)
    assert EmailAddress.objects.get(user=squatted).verified is was_mailed


def test_of_a_confirmed_account_nothing_is_dropped(label: Label, artist: User) -> None:
    found, guest = invite(label, artist).invitation, factory.make_user(email=GUEST)
    EmailAddress.objects.create(user=guest, email=GUEST, primary=True, verified=True)
    Authenticator.objects.create(user=guest, type=Authenticator.Type.TOTP, data={})

    invitations.accept(found, guest, NOW)
    labels.invite(GUEST, "Another Label", None)

    assert User.objects.get(id=guest.id).check_password(factory.PASSWORD)
    assert Authenticator.objects.filter(user=guest).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("labels_that_invite", [1, 2])
def test_of_two_who_accept_at_once_one_comes_in(
    label: Label, artist: User, labels_that_invite: int
) -> None:
    assert connection.vendor == "postgresql"
    found, together = [invite(label, artist).invitation] * 2, Barrier(2)
    if labels_that_invite == 2:
        found[1] = invite(factory.make_label(owner=artist), artist).invitation

    def run(invitation: Invitation) -> bool:
        try:
            connection.ensure_connection()
            together.wait(20)
            invitations.accept_with_password(invitation, factory.PASSWORD, NOW)
        except PlanningError:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(run, found))

    assert sorted(done) == [False, True]
    assert Membership.objects.filter(user__email=GUEST).count() == 1
