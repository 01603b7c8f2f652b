"""What the database holds of a history, whoever writes it."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from campaigns.models import Event, HistoryEntry, Label, User
from campaigns.planning.history import record
from tests import factory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("is_known", [True, False])
def test_failed_sign_ins_of_one_hour_are_one_entry(
    label: Label, artist: User, is_known: bool
) -> None:
    whose = {"label": label, "by": artist} if is_known else {}
    hour = timezone.now()
    HistoryEntry.objects.create(at=hour, event=Event.SIGN_IN_FAILED, **whose)

    with pytest.raises(IntegrityError), transaction.atomic():
        HistoryEntry.objects.create(at=hour, event=Event.SIGN_IN_FAILED, **whose)

    HistoryEntry.objects.create(at=hour, event=Event.NEW_BROWSER, **whose)
    HistoryEntry.objects.create(at=hour, event=Event.NEW_BROWSER, **whose)


def test_an_entry_outlives_the_account_and_the_campaign(label: Label, artist: User) -> None:
    campaign = factory.make_campaign(label=label, title="Night Bus")
    record(label, Event.EDITED, artist, campaign, fields=["title"])
    campaign.delete()
    artist.delete()

    entry = label.history.get()
    assert (entry.campaign, entry.by) == (None, None)
    assert entry.details == {"campaign": "Night Bus", "fields": ["title"]}
