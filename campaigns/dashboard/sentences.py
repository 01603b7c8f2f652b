"""What artists read when an act is not possible: templates/dashboard/obstacle.txt."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string

from campaigns.models import LONGEST_LEAD
from campaigns.models.limits import (
    ARTIST_PAGES_OF_SELF_MADE,
    CAMPAIGNS_OF_SELF_MADE,
    LABELS_OF_SELF_MADE,
    MOST_INVITATIONS_A_DAY,
    MOST_OPEN_INVITATIONS,
)
from campaigns.planning.obstacles import Obstacle
from campaigns.status.sentences import in_one_line


def why_not(obstacle: Obstacle, **facts: Any) -> str:
    """The obstacle's sentence in one line, not escaped. The facts are those of PlanningError."""
    limits = {
        "longest_lead": LONGEST_LEAD.days,
        "most_labels": LABELS_OF_SELF_MADE,
        "most_campaigns": CAMPAIGNS_OF_SELF_MADE,
        "most_pages": ARTIST_PAGES_OF_SELF_MADE,
        "most_open": MOST_OPEN_INVITATIONS,
        "most_a_day": MOST_INVITATIONS_A_DAY,
    }
    context = {"obstacle": obstacle, **limits, **facts}
    if found := facts.get("found"):
        context["artists"] = found.artist_names
    return in_one_line(render_to_string("dashboard/obstacle.txt", context))
