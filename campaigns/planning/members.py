"""Who is in a label: owners change roles and remove members, and everybody may leave.

The label's row is locked first, so that of two acts at once the second sees what the first did.
"""

from __future__ import annotations

from django.db import transaction

from campaigns.models import Event, Label, Membership, Role, User
from campaigns.planning.history import record
from campaigns.planning.obstacles import Obstacle, PlanningError


@transaction.atomic
def change_role(member: Membership, role: Role, by: User) -> bool:
    """Whether it was another one. Raises PlanningError, as for the last owner."""
    label = locked_by_owner(member.label, by)
    member = _present(label, member)
    if member.role == role:
        return False
    if member.role == Role.OWNER:
        _let_owner_go(label, member)
    before, member.role = member.role, role
    member.save(update_fields=["role"])
    record(label, Event.ROLE_CHANGED, by, email=member.user.email, before=before, role=role)
    return True


@transaction.atomic
def remove(member: Membership, by: User) -> None:
    """Effective at once, since every request asks for the membership. Raises PlanningError, as for
    the last owner.
    """
    label = locked_by_owner(member.label, by)
    member = _present(label, member)
    if member.role == Role.OWNER:
        _let_owner_go(label, member)
    member.delete()
    record(label, Event.REMOVED, by, email=member.user.email)


@transaction.atomic
def leave(member: Membership) -> None:
    """Raises PlanningError for the last owner."""
    label = locked(member.label)
    member = _present(label, member)
    if member.role == Role.OWNER:
        _let_owner_go(label, member)
    member.delete()
    record(label, Event.LEFT, member.user)


def is_last_owner(member: Membership) -> bool:
    others = member.label.memberships.filter(role=Role.OWNER).exclude(id=member.id)
    return member.role == Role.OWNER and not others.exists()


def locked(label: Label) -> Label:
    """Of a label and its campaign, the label is locked first."""
    return Label.objects.select_for_update(no_key=True).get(id=label.id)


def locked_by_owner(label: Label, owner: User) -> Label:
    """As `locked`; raises PlanningError when they are an owner no longer."""
    label = locked(label)
    if not label.memberships.filter(user=owner, role=Role.OWNER).exists():
        raise PlanningError(Obstacle.OWNERS_ONLY)
    return label


def _present(label: Label, member: Membership) -> Membership:
    """As it is now."""
    found = label.memberships.select_related("user").filter(id=member.id).first()
    if not found:
        raise PlanningError(Obstacle.MEMBER_GONE)
    return found


def _let_owner_go(label: Label, owner: Membership) -> None:
    """With the invitations that they made, as through one of these they could come back."""
    if is_last_owner(owner):
        raise PlanningError(Obstacle.LAST_OWNER)
    label.invitations.filter(created_by=owner.user, used_at=None).delete()
