"""Invitations: an owner asks somebody into a label by a link, which works once within seven days.

The link alone is the proof: only its hash is kept. Anyone who has a link that went by email can
read that address's mail, so the address of a new account counts as confirmed. A link that was
copied by hand does not show that: the owner vouches for the person, and the address stays
unconfirmed. Before such an account is let into another label, everything that opens it is dropped.
"""

from __future__ import annotations

import hashlib
import logging
import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import IntegrityError, transaction
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from campaigns.keyring import Secret
from campaigns.models import Event, HistoryEntry, Invitation, Label, Membership, Role, User
from campaigns.models.limits import (
    INVITATION_LIFETIME,
    MOST_INVITATIONS_A_DAY,
    MOST_OPEN_INVITATIONS,
)
from campaigns.planning import labels
from campaigns.planning.history import record
from campaigns.planning.members import locked, locked_by_owner
from campaigns.planning.obstacles import Obstacle, PlanningError
from campaigns.status.sentences import in_one_line

logger = logging.getLogger(__name__)

TOKEN_BYTES = 32


class Invited(NamedTuple):
    """An invitation with its link, which is known only now."""

    invitation: Invitation
    link: Secret


def invite(label: Label, email: str, role: Role, by: User, now: datetime) -> Invited:
    """Send the link, or leave it to the caller to show where no email is configured. An older one
    to the same address works no longer. Raises PlanningError.

    Whether the address has an account decides the language of the mail and nothing else, so nobody
    learns it here.
    """
    invited = _invite(label, email.lower(), role, by, now)
    if settings.SENDS_EMAIL:
        _send(invited, by)
    return invited


@transaction.atomic
def _invite(label: Label, email: str, role: Role, by: User, now: datetime) -> Invited:
    label = locked_by_owner(label, by)
    if label.memberships.filter(user__email__iexact=email).exists():
        raise PlanningError(Obstacle.ALREADY_MEMBER)
    label.invitations.filter(email=email, used_at=None).delete()
    _check_limits(label, by, now)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    invitation = label.invitations.create(
        email=email,
        role=role,
        token_hash=_hash(token),
        was_mailed=settings.SENDS_EMAIL,
        created_by=by,
        expires_at=now + INVITATION_LIFETIME,
    )
    record(label, Event.INVITED, by, email=email, role=role)
    path = reverse("dashboard-invitation", args=[token])
    return Invited(invitation, Secret(f"{settings.PUBLIC_URL}{path}"))


def _check_limits(label: Label, by: User, now: datetime) -> None:
    a_day_ago = now - timedelta(days=1)
    made = HistoryEntry.objects.filter(by=by, event=Event.INVITED, at__gt=a_day_ago).count()
    is_open = label.invitations.open(now).count()
    if made >= MOST_INVITATIONS_A_DAY or is_open >= MOST_OPEN_INVITATIONS:
        raise PlanningError(Obstacle.TOO_MANY_INVITATIONS)


def _send(invited: Invited, by: User) -> None:
    """Raises PlanningError, with the invitation withdrawn, when the mail server fails."""
    invitation = invited.invitation
    context = {
        "invitation": invitation,
        "link": invited.link.reveal(),
        "days": INVITATION_LIFETIME.days,
        "site": settings.PUBLIC_URL,
    }
    reader = User.objects.filter(email=invitation.email).first() or User()
    with translation.override(reader.mail_language):
        subject = in_one_line(render_to_string("mail/invitation_subject.txt", context))
        body = render_to_string("mail/invitation_body.txt", context)
    try:
        EmailMessage(subject, body, to=[invitation.email]).send()
    except OSError as error:
        # Its text may hold the address, which is nobody's business in a log.
        reason = type(error).__name__
        logger.error("invitation not sent label=%s: %s", invitation.label_id, reason)
        withdraw(invitation, by)
        raise PlanningError(Obstacle.EMAIL_FAILED) from None


@transaction.atomic
def withdraw(invitation: Invitation, by: User) -> None:
    label = locked_by_owner(invitation.label, by)
    if invitation.delete()[0]:
        record(label, Event.UNINVITED, by, email=invitation.email)


def behind(token: str, now: datetime) -> Invitation | None:
    """The invitation of that link until it expires, also a used one."""
    found = Invitation.objects.filter(token_hash=_hash(token), expires_at__gt=now)
    return found.select_related("label", "created_by").first()


def is_for(invitation: Invitation, user: User) -> bool:
    return invitation.email == user.email.lower()


@transaction.atomic
def accept(invitation: Invitation, user: User, now: datetime) -> None:
    """Let the user in who was invited; members keep the role that they have. They have no password
    afterwards if their address was unconfirmed. Raises PlanningError when the link works no longer.
    """
    invitation = _used(invitation, now)
    if not is_for(invitation, user):
        raise PlanningError(Obstacle.INVITATION_GONE)
    labels.take_from_strangers(user, is_confirmed=invitation.was_mailed)
    _join(invitation, user)


@transaction.atomic
def accept_with_password(invitation: Invitation, password: str, now: datetime) -> User:
    """Let somebody in who has no account so far. Raises PlanningError, also when there is one: its
    own password alone opens it.
    """
    invitation = _used(invitation, now)
    user = User.objects.filter(email__iexact=invitation.email).first()
    if user and not (invitation.was_mailed and _is_waiting(user)):
        raise PlanningError(Obstacle.HAS_ACCOUNT)
    if user:
        labels.take_from_strangers(user, is_confirmed=True)
    user = user or _new_account(invitation)
    user.set_password(password)
    user.save(update_fields=["password"])
    _join(invitation, user)
    return user


def _is_waiting(user: User) -> bool:
    """Whether the account is anybody's who reads the address's mail: the operator's command makes
    some that have no password yet, and what an unconfirmed one has may be a stranger's.
    """
    is_nobodys = not user.has_usable_password() or labels.is_unconfirmed(user)
    return user.is_active and is_nobodys


def _new_account(invitation: Invitation) -> User:
    try:
        with transaction.atomic():
            return labels.create_account(
                invitation.email,
                is_confirmed=invitation.was_mailed,
                # Otherwise self-made accounts could lift their own limits by inviting themselves.
                is_self_made=invitation.created_by.is_self_made,
            )
    except IntegrityError:  # another label's invitation was accepted at the same time
        raise PlanningError(Obstacle.HAS_ACCOUNT) from None


def _used(invitation: Invitation, now: datetime) -> Invitation:
    locked(invitation.label)
    fresh = (
        Invitation.objects.select_related("label", "created_by")
        .filter(id=invitation.id)
        .open(now)
        .first()
    )
    if not fresh:
        raise PlanningError(Obstacle.INVITATION_GONE)
    fresh.used_at = now
    fresh.save(update_fields=["used_at"])
    return fresh


def _join(invitation: Invitation, user: User) -> None:
    _, is_new = Membership.objects.get_or_create(
        label=invitation.label, user=user, defaults={"role": invitation.role}
    )
    if is_new:
        record(invitation.label, Event.JOINED, user, role=invitation.role)


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
