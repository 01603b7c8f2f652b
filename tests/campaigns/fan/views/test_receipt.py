"""The receipt: what it says in each state of a pre-save, and who may cancel."""

from __future__ import annotations

import gzip
import re
import uuid
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client
from django.utils import timezone

from campaigns.models import ROW_LIFETIME, CampaignState, PreSave, PreSaveState, Reason
from campaigns.retention import deleting
from tests.factory import make_campaign, make_local_campaign, make_presave
from tests.fans import text_of
from tests.sandbox_process import ALBUM_URI, SAVE_SCOPE, TRACK_URI

pytestmark = pytest.mark.django_db

MOST_BYTES = 12 * 1024
APPS_URL = "https://www.spotify.com/account/apps/"
MIDNIGHT_IN_BERLIN = datetime(2026, 12, 4, 23, 0, tzinfo=UTC)


def receipt(client: Client, campaign_fields: dict[str, Any], **fields: Any) -> str:
    make_presave(make_campaign(**campaign_fields), receipt="a-receipt", **fields)
    return text_of(client.get("/receipt/a-receipt"))


def test_a_waiting_receipt_says_what_is_held_and_until_when(client: Client) -> None:
    text = receipt(
        client, {"release_at": MIDNIGHT_IN_BERLIN, "opened_at": datetime(2026, 11, 1, tzinfo=UTC)}
    )
    assert "You're in" in text
    assert f"<code>{SAVE_SCOPE}</code>" in text
    assert "<dt>We hold</dt><dd>one sealed permission</dd>" in text
    assert "<dt>About you</dt><dd>nothing</dd>" in text
    assert "12 December 2026, 00:00 Berlin time" in text
    assert 'action="/receipt/a-receipt/cancel"' in text
    assert "does not remove this app from your Spotify account" in text
    assert f'href="{APPS_URL}"' in text
    assert "We can't prove to you that no other copy was ever made" in text


def test_a_saved_receipt_names_what_was_saved_in_spotifys_words(client: Client) -> None:
    confirmed = {"confirmed_title": "Night Bus - EP", "confirmed_artist": "Demo Artist, Guest"}
    fields = {"state": CampaignState.FINISHED, **confirmed}
    text = receipt(client, fields, state=PreSaveState.SAVED)
    said = "“<bdi>Night Bus - EP</bdi>” by <bdi>Demo Artist, Guest</bdi>, as Spotify lists it"
    assert said in text
    german = text_of(client.get("/receipt/a-receipt?lang=de"))
    assert "„<bdi>Night Bus - EP</bdi>“ von <bdi>Demo Artist, Guest</bdi>" in german


@pytest.mark.parametrize("state", [PreSaveState.PENDING, PreSaveState.SAVED, PreSaveState.FAILED])
def test_an_artist_thanks_for_what_is_saved(client: Client, state: PreSaveState) -> None:
    thanks = {"thanks": "See you <b>there.\nשבת"}

    text = receipt(client, {"state": CampaignState.RELEASING, **thanks}, state=state)

    said = '<blockquote class="own-words" dir="auto">See you <b>there.<br>שבת</blockquote>'
    assert (said in text) is (state == PreSaveState.SAVED)
    assert b"you <b>" not in client.get("/receipt/a-receipt").content


@pytest.mark.parametrize(
    ("fields", "state"),
    [
        ({"state": CampaignState.FINISHED, "confirmed_title": ""}, PreSaveState.SAVED),
        ({"state": CampaignState.FINISHED, "confirmed_title": "Bus"}, PreSaveState.FAILED),
        ({"state": CampaignState.RELEASING, "confirmed_title": "Bus"}, PreSaveState.PENDING),
    ],
    ids=["before it was kept", "not saved", "not yet"],
)
def test_what_was_not_saved_or_is_not_known_is_not_named(
    client: Client, fields: dict[str, Any], state: PreSaveState
) -> None:
    assert "as Spotify lists it" not in receipt(client, fields, state=state)


@pytest.mark.parametrize(
    ("uri", "things"), [(ALBUM_URI, "this one album"), (TRACK_URI, "this one track")]
)
@pytest.mark.parametrize("state", [PreSaveState.PENDING, PreSaveState.SAVED])
def test_a_receipt_says_what_the_permission_would_also_have_allowed(
    client: Client, uri: str, things: str, state: PreSaveState
) -> None:
    text = receipt(client, {"spotify_uri": uri}, state=state)
    assert "would also allow removing. We only ever save " + things + ", once." in text


@pytest.mark.parametrize(
    "state", [PreSaveState.PENDING, PreSaveState.SAVED, PreSaveState.CANCELLED]
)
def test_a_fan_without_a_zone_is_told_of_no_own_midnight(
    client: Client, state: PreSaveState
) -> None:
    campaign = make_local_campaign()
    last = campaign.everywhere_at
    settled_at = None if state == PreSaveState.PENDING else last + timedelta(seconds=4)
    make_presave(campaign, receipt="a-receipt", due_at=last, state=state, settled_at=settled_at)
    text = text_of(client.get("/receipt/a-receipt"))
    assert "midnight where you are" not in text
    assert ("Your browser shared no time zone" in text) is (state == PreSaveState.PENDING)
    assert "4 seconds after" not in text, "it was out for up to a day where they live"


NOW = timezone.now()
HOUR = timedelta(hours=1)
WAITING = "You're in"
AT_IT = "We're on it"


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ({"due_at": NOW + HOUR}, WAITING),
        ({"due_at": NOW}, AT_IT),
        ({"due_at": NOW, "lease": uuid.uuid4(), "lease_until": NOW + HOUR}, AT_IT),
        ({"due_at": NOW + HOUR, "attempts": 3}, AT_IT),
        ({"due_at": NOW + HOUR, "attempts": 30}, AT_IT),
        ({"due_at": NOW + HOUR, "refused_at": NOW, "reason": Reason.REVOKED}, AT_IT),
        *(
            ({"due_at": NOW + HOUR, "refused_at": NOW, "reason": reason}, AT_IT)
            for reason in (
                *(Reason.NOT_LISTED, Reason.PERMISSION_AGE),
                *(Reason.SCOPE, Reason.WIDER_SCOPE),
            )
        ),
    ],
)
@pytest.mark.parametrize("state", [CampaignState.OPEN, CampaignState.RELEASING])
def test_a_receipt_that_still_waits_after_its_time_does_not_promise_the_release(
    client: Client, state: CampaignState, fields: dict[str, Any], title: str
) -> None:
    text = receipt(client, {"state": state, "release_at": NOW - HOUR}, **fields)
    assert f"<h1>{title}</h1>" in text
    assert ("When the release is out, it appears" in text) is (title == WAITING)
    reason = fields.get("reason")
    assert ("Spotify refused your permission" in text) is (reason == Reason.REVOKED)
    assert ("If you removed the app" in text) is (reason == Reason.REVOKED)
    assert ("account is not on this app" in text) is (reason == Reason.NOT_LISTED)
    assert ("said that your permission has expired" in text) is (reason == Reason.PERMISSION_AGE)
    assert ("is not the one we asked for" in text) is (reason in (Reason.SCOPE, Reason.WIDER_SCOPE))
    assert ("so we'll ask once more" in text) is ("refused_at" in fields)
    assert 'action="/receipt/a-receipt/cancel"' in text
    # Who was refused can join again without cancelling.
    assert ("Back to the release" in text) is ("refused_at" in fields)
    assert ("to pre-save again, cancel here first" in text) is ("refused_at" not in fields)


def test_a_saved_receipt_says_when(client: Client) -> None:
    released = MIDNIGHT_IN_BERLIN
    campaign = {
        "state": CampaignState.FINISHED,
        "release_at": released,
        "opened_at": released - timedelta(days=30),
    }
    text = receipt(
        client, campaign, state=PreSaveState.SAVED, settled_at=released + timedelta(seconds=12)
    )
    assert "<dt>Find it</dt><dd>in your Albums</dd>" in text
    assert '<p class="when">12 seconds after the release</p>' in text
    assert "5 December 2026, 00:00:12 Berlin time" in text
    assert "<dt>We hold</dt><dd>nothing</dd>" in text
    assert "https://open.spotify.com/album/" in text
    assert "/cancel" not in text


def test_a_receipt_of_a_release_that_was_moved_after_the_save_claims_no_delay(
    client: Client,
) -> None:
    campaign = {"release_at": timezone.now() + timedelta(hours=6)}
    text = receipt(client, campaign, state=PreSaveState.SAVED, settled_at=timezone.now())
    assert "in your Albums" in text
    assert "after the release" not in text.partition("<dt>Destroyed")[0]


@pytest.mark.parametrize(
    ("consented", "settled", "words"),
    [
        (-60, 0, "the second it came out"),
        (-60, 1, "1 second after the release"),
        (-60, 119, "119 seconds after the release"),
        (-60, 5400, "90 minutes after the release"),
        (-60, 100_000, "27 hours after the release"),
        (-60, 400_000, "4 days after the release"),
        (3600, 3600, "the second you said yes"),
        (3600, 3604, "4 seconds after you said yes"),
    ],
)
def test_the_delay_counts_from_what_the_fan_waited_for(
    client: Client, consented: int, settled: int, words: str
) -> None:
    released = timezone.now() - timedelta(days=6)
    text = receipt(
        client,
        {"state": CampaignState.RELEASING, "release_at": released},
        state=PreSaveState.SAVED,
        consented_at=released + timedelta(seconds=consented),
        settled_at=released + timedelta(seconds=settled),
    )
    assert words in text


ENDINGS: list[Any] = [
    (PreSaveState.FAILED, Reason.REVOKED, "The permission was gone"),
    (PreSaveState.FAILED, Reason.SCOPE, "The permission was too narrow"),
    (PreSaveState.FAILED, Reason.WIDER_SCOPE, "The permission was too broad"),
    (PreSaveState.FAILED, Reason.NOT_LISTED, "Not open to your account"),
    (PreSaveState.FAILED, Reason.UNREADABLE, "We could not open your permission"),
    (PreSaveState.CANCELLED, Reason.BY_FAN, "Cancelled, as you asked"),
    (PreSaveState.CANCELLED, Reason.CAMPAIGN_CANCELLED, "The artist cancelled this"),
    (PreSaveState.EXPIRED, Reason.PERMISSION_AGE, "The permission expired"),
    (PreSaveState.EXPIRED, Reason.HARD_STOP, "Not saved within seven days"),
    (PreSaveState.FAILED, Reason.RESTORED, "We lost the result"),
]


@pytest.mark.parametrize(("state", "reason", "title"), ENDINGS)
def test_an_ended_receipt_says_why(
    client: Client, state: PreSaveState, reason: Reason, title: str
) -> None:
    text = receipt(client, {}, state=state, reason=reason)
    assert f"<h1>{title}</h1>" in text
    assert "<dt>We hold</dt><dd>nothing</dd>" in text
    assert "/cancel" not in text
    assert "Back to the release" in text


LISTEN, BACK = "Listen on", "Back to the"


@pytest.mark.parametrize(
    ("campaign_state", "confirmed", "state", "way_on"),
    [
        (CampaignState.OPEN, False, PreSaveState.PENDING, []),
        (CampaignState.OPEN, False, PreSaveState.CANCELLED, [BACK]),
        (CampaignState.RELEASING, True, PreSaveState.PENDING, []),
        (CampaignState.RELEASING, True, PreSaveState.SAVED, [LISTEN]),
        (CampaignState.RELEASING, True, PreSaveState.FAILED, [BACK]),
        (CampaignState.FINISHED, True, PreSaveState.FAILED, [LISTEN]),
        (CampaignState.FINISHED, False, PreSaveState.EXPIRED, [BACK]),
        (CampaignState.CANCELLED, True, PreSaveState.CANCELLED, [BACK]),
        (CampaignState.CANCELLED, True, PreSaveState.PENDING, [BACK]),
        (CampaignState.CANCELLED, True, PreSaveState.SAVED, [LISTEN]),
    ],
)
def test_a_receipt_that_waits_no_longer_leads_on(
    client: Client,
    campaign_state: CampaignState,
    confirmed: bool,
    state: PreSaveState,
    way_on: list[str],
) -> None:
    campaign = {"state": campaign_state, "confirmed_uri": ALBUM_URI if confirmed else ""}
    text = receipt(client, campaign, state=state)
    assert [words for words in (LISTEN, BACK) if f">{words}" in text] == way_on
    assert ("to pre-save again, cancel here first" in text) is (way_on == [])


def test_every_reason_has_a_receipt_of_its_own() -> None:
    assert {reason for _, reason, _ in ENDINGS} == set(Reason) - {Reason.NONE}
    assert len({title for _, _, title in ENDINGS}) == len(ENDINGS)


def test_a_wrong_receipt_does_not_exist(client: Client) -> None:
    presave = make_presave(make_campaign(), receipt="a-receipt")
    assert "It is deleted on <time" in text_of(client.get("/receipt/a-receipt"))
    for token in ("a-receipt2", "A-receipt", str(presave.id), presave.receipt_hash.hex()):
        assert client.get(f"/receipt/{token}").status_code == 404
        assert client.post(f"/receipt/{token}/cancel").status_code == 404
    assert PreSave.objects.get().state == PreSaveState.PENDING


def test_a_receipt_whose_row_is_deleted_says_how_long_receipts_are_kept(client: Client) -> None:
    campaign = make_campaign(state=CampaignState.FINISHED, release_at=timezone.now() - ROW_LIFETIME)
    make_presave(campaign, receipt="a-receipt", state=PreSaveState.SAVED)
    assert client.get("/receipt/a-receipt").status_code == 200
    deleting.delete_old_rows(timezone.now())

    for answer in (client.get("/receipt/a-receipt"), client.post("/receipt/a-receipt/cancel")):
        assert answer.status_code == 404
        assert "Receipts are kept for 30 days after the release" in text_of(answer)
        assert "no-store" in answer.headers["Cache-Control"]
        assert not answer.cookies


def test_a_link_cannot_cancel(client: Client) -> None:
    make_presave(make_campaign(), receipt="a-receipt")
    assert client.get("/receipt/a-receipt/cancel").status_code == 405
    assert PreSave.objects.get().state == PreSaveState.PENDING


def test_what_is_saved_cannot_be_cancelled(client: Client) -> None:
    make_presave(make_campaign(), receipt="a-receipt", state=PreSaveState.SAVED)
    assert client.post("/receipt/a-receipt/cancel").status_code == 303
    assert PreSave.objects.get().state == PreSaveState.SAVED


@pytest.mark.parametrize(
    ("campaign_state", "state", "is_told_on"),
    [
        (CampaignState.OPEN, PreSaveState.PENDING, True),
        (CampaignState.FINISHED, PreSaveState.SAVED, True),
        (CampaignState.FINISHED, PreSaveState.FAILED, False),
        (CampaignState.CANCELLED, PreSaveState.SAVED, False),
    ],
)
def test_friends_are_told_of_what_has_a_page_and_a_picture(
    client: Client, campaign_state: CampaignState, state: PreSaveState, is_told_on: bool
) -> None:
    text = receipt(client, {"slug": "night-bus", "state": campaign_state}, state=state)
    assert ("Tell a friend" in text) is ("/night-bus/slip.jpg" in text) is is_told_on


LINKS = {"links": ["https://b.example/after"], "links_before": ["https://b.example/before"]}


@pytest.mark.parametrize(
    ("campaign_state", "state", "is_led_on"),
    [
        (CampaignState.OPEN, PreSaveState.PENDING, False),
        (CampaignState.RELEASING, PreSaveState.PENDING, False),
        (CampaignState.RELEASING, PreSaveState.SAVED, True),
        (CampaignState.FINISHED, PreSaveState.FAILED, True),
        (CampaignState.CANCELLED, PreSaveState.CANCELLED, False),
    ],
)
def test_the_artists_other_links_come_with_the_release(
    client: Client, campaign_state: CampaignState, state: PreSaveState, is_led_on: bool
) -> None:
    text = receipt(client, {"state": campaign_state, **LINKS}, state=state)
    assert ("https://b.example/after" in text) is is_led_on
    assert ("/campaigns/links." in text) is is_led_on
    assert "https://b.example/before" not in text


def test_what_came_at_once_says_so_in_its_title(client: Client) -> None:
    released = timezone.now() - timedelta(minutes=5)
    campaign = {"state": CampaignState.FINISHED, "release_at": released}
    saved: dict[str, Any] = {"state": PreSaveState.SAVED, "settled_at": released}
    text = receipt(client, campaign, **saved)
    assert "<h1>It's in your library, the second it came out</h1>" in text
    PreSave.objects.update(settled_at=released + timedelta(seconds=1))
    later = text_of(client.get("/receipt/a-receipt"))
    assert "<h1>It's in your library</h1>" in later
    assert "1 second after the release" in later


def test_what_was_out_already_is_not_said_to_have_come_at_once(client: Client) -> None:
    """With the last midnight of all, and as soon as the artist said that it is out."""
    everywhere = make_local_campaign(
        slug="everywhere", state=CampaignState.RELEASING, day=(NOW - timedelta(days=3)).date()
    )
    begun = NOW - HOUR
    early = make_campaign(
        slug="early",
        state=CampaignState.RELEASING,
        release_at=begun,
        scheduled_at=begun,
        opened_at=begun - timedelta(days=3),
    )
    for campaign, due_at in ((everywhere, everywhere.everywhere_at), (early, begun)):
        for waited in (0, 5):
            presave = make_presave(
                campaign,
                receipt="a-receipt",
                due_at=due_at,
                consented_at=campaign.release_at - HOUR,
                state=PreSaveState.SAVED,
                settled_at=due_at + timedelta(seconds=waited),
            )
            text = text_of(client.get("/receipt/a-receipt"))
            assert "<h1>It's in your library</h1>" in text
            assert 'class="when"' not in text
            presave.delete()


def test_a_receipt_is_conditional_for_its_script_and_kept_nowhere(client: Client) -> None:
    presave = make_presave(make_campaign(), receipt="a-receipt")
    first = client.get("/receipt/a-receipt")
    etag = unescape(re.findall('data-seen="(.*?)"', first.content.decode())[0])
    asked = {"if-none-match": etag}
    unchanged = client.get("/receipt/a-receipt", headers=asked)
    assert (unchanged.status_code, unchanged.content) == (304, b"")
    for answer in (first, unchanged):
        assert "no-store" in answer.headers["Cache-Control"]
        assert answer.headers["X-Robots-Tag"] == "noindex"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
    # A move, after which it reads as before but for the date.
    PreSave.objects.filter(id=presave.id).update(due_at=timezone.now() + timedelta(days=9))
    assert client.get("/receipt/a-receipt", headers=asked).status_code == 200


@pytest.mark.parametrize("language", [code for code, _ in settings.LANGUAGES])
@pytest.mark.parametrize("state", [PreSaveState.PENDING, PreSaveState.SAVED])
def test_a_receipt_weighs_little(client: Client, state: PreSaveState, language: str) -> None:
    """With every stylesheet and script, but for the artwork and the drawings of services."""
    longest = {"title": ("Ünïcödé " * 15).strip(), "artist": "Ärtïst " * 17, **LINKS}
    campaign = make_campaign(state=CampaignState.RELEASING, thanks="Wörds, " * 40, **longest)
    make_presave(campaign, receipt="a-receipt", state=state)
    html = client.get(f"/receipt/a-receipt?lang={language}").content
    named = set(re.findall(r"/static/(campaigns/\w+)\.\w+\.(css|js)", html.decode()))
    files = [Path(str(finders.find(f"{name}.{kind}"))).read_bytes() for name, kind in named]
    assert len(files) >= 7
    assert sum(len(gzip.compress(part)) for part in (html, *files)) < MOST_BYTES
