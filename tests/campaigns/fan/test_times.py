"""Dates and times as each language writes them."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from django.utils.translation import gettext

from campaigns.fan import times
from campaigns.models import Campaign, ReleaseMode
from campaigns.status.phase import Phase


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


NEW_YEAR = datetime(2027, 1, 1, 0, 0, tzinfo=ZoneInfo("Europe/Berlin"))
FRIDAY = datetime(2026, 12, 11, 0, 0, tzinfo=ZoneInfo("Europe/Berlin"))
NOW = datetime(2026, 11, 30, 12, 0, tzinfo=ZoneInfo("Europe/Berlin"))


def announced(
    release_at: datetime, language: str = "en", phase: Phase = Phase.OPEN, mode: str = ""
) -> str:
    campaign = Campaign(release_at=release_at, release_zone="Europe/Berlin")
    campaign.release_mode = mode or campaign.release_mode
    with translation.override(language):
        return times.announced(campaign, phase, NOW)


def words(html: str) -> str:
    return re.sub("<[^>]+>", "", html)


def days(html: str) -> list[str]:
    return html.split('data-own="')[1].split('"')[0].split("|")


@pytest.mark.parametrize(
    ("language", "written", "own"),
    [
        ("en", "Friday 11 December, 00:00 Berlin time", "Friday 11 December, 00:00 your time"),
        (
            "es",
            "viernes 11 de diciembre a las 00:00 (hora de Berlin)",
            "viernes 11 de diciembre a las 00:00 en tu hora local",
        ),
        (
            "pt-br",
            "sexta-feira, 11 de dezembro, às 00:00 (horário de Berlin)",
            "sexta-feira, 11 de dezembro, às 00:00 no seu horário",
        ),
        (
            "de",
            "Freitag, 11.\N{NO-BREAK SPACE}Dezember, 00:00 Ortszeit Berlin",
            "Freitag, 11.\N{NO-BREAK SPACE}Dezember, 00:00 bei dir",
        ),
        (
            "fr",
            "vendredi 11 décembre à 00:00 (heure locale à Berlin)",
            "vendredi 11 décembre à 00:00 chez toi",
        ),
        ("ja", "12月11日(金)0:00 Berlin時間", "今いる地域では12月11日(金)0:00"),
    ],
)
def test_a_release_is_announced_as_people_say_it(language: str, written: str, own: str) -> None:
    told = announced(FRIDAY, language)
    assert told.startswith('<time datetime="2026-12-11T00:00+01:00" ')
    assert words(told) == written
    assert days(told)[2] == own


@pytest.mark.parametrize(
    ("language", "out", "due", "since"),
    [
        ("en", "Out {}", "Due {}", "since {}"),
        ("es", "Sale el {}", "Previsto para el {}", "desde el {}"),
        ("pt-br", "Lançamento: {}", "Previsto para {}", "desde {}"),
        ("de", "Erscheint am {}", "Angekündigter Termin: {}", "seit {}"),
        ("fr", "Sortie le {}", "Sortie prévue le {}", "depuis le {}"),
        ("ja", "{} リリース", "{} リリース予定", "{}から"),
    ],
)
def test_a_day_of_the_week_fits_the_sentences_it_comes_into(
    language: str, out: str, due: str, since: str
) -> None:
    """German and Portuguese have no article or preposition that is right with each date."""
    written = words(announced(FRIDAY, language, Phase.FINISHED))
    with translation.override(language):
        said = [gettext(f"{word} %(release_date)s") for word in ("Out", "Due", "since")]
    told = [sentence % {"release_date": written} for sentence in said]
    assert told == [sentence.format(written) for sentence in (out, due, since)]


def test_the_year_stands_where_it_is_not_this_one() -> None:
    assert words(announced(NEW_YEAR)) == "Friday 1 January 2027, 00:00 Berlin time"
    assert [("2027" in day) for day in days(announced(NEW_YEAR))] == [False, False, *[True] * 3]


def test_with_local_midnights_every_fan_has_the_same_day() -> None:
    told = announced(FRIDAY, mode=ReleaseMode.LOCAL_MIDNIGHT)
    assert words(told) == "Friday 11 December, at midnight where you are"
    assert "data-own" not in told


@pytest.mark.parametrize(
    ("phase", "mode"),
    [(Phase.FINISHED, ""), (Phase.RELEASING, ""), (Phase.FINISHED, ReleaseMode.LOCAL_MIDNIGHT)],
)
def test_once_it_is_out_the_day_is_enough(phase: Phase, mode: str) -> None:
    told = announced(FRIDAY, phase=phase, mode=mode)
    assert told == '<time datetime="2026-12-11">Friday 11 December</time>'
