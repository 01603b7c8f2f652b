"""Who is in a label: roles, removing, leaving, and that an owner always stays."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection, connections
from django.utils import timezone

from campaigns.models import Label, Membership, Role, User
from campaigns.planning import invitations, members
from campaigns.planning.obstacles import Obstacle, PlanningError
from tests import factory

pytestmark = pytest.mark.django_db


def membership(user: User) -> Membership:
    return user.memberships.select_related("label", "user").get()


def test_an_owner_changes_a_role(label: Label, artist: User) -> None:
    editor = factory.make_member(label)

    members.change_role(membership(editor), Role.VIEWER, artist)
    members.change_role(membership(editor), Role.VIEWER, artist)

    assert membership(editor).role == Role.VIEWER
    (entry,) = label.history.all()
    assert entry.details == {"email": editor.email, "before": "editor", "role": "viewer"}


def test_an_owner_removes_a_member_whose_acts_stay_told(label: Label, artist: User) -> None:
    editor = factory.make_member(label)

    members.remove(membership(editor), artist)

    assert not editor.memberships.exists()
    (entry,) = label.history.all()
    assert (entry.event, entry.by, entry.details["email"]) == ("removed", artist, editor.email)


def test_a_member_leaves(label: Label) -> None:
    viewer = factory.make_member(label, role=Role.VIEWER)

    members.leave(membership(viewer))

    assert not viewer.memberships.exists()
    assert label.history.get().by == viewer


@pytest.mark.parametrize(
    "act",
    [
        members.leave,
        lambda owner: members.remove(owner, owner.user),
        lambda owner: members.change_role(owner, Role.EDITOR, owner.user),
    ],
    ids=["leaves", "is removed", "is demoted"],
)
def test_the_last_owner_stays(
    label: Label, artist: User, act: Callable[[Membership], object]
) -> None:
    factory.make_member(label)
    with pytest.raises(PlanningError) as refused:
        act(membership(artist))
    assert refused.value.obstacle is Obstacle.LAST_OWNER

    factory.make_member(label, role=Role.OWNER)
    act(membership(artist))

    assert label.memberships.filter(role=Role.OWNER).count() == 1


def test_who_is_no_owner_any_more_changes_nothing(label: Label, artist: User) -> None:
    other = factory.make_member(label, role=Role.OWNER)
    shown = membership(artist)
    members.change_role(membership(other), Role.EDITOR, artist)

    with pytest.raises(PlanningError) as refused:
        members.remove(shown, other)

    assert refused.value.obstacle is Obstacle.OWNERS_ONLY


def test_what_a_page_showed_may_be_gone(label: Label, artist: User) -> None:
    shown = membership(factory.make_member(label))
    members.remove(shown, artist)

    with pytest.raises(PlanningError) as refused:
        members.change_role(shown, Role.OWNER, artist)

    assert refused.value.obstacle is Obstacle.MEMBER_GONE
    assert not Membership.objects.filter(user=shown.user).exists()


@pytest.mark.parametrize(
    "act",
    [
        lambda owner, by: members.remove(owner, by),
        lambda owner, by: members.change_role(owner, Role.VIEWER, by),
        lambda owner, by: members.leave(owner),
    ],
    ids=["removed", "demoted", "left"],
)
def test_an_owner_who_has_to_go_leaves_no_way_back(
    label: Label, artist: User, act: Callable[[Membership, User], object]
) -> None:
    other = factory.make_member(label, role=Role.OWNER)
    for email, by in (("back@example.com", other), ("guest@example.com", artist)):
        invitations.invite(label, email, Role.OWNER, by, timezone.now())

    act(membership(other), artist)

    assert label.invitations.get().email == "guest@example.com"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["both leave", "each removes the other", "each demotes the other"])
def test_of_two_owners_who_go_at_once_one_stays(label: Label, artist: User, way: str) -> None:
    assert connection.vendor == "postgresql"
    other = factory.make_member(label, role=Role.OWNER)
    mine, theirs = membership(artist), membership(other)
    ways: dict[str, list[Callable[[], object]]] = {
        "both leave": [lambda: members.leave(mine), lambda: members.leave(theirs)],
        "each removes the other": [
            lambda: members.remove(theirs, artist),
            lambda: members.remove(mine, other),
        ],
        "each demotes the other": [
            lambda: members.change_role(theirs, Role.VIEWER, artist),
            lambda: members.change_role(mine, Role.VIEWER, other),
        ],
    }
    acts = ways[way]
    together = Barrier(2)

    def run(act: Callable[[], object]) -> bool:
        try:
            connection.ensure_connection()
            together.wait(20)
            act()
        except PlanningError:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(run, acts))

    assert sorted(done) == [False, True]
    assert label.memberships.filter(role=Role.OWNER).count() == 1
