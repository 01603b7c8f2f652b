"""`manage.py metrics_token`: what Prometheus has to show for /metrics."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from campaigns.doctor import metrics


class Command(BaseCommand):
    help = "Print the bearer token with which Prometheus may read /metrics."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(metrics.token())
