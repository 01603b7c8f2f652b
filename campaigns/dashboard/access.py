"""Fetch-with-permission: the only place that asks whether somebody may see or change something."""

from __future__ import annotations

import logging
from typing import Any, NoReturn, TypeVar
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import (
    EDITING_ROLES,
    Campaign,
    CampaignQuerySet,
    Label,
    Membership,
    User,
)

logger = logging.getLogger(__name__)
T = TypeVar("T", bound=Model)


class AuthenticatedRequest(HttpRequest):
    """A request behind login_required."""

    user: User


def campaigns_of(user: User) -> CampaignQuerySet:
    return Campaign.objects.visible_to(user).select_related("label")


def campaign_seen_by(user: User, slug: str) -> Campaign:
    """Any member's view of a campaign, with what its standing needs; strangers get 404, so that
    they cannot tell it exists.
    """
    return _found(user, campaigns_of(user).with_waiting_fans(timezone.now()), slug=slug)


def campaign_edited_by(user: User, slug: str, campaign_id: str = "") -> Campaign:
    """As campaign_seen_by; a viewer, who knows it exists, is refused.

    `campaign_id` is what a form brings along: another editor may have changed the campaign's
    address since that form was opened.
    """
    try:
        campaign = _found(user, campaigns_of(user), id=UUID(campaign_id))
    except ValueError:
        campaign = campaign_seen_by(user, slug)
    if not may_edit(campaign):
        _refuse(user, _("Viewers can't change a campaign. Ask an owner or editor of the label."))
    return campaign


def may_edit(campaign: Campaign) -> bool:
    """Whether the member that it was fetched for may change it."""
    return campaign.viewers_role in EDITING_ROLES


def labels_edited_by(user: User) -> QuerySet[Label]:
    return Label.objects.filter(
        memberships__user=user, memberships__role__in=EDITING_ROLES
    ).order_by("name")


def membership_of(user: User, label_id: UUID) -> Membership:
    """What a member is in a label; strangers get 404, so that they cannot tell it exists."""
    return _found(user, user.memberships.select_related("label"), label_id=label_id)


def label_owned_by(user: User, label_id: UUID) -> Label:
    """As membership_of; editors and viewers, who know the label exists, are refused."""
    membership = membership_of(user, label_id)
    if not membership.is_owners:
        _refuse(user, _("Only owners can do this. Ask an owner of the label."))
    return membership.label


def label_edited_by(user: User, label_id: UUID) -> Label:
    """As membership_of; a viewer, who knows the label exists, is refused."""
    membership = membership_of(user, label_id)
    if not membership.may_edit:
        _refuse(user, _("Viewers can't change a label. Ask an owner or editor of it."))
    return membership.label


def _found(user: User, rows: QuerySet[T], **wanted: Any) -> T:
    try:
        return get_object_or_404(rows, **wanted)
    except Http404:
        logger.info("account=%s not theirs or not there: %s", user.pk, wanted)
        raise


def _refuse(user: User, why: str) -> NoReturn:
    logger.info("account=%s refused, as the role does not allow it", user.pk)
    raise PermissionDenied(why)
