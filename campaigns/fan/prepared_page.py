"""Pages prepared as databases prepare statements: a template runs once for each course that it
takes, not for each campaign.

While it runs, its texts are marks, and what it asks of its context is noted: whether there is
artwork, how many links there are. A context that answers all of that alike leads through the same
tags to the same page, but for the texts: they are put where the marks are, escaped as Django does.
What a process keeps is so much for each course and language, and nothing of a campaign.
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

# So many courses of a template are kept, of some 12 KB each; then it begins anew.
MOST_COURSES: Final = 1000
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
    """As Django renders it without a request, in the language that is active; but without what sets
    the template's lines apart, which is a twentieth of a page's weight.
    """
    template = Engine.get_default().get_template(name)
    courses = _COURSES.setdefault(template, _Courses())
    start = (get_language(), *context)
    course = courses.find(start, context)
    if course is None:
        trace = _Trace(context)
        page = template.render(Context(trace.stand_ins))
        pieces = _MARKS.split(_BETWEEN_LINES.sub("\n", page))
        if any(_DIGITS in piece.lower() for piece in pieces):  # a filter has changed a mark
            return template.render(Context(context))
        course = _Course(pieces, [int(index) for index in pieces[1::2]], list(trace.places))
        if trace.is_complete:
            courses.keep(start, trace.answers, course)
    return course.with_texts_of(context)


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
    """All that a template learns by reading this, but for a text's words. A value has its type
    beside it: to Python True is 1, and it is written otherwise.
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
class _Course:
    """The pieces of a page, every other of which is to be the text of the place of that number."""

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
    ways: dict[Hashable, _Fork | _Course] = field(default_factory=dict)


class _Courses:
    """A template's: a tree of the questions it asks, each of which follows from the answers before
    it.
    """

    def __init__(self) -> None:
        self._starts: dict[Hashable, _Fork | _Course] = {}
        self._count = 0

    def find(self, start: Hashable, context: Values) -> _Course | None:
        here = self._starts.get(start)
        while isinstance(here, _Fork):
            here = here.ways.get(here.question.answer(context))
        return here

    def keep(self, start: Hashable, answers: dict[_Question, Hashable], course: _Course) -> None:
        if self._count >= MOST_COURSES:
            self._starts, self._count = {}, 0
        ways, way = self._starts, start
        for question, answer in answers.items():
            fork = ways.setdefault(way, _Fork(question))
            if not (isinstance(fork, _Fork) and fork.question == question):
                return  # it asks something that is not in its context
            ways, way = fork.ways, answer
        ways[way] = course
        self._count += 1


_COURSES: Final[WeakKeyDictionary[Template, _Courses]] = WeakKeyDictionary()


class _Trace:
    """What one run of a template asks, and where it writes which text."""

    def __init__(self, context: Values) -> None:
        self.stand_ins = _StandIns(context, self)
        self.answers: dict[_Question, Hashable] = {}
        self.places: dict[Path, int] = {}
        self.is_complete = True

    def stand_in(self, value: Any, path: Path) -> Any:
        """For what the template reads there. Of a kind that is none of these nobody knows what the
        template makes of it, so the page serves this once.
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
    """The context of such a run, in which a template's tags put what they make beside what is to be
    read.
    """

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
        """The object itself, of which nobody knows what is made of it."""
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
    """A text's mark, to be written out. To whoever looks closer it is the text itself, and then
    the page is for contexts with that very text, or with one as long or as empty. Python alone
    looks past this, where a text is sought within another: no template does that.
    """

    def __new__(cls, mark: str, text: str, path: Path, trace: _Trace) -> _Text:
        self = super().__new__(cls, mark)
        self._text, self._path, self._trace = text, path, trace
        return self

    _text: str
    _path: Path
    _trace: _Trace

    def __html__(self) -> SafeString:
        return SafeString(str.__str__(self))

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
    """Of which filters make what is safe, too."""


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
