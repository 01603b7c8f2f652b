"""The same release by four designs: each opens a fan's permission, refreshes it, saves, and records
the outcome together with the erasure.

`python -m benchmarks.designs NAME CAMPAIGN` runs one in a process of its own and tells what it
took. The three others are made as well as their design allows: connections and
clients are kept, and nothing waits that need not.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import django
import requests

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "presave.settings")
django.setup()

import spotipy  # noqa: E402 -- Django comes first
from django.conf import settings  # noqa: E402
from spotipy.cache_handler import MemoryCacheHandler  # noqa: E402
from spotipy.oauth2 import SpotifyOAuth  # noqa: E402

from campaigns import keyring  # noqa: E402
from campaigns.clock import database_now  # noqa: E402
from campaigns.keyring import CampaignKey  # noqa: E402
from campaigns.models import Campaign, DailyCount, PreSave, PreSaveState, Reason  # noqa: E402
from campaigns.release import claims, worker  # noqa: E402
from campaigns.release.claims import ClaimedRow, Confirmation, Outcome  # noqa: E402
from campaigns.retention import sent  # noqa: E402

POOL_THREADS: Final = 64
BLOCK: Final = 200


class Client(threading.local):
    """spotipy with one session and one pair of clients for each thread."""

    def __init__(self) -> None:
        session = requests.Session()
        session.trust_env = False
        self.oauth = SpotifyOAuth(
            client_id=settings.SPOTIFY_CLIENT_ID,
            client_secret=settings.SPOTIFY_CLIENT_SECRET,
            redirect_uri="https://example.com/callback",
            cache_handler=MemoryCacheHandler(),
            requests_session=session,
        )
        self.oauth.OAUTH_TOKEN_URL = f"{settings.SPOTIFY_ACCOUNTS_URL}/api/token"
        self.api = spotipy.Spotify(auth="none", requests_session=session)
        self.api.prefix = f"{settings.SPOTIFY_API_URL}/"

    def save(self, refresh_token: str, uri: str) -> None:
        grant = self.oauth.refresh_access_token(refresh_token)
        self.api.set_auth(grant["access_token"])
        self.api.current_user_saved_albums_add([uri])


client = Client()


def engine(campaign: Campaign) -> None:
    worker.work(database_now() + timedelta(minutes=10), threading.Event())
    confirm(campaign)


def one_after_another(campaign: Campaign) -> None:
    key = keyring.from_settings().open(campaign.id)
    for row in PreSave.objects.pending().filter(campaign=campaign):
        save_one(row, key, campaign.confirmed_uri)


def thread_pool(campaign: Campaign) -> None:
    """What one_after_another does, in threads."""
    key = keyring.from_settings().open(campaign.id)
    rows = list(PreSave.objects.pending().filter(campaign=campaign))
    with ThreadPoolExecutor(POOL_THREADS) as pool:
        for saved in [pool.submit(save_one, row, key, campaign.confirmed_uri) for row in rows]:
            saved.result()


def thread_pool_in_blocks(campaign: Campaign) -> None:
    """Blocks of the engine's own claims and records, saved by spotipy in threads: two of them on
    their way, so that no thread waits for a block's end.
    """
    key = keyring.from_settings().open(campaign.id)

    def serve(row: ClaimedRow) -> UUID:
        client.save(opened(row, key), campaign.confirmed_uri)
        return row.id

    def start(pool: ThreadPoolExecutor) -> Any:
        claim = claims.claim_block(campaign, BLOCK, database_now())
        return (claim, [pool.submit(serve, row) for row in claim.rows]) if claim else None

    with ThreadPoolExecutor(POOL_THREADS) as pool:
        on_their_way = [start(pool), start(pool)]
        while block := on_their_way.pop(0):
            claim, futures = block
            ids = [future.result() for future in futures]
            fence_of = dict.fromkeys(ids, claim.fence)
            claims.settle(campaign, fence_of, all_sent(campaign, ids), database_now())
            on_their_way.append(start(pool))
    confirm(campaign)


def all_sent(campaign: Campaign, ids: list[UUID]) -> Outcome:
    assert campaign.confirmed_at
    confirmation = Confirmation(campaign.confirmed_uri, campaign.confirmed_at)
    return Outcome(sent=dict.fromkeys(ids, confirmation))


def confirm(campaign: Campaign) -> None:
    """What the look after the last save does to the rows."""
    now = database_now()
    sent.settle(campaign, now, now)


def opened(row: PreSave | ClaimedRow, key: CampaignKey) -> str:
    return key.open(bytes(row.sealed or b""), row.id, bytes(row.agreed_digest or b"")).reveal()


def save_one(row: PreSave, key: CampaignKey, uri: str) -> None:
    client.save(opened(row, key), uri)
    now = database_now()
    if PreSave.objects.pending().filter(id=row.id).end(PreSaveState.SAVED, Reason.NONE, now):
        DailyCount.objects.add(row.campaign_id, now, {"saved": 1})


DESIGNS: Final[dict[str, Callable[[Campaign], None]]] = {
    "engine": engine,
    "one_after_another": one_after_another,
    "thread_pool": thread_pool,
    "thread_pool_in_blocks": thread_pool_in_blocks,
}


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main(name: str, campaign_id: str) -> None:
    campaign = Campaign.objects.get(id=campaign_id)
    gc.freeze()  # as presave/celery.py does in each worker process
    began, cpu_before = time.monotonic(), cpu_seconds()
    DESIGNS[name](campaign)
    seconds, cpu = time.monotonic() - began, cpu_seconds() - cpu_before
    saved = DailyCount.objects.totals_of(campaign.id).saved
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # Linux counts in KiB
    print(json.dumps({"saved": saved, "seconds": seconds, "cpu": cpu, "memory_mb": memory_mb}))


if __name__ == "__main__":
    main(*sys.argv[1:])
