"""Moves a campaign to another label of the same editor's."""

from __future__ import annotations

from django.db import transaction

from campaigns.catalogue.folding import folded
from campaigns.models import (
    EDITING_ROLES,
    Campaign,
    Event,
    Label,
    LabelArtist,
    Membership,
    User,
)
from campaigns.models.formats import LONGEST_RELEASE_NAME
from campaigns.planning import quotas
from campaigns.planning.history import record
from campaigns.planning.members import locked
from campaigns.planning.moving import locked as locked_campaign
from campaigns.planning.obstacles import Obstacle, PlanningError


@transaction.atomic
def move_to_label(campaign: Campaign, label: Label, by: User) -> None:
    """Its numbers and its own history go along, and what was confirmed of its artist, without which
    an open campaign would have to ask again. What the label did stays in the label's history.

    Raises PlanningError when `by` edits only one of the two by now, or the other may have no more.
    """
    quotas.check_campaigns(label)  # its owners are locked before any label
    before, after = _both_locked(campaign.label, label)
    campaign = locked_campaign(campaign)
    edited = Membership.objects.filter(user=by, label__in=[before, after], role__in=EDITING_ROLES)
    if campaign.label_id != before.id or edited.count() != 2:
        raise PlanningError(Obstacle.EDITORS_ONLY)
    _share_artist(campaign, after)
    campaign.label = after
    campaign.save(update_fields=["label"])
    for one in (before, after):
        record(one, Event.RELABELLED, by, campaign, before=before.name, after=after.name)


def _both_locked(one: Label, other: Label) -> tuple[Label, Label]:
    """In the order of their ids, so that two moves the other way round wait for each other."""
    first, second = sorted((one, other), key=lambda label: label.id)
    labels = {label.id: label for label in (locked(first), locked(second))}
    return labels[one.id], labels[other.id]


def _share_artist(campaign: Campaign, label: Label) -> None:
    name = folded(campaign.artist)[:LONGEST_RELEASE_NAME]
    for artist in campaign.label.artists.filter(folded_name=name):
        LabelArtist.objects.get_or_create(
            label=label,
            folded_name=artist.folded_name,
            spotify_id=artist.spotify_id,
            defaults={
                "name": artist.name,
                "typed_name": artist.typed_name,
                "confirmed_at": artist.confirmed_at,
            },
        )
