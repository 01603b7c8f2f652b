"""Who may do what: every address of the dashboard, for every kind of visitor and every method."""

from __future__ import annotations

import logging
import secrets
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from itertools import product
from typing import Any, NamedTuple

import pytest
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from campaigns.dashboard import access
from campaigns.models import Campaign, CampaignState, PauseReason, Role, User
from campaigns.planning import invitations, members
from campaigns.urls import urlpatterns
from tests import factory
from tests.log_ins import logged_in

pytestmark = pytest.mark.django_db

OWNERS = {"owner"}
EDITORS = {*OWNERS, "editor"}
MEMBERS = {*EDITORS, "viewer"}
# Each knows nothing of the label: they get the same as where there is none.
OUTSIDERS = {"another label's owner", "removed member", "stranger"}
EVERYBODY = {*MEMBERS, *OUTSIDERS}
NOBODY: set[str] = set()


class May(NamedTuple):
    """Who may look (GET and HEAD), and who may act (POST)."""

    look: Collection[str]
    act: Collection[str] = NOBODY


# A new address of the dashboard needs a line here.
MATRIX = {
    "dashboard": May(EVERYBODY),
    "dashboard-label-create": May(EVERYBODY, EVERYBODY),
    "dashboard-campaign-create": May(EVERYBODY, EVERYBODY),
    "dashboard-preview": May(EVERYBODY, EVERYBODY),
    "dashboard-label": May(MEMBERS),
    "dashboard-label-history": May(MEMBERS),
    "dashboard-label-rename": May(OWNERS, OWNERS),
    "dashboard-label-leave": May(MEMBERS, MEMBERS),
    "dashboard-label-invite": May(OWNERS, OWNERS),
    "dashboard-invitation-withdraw": May(NOBODY, OWNERS),
    "dashboard-member-role": May(NOBODY, OWNERS),
    "dashboard-member-remove": May(OWNERS, OWNERS),
    "dashboard-artist-remove": May(NOBODY, EDITORS),
    "dashboard-artist-page-create": May(EDITORS, EDITORS),
    "dashboard-artist-page-switch": May(NOBODY, EDITORS),
    "dashboard-notifications": May(MEMBERS, EDITORS),
    "dashboard-webhook-test": May(NOBODY, EDITORS),
    "dashboard-webhook-remove": May(EDITORS, EDITORS),
    "dashboard-campaign": May(MEMBERS),
    "dashboard-campaign-night": May(MEMBERS),
    "dashboard-campaign-share": May(MEMBERS),
    "dashboard-campaign-qr-svg": May(MEMBERS),
    "dashboard-campaign-qr-png": May(MEMBERS),
    "dashboard-campaign-story": May(MEMBERS),
    "dashboard-campaign-report": May(MEMBERS),
    "dashboard-campaign-report-csv": May(MEMBERS),
    "dashboard-campaign-report-json": May(MEMBERS),
    "dashboard-campaign-report-share": May(NOBODY, EDITORS),
    "dashboard-campaign-report-take-back": May(NOBODY, EDITORS),
    "dashboard-campaign-history": May(MEMBERS),
    "dashboard-campaign-numbers": May(MEMBERS),
    "dashboard-campaign-numbers-csv": May(MEMBERS),
    "dashboard-campaign-numbers-json": May(MEMBERS),
    "dashboard-campaign-sources": May(NOBODY, EDITORS),
    "dashboard-campaign-duplicate": May(NOBODY, EDITORS),
    "dashboard-campaign-archive": May(NOBODY, EDITORS),
    "dashboard-campaign-unarchive": May(NOBODY, EDITORS),
    "dashboard-campaign-delete": May(EDITORS, EDITORS),
    "dashboard-campaign-check": May(NOBODY, EDITORS),
    "dashboard-campaign-preview": May(NOBODY, EDITORS),
    "dashboard-campaign-edit": May(EDITORS, EDITORS),
    "dashboard-campaign-links": May(EDITORS, EDITORS),
    "dashboard-campaign-clip": May(EDITORS, EDITORS),
    "dashboard-campaign-find-links": May(EDITORS, EDITORS),
    "dashboard-campaign-open": May(NOBODY, EDITORS),
    "dashboard-campaign-cancel": May(EDITORS, EDITORS),
    "dashboard-campaign-accept": May(EDITORS, EDITORS),
    "dashboard-campaign-choose": May(NOBODY, EDITORS),
    "dashboard-campaign-resume": May(NOBODY, EDITORS),
    "dashboard-campaign-relabel": May(EDITORS, EDITORS),
}
# Their addresses hold what somebody must know or have been shown, whoever they are.
SECRET_ADDRESSES = {"dashboard-cover", "dashboard-invitation", "dashboard-upload"}
CANNOT_BE_UNDONE = {"dashboard-campaign-cancel", "dashboard-campaign-choose"}
DASHBOARD = {
    str(pattern.name): str(pattern.pattern)
    for pattern in urlpatterns
    if str(pattern.pattern).startswith("dashboard")
}
OF_A_LABEL = [name for name in MATRIX if "<" in DASHBOARD[name]]
ACTS = ("POST",)
LOOKS = ("GET", "HEAD")
NEVER = ("PUT", "PATCH", "DELETE", "OPTIONS")
METHODS = (*LOOKS, *ACTS, *NEVER)


@dataclass(frozen=True)
class Cast:
    """One campaign, and people who stand differently to it."""

    campaign: Campaign
    people: dict[str, User]
    # What stands in addresses.
    named: dict[str, Any]

    def address(self, name: str, **named: Any) -> str:
        wanted = {**self.named, **named}
        kwargs = {key: value for key, value in wanted.items() if f":{key}>" in DASHBOARD[name]}
        return reverse(name, kwargs=kwargs)

    def unknown(self, name: str) -> str:
        """The same address of what does not exist."""
        ids = dict.fromkeys(
            ("artist_id", "member_id", "invitation_id", "page_id", "webhook_id"), 10**9
        )
        return self.address(name, slug="there-is-none", label_id=uuid.uuid4(), **ids)


@pytest.fixture
def cast() -> Cast:
    label = factory.make_label()
    people = {role.value: factory.make_member(label, role=role) for role in Role}
    people["stranger"] = factory.make_user()
    people["another label's owner"] = factory.make_user()
    factory.make_label(owner=people["another label's owner"])
    people["removed member"] = factory.make_member(label)
    theirs = label.memberships.select_related("label")
    members.remove(theirs.get(user=people["removed member"]), people["owner"])
    now = timezone.now()
    invited = invitations.invite(label, "guest@example.com", Role.VIEWER, people["owner"], now)
    artist = label.artists.create(folded_name="night desk", spotify_id="1" * 22)
    # A finished one has everything that can be asked for, its report too.
    campaign = factory.make_campaign(label=label, state=CampaignState.FINISHED)
    named = {
        "slug": campaign.slug,
        "label_id": label.id,
        "artist_id": artist.id,
        "member_id": factory.make_member(label).memberships.get().id,
        "invitation_id": invited.invitation.id,
        "page_id": factory.make_artist_page(label).id,
        "webhook_id": factory.make_webhook(label).id,
    }
    return Cast(campaign, people, named)


def ask(client: Client, method: str, address: str, **data: Any) -> HttpResponse:
    """What it changes is taken back, so that one test can ask many times."""
    with transaction.atomic():
        if method == "POST":
            answer: Any = client.post(address, data)
        else:
            answer = client.generic(method, address)
        transaction.set_rollback(True)
    assert isinstance(answer, HttpResponse)
    return answer


def expected(name: str, person: str, method: str) -> set[int]:
    look, act = MATRIX[name]
    may = look if method in LOOKS else act if method in ACTS else NOBODY
    if person in may:
        return {200, 302}
    # Which methods an address has is told to whoever may not see it only if everybody is told.
    if person in OUTSIDERS:
        return {404, 405}
    return {403} if may else {403, 405}


def test_every_address_of_the_dashboard_is_in_the_matrix() -> None:
    assert DASHBOARD.keys() == MATRIX.keys() | SECRET_ADDRESSES


# One test asks for all addresses: making the cast takes longer than asking for a page.


@pytest.mark.parametrize("person", sorted(EVERYBODY))
def test_the_matrix(cast: Cast, person: str) -> None:
    client = logged_in(cast.people[person])
    wrong = []

    for name, method in product(MATRIX, METHODS):
        answer = ask(client, method, cast.address(name))
        kept_by = answer.headers["Cache-Control"].split(", ")
        fits = answer.status_code in expected(name, person, method)
        leads_to_log_in = answer.get("Location", "").startswith("/accounts/")
        # Nobody else may keep it.
        is_kept_private = bool({"no-store", "private"} & {*kept_by})
        if not fits or leads_to_log_in or not is_kept_private:
            wrong.append(f"{method} {name}: {answer.status_code} {answer.headers}")

    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("person", sorted(OUTSIDERS))
def test_outsiders_cannot_tell_that_it_exists(cast: Cast, person: str) -> None:
    client = logged_in(cast.people[person])
    told = []

    for name, method in product(OF_A_LABEL, METHODS):
        real = ask(client, method, cast.address(name))
        none = ask(client, method, cast.unknown(name))
        if (real.status_code, real.content) != (none.status_code, none.content):
            told.append(f"{method} {name}: {real.status_code}, not {none.status_code}")

    assert not told, "\n".join(told)


def test_an_owner_reaches_nothing_of_anothers_through_the_own_label(cast: Cast) -> None:
    owner = cast.people["another label's owner"]
    client, own = logged_in(owner), owner.labels.get().id
    of_more = [name for name in OF_A_LABEL if DASHBOARD[name].count("<") > 1]
    through_the_label = [name for name in of_more if "label_id" in DASHBOARD[name]]

    answers = {
        (method, name): ask(client, method, cast.address(name, label_id=own)).status_code
        for name, method in product(through_the_label, (*LOOKS, *ACTS))
    }

    assert answers
    assert {*answers.values()} <= {404, 405}, answers


def test_the_log_in_stands_before_everything(cast: Cast) -> None:
    for name, method in product(sorted({*DASHBOARD} - {"dashboard-invitation"}), METHODS):
        address = cast.address(name, sealed="sealed")
        response = ask(Client(), method, address)
        assert response.status_code == 302, (method, name)
        assert response.headers["Location"] == f"/accounts/login/?next={address}"
        assert "no-store" in response.headers["Cache-Control"]
        assert "private" in response.headers["Cache-Control"]


@pytest.mark.parametrize("person", ["logged out", *sorted(EVERYBODY)])
def test_an_invitation_opens_to_its_guest_and_to_nobody_by_guessing(
    cast: Cast, person: str
) -> None:
    client = logged_in(cast.people[person]) if person in cast.people else Client()
    guess = secrets.token_urlsafe(invitations.TOKEN_BYTES)

    for method in METHODS:
        answer = ask(client, method, cast.address("dashboard-invitation", token=guess))
        assert answer.status_code == (405 if method in NEVER else 404)
        assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("person", sorted(EVERYBODY))
def test_a_cover_is_shown_to_whoever_was_shown_its_sealed_address(cast: Cast, person: str) -> None:
    client = logged_in(cast.people[person])

    answer = ask(client, "GET", cast.address("dashboard-cover", sealed="made-up"))

    assert answer.status_code == 404


def test_a_viewer_changes_nothing(cast: Cast) -> None:
    client, before = logged_in(cast.people["viewer"]), Campaign.objects.values().get()
    acts = [name for name in OF_A_LABEL if MATRIX[name].act and "viewer" not in MATRIX[name].act]

    for name in acts:
        assert client.post(cast.address(name)).status_code == 403, name
        assert Campaign.objects.values().get() == before, name


@pytest.mark.parametrize("role", ["owner", "editor"])
def test_owners_and_editors_resume_what_is_paused(cast: Cast, role: str) -> None:
    paused = {"state": CampaignState.OPEN, "paused_reason": PauseReason.RELEASE_REFUSED}
    Campaign.objects.update(**paused)

    logged_in(cast.people[role]).post(cast.address("dashboard-campaign-resume"))

    assert Campaign.objects.get().paused_reason == PauseReason.NONE


def test_acts_on_members_and_for_good_want_the_password_once_more(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.people["owner"])

    for name in (name for name in OF_A_LABEL if "owner" in MATRIX[name].act):
        # Every act of owners alone, leaving, and what cannot be undone.
        wants_it = MATRIX[name].act in (OWNERS, MEMBERS) or name in CANNOT_BE_UNDONE
        answer = ask(client, "POST", cast.address(name))
        asked = answer.get("Location", "").startswith("/accounts/reauthenticate/")
        assert asked == wants_it, name


def test_a_role_in_one_label_is_none_in_another(cast: Cast) -> None:
    both = factory.make_member(cast.campaign.label, role=Role.VIEWER)
    own = factory.make_label(owner=both)

    answer = logged_in(both).post(cast.address("dashboard-campaign-open"))

    assert answer.status_code == 403
    assert list(access.labels_edited_by(both)) == [own]


def test_somebody_who_is_removed_is_out_with_the_next_request(cast: Cast) -> None:
    editor = cast.people["editor"]
    client = logged_in(editor)
    page = cast.address("dashboard-campaign")
    assert client.get(page).status_code == 200

    theirs = editor.memberships.select_related("label").get()
    members.remove(theirs, cast.people["owner"])

    assert client.get(page).status_code == 404
    assert not access.campaigns_of(editor).exists()


def test_who_is_refused_is_in_the_log(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "campaigns.dashboard.access")
    stranger, viewer = factory.make_user(), cast.people["viewer"]
    logged_in(stranger).get(cast.address("dashboard-campaign"))
    logged_in(viewer).post(cast.address("dashboard-campaign-cancel"))

    theirs, role = caplog.messages
    assert theirs.startswith(f"account={stranger.pk} not theirs or not there: ")
    assert role == f"account={viewer.pk} refused, as the role does not allow it"


def test_staff_without_a_membership_see_nothing(cast: Cast) -> None:
    admin = User.objects.create_superuser("admin@example.com", factory.PASSWORD)

    assert logged_in(admin).get(cast.address("dashboard-campaign")).status_code == 404


@pytest.mark.parametrize("name", ["dashboard-campaign", "dashboard-label"])
def test_a_viewer_is_offered_no_buttons(cast: Cast, name: str) -> None:
    client = logged_in(cast.people["viewer"])

    page = client.get(cast.address(name)).content.decode()
    own_forms = page.count("<form") - page.count('action="/accounts/logout/"')

    assert own_forms == 0
    for act in ("/edit", "/cancel", '/label"', "/rename", "/invite", "/role", "/remove"):
        assert act not in page
