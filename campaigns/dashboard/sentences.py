"""What artists read when an act is not possible: templates/dashboard/obstacle.txt."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string

from campaigns.models import LONGEST_LEAD
from campaigns.models.limits import MOST_INVITATIONS_A_DAY, MOST_OPEN_INVITATIONS
from campaigns.planning.obstacles import Obstacle


def why_not(obstacle: Obstacle, **facts: Any) -> str:
    """The obstacle's sentence in one line, not escaped. The facts are those of PlanningError."""
    context = {
        "obstacle": obstacle,
        "longest_lead": LONGEST_LEAD.days,
        "most_open": MOST_OPEN_INVITATIONS,
        "most_a_day": MOST_INVITATIONS_A_DAY,
        **facts,
    }
    if found := facts.get("found"):
        context["artists"] = found.artist_names
    return " ".join(render_to_string("dashboard/obstacle.txt", context).split())
