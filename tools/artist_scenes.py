"""The dashboard's pages and states that an address alone shows, as rows: for `make screenshots`.
What takes a hand: tools/artist_visits.py.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from django.utils import timezone

from campaigns.clock import database_now
from campaigns.models import (
    Campaign,
    CampaignState,
    DailyCount,
    Event,
    Finding,
    Label,
    LabelArtist,
    PauseReason,
    PreSaveState,
    Reason,
    Role,
    User,
)
from campaigns.planning import invitations, previewing, report_links
from campaigns.planning.history import record
from campaigns.retention import figures
from campaigns.status import heartbeat
from demo.cover import DAWN, DUSK, NIGHT, TIDE, draw_cover
from demo.scenery import count_sources, times_between
from tests import label_year
from tests.factory import (
    make_campaign,
    make_label,
    make_local_campaign,
    make_member,
    make_presave,
    make_presaves,
    make_user,
    make_webhook,
)
from tests.scenes import store_cover

# Another album than that of the release, as the catalogue shows it.
OTHER: Final = {
    "last_finding": Finding.OTHER_TITLE,
    "found_uri": "spotify:album:1111111111111111111111",
    "found_title": "Terminus",
    "found_artist": "Demo Artist",
}


class Scene(NamedTuple):
    # Who looks, as in `Cast.people`; nobody is logged in where it is empty.
    who: str
    path: str


@dataclass(frozen=True)
class Cast:
    people: dict[str, User]
    scenes: dict[str, Scene]


def set_up() -> Cast:
    heartbeat.beat(database_now())
    people = {
        name: make_user(email=f"{name}@example.com")
        for name in ("artist", "label", "night", "assistant", "beginner", "newcomer")
    }
    make_label(owner=people["beginner"])
    demo = make_label(owner=people["artist"])
    make_member(demo, people["assistant"], Role.VIEWER)
    _four_campaigns(demo)
    label_year.make(make_label(owner=people["label"], name="Paper Label"), _cover(DAWN))
    _night(make_label(owner=people["night"], name="Night Label"))
    figures.write_down(timezone.now())
    return Cast(people, {**_of_the_artist(), **_of_the_night(), **_of_the_team(demo, people)})


def _of_the_artist() -> dict[str, Scene]:
    named = {
        "list": ("artist", "/dashboard"),
        "list-of-a-viewer": ("assistant", "/dashboard"),
        "list-nothing-found": ("label", "/dashboard?q=nothing+like+it"),
        "list-found": ("label", "/dashboard?q=song+4"),
        "list-68": ("label", "/dashboard"),
        "list-empty": ("beginner", "/dashboard"),
        "list-without-label": ("newcomer", "/dashboard"),
        "new-label": ("newcomer", "/dashboard/label"),
        "dashboard-not-found": ("artist", "/dashboard/campaigns/nobody-knows"),
        "not-allowed": ("assistant", "/dashboard/campaigns/slow-tide/edit"),
    }
    of_a_campaign = {
        "overview": "slow-tide",
        "overview-asked": "last-stop",
        "overview-releasing": "night-bus",
        "overview-finished": "first-light",
        "numbers": "slow-tide/numbers",
        "share": "slow-tide/share",
        "edit": "slow-tide/edit",
        "history": "slow-tide/history",
        "links": "first-light/links",
        "cancel": "slow-tide/cancel",
        "choice": "last-stop/accept",
        "report": "first-light/report",
    }
    pages = {name: ("artist", f"/dashboard/campaigns/{it}") for name, it in of_a_campaign.items()}
    as_viewer = {"overview-of-a-viewer": ("assistant", "/dashboard/campaigns/slow-tide")}
    return {name: Scene(*it) for name, it in {**named, **pages, **as_viewer}.items()}


def _of_the_night() -> dict[str, Scene]:
    pages = {f"night-{slug}": f"{slug}/night" for slug in _night_states(timezone.now())}
    others = {
        "checklist": "draft",
        "checklist-problems": "bare-draft",
        "overview-not-a-single-fan": "quiet",
        "numbers-empty": "quiet/numbers",
        "history-empty": "quiet/history",
        "overview-cancelled": "cancelled",
        "delete-draft": "draft/delete",
        "report-with-losses": "losses/report",
    }
    pages |= others
    return {name: Scene("night", f"/dashboard/campaigns/{it}") for name, it in pages.items()}


def _four_campaigns(label: Label) -> None:
    """As the demo's: one is out, one is being released, one fills up, one needs a hand."""
    now = timezone.now()
    berlin = now.astimezone(ZoneInfo("Europe/Berlin"))
    midnight = berlin.replace(hour=0, minute=0, second=0, microsecond=0)
    first = _lively(
        label, "first-light", DAWN, midnight - timedelta(days=2), 204, state=CampaignState.FINISHED
    )
    _end(first, saved=197)
    report_links.share(first)
    begun = now - timedelta(hours=14)
    bus = _lively(
        label, "night-bus", NIGHT, begun, 240, make=make_local_campaign, state="releasing"
    )
    _end(bus, saved=131, others=PreSaveState.PENDING)
    tide = _lively(label, "slow-tide", TIDE, midnight + timedelta(days=9), 430)
    previewing.make_link(tide, now)
    _lively(label, "last-stop", DUSK, now - timedelta(minutes=12), 38, **OTHER)


def _lively(
    label: Label,
    slug: str,
    palette: Any,
    release_at: datetime,
    fans: int,
    make: Any = make_campaign,
    **fields: Any,
) -> Campaign:
    """With weeks of pre-saves behind it, and what they came from."""
    opened_at = min(release_at, timezone.now()) - timedelta(days=24)
    campaign: Campaign = make(
        label=label,
        slug=slug,
        title=slug.replace("-", " ").title(),
        release_at=release_at,
        opened_at=opened_at,
        **_cover(palette),
        **fields,
    )
    times = times_between(opened_at, min(release_at, timezone.now()), fans)
    for presave, at in zip(make_presaves(campaign, [""] * fans), times, strict=True):
        presave.consented_at = at
        presave.save(update_fields=["consented_at"])
    DailyCount.objects.filter(campaign=campaign).delete()
    for day, number in Counter(at.date() for at in times).items():
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        DailyCount.objects.add(campaign.id, noon, {"presaves": number})
    count_sources(campaign, times)
    return campaign


def _end(campaign: Campaign, saved: int, others: str = PreSaveState.FAILED) -> None:
    """So many have it, each a little later than the one before."""
    rows = list(campaign.presaves.order_by("consented_at"))
    for number, row in enumerate(rows[:saved]):
        row.settled_at = campaign.release_at + timedelta(seconds=1 + number // 60)
        row.sent_at, row.state, row.sealed = row.settled_at, PreSaveState.SAVED, None
        row.save()
    DailyCount.objects.add(campaign.id, campaign.release_at, {"saved": saved})
    if others != PreSaveState.PENDING:
        left = campaign.presaves.filter(state=PreSaveState.PENDING)
        ended = left.update(
            state=others, reason=Reason.REVOKED, sealed=None, settled_at=campaign.release_at
        )
        DailyCount.objects.add(campaign.id, campaign.release_at, {others: ended})


def _night_states(now: datetime) -> dict[str, dict[str, Any]]:
    releasing, finished = CampaignState.RELEASING, CampaignState.FINISHED
    not_there = {"last_finding": Finding.NOT_THERE_YET}
    return {
        "ready": {"release_at": now + timedelta(hours=5, minutes=12), **not_there},
        "looking": {"release_at": now, **not_there},
        "asked": {"release_at": now - timedelta(minutes=2), **OTHER},
        "running": {"state": releasing},
        "paused": {"state": releasing, "paused_reason": PauseReason.RELEASE_REFUSED},
        "paused-early": {"paused_reason": PauseReason.APP_NOT_OPEN},
        "finished": {"state": finished},
    }


def _night(label: Label) -> None:
    now, cover = timezone.now(), _cover(NIGHT)
    fields: dict[str, Any] = {"label": label, "title": "First Light", **cover}
    for slug, state in _night_states(now).items():
        campaign = make_campaign(slug=slug, **state, **fields)
        make_presaves(campaign, [""] * 61)
        if campaign.state in (CampaignState.RELEASING, CampaignState.FINISHED):
            _end(campaign, saved={"running": 23, "paused": 12}.get(slug, 61), others="pending")
        if campaign.is_paused:
            early = campaign.paused_reason == PauseReason.APP_NOT_OPEN
            reason = Reason.NOT_LISTED if early else Reason.NONE
            campaign.presaves.waiting().update(attempts=1, reason=reason)
    soon = now + timedelta(days=20)
    draft = {"state": CampaignState.DRAFT}
    make_campaign(slug="draft", release_at=soon, looked_up_finding="confirmed", **draft, **fields)
    bare = {"label": label, "release_at": soon.replace(hour=2, minute=30)}
    make_campaign(slug="bare-draft", looked_up_finding=Finding.OTHER_TITLE, **bare, **draft)
    make_campaign(slug="quiet", label=label)
    make_campaign(slug="cancelled", state=CampaignState.CANCELLED, **fields)
    _losses(make_campaign(slug="losses", state=CampaignState.FINISHED, **fields))


def _losses(campaign: Campaign) -> None:
    make_presaves(campaign, [""] * 90)
    _end(campaign, saved=80, others=PreSaveState.PENDING)
    failed, cancelled = PreSaveState.FAILED, PreSaveState.CANCELLED
    ends = chain([(failed, Reason.REVOKED)] * 5, [(failed, Reason.WIDER_SCOPE)] * 2)
    ends = chain(ends, [(cancelled, Reason.BY_FAN)] * 3)
    campaign.presaves.filter(state=PreSaveState.PENDING).delete()
    DailyCount.objects.filter(campaign=campaign).update(presaves=80)
    for state, reason in ends:
        make_presave(campaign, state=state, reason=reason)


def _of_the_team(label: Label, people: dict[str, User]) -> dict[str, Scene]:
    artist, now = people["artist"], timezone.now()
    colleague = make_member(label, make_user(email="night-desk@example.com"))
    guest = invitations.invite(label, "guest@example.com", Role.EDITOR, artist, now)
    asked = invitations.invite(label, people["newcomer"].email, Role.VIEWER, artist, now)
    artists = LabelArtist.objects.filter(label=label)
    artists.update(typed_name="Night Desk", spotify_id="1" * 22)
    make_webhook(label, delivered_at=now)
    make_webhook(label, problem="status", problem_status=404, problem_at=now)
    _record(label, artist, colleague)
    report = report_links.token_of(Campaign.objects.get(slug="first-light"))
    preview = previewing.token_of(Campaign.objects.get(slug="slow-tide"))
    own = f"/dashboard/labels/{label.id}"
    return {
        "label": Scene("artist", own),
        "label-of-a-viewer": Scene("assistant", own),
        "label-history": Scene("artist", f"{own}/history"),
        "label-rename": Scene("artist", f"{own}/rename"),
        "label-leave": Scene("assistant", f"{own}/leave"),
        "notifications": Scene("artist", f"{own}/notifications"),
        "invite": Scene("artist", f"{own}/invite"),
        "member-remove": Scene("artist", f"{own}/members/{colleague.memberships.get().id}/remove"),
        "invitation-new-account": Scene("", guest.link.reveal()),
        "invitation-logged-in": Scene("newcomer", asked.link.reveal()),
        "invitation-of-another": Scene("beginner", guest.link.reveal()),
        "invitation-gone": Scene("", "/dashboard/invitations/never-was"),
        "preview-for-the-team": Scene("", f"/preview/{preview}"),
        "report-for-the-label": Scene("", f"/report/{report}"),
    }


def _record(label: Label, artist: User, colleague: User) -> None:
    tide = Campaign.objects.get(slug="slow-tide")
    berlin = "+01:00"
    moved = {
        "before": f"2026-12-04T00:00:00{berlin}",
        "after": f"2026-12-11T00:00:00{berlin}",
    }
    record(label, Event.CREATED, artist, tide)
    record(label, Event.EDITED, colleague, tide, fields=["title", "artwork"])
    record(label, Event.MOVED, colleague, tide, **moved)
    record(label, Event.OPENED, artist, tide)


def _cover(palette: Any) -> dict[str, Any]:
    return store_cover(draw_cover(palette))
