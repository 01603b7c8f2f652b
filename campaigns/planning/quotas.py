"""How much people may have who signed up without an invitation. Nobody knows them, so that what one
of them leaves behind stays small, nor whom they invite. Other guests may have what they like.
"""

from __future__ import annotations

from django.db.models import QuerySet

from campaigns.models import ENDED_STATES, ArtistPage, Campaign, Label, Role, User
from campaigns.models.limits import (
    ARTIST_PAGES_OF_SELF_MADE,
    CAMPAIGNS_OF_SELF_MADE,
    LABELS_OF_SELF_MADE,
)
from campaigns.planning.obstacles import Obstacle, PlanningError


def check_labels(user: User) -> None:
    """Raise PlanningError when the user may own no more labels."""
    owned = user.memberships.filter(role=Role.OWNER).count()
    if user.is_self_made and owned >= LABELS_OF_SELF_MADE:
        raise PlanningError(Obstacle.TOO_MANY_LABELS)


def check_campaigns(label: Label) -> None:
    """Raise PlanningError when the label's owners have as many campaigns as they may, here and in
    their other labels together; an owner who was invited answers for all.

    The lock lets one of two forms wait that are sent at once: call it in the transaction that adds
    the campaign.
    """
    theirs = _labels_of_self_made(label)
    going_on = Campaign.objects.filter(label__in=theirs).exclude(state__in=ENDED_STATES)
    if going_on.count() >= CAMPAIGNS_OF_SELF_MADE:
        raise PlanningError(Obstacle.TOO_MANY_CAMPAIGNS)


def check_artist_pages(label: Label) -> None:
    """As check_campaigns. Pages that are off count: their addresses are taken."""
    pages = ArtistPage.objects.filter(label__in=_labels_of_self_made(label))
    if pages.count() >= ARTIST_PAGES_OF_SELF_MADE:
        raise PlanningError(Obstacle.TOO_MANY_PAGES)


def _labels_of_self_made(label: Label) -> QuerySet[Label]:
    """All labels of the owners, who are locked; none where one of them was invited."""
    owned = User.objects.filter(memberships__label=label, memberships__role=Role.OWNER)
    owners = list(owned.order_by("id").select_for_update(of=("self",), no_key=True))
    if any(not owner.is_self_made for owner in owners):
        return Label.objects.none()
    return Label.objects.filter(memberships__user__in=owners, memberships__role=Role.OWNER)
