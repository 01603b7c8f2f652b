"""Prepared pages: what Django's template would have made, and the template runs once for many."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest
from django.template import loader
from django.test import Client
from django.test.signals import template_rendered
from django.utils import timezone, translation
from django.utils.safestring import mark_safe

from campaigns.fan import page_context
from campaigns.fan.prepared_page import MOST_ROUTES, render
from campaigns.models import Campaign, CampaignState, PauseReason
from campaigns.status.phase import Phase, phase_of
from tests.factory import make_campaign, make_local_campaign

if TYPE_CHECKING:
    from pytest_django import Settings

Write = Callable[[str], str]


@pytest.fixture
def write(settings: Settings) -> Write:
    """Makes a template of this source and answers its name."""
    sources = {"part.html": "a part"}
    kept = [("django.template.loaders.locmem.Loader", sources)]
    loaders = [("django.template.loaders.cached.Loader", kept)]
    settings.TEMPLATES = [
        {
            "BACKEND": "django.template.backends.django.DjangoTemplates",
            "OPTIONS": {"loaders": loaders},
        }
    ]

    def named(source: str) -> str:
        name = f"{len(sources)}.html"
        sources[name] = source
        return name

    return named


@contextmanager
def runs() -> Iterator[list[str]]:
    """The names of the templates that Django runs meanwhile."""
    names: list[str] = []

    def note(template: Any, **_: Any) -> None:
        names.append(template.name)

    template_rendered.connect(note)
    try:
        yield names
    finally:
        template_rendered.disconnect(note)


class Link(NamedTuple):
    name: str
    to_do: str = ""


@dataclass(frozen=True)
class Release:
    title: str
    is_paused: bool = False
    slug: str = "night-bus"

    @property
    def shouted(self) -> str:
        return self.title.upper()

    def whispered(self) -> str:
        return self.title.lower()


@dataclass(frozen=True)
class Empty(Release):
    def __bool__(self) -> bool:
        return False


BUS, TRAIN = Release("Night Bus"), Release("<i>Train</i> & 'Tram'")
PAUSED, STOPPED = Release("Night Bus", is_paused=True), Release("Stop & Go", is_paused=True)
ONE, TWO = Link("One"), Link("Two", to_do="Pre-add")


def test_texts_differ_and_the_template_runs_once(write: Write) -> None:
    name = write("<h1>{{ a.title }}</h1>{{ a.title }}, {{ a.shouted }}, {{ x }}")
    with runs() as names:
        assert render(name, {"a": BUS, "x": "<b>"}) == (
            "<h1>Night Bus</h1>Night Bus, NIGHT BUS, &lt;b&gt;"
        )
        assert render(name, {"a": TRAIN, "x": mark_safe("<b>")}) == (
            "<h1>&lt;i&gt;Train&lt;/i&gt; &amp; &#x27;Tram&#x27;</h1>"
            "&lt;i&gt;Train&lt;/i&gt; &amp; &#x27;Tram&#x27;, "
            "&lt;I&gt;TRAIN&lt;/I&gt; &amp; &#x27;TRAM&#x27;, <b>"
        )
    assert names == [name]


@pytest.mark.parametrize(
    ("source", "contexts", "routes"),
    [
        ("{% if a.is_paused %}paused{% endif %} {{ a.title }}", [BUS, PAUSED, TRAIN, STOPPED], 2),
        ("{% if a %}{{ a }}{% else %}nothing{% endif %}", ["", "1", "2"], 2),
        ("{{ a|default:'nothing' }}", ["", "1", "2"], 2),
        ("{% if a|length > 2 %}long{% endif %}{{ a }}", ["1", "2", "123", "456"], 2),
        ("{{ a|join:'|' }}", [["1", "2"], ["<", ">"], ["1"], []], 3),
        ("{% for b in a %}{{ b.name }}{{ b.to_do }}{% endfor %}", [[ONE], [TWO], [ONE, TWO]], 2),
        ("{% for b in a %}{% if b.to_do %}!{% endif %}{% endfor %}", [[ONE], [TWO]], 2),
        ("{{ a.0 }}{{ a.1.name }}", [["1", ONE], ["2", TWO]], 1),
        ("{{ a.value }}{% if a == 'open' %}!{% endif %}", [Phase.OPEN, Phase.DUE, Phase.OPEN], 2),
        ("{{ a }}", [1, 2, True, False, None], 5),
        ("{% if a %}{{ a.title }}{% else %}{{ a }}{% endif %}", [None, BUS, TRAIN, "", "x", []], 5),
        ("{% include a %}", [("missing.html", "part.html"), ("part.html",)], 2),
        (
            "{% load i18n %}{% blocktranslate with b=a.title %}<{{ b }}>{% endblocktranslate %}",
            [BUS, TRAIN],
            1,
        ),
        (
            "{% load i18n %}{% blocktranslate asvar b with c=a.title %}<{{ c }}>"
            "{% endblocktranslate %}{{ b }}",
            [BUS, TRAIN],
            1,
        ),
        ("{% with b=a.title %}{{ b }}{% endwith %}", [BUS, TRAIN], 1),
        ("{% url 'fan-landing' campaign.slug %}", [BUS, Release("Bus", slug="bus-2")], 1),
        ("{{ missing }}{{ a.missing }}{% if missing %}!{% endif %}", [BUS, TRAIN], 1),
        # Code that does more than write a text out gets the text.
        ("{{ a|upper }}", ["x", "y", "x"], 2),
        ("{{ a|linebreaksbr }}", ["x\n<", "y\n<"], 2),
        ("{{ a|slice:':1' }}{{ a|first }}{{ a|last }}", ["xa", "ya"], 2),
        ("{{ a|urlencode }}", ["ä b", "c/d"], 2),
        ("{% if a == 'x' %}!{% endif %}{% if a != 'y' %}?{% endif %}", ["x", "y", "x"], 2),
        ("{% if 'x' in a %}!{% endif %}", ["xy", "ab", "xy"], 2),
        ("{% for b in a %}<{{ b }}>{% endfor %}", ["xy", "ab"], 2),
        ("{% url 'fan-landing' a %}", ["x", "y"], 2),
        ("{% if a.title > 'O' %}!{% endif %}", [BUS, Release("Zoo")], 2),
        ("{% if a == campaign %}!{% endif %}{{ a }}", ["x", "y"], 2),
        ("{{ a|add:'1' }}{{ a|pluralize }}", ["1", "2"], 2),
        # What has been read is escaped or not by its type.
        ("{{ a|escape }}", [mark_safe("<b>"), "<b>"], 2),
        ("{{ a|slice:':2' }}", ["<b>", mark_safe("<b>")], 2),
        ("{{ a.0|upper }}", [("<b>",), (mark_safe("<b>"),)], 2),
        ("{{ a }}", [(1,), (True,), ((1,),), ((True,),)], 4),
        ("{{ a }}", [["it's"], ["<b>"]], 2),
        ("{{ a }}", [(1.5,), (2.5,), ([],)], 3),
    ],
)
def test_it_is_what_django_makes(
    write: Write, source: str, contexts: list[Any], routes: int
) -> None:
    name = write(source)
    with runs() as names:
        made = [render(name, {"a": a, "campaign": a}) for a in [*contexts, *reversed(contexts)]]
    assert names.count(name) == routes
    djangos = [loader.render_to_string(name, {"a": a, "campaign": a}) for a in contexts]
    assert made == [*djangos, *reversed(djangos)]


@pytest.mark.parametrize(
    ("source", "contexts"),
    [
        (
            "{{ a|date:'c' }}",
            [datetime(2026, 12, 4, tzinfo=UTC), datetime(2026, 12, 5, tzinfo=UTC)],
        ),
        ("{{ a.whispered }}", [BUS, TRAIN]),
        ("{{ a.title }}", [{"title": "Night Bus"}, {"title": "Night Train"}]),
        ("{{ a }}", [1.5, 2.5]),
        ("{{ a }}", [[BUS], [TRAIN]]),
        ("{{ a.1 }}{{ a|length }}", [ONE, TWO]),
        ("{% for b in a %}{{ b }}{% endfor %}", [ONE, TWO]),
        ("{% if a.0 == a.1 %}!{% endif %}", [[BUS, Release("Night Bus")], [BUS, TRAIN]]),
    ],
)
def test_what_nobody_can_compare_is_made_by_django_each_time(
    write: Write, source: str, contexts: list[Any]
) -> None:
    name = write(source)
    with runs() as names:
        made = [render(name, {"a": a}) for a in contexts * 2]
    assert len(names) == len(contexts) * 2
    assert made == [loader.render_to_string(name, {"a": a}) for a in contexts * 2]


def test_a_filter_over_what_has_been_written_changes_no_mark(write: Write) -> None:
    name = write("{% filter upper %}{{ a }}{% endfilter %}")
    assert [render(name, {"a": a}) for a in ("x", "y", "x")] == ["X", "Y", "X"]


def test_objects_that_are_empty_are_none_to_it(write: Write) -> None:
    name = write("{% if a %}{{ a.title }}{% endif %}")
    for one in (BUS, Empty("Night Bus"), TRAIN, Empty("Night Train")):
        assert render(name, {"a": one}) == loader.render_to_string(name, {"a": one})


def test_only_the_templates_own_lines_are_closed_up(write: Write) -> None:
    name = write("<p>\n\n  {{ a }}  \n\n\t{{ a }} </p>")
    for text in ("x\n\n  y", " \n "):
        assert render(name, {"a": text}) == f"<p>\n{text}\n{text} </p>"


def test_each_language_has_its_own(write: Write) -> None:
    name = write("{% load i18n %}{% translate 'Privacy' %} {{ a }}")
    for language, word in (("de", "Datenschutz"), ("en", "Privacy"), ("de", "Datenschutz")):
        with translation.override(language):
            assert render(name, {"a": word}) == f"{word} {word}"


def test_names_that_are_missing_lead_on_another_course(write: Write) -> None:
    name = write("{% if a %}a{% endif %}{{ b }}")
    assert render(name, {"b": "1"}) == "1"
    assert render(name, {"a": True, "b": "1"}) == "a1"
    assert render(name, {"b": "2"}) == "2"


def test_what_is_kept_has_a_bound(write: Write) -> None:
    name = write("{{ a|length }}")
    for length in range(MOST_ROUTES + 1):
        assert render(name, {"a": "x" * length}) == str(length)
    with runs() as names:
        assert render(name, {"a": "x" * MOST_ROUTES}) == str(MOST_ROUTES)
        assert not names
        assert render(name, {"a": ""}) == "0"
    assert names == [name]


# The landing page.

WORDS: Final = (
    {"title": "Night Bus", "artist": "Demo Artist", "note": "Out soon.\nReally."},
    {"title": "Stop & <b>Go</b>", "artist": "Demo 'Artist'", "note": "<i>\n\nNow</i>"},
)
WITH_ALL: Final[dict[str, Any]] = {
    "artwork": "0" * 32,
    "artwork_width": 640,
    "artwork_height": 640,
    "countdown_url": "https://open.spotify.com/prerelease/0a1b2c3d4e5f6a7b8c9d0e",
    "links_before": ["https://music.apple.com/album/1", "https://shop.example/?a=1&b=2"],
    "links": ["https://www.deezer.com/album/1", "https://tidal.com/album/1"],
}


@pytest.mark.django_db
@pytest.mark.parametrize("lang", ["", "?lang=de"])
@pytest.mark.parametrize("mode", ["development", "extended"])
@pytest.mark.parametrize("make", [make_campaign, make_local_campaign])
@pytest.mark.parametrize(
    "fields",
    [
        {},
        WITH_ALL,
        {"public_key": None},
        {"paused_reason": PauseReason.KEY_MISSING},
        {"paused_reason": PauseReason.RELEASE_REFUSED, **WITH_ALL},
        {"release_at": timezone.now() - timedelta(hours=3)},
        {"state": CampaignState.RELEASING, **WITH_ALL},
        {"state": CampaignState.FINISHED, **WITH_ALL},
        {"state": CampaignState.FINISHED, "confirmed_uri": ""},
        {"state": CampaignState.CANCELLED},
    ],
)
def test_a_landing_page_is_what_django_makes_of_it(
    settings: Settings, fields: dict[str, Any], make: Callable[..., Campaign], mode: str, lang: str
) -> None:
    settings.SPOTIFY_APP_MODE = mode
    for words in (*WORDS, *WORDS):
        campaign = make(**fields, **words)
        now = timezone.now()
        phase = phase_of(campaign, now)
        context = {
            **page_context.for_landing(campaign, phase, now),
            **page_context.for_shared_link(campaign, phase),
            "languages": tuple(settings.LANGUAGES),
            "lang": lang,
            "is_away": False,
            "artist_url": "",
        }
        made = render("fan/landing.html", context)
        djangos = loader.render_to_string("fan/landing.html", context)
        assert made.split() == djangos.split()


@pytest.mark.django_db
def test_the_template_runs_once_for_many_campaigns(client: Client) -> None:
    with runs() as names:
        for number in range(10):
            clip = {"clip": f"{number:032x}", "clip_seconds": 30}
            fields = {**WITH_ALL, **clip, "links_before": [f"https://shop.example/{number}"]}
            release_at = timezone.now() + timedelta(days=30 + number, minutes=number)
            named = {"title": f"Bus No. {number}", "note": "Soon!\n" * number or "-"}
            campaign = make_campaign(**fields, **named, release_at=release_at)
            text = client.get(f"/{campaign.slug}").content.decode()
            assert f"<bdi>Bus No. {number}</bdi>" in text
            assert f'href="https://shop.example/{number}"' in text
            assert f"{number:032x}.mp3" in text
    assert names.count("fan/landing.html") == 1
