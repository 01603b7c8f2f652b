"""A search compares the same letters in Python, in Postgres and in SQLite."""

from __future__ import annotations

import pytest
from django.db import connection
from django.db.models import Value
from django.db.models.sql import Query
from django.db.utils import ConnectionHandler

from campaigns.models import Label
from campaigns.models.searching import Plain, plain

TEXTS = {
    "Café del Mar": "cafe del mar",
    "ÇA VA": "ca va",
    "ﬁn": "fin",
    "Straße Ø": "straße ø",
    "か\u3099くえん": "か\u3099くえん",
    "δρόμος": "δρομοσ",
    "50 % _ \\": "50 % _ \\",
    "": "",
}


@pytest.mark.parametrize("text", TEXTS)
def test_python_writes_it_so(text: str) -> None:
    assert plain(text) == TEXTS[text]


def test_a_search_in_capitals_ends_as_one_within_a_word_does() -> None:
    assert plain("ΔΡΌΜΟΣ") == plain("δρόμος") == plain("δρόμοσ")


@pytest.mark.django_db
@pytest.mark.parametrize("text", TEXTS)
def test_postgres_writes_it_so(text: str) -> None:
    assert connection.vendor == "postgresql"
    Label.objects.create(name="Demo Label")
    found = Label.objects.annotate(text=Plain(Value(text))).values_list("text", flat=True)
    assert found.get().lower() == TEXTS[text]


@pytest.mark.django_db
@pytest.mark.parametrize("text", TEXTS)
def test_sqlite_writes_it_so(text: str) -> None:
    memory = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
    sqlite = ConnectionHandler({"default": memory})["default"]
    compiler = Query(Label).get_compiler(connection=sqlite)
    sql, values = compiler.compile(Plain(Value(text)))
    with sqlite.cursor() as cursor:
        assert cursor.execute(f"SELECT {sql}", values).fetchone() == (TEXTS[text],)
    sqlite.close()
