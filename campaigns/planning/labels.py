"""Labels and their artists: creating, renaming, letting people in from the command line with a link
to set a password, and forgetting an artist that was confirmed by mistake.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from uuid import UUID

from allauth.account.forms import default_token_generator
from allauth.account.models import EmailAddress
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.urls import reverse

from campaigns.models import Event, Label, LabelArtist, Membership, Role, User
from campaigns.planning import quotas
from campaigns.planning.history import record
from campaigns.planning.members import locked_by_owner
from campaigns.planning.obstacles import Obstacle, PlanningError

logger = logging.getLogger(__name__)

LONGEST_NAME = 100


class LabelError(ValueError):
    """Nothing was done. The message says what to change in the command."""


@dataclass(frozen=True)
class Granted:
    """The membership that was granted, and the address where its user sets a password, once."""

    membership: Membership
    url: str


@transaction.atomic
def invite(email: str, label: str, role: Role | None) -> Granted:
    """Create what is missing of account, label and membership. Raises LabelError.

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
        record(joined, Event.INVITED, None, email=user.email, role=membership.role)
    elif role and membership.role != role:
        before, membership.role = membership.role, role
        membership.save(update_fields=["role"])
        record(joined, Event.ROLE_CHANGED, None, email=user.email, before=before, role=role)
    return Granted(membership, _password_url(user))


def _account(email: str) -> User:
    try:
        validate_email(email)
    except ValidationError:
        raise LabelError(f"{email!r} is not an email address.") from None
    user = User.objects.filter(email__iexact=email).first()
    if user and not user.is_active:
        raise LabelError(f"The account {email} is switched off. Switch it on first.")
    # The operator vouches for the address, so nobody is asked to confirm it.
    if not user:
        return create_account(email, is_confirmed=True)
    take_from_strangers(user, is_confirmed=True)
    return user


def create_account(email: str, *, is_confirmed: bool, is_self_made: bool = False) -> User:
    """Without a password."""
    user = User.objects.create_user(email, is_self_made=is_self_made)
    EmailAddress.objects.create(user=user, email=user.email, verified=is_confirmed, primary=True)
    return user


def is_unconfirmed(user: User) -> bool:
    """Whether nobody has shown so far that they read the mail to its address, or vouched for it."""
    mine = EmailAddress.objects.filter(user=user, email=user.email, verified=False)
    return bool(mine.exists())


def take_from_strangers(user: User, *, is_confirmed: bool) -> bool:
    """Before an account is let into a label: where its address is unconfirmed, somebody else may
    have set it up, with a link that was copied by hand, and could come along. So nothing that
    opens it now does so any longer. Says whether that was necessary.
    """
    if not is_unconfirmed(user):
        return False
    user.set_unusable_password()
    user.save(update_fields=["password"])
    Authenticator.objects.filter(user=user).delete()
    # One of these could become the account's own by a link that is under way.
    EmailAddress.objects.filter(user=user).exclude(email=user.email).delete()
    for session in UserSession.objects.filter(user=user):
        session.end()
    EmailAddress.objects.filter(user=user).update(verified=is_confirmed)
    logger.warning("credentials of an unconfirmed account dropped user=%s", user.pk)
    return True


def _label(name_or_id: str) -> Label:
    """The label of that id or name; a name that no label has creates one."""
    label = find_label(name_or_id)
    if label:
        return label
    name = name_or_id.strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise LabelError(f"A label's name has 1 to {LONGEST_NAME} characters.")
    label = Label.objects.create(name=name)
    record(label, Event.LABEL_CREATED, None, name=name)
    return label


def find_label(name_or_id: str) -> Label | None:
    """Raises LabelError where no label has that id, or several have that name."""
    try:
        return Label.objects.get(id=UUID(name_or_id))
    except ValueError:
        pass
    except Label.DoesNotExist:
        raise LabelError(f"There is no label with the id {name_or_id}.") from None
    name = name_or_id.strip()
    found = [label for label in Label.objects.all() if is_same_name(label.name, name)]
    if len(found) > 1:
        ids = ", ".join(str(label.id) for label in found)
        raise LabelError(f"Several labels are called {name}. Give --label one of: {ids}")
    return found[0] if found else None


def _password_url(user: User) -> str:
    path = reverse(
        "account_reset_password_from_key",
        kwargs={
            "uidb36": user_pk_to_url_str(user),
            "key": default_token_generator.make_token(user),
        },
    )
    return f"{settings.PUBLIC_URL}{path}"


def is_same_name(one: str, other: str) -> bool:
    """Whether only case and spaces tell two labels' names apart."""
    return _folded(one) == _folded(other)


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


@transaction.atomic
def create_label(user: User, name: str) -> Label:
    """Raises PlanningError when the user is in a label of that name, or may have no more."""
    _check_name(user, name)
    quotas.check_labels(user)
    label = Label.objects.create(name=name)
    Membership.objects.create(label=label, user=user, role=Role.OWNER)
    record(label, Event.LABEL_CREATED, user, name=name)
    return label


@transaction.atomic
def rename_label(label: Label, name: str, by: User) -> None:
    """Raises PlanningError, as when `by` is in another label of that name."""
    _check_name(by, name, of=label)
    label = locked_by_owner(label, by)
    if label.name == name:
        return
    record(label, Event.RENAMED, by, before=label.name, after=name)
    label.name = name
    label.save(update_fields=["name"])


def _check_name(user: User, name: str, of: Label | None = None) -> None:
    """Among the user's own labels alone: strangers' may have the name, and nobody learns of them.

    The lock lets one of two forms wait that the user sends at once.
    """
    User.objects.select_for_update(no_key=True).get(id=user.id)
    for label in user.labels.all():
        if label != of and is_same_name(label.name, name):
            raise PlanningError(Obstacle.NAME_TAKEN)


@transaction.atomic
def remove_artist(artist: LabelArtist, by: User) -> None:
    """Ask again about releases that only this id let pass; an answer for one entry stays."""
    record(artist.label, Event.ARTIST_REMOVED, by, artist=artist.name or artist.folded_name)
    artist.delete()
    logger.info(
        "artist removed label=%s spotify_id=%s by=%s", artist.label_id, artist.spotify_id, by.pk
    )
