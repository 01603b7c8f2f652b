"""Who may do what: every address of the dashboard, for every kind of visitor."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.dashboard import access
from campaigns.models import Campaign, CampaignState, Label, PauseReason, Role, User
from campaigns.urls import urlpatterns
from tests import factory

pytestmark = pytest.mark.django_db

DASHBOARD = [pattern for pattern in urlpatterns if str(pattern.pattern).startswith("dashboard")]
OF_ONE_CAMPAIGN = sorted(
    str(pattern.name) for pattern in DASHBOARD if "<slug:" in str(pattern.pattern)
)
WITHOUT_ONE = sorted(str(pattern.name) for pattern in DASHBOARD if "<" not in str(pattern.pattern))
SEEN_ONLY = {
    "dashboard-campaign",
    "dashboard-campaign-night",
    "dashboard-campaign-qr-png",
    "dashboard-campaign-qr-svg",
    "dashboard-campaign-share",
    "dashboard-campaign-story",
    "dashboard-campaign-report",
    "dashboard-campaign-report-csv",
    "dashboard-campaign-report-json",
    "dashboard-campaign-numbers",
    "dashboard-campaign-numbers-csv",
    "dashboard-campaign-numbers-json",
}
METHODS = ["get", "post"]


@dataclass(frozen=True)
class Cast:
    """One campaign, and people who stand differently to it."""

    campaign: Campaign
    people: dict[str, User]


@pytest.fixture
def cast() -> Cast:
    label = factory.make_label()
    people = {role.value: factory.make_member(label, role=role) for role in Role}
    people["stranger"] = factory.make_user()
    factory.make_label(owner=people["stranger"])
    return Cast(factory.make_campaign(label=label, state=CampaignState.DRAFT), people)


def answer_of(person: User | None, method: str, name: str, campaign: Campaign | None = None) -> int:
    client = Client()
    if person:
        client.force_login(person)
    address = reverse(name, args=[campaign.slug] if campaign else [])
    return client.generic(method.upper(), address).status_code


def test_the_matrix_covers_the_whole_dashboard() -> None:
    assert len(OF_ONE_CAMPAIGN) == 28
    assert len(WITHOUT_ONE) == 4


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", [*OF_ONE_CAMPAIGN, *WITHOUT_ONE])
def test_the_log_in_stands_before_everything(cast: Cast, name: str, method: str) -> None:
    campaign = cast.campaign if name in OF_ONE_CAMPAIGN else None
    address = reverse(name, args=[campaign.slug] if campaign else [])

    response = Client().generic(method.upper(), address)

    assert response.status_code == 302
    assert response.headers["Location"] == f"/accounts/login/?next={address}"
    assert "no-store" in response.headers["Cache-Control"]
    assert "private" in response.headers["Cache-Control"]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("name", OF_ONE_CAMPAIGN)
def test_strangers_cannot_tell_that_a_campaign_exists(cast: Cast, name: str, method: str) -> None:
    unknown = Campaign(slug="there-is-no-such-campaign")
    may_be_answered = {404} if method == "get" or name not in SEEN_ONLY else {404, 405}

    for campaign in (cast.campaign, unknown):
        answer = answer_of(cast.people["stranger"], method, name, campaign)
        assert answer in may_be_answered | ({405} if is_post_only(name) else set())
    assert Campaign.objects.get().state == CampaignState.DRAFT


@pytest.mark.parametrize("name", sorted(set(OF_ONE_CAMPAIGN) - SEEN_ONLY))
def test_a_viewer_sees_and_changes_nothing(cast: Cast, name: str) -> None:
    viewer = cast.people["viewer"]
    before = Campaign.objects.values().get()

    assert answer_of(viewer, "get", "dashboard-campaign", cast.campaign) == 200
    assert answer_of(viewer, "post", name, cast.campaign) == 403
    if not is_post_only(name):
        assert answer_of(viewer, "get", name, cast.campaign) == 403
    assert Campaign.objects.values().get() == before


@pytest.mark.parametrize("name", sorted(SEEN_ONLY))
def test_a_viewer_reaches_what_changes_nothing(cast: Cast, name: str) -> None:
    # A draft has no report to download.
    no_file = {404} if name.endswith(("-csv", "-json")) else set()
    assert answer_of(cast.people["viewer"], "get", name, cast.campaign) in {200, 302} | no_file
    assert answer_of(cast.people["viewer"], "post", name, cast.campaign) == 405


@pytest.mark.parametrize("role", ["owner", "editor"])
@pytest.mark.parametrize("name", OF_ONE_CAMPAIGN)
def test_owners_and_editors_reach_everything(cast: Cast, name: str, role: str) -> None:
    Campaign.objects.update(paused_reason=PauseReason.RELEASE_REFUSED)
    method = "post" if is_post_only(name) else "get"

    # A draft has no report to download.
    no_file = {404} if name.endswith(("-csv", "-json")) else set()
    assert answer_of(cast.people[role], method, name, cast.campaign) in {200, 302} | no_file


def is_post_only(name: str) -> bool:
    return name.removeprefix("dashboard-campaign-") in (
        *("choose", "open", "resume", "report-share", "report-take-back", "sources"),
        *("duplicate", "archive", "unarchive", "check", "preview"),
    )


def test_somebody_who_left_the_label_is_a_stranger_again(cast: Cast) -> None:
    owner = cast.people["owner"]
    owner.memberships.all().delete()

    assert answer_of(owner, "get", "dashboard-campaign", cast.campaign) == 404
    assert not access.campaigns_of(owner).exists()


def test_a_role_in_one_label_is_none_in_another(cast: Cast) -> None:
    both = factory.make_member(cast.campaign.label, role=Role.VIEWER)
    own = factory.make_label(owner=both)

    assert answer_of(both, "post", "dashboard-campaign-open", cast.campaign) == 403
    assert list(access.labels_edited_by(both)) == [own]


def test_staff_without_a_membership_see_nothing(cast: Cast) -> None:
    admin = User.objects.create_superuser("admin@example.com", factory.PASSWORD)

    assert answer_of(admin, "get", "dashboard-campaign", cast.campaign) == 404


def test_a_viewer_is_offered_no_buttons(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.people["viewer"])

    page = client.get(reverse("dashboard-campaign", args=[cast.campaign.slug])).content.decode()
    own_forms = page.count("<form") - page.count('action="/accounts/logout/"')

    assert own_forms == 0
    assert "/edit" not in page
    assert "/cancel" not in page


def test_a_viewer_alone_is_led_to_a_label_of_their_own() -> None:
    viewer = factory.make_member(factory.make_label(), role=Role.VIEWER)
    client = Client()
    client.force_login(viewer)

    response = client.get(reverse("dashboard-campaign-create"))

    assert response.status_code == 302
    assert response.headers["Location"] == reverse("dashboard-label-create")
    assert Label.objects.count() == 1
