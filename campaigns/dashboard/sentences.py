"""What artists read when an act is not possible: templates/dashboard/obstacle.txt."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string

from campaigns.models import LONGEST_LEAD
from campaigns.planning.obstacles import Obstacle


def why_not(obstacle: Obstacle, **facts: Any) -> str:
    """The obstacle's sentence in one line, not escaped. The facts are those of PlanningError."""
    context = {"obstacle": obstacle, "longest_lead": LONGEST_LEAD.days, **facts}
    if found := facts.get("found"):
        context["artists"] = found.artist_names
    return " ".join(render_to_string("dashboard/obstacle.txt", context).split())
