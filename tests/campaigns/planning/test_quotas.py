"""What an account without an invitation may have."""

from __future__ import annotations

import html
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from campaigns.models import Campaign, CampaignState, Label, Role, User
from campaigns.models.limits import CAMPAIGNS_OF_SELF_MADE
from campaigns.planning import copying, editing, invitations, labels, quotas
from campaigns.planning.obstacles import PlanningError
from tests import factory, forms
from tests.fans import text_of
from tests.log_ins import logged_in

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db


@pytest.fixture
def stranger() -> User:
    return factory.make_user(is_self_made=True)


def fill(label: Label, number: int = CAMPAIGNS_OF_SELF_MADE) -> None:
    for count in range(number):
        factory.make_campaign(label=label, state=CampaignState.DRAFT, slug=f"full-{count}")


def test_who_signs_up_made_their_account_themselves(settings: Settings) -> None:
    settings.SIGN_UP = "open"
    settings.ACCOUNT_EMAIL_VERIFICATION = "mandatory"
    form = {"email": "new@example.com", "password1": factory.PASSWORD}
    Client().post("/accounts/signup/", form)
    assert User.objects.get().is_self_made
    assert not User.objects.create_user("invited@example.com").is_self_made


def test_a_fourth_label_is_refused_in_words(stranger: User) -> None:
    client = logged_in(stranger)
    for number in range(4):
        answer = client.post("/dashboard/label", {"name": f"Label {number}"}, follow=True)
    assert Label.objects.count() == 3
    assert "You can have 3 labels." in text_of(answer)


def test_so_is_a_campaign_too_many(stranger: User) -> None:
    label = factory.make_label(owner=stranger)
    fill(label)
    page = html.unescape(text_of(forms.send(logged_in(stranger))))
    assert "You can have 50 campaigns at a time." in page
    assert 'name="title" value="Night Bus"' in page

    Campaign.objects.filter(slug="full-0").update(state=CampaignState.CANCELLED)
    forms.send(logged_in(stranger))
    assert Campaign.objects.filter(title="Night Bus", slug__startswith="demo").count() == 1


def test_so_is_a_copy_too_many(stranger: User) -> None:
    fill(factory.make_label(owner=stranger))
    with pytest.raises(PlanningError):
        copying.duplicate(Campaign.objects.all()[0], timezone.now())


def test_campaigns_in_all_their_labels_count_together(stranger: User) -> None:
    fill(factory.make_label(owner=stranger))
    with pytest.raises(PlanningError):
        quotas.check_campaigns(factory.make_label(owner=stranger))


def test_a_helper_does_not_lift_the_limit_and_an_invited_owner_does(stranger: User) -> None:
    label = factory.make_label(owner=stranger)
    fill(label)
    factory.make_member(label, role=Role.EDITOR)
    with pytest.raises(PlanningError):
        quotas.check_campaigns(label)
    factory.make_member(label, role=Role.OWNER)
    quotas.check_campaigns(label)


def test_whom_a_stranger_invites_has_the_strangers_limits(
    stranger: User, settings: Settings
) -> None:
    settings.SENDS_EMAIL = True
    label, now = factory.make_label(owner=stranger), timezone.now()
    invited = invitations.invite(label, "alias@example.com", Role.OWNER, stranger, now)
    alias = invitations.accept_with_password(invited.invitation, factory.PASSWORD, now)
    fill(label)
    with pytest.raises(PlanningError):
        quotas.check_campaigns(label)
    assert alias.is_self_made


@pytest.mark.django_db(transaction=True)
def test_of_labels_that_are_asked_for_at_once_no_more_are_created(stranger: User) -> None:
    assert connection.vendor == "postgresql"
    together = Barrier(6)

    def run(number: int) -> bool:
        try:
            connection.ensure_connection()
            together.wait(20)
            labels.create_label(stranger, f"Label {number}")
        except PlanningError:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(run, range(6)))

    assert sorted(done) == [False] * 3 + [True] * 3


@pytest.mark.django_db(transaction=True)
def test_of_campaigns_that_are_added_at_once_no_more_are_created(stranger: User) -> None:
    assert connection.vendor == "postgresql"
    fill(factory.make_label(owner=stranger), CAMPAIGNS_OF_SELF_MADE - 1)
    first = Campaign.objects.get(slug="full-0")
    together = Barrier(4)

    def run(number: int) -> bool:
        values = {
            "title": "Night Bus",
            "artist": "Demo Artist",
            "slug": f"at-once-{number}",
            "release_at": first.release_at,
            "release_zone": "UTC",
            "upc": "036000291452",
        }
        try:
            connection.ensure_connection()
            together.wait(20)
            editing.create(first.label, values, None)
        except PlanningError:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(run, range(4)))

    assert sorted(done) == [False] * 3 + [True]


def test_who_was_invited_may_have_what_they_like() -> None:
    artist = factory.make_user()
    for _ in range(5):
        label = factory.make_label(owner=artist)
        quotas.check_labels(artist)
    fill(label)
    quotas.check_campaigns(label)
