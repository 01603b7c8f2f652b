"""A rehearsal's tables, messages and keys: apart from the real ones, one at a time, and gone."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.db import connection, connections

from campaigns.models import Label
from campaigns.rehearsal import place
from campaigns.rehearsal.place import RehearsalError
from presave.rehearsing import KEY_PREFIX, SCHEMA, SQLITE_SUFFIX
from tests.factory import make_label

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.release_core]

NOBODY_LISTENS = "redis://127.0.0.1:1/0"


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[redis.Redis]:
    """And a directory for temporary files of this test's own."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    client = redis.Redis.from_url(settings.CELERY_BROKER_URL)
    yield client
    client.close()


def is_there() -> bool:
    if connection.vendor == "sqlite":
        return Path(f"{connection.settings_dict['NAME']}{SQLITE_SUFFIX}").exists()
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname = %s", [SCHEMA])
        return bool(cursor.fetchone()[0])


def leave_something(broker: redis.Redis, directory: Path) -> None:
    """As a rehearsal that was killed."""
    if connection.vendor == "sqlite":
        Path(f"{connection.settings_dict['NAME']}{SQLITE_SUFFIX}").touch()
    else:
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
            cursor.execute(f"CREATE TABLE {SCHEMA}.campaigns_label (id int)")
    broker.set(f"{KEY_PREFIX}celery", "left")
    (directory / "keyring").mkdir()
    (directory / "keyring" / "left.key").write_text("a key")


def test_what_it_made_is_gone_at_the_end(broker: redis.Redis, tmp_path: Path) -> None:
    broker.set("celery-of-the-instance", "stays")
    make_label()

    with place.reserved(), place.prepared() as directory:
        leave_something(broker, directory)
        assert directory.parent == tmp_path
        assert directory.stat().st_mode & 0o777 == 0o700

    assert not is_there()
    assert list(tmp_path.iterdir()) == []
    assert broker.keys(f"{KEY_PREFIX}*") == []
    assert broker.get("celery-of-the-instance") == b"stays"
    assert Label.objects.count() == 1
    broker.delete("celery-of-the-instance")


def test_what_one_that_was_killed_left_is_gone_before_the_next(
    broker: redis.Redis, tmp_path: Path
) -> None:
    left = tmp_path / f"{place.DIRECTORY_PREFIX}left"
    left.mkdir()
    leave_something(broker, left)

    with place.reserved(), place.prepared() as directory:
        assert [*tmp_path.iterdir()] == [directory]
        assert list(directory.iterdir()) == []
        assert broker.keys(f"{KEY_PREFIX}*") == []


def test_a_rehearsal_of_another_instance_keeps_its_directory(
    broker: redis.Redis, tmp_path: Path
) -> None:
    with place.reserved(), place.prepared() as directory:
        place.clean()
        assert directory.exists()


def test_an_interrupted_one_cleans_up_too(broker: redis.Redis, tmp_path: Path) -> None:
    def rehearse() -> None:
        with place.reserved(), place.prepared() as directory:
            leave_something(broker, directory)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rehearse()

    assert not is_there()
    assert list(tmp_path.iterdir()) == []


def test_there_is_one_at_a_time(broker: redis.Redis) -> None:
    def come_second() -> str:
        try:
            with place.reserved():
                return "came in"
        except RehearsalError as error:
            return str(error)
        finally:
            connections.close_all()

    with place.reserved(), ThreadPoolExecutor(1) as other:
        assert other.submit(come_second).result() == (
            "A rehearsal is running on this database already."
        )
    with ThreadPoolExecutor(1) as other:
        assert other.submit(come_second).result() == "came in"


def test_without_redis_it_does_not_begin(
    broker: redis.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "CELERY_BROKER_URL", NOBODY_LISTENS)
    monkeypatch.setattr("redis.retry.sleep", lambda seconds: None)  # before it tries again

    with pytest.raises(RehearsalError, match="Redis does not answer"), place.reserved():
        place.clean()
