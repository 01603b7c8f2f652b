"""The design that most services of this kind have: one Celery task for each fan.

`celery -A benchmarks.task_per_fan worker` serves it; benchmarks/throughput.py publishes the tasks.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Final
from uuid import UUID

from celery import Celery

from benchmarks import designs
from campaigns import keyring
from campaigns.keyring import CampaignKey
from campaigns.models import PreSave

# The product's transport drops from the default queue what is none of its own tasks.
QUEUE: Final = "fans"

app = Celery("benchmarks", broker=os.environ["REDIS_URL"])
app.conf.update(
    task_ignore_result=True,
    task_acks_late=True,
    worker_prefetch_multiplier=4,
    accept_content=["json"],
)


@cache
def key_of(campaign_id: UUID) -> CampaignKey:
    return keyring.from_settings().open(campaign_id)


@app.task(queue=QUEUE)
def save(presave_id: str) -> None:
    row = PreSave.objects.select_related("campaign").get(id=presave_id)
    designs.save_one(row, key_of(row.campaign_id), row.campaign.confirmed_uri)
