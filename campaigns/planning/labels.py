"""Labels, their members and artists: creating labels, inviting people with a link to set a
password, and forgetting an artist that was confirmed by mistake.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from uuid import UUID

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse

from campaigns.models import Label, LabelArtist, Membership, Role, User
from campaigns.planning import quotas

logger = logging.getLogger(__name__)

LONGEST_NAME = 100


class InvitationError(ValueError):
    """Nobody was invited. The message says what to change in the command."""


@dataclass(frozen=True)
class Invitation:
    """The membership that was granted, and the address where its user sets a password, once."""

    membership: Membership
    url: str


@transaction.atomic
def invite(email: str, label: str, role: Role | None) -> Invitation:
    """Create what is missing of account, label and membership. Raises InvitationError.

    Without a role, the first member of a label becomes its owner and others become editors; a
    member keeps the role.
    """
    user = _account(email)
    joined = _label(label)
    membership = Membership.objects.filter(label=joined, user=user).first()
    if membership is None:
        has_owner = joined.memberships.filter(role=Role.OWNER).exists()
        usual = Role.EDITOR if has_owner else Role.OWNER
        membership = Membership.objects.create(label=joined, user=user, role=role or usual)
    elif role and membership.role != role:
        membership.role = role
        membership.save(update_fields=["role"])
    return Invitation(membership, _password_url(user))


def _account(email: str) -> User:
    try:
        validate_email(email)
    except ValidationError:
        raise InvitationError(f"{email!r} is not an email address.") from None
    user = User.objects.filter(email__iexact=email).first()
    if user is None:
        user = User.objects.create_user(email)
        # The operator vouches for the address, so nobody is asked to confirm it.
        EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    if not user.is_active:
        raise InvitationError(f"The account {email} is switched off. Switch it on first.")
    return user


def _label(name_or_id: str) -> Label:
    """The label of that id or name; a name that no label has creates one."""
    try:
        return Label.objects.get(id=UUID(name_or_id))
    except ValueError:
        pass
    except Label.DoesNotExist:
        raise InvitationError(f"There is no label with the id {name_or_id}.") from None
    name = name_or_id.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise InvitationError(f"A label's name has 1 to {LONGEST_NAME} characters.")
    found = list(Label.objects.filter(name__iexact=name))
    if len(found) > 1:
        ids = ", ".join(str(label.id) for label in found)
        raise InvitationError(f"Several labels are called {name}. Give --label one of: {ids}")
    return found[0] if found else Label.objects.create(name=name)


def _password_url(user: User) -> str:
    path = reverse(
        "account_reset_password_from_key",
        kwargs={
            "uidb36": user_pk_to_url_str(user),
            "key": default_token_generator.make_token(user),
        },
    )
    return f"{settings.PUBLIC_URL}{path}"


def create_label(user: User, name: str) -> Label:
    """Raises PlanningError when the user may have no more."""
    quotas.check_labels(user)
    with transaction.atomic():
        label = Label.objects.create(name=name)
        Membership.objects.create(label=label, user=user, role=Role.OWNER)
    return label


def remove_artist(artist: LabelArtist, by: User) -> None:
    """Ask again about releases that only this id let pass; an answer for one entry stays."""
    artist.delete()
    logger.info(
        "artist removed label=%s spotify_id=%s by=%s", artist.label_id, artist.spotify_id, by.pk
    )
