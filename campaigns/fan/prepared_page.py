"""Pages prepared the way databases prepare statements: a template runs once for each route through
its tags, not once for each campaign.

While it runs, marks stand in for its texts, and everything it asks of its context is noted: whether
there is artwork, how many links there are. A context that gives the same answers takes the same
route to the same page, except for the texts: they replace the marks, escaped as Django does it.
A process keeps one page of marks for each route and language, and nothing of a campaign.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field, is_dataclass
from enum import Enum
from typing import Any, Final, NamedTuple
from weakref import WeakKeyDictionary

from django.db.models import Model
from django.template import Context, Engine, Template
from django.utils.html import conditional_escape
from django.utils.safestring import SafeData, SafeString
from django.utils.translation import get_language

# A template keeps this many routes, of some 12 KB each, and then starts afresh.
MOST_ROUTES: Final = 1000
# They hold nothing that an address would encode: `{% url %}` takes their marks as they are.
NAMES_IN_ADDRESSES: Final = (("campaign", "slug"), ("campaign", "clip"))
# Letters and digits that no page holds by chance.
_DIGITS: Final = secrets.token_hex(8)
_MARK: Final = f"q{_DIGITS}"
_BETWEEN_LINES: Final = re.compile(r"\s*\n\s*")
_MARKS: Final = re.compile(rf"{_MARK}-([0-9]+)-")

_TEXTS: Final = (str, SafeString)
_UNREAD: Final = object()

Path = tuple[str | int, ...]
Values = dict[str, Any]


def render(name: str, context: Values) -> str:
    """The page as Django renders it without a request, in the active language, but without the
    white space between the template's lines, which is a twentieth of a page's weight.
    """
    template = Engine.get_default().get_template(name)
    routes = _ROUTES.setdefault(template, _Routes())
    start = (get_language(), *context)
    route = routes.find(start, context)
    if route is None:
        trace = _Trace(context)
        page = template.render(Context(trace.stand_ins))
        pieces = _MARKS.split(_BETWEEN_LINES.sub("\n", page))
        if any(_DIGITS in piece.lower() for piece in pieces):  # a filter has changed a mark
            return template.render(Context(context))
        route = _Route(pieces, [int(index) for index in pieces[1::2]], list(trace.places))
        if trace.is_complete:
            routes.keep(start, trace.answers, route)
    return route.with_texts_of(context)


class _Question(NamedTuple):
    path: Path
    ask: Callable[[Any], Hashable]

    def answer(self, context: Values) -> Hashable:
        return self.ask(_at(context, self.path))


def _at(context: Values, path: Path) -> Any:
    value = context[path[0]]  # type: ignore[index]
    for name in path[1:]:
        value = getattr(value, name) if isinstance(name, str) else value[name]
    return value


def _shape(value: Any) -> Any:
    """All that a template learns by reading this, except a text's words. A value comes with its
    type: Python takes True for 1, but a page shows them differently.
    """
    kind = type(value)
    if kind in _TEXTS:
        return str
    if isinstance(value, list):
        return list, len(value)
    return _exactly(value) if _is_plain(value) else kind


def _is_plain(value: Any) -> bool:
    if type(value) is tuple:
        return all(type(part) in _TEXTS or _is_plain(part) for part in value)
    return value is None or isinstance(value, (int, Enum))


def _exactly(value: Any) -> Hashable:
    """A tag that has read a text escapes it or not by its type."""
    kind = type(value)
    return kind, tuple(map(_exactly, value)) if kind is tuple else value


@dataclass(frozen=True)
class _Route:
    """The pieces of a page. Every other one is the number of the place whose text goes there."""

    pieces: list[str]
    order: list[int]
    places: list[Path]

    def with_texts_of(self, context: Values) -> str:
        texts = [conditional_escape(_at(context, path)) for path in self.places]
        page = self.pieces.copy()
        page[1::2] = [texts[index] for index in self.order]
        return "".join(page)


@dataclass(frozen=True)
class _Fork:
    question: _Question
    ways: dict[Hashable, _Fork | _Route] = field(default_factory=dict)


class _Routes:
    """One template's routes: a tree of the questions it asks, each of which follows from the
    answers before it.
    """

    def __init__(self) -> None:
        self._starts: dict[Hashable, _Fork | _Route] = {}
        self._count = 0

    def find(self, start: Hashable, context: Values) -> _Route | None:
        here = self._starts.get(start)
        while isinstance(here, _Fork):
            here = here.ways.get(here.question.answer(context))
        return here

    def keep(self, start: Hashable, answers: dict[_Question, Hashable], route: _Route) -> None:
        if self._count >= MOST_ROUTES:
            self._starts, self._count = {}, 0
        ways, way = self._starts, start
        for question, answer in answers.items():
            fork = ways.setdefault(way, _Fork(question))
            if not (isinstance(fork, _Fork) and fork.question == question):
                return  # it asks something that is not in its context
            ways, way = fork.ways, answer
        ways[way] = route
        self._count += 1


_ROUTES: Final[WeakKeyDictionary[Template, _Routes]] = WeakKeyDictionary()


class _Trace:
    """What one run of a template asks, and where it writes which text."""

    def __init__(self, context: Values) -> None:
        self.stand_ins = _StandIns(context, self)
        self.answers: dict[_Question, Hashable] = {}
        self.places: dict[Path, int] = {}
        self.is_complete = True

    def stand_in(self, value: Any, path: Path) -> Any:
        """What the template gets to read in its place. What a template makes of any other kind of
        value can't be known, so such a page serves only once.
        """
        self.note(path, _shape, value)
        if type(value) in _TEXTS:
            mark = f"{_MARK}-{self.places.setdefault(path, len(self.places))}-"
            safe_or_not = _SafeText if isinstance(value, SafeData) else _Text
            kind = _Name if path in NAMES_IN_ADDRESSES else safe_or_not
            return kind(mark, value, path, self)
        if isinstance(value, list):
            return [self.stand_in(each, (*path, index)) for index, each in enumerate(value)]
        if _is_plain(value):
            return value
        if isinstance(value, (Model, tuple)) or is_dataclass(value):
            return _Record(value, path, self)
        self.is_complete = False
        return value

    def note(self, path: Path, ask: Callable[[Any], Hashable], value: Any) -> None:
        self.answers[_Question(path, ask)] = ask(value)


class _StandIns(Values):
    """The context of such a run, to which tags add what they make."""

    def __init__(self, context: Values, trace: _Trace) -> None:
        super().__init__(dict.fromkeys(context, _UNREAD))
        self._context, self._trace = context, trace

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        return self._trace.stand_in(self._context[name], (name,)) if value is _UNREAD else value


class _Record:
    """Stands for an object with attributes."""

    def __init__(self, value: Any, path: Path, trace: _Trace) -> None:
        self._value, self._path, self._trace = value, path, trace

    def __getattr__(self, name: str) -> Any:
        return self._trace.stand_in(getattr(self._value, name), (*self._path, name))

    def __str__(self) -> str:
        self._trace.note(self._path, str, self._value)
        return str(self._value)

    def __bool__(self) -> bool:
        self._trace.note(self._path, bool, self._value)
        return bool(self._value)

    @property
    def _only_once(self) -> Any:
        """The object itself. What a template makes of it can't be known."""
        self._trace.is_complete = False
        return self._value

    def __repr__(self) -> str:
        return repr(self._only_once)

    def __len__(self) -> int:
        return len(self._only_once)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._only_once)

    def __getitem__(self, key: Any) -> Any:
        item = self._value[key]  # where Django looks first, though most have none
        self._trace.is_complete = False
        return item

    def __eq__(self, other: object) -> bool:
        return bool(self._only_once == (other._value if isinstance(other, _Record) else other))

    def __hash__(self) -> int:
        return hash(self._only_once)


class _Text(str):
    """A mark that stands in for a text. Code that does more than write it out sees the text itself,
    and the route is then only for contexts with that very text, or one of that length or as empty.
    Only `in` with a literal and `is` see the mark, and no template uses either on a text.
    """

    def __new__(cls, mark: str, text: str, path: Path, trace: _Trace) -> _Text:
        self = super().__new__(cls, mark)
        self._text, self._path, self._trace = text, path, trace
        return self

    _text: str
    _path: Path
    _trace: _Trace

    def __html__(self) -> SafeString:
        return SafeString(str.__str__(self))  # nosec B703 # the mark, never the text

    def seen_by(self, ask: Callable[[str], Hashable]) -> str:
        self._trace.note(self._path, ask, self._text)
        return self._text

    def __bool__(self) -> bool:
        return bool(self.seen_by(bool))

    def __len__(self) -> int:
        return len(self.seen_by(len))

    def __str__(self) -> str:
        return self.seen_by(_exactly)

    def __int__(self) -> int:
        return int(self.seen_by(_exactly))

    def __float__(self) -> float:
        return float(self.seen_by(_exactly))


class _SafeText(_Text, SafeData):  # type: ignore[misc]
    """What filters make of it is safe, too."""


class _Name(_Text):
    def __str__(self) -> str:
        return str.__str__(self)


def _of_the_text_itself(name: str) -> Callable[..., Any]:
    def method(self: _Text, *args: Any, **options: Any) -> Any:
        seen = [arg.seen_by(_exactly) if isinstance(arg, _Text) else arg for arg in args]
        return getattr(self.seen_by(_exactly), name)(*seen, **options)

    return method


_COMPARED: Final = ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__hash__")
_WRITTEN: Final = ("__format__", "__repr__")
for _name in {*dir(str)} - {*dir(object)} - {*vars(_Text)} | {*_COMPARED, *_WRITTEN}:
    setattr(_Text, _name, _of_the_text_itself(_name))
