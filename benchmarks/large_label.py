"""A label as it is after years: 500 campaigns in every state, and a million pre-saves with the
counts, sources and history that come with them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from campaigns.models import Campaign, Label, User

CAMPAIGNS: Final = 500
MEMBERS: Final = 40
ARTISTS: Final = 60
HISTORY_OF_A_CAMPAIGN: Final = 10
FANS_OF_OTHERS: Final = 102
SENT: Final = 150_000
# So few fans that their rows are counted for a page.
LEFT: Final = 4_000
# As many as are counted apart.
NAMES_OF_LARGE: Final = 52
NAMES_OF_OTHERS: Final = 8

# Rows of all campaigns in between each other, in the order in which fans came.
FANS: Final = """
    INSERT INTO campaigns_presave
        (id, campaign_id, state, reason, due_at, attempts, sealed, agreed_digest, consented_at,
        settled_at, receipt_hash)
    SELECT gen_random_uuid(), campaign_id, state,
        CASE state WHEN 'failed' THEN 'revoked'
            WHEN 'cancelled' THEN CASE WHEN by_fan THEN 'by_fan' ELSE 'campaign_cancelled' END
            ELSE '' END,
        release_at + CASE WHEN is_local THEN n %% 27 * interval '1 hour' ELSE interval '0' END, 0,
        CASE WHEN state = 'pending' THEN decode(repeat(md5(n::text), 14), 'hex') END,
        sha256('agreed'), came_at,
        CASE WHEN state = 'pending' THEN NULL
            WHEN by_fan THEN came_at + random() * (until - came_at)
            ELSE until END,
        sha256((campaign_id::text || n)::bytea)
    FROM (
        SELECT id AS campaign_id, n, release_at, n %% 50 = 0 AS by_fan,
            release_mode = 'local_midnight' AS is_local, least(now(), release_at) AS until,
            opened_at + random() * (least(now(), release_at) - opened_at) AS came_at,
            CASE WHEN n %% 50 = 0 OR state = 'cancelled' THEN 'cancelled'
                WHEN state = 'open' THEN 'pending'
                WHEN state = 'releasing' AND n %% 100 > 50 THEN 'pending'
                WHEN n %% 100 = 49 THEN 'failed'
                ELSE 'saved' END AS state
        FROM unnest(%(ids)s::uuid[], %(fans)s::int[]) AS planned (id, fans)
        JOIN campaigns_campaign USING (id) CROSS JOIN LATERAL generate_series(1, fans) AS n
    ) AS fan ORDER BY came_at
"""
# After the vacuum, so that rows which a release left dead are there.
SENDING: Final = """
    UPDATE campaigns_presave SET sent_at = now(), sent_for = confirmed_at
    FROM campaigns_campaign AS campaign
    WHERE campaigns_presave.id IN (
        SELECT id FROM campaigns_presave
        WHERE campaign_id = %(id)s AND state = 'pending' ORDER BY due_at LIMIT %(number)s
    ) AND campaign.id = campaign_id
"""
SETTLING: Final = """
    UPDATE campaigns_presave
    SET state = 'saved', sealed = NULL, sent_at = now(), settled_at = now()
    WHERE id IN (
        SELECT id FROM campaigns_presave
        WHERE campaign_id = %(id)s AND state = 'pending' ORDER BY id OFFSET %(left)s
    )
"""
DAYS: Final = """
    INSERT INTO campaigns_dailycount
        (campaign_id, day, consented, saved, failed, cancelled, expired)
    SELECT campaign_id, day, count(*) FILTER (WHERE what = 'presaves'),
        count(*) FILTER (WHERE what = 'saved'), count(*) FILTER (WHERE what = 'failed'),
        count(*) FILTER (WHERE what = 'cancelled'), 0
    FROM (
        SELECT campaign_id, consented_at::date AS day, 'presaves' AS what FROM campaigns_presave
        UNION ALL
        SELECT campaign_id, settled_at::date, state FROM campaigns_presave
        WHERE settled_at IS NOT NULL
    ) AS event GROUP BY campaign_id, day
"""
VISITS: Final = """
    INSERT INTO campaigns_sourcecount (campaign_id, day, source, kind, number)
    SELECT id, day, 'name-' || n, kind, 1 + (random() * 100)::int
    FROM unnest(%(ids)s::uuid[], %(names)s::int[]) AS planned (id, names)
    JOIN campaigns_campaign USING (id)
    CROSS JOIN LATERAL generate_series(opened_at, least(now(), release_at), '1 day') AS at
    CROSS JOIN LATERAL (SELECT at::date) AS of_day (day)
    CROSS JOIN LATERAL generate_series(1, names) AS n
    CROSS JOIN unnest(ARRAY['visit', 'tap', 'presave']) AS kind
"""
REMINDERS: Final = """
    INSERT INTO campaigns_remindercount (campaign_id, day, kind, number)
    SELECT DISTINCT campaign_id, day, kind, 5
    FROM campaigns_dailycount CROSS JOIN unnest(ARRAY['calendar', 'countdown']) AS kind
"""
HISTORY: Final = """
    INSERT INTO campaigns_historyentry (label_id, campaign_id, at, by_id, event, details, times)
    SELECT label_id, id, now() - random() * interval '300 days', %(by)s, 'edited',
        jsonb_build_object('title', title, 'fields', jsonb_build_array('title', 'note')), 1
    FROM campaigns_campaign CROSS JOIN generate_series(1, %(each)s)
"""


@dataclass
class Planned:
    """One campaign, how many fans it has, and under how many names visits to it are counted."""

    campaign: Campaign
    fans: int = FANS_OF_OTHERS
    names: int = NAMES_OF_OTHERS


@dataclass
class LargeLabel:
    """The campaigns that are asked for by name stand for all of their kind; they have the most
    fans.
    """

    label: Label
    owner: User
    large: dict[str, Campaign] = field(default_factory=dict)


def set_up() -> LargeLabel:
    from campaigns.models import Role
    from campaigns.planning import report_links
    from tests import factory

    owner = factory.make_user(email="owner@example.com")
    made = LargeLabel(factory.make_label(owner), owner)
    # An owner of a second label can move campaigns.
    factory.make_label(owner, name="Other Label")
    for _ in range(MEMBERS - 1):
        factory.make_member(made.label, role=Role.EDITOR)
    planned = _plan(made)
    _fill_in(planned, owner)
    report_links.share(made.large["finished"])
    made.large["finished"].refresh_from_db()
    return made


def nearly_finish(made: LargeLabel) -> list[Campaign]:
    """Those that are being released come to their last fans."""
    from django.db import connection

    from campaigns.models import CampaignState, DailyCount

    everyone = made.large.values()
    releasing = [one for one in everyone if one.state == CampaignState.RELEASING]
    for campaign in releasing:
        with connection.cursor() as cursor:
            cursor.execute(SETTLING, {"id": campaign.id, "left": LEFT})
            DailyCount.objects.add(campaign.id, _now(), {"saved": cursor.rowcount})
    return releasing


def _plan(made: LargeLabel) -> list[Planned]:
    from demo.cover import draw_cover
    from tests import scenes

    cover = scenes.store_cover(draw_cover())
    named = {
        name: (_make(made.label, {**cover, **fields}), fans)
        for name, (fans, fields) in _large(_now()).items()
    }
    made.large = {name: campaign for name, (campaign, _fans) in named.items()}
    large = [Planned(campaign, fans, NAMES_OF_LARGE) for campaign, fans in named.values()]
    others = [_make(made.label, {**cover, **fields}) for fields in _others(_now(), len(large))]
    return [*large, *map(Planned, others)]


def _now() -> datetime:
    from django.utils import timezone

    return timezone.now()


def _large(now: datetime) -> dict[str, tuple[int, dict[str, Any]]]:
    from campaigns.models import CampaignState, Finding, PauseReason, ReleaseMode, midnights

    long = {"opened_at": now - timedelta(days=170), "scheduled_at": now - timedelta(days=170)}
    just_now, earlier = now - timedelta(minutes=5), now - timedelta(hours=20)
    question = {
        "found_uri": "spotify:album:1111111111111111111111",
        "found_title": "First Light",
        "found_artist": "Night Desk",
        "last_finding": Finding.OTHER_ARTIST,
    }
    ended = {"release_at": now - timedelta(days=3), **long}
    return {
        "releasing": (
            400_000,
            {"state": CampaignState.RELEASING, "release_at": just_now, **long},
        ),
        "at local midnights": (
            100_000,
            {
                "state": CampaignState.RELEASING,
                "release_mode": ReleaseMode.LOCAL_MIDNIGHT,
                "release_zone": midnights.FIRST_ZONE,
                "release_at": earlier,
                "confirmed_until": now - timedelta(hours=10),
                **long,
            },
        ),
        "open": (200_000, {"release_at": now + timedelta(hours=4), **long}),
        "due": (20_000, {"release_at": just_now, **long}),
        "asking": (100_000, {"release_at": just_now, **question, **long}),
        "paused": (
            10_000,
            {"release_at": just_now, "paused_reason": PauseReason.RELEASE_REFUSED, **long},
        ),
        "finished": (100_000, {"state": CampaignState.FINISHED, "finished_at": now, **ended}),
        "cancelled": (20_000, {"state": CampaignState.CANCELLED, "cancelled_at": now, **ended}),
        "draft": (0, {"state": CampaignState.DRAFT, "release_at": now + timedelta(days=9)}),
    }


def _others(now: datetime, besides: int) -> Iterable[dict[str, Any]]:
    """One in twenty is a draft, and one in three is to come; of the others one in ten was
    cancelled. The oldest are archived.
    """
    from campaigns.models import CampaignState

    for number in range(CAMPAIGNS - besides):
        days = timedelta(days=1 + number % 100)
        is_to_come = number % 20 == 0 or number % 3 == 0
        release_at = now + days if is_to_come else now - days
        fields = {
            "title": f"Night Bus {number}",
            "artist": f"Demo Artist {number % ARTISTS}",
            "release_at": release_at,
        }
        if number % 20 == 0:
            yield fields | {"state": CampaignState.DRAFT}
            continue
        opened_at = min(now, release_at) - timedelta(days=60)
        fields |= {"opened_at": opened_at, "scheduled_at": opened_at}
        yield fields if is_to_come else fields | _ended(number, release_at, now)


def _ended(number: int, release_at: datetime, now: datetime) -> dict[str, Any]:
    from campaigns.models import CampaignState

    archived_at = now if release_at < now - timedelta(days=90) else None
    if number % 10 == 1:
        state = {"state": CampaignState.CANCELLED, "cancelled_at": release_at}
    else:
        state = {"state": CampaignState.FINISHED, "finished_at": release_at}
    return {**state, "archived_at": archived_at}


def _make(label: Label, fields: dict[str, Any]) -> Campaign:
    from tests.factory import make_campaign

    return make_campaign(label=label, **fields)


def _fill_in(planned: list[Planned], owner: User) -> None:
    from django.db import connection

    from campaigns.models import Heartbeat
    from campaigns.retention import figures

    opened = [one for one in planned if one.campaign.opened_at]
    ids = [one.campaign.id for one in opened]
    with connection.cursor() as cursor:
        cursor.execute(FANS, {"ids": ids, "fans": [one.fans for one in opened]})
        cursor.execute(DAYS)
        cursor.execute(VISITS, {"ids": ids, "names": [one.names for one in opened]})
        cursor.execute(REMINDERS)
        cursor.execute(HISTORY, {"by": owner.pk, "each": HISTORY_OF_A_CAMPAIGN})
        cursor.execute("VACUUM ANALYZE")
        cursor.execute(SENDING, {"id": planned[0].campaign.id, "number": SENT})
    _make_team(planned[0].campaign.label, owner)
    figures.write_down(_now())
    Heartbeat.objects.update_or_create(id=1, defaults={"beat_at": _now() + timedelta(days=1)})


def _make_team(label: Label, owner: User) -> None:
    from campaigns.models import Role
    from campaigns.planning import invitations
    from tests.factory import make_webhook

    for number in range(10):
        invitations.invite(label, f"guest-{number}@example.com", Role.VIEWER, owner, _now())
    for number in range(ARTISTS):
        label.artists.create(folded_name=f"demo artist {number}", spotify_id=f"{number:022}")
    for _ in range(3):
        make_webhook(label)
