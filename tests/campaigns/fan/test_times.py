"""Dates and times as each language writes them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from campaigns.fan import times
from campaigns.models import Campaign


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en", "7 November 2026, 10:00 Berlin time"),
        ("es", "7 de noviembre de 2026 a las 10:00 (hora de Berlin)"),
        ("pt-br", "7 de novembro de 2026 às 10:00 (horário de Berlin)"),
        ("de", "7.\N{NO-BREAK SPACE}November 2026, 10:00 Ortszeit Berlin"),
        ("fr", "7 novembre 2026 à 10:00 (heure locale à Berlin)"),
        ("ja", "2026年11月7日10:00 Berlin時間"),
    ],
)
def test_a_moment_is_written_as_people_write_it(language: str, written: str) -> None:
    moment = datetime(2026, 11, 7, 10, tzinfo=ZoneInfo("Europe/Berlin"))
    with translation.override(language):
        told = times.stated(moment, Campaign(release_zone="Europe/Berlin"))
    assert told == f'<time datetime="2026-11-07T10:00:00+01:00">{written}</time>'
