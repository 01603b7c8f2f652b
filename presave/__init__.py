"""The project: wiring only. Celery finds its application through here."""

from __future__ import annotations

from presave.celery import app as celery_app

__all__ = ["celery_app"]
