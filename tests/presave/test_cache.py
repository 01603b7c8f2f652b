from __future__ import annotations

import base64
import json
import pickle
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection

pytestmark = pytest.mark.django_db


def stored(key: str) -> bytes:
    with connection.cursor() as cursor:
        asked = "SELECT value FROM presave_cache WHERE cache_key = %s"
        cursor.execute(asked, [cache.make_key(key)])
        return base64.b64decode(cursor.fetchone()[0])


@pytest.mark.parametrize(
    "value",
    [True, "y", None, [1764547200.5, 1764547201.25], {"day": date(2026, 12, 1), "saved": 12}],
)
def test_what_is_kept_comes_back_and_is_json(value: Any) -> None:
    cache.set("one", value, 60)
    assert cache.get("one", "nothing") == value
    json.loads(stored("one"))


def test_a_time_comes_back_as_a_time() -> None:
    now = datetime(2026, 12, 1, 8, 30, 15, 250_000, tzinfo=UTC)
    assert cache.get_or_set("now", now, 60) == now
    assert cache.get("now") == now


class Bomb:
    def __reduce__(self) -> tuple[Any, ...]:
        return pytest.fail, ("The pickle ran.",)


def test_a_pickle_in_the_table_does_not_run() -> None:
    cache.set("one", "y", 60)
    bomb = base64.b64encode(pickle.dumps(Bomb())).decode()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE presave_cache SET value = %s", [bomb])
    with pytest.raises(ValueError, match=r"utf-8|Expecting value"):
        cache.get("one")


def test_what_is_no_json_is_refused_when_it_is_kept() -> None:
    with pytest.raises(TypeError):
        cache.set("one", object(), 60)


def test_an_entry_of_version_0_1_is_not_there() -> None:
    cache.set("one", "y", 60, version=1)
    assert cache.get("one", "nothing") == "nothing"
