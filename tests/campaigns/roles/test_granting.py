"""What web's and worker's roles may do in Postgres, and what they are refused."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from django.apps import apps
from django.conf import settings
from django.db import ProgrammingError, connection
from django.db.transaction import atomic
from django.utils import timezone

from campaigns.consent import receipts
from campaigns.models import Campaign, CampaignState, PreSave, PreSaveState
from campaigns.planning import moving
from campaigns.roles import granting
from campaigns.roles.access import WHO_MAY
from tests.factory import make_campaign, make_presave
from tests.roles import as_web, as_worker
from tests.sandbox_process import ALBUM_URI

if TYPE_CHECKING:
    from pytest_django import Settings

pytestmark = pytest.mark.django_db

# Tables that no model stands for.
OF_NO_MODEL = {"django_migrations", settings.CACHES["default"]["LOCATION"]}
DDL = (
    "CREATE TABLE mine (id int)",
    "CREATE TEMPORARY TABLE mine (id int)",
    "ALTER TABLE campaigns_presave ADD COLUMN mine int",
    "DROP TABLE campaigns_alarm",
    "TRUNCATE campaigns_alarm",
    "CREATE INDEX mine ON campaigns_alarm (id)",
    "ALTER TABLE campaigns_presave DISABLE TRIGGER ALL",
    "DROP TRIGGER web_replaces_no_permission ON campaigns_presave",
    "CREATE ROLE mine",
    "ALTER ROLE presave_web SUPERUSER",
    "SET ROLE postgres",
    "COPY campaigns_alarm TO PROGRAM 'cat'",
)
WEB_IS_REFUSED = (
    "SELECT sealed FROM campaigns_presave",
    "SELECT * FROM campaigns_presave",
    "UPDATE campaigns_presave SET settled_at = now() WHERE sealed = 'x'",
    "UPDATE campaigns_presave SET sealed = sealed || 'x' RETURNING 1",
    "UPDATE campaigns_presave SET sealed = 'x'",
    "UPDATE campaigns_presave SET receipt_hash = 'x'",
    "UPDATE campaigns_presave SET agreed_digest = 'x'",
    "UPDATE campaigns_presave SET campaign_id = gen_random_uuid()",
    "DELETE FROM campaigns_presave",
    "UPDATE campaigns_campaign SET confirmed_uri = 'spotify:album:4aawyAB9vmqN3uQ7FjRGTy'",
    "UPDATE campaigns_campaign SET public_key = 'x'",
    "UPDATE campaigns_pulse SET given_at = now()",
    "DELETE FROM campaigns_gate",
    "DELETE FROM campaigns_historyentry",
    "SELECT * FROM auth_permission",
    "INSERT INTO django_migrations (app, name, applied) VALUES ('a', 'b', now())",
)
WORKER_IS_REFUSED = (
    "SELECT password FROM campaigns_user",
    "UPDATE campaigns_user SET password = 'x'",
    "INSERT INTO campaigns_membership (role) VALUES ('owner')",
    "SELECT session_data FROM django_session",
    "SELECT value FROM presave_cache",
    "SELECT * FROM mfa_authenticator",
    "INSERT INTO campaigns_presave (id) VALUES (gen_random_uuid())",
    "INSERT INTO campaigns_campaign (id) VALUES (gen_random_uuid())",
    "DELETE FROM campaigns_campaign",
    "SELECT * FROM account_emailaddress",
)
# As an upgraded database may have it: a name and a condition.
OLDER_TRIGGER = (
    "CREATE OR REPLACE TRIGGER {} AFTER UPDATE OF sealed ON campaigns_presave FOR EACH ROW"
    " WHEN (({}) AND current_user = 'presave_web') EXECUTE FUNCTION presave_says_no()"
)


@pytest.fixture(autouse=True)
def on_postgres() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no roles")


def assert_refused(statement: str) -> None:
    with pytest.raises(ProgrammingError) as refused, atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert isinstance(refused.value.__cause__, psycopg.errors.InsufficientPrivilege), refused.value


def test_every_table_has_a_line() -> None:
    models = apps.get_models(include_auto_created=True)
    assert {model._meta.db_table for model in models} | OF_NO_MODEL == WHO_MAY.keys()


def test_every_column_that_a_line_names_is_there() -> None:
    with connection.cursor() as cursor:
        for table, lines in WHO_MAY.items():
            description = connection.introspection.get_table_description(cursor, table)
            columns = {column.name for column in description}
            for access in lines:
                assert {*access.unseen, *access.changes} <= columns, table


@pytest.mark.parametrize("url", ["WEB_DATABASE_URL", "WORKER_DATABASE_URL"])
@pytest.mark.parametrize("statement", DDL)
def test_neither_role_changes_tables_or_roles(statement: str, url: str) -> None:
    """Logged in as itself: what a session may is more than what its role may."""
    refused = pytest.raises(psycopg.errors.InsufficientPrivilege)
    with psycopg.connect(getattr(settings, url)) as session, refused:
        session.execute(statement)


def test_a_frozen_process_loses_its_locks() -> None:
    with psycopg.connect(settings.WORKER_DATABASE_URL) as session:
        [shown] = session.execute("SHOW idle_in_transaction_session_timeout").fetchone() or [""]
    assert shown == f"{granting.IDLE_SECONDS}s"


@pytest.mark.parametrize("statement", WEB_IS_REFUSED)
def test_web_is_refused(statement: str) -> None:
    make_presave(make_campaign())
    with as_web():
        assert_refused(statement)


@pytest.mark.parametrize("statement", WORKER_IS_REFUSED)
def test_worker_is_refused(statement: str) -> None:
    make_presave(make_campaign())
    with as_worker():
        assert_refused(statement)


def test_web_erases_a_permission_without_reading_it() -> None:
    presave = make_presave(make_campaign())
    with as_web():
        assert receipts.cancel(presave.id, timezone.now())
    assert PreSave.objects.filter(sealed=None, state=PreSaveState.CANCELLED).count() == 1


def test_web_moves_a_release_that_was_confirmed() -> None:
    campaign = make_campaign(state=CampaignState.RELEASING)
    make_presave(campaign)
    later = timezone.now() + timedelta(days=2)
    with as_web():
        moving.move_release(campaign, later, "UTC", timezone.now())
    assert Campaign.objects.get().confirmed_uri == ""


def test_web_stores_no_campaign_with_a_key_or_a_confirmation_of_its_own() -> None:
    for mine in ({"public_key": b"x" * 32}, {"confirmed_uri": ALBUM_URI, "public_key": None}):
        with as_web(), pytest.raises(ProgrammingError, match="web_begins_without_them"), atomic():
            make_campaign(slug="mine", **mine)


def test_granting_again_changes_nothing_but_takes_what_was_too_much() -> None:
    before = rights()
    with connection.cursor() as cursor:
        cursor.execute("GRANT ALL ON campaigns_presave, auth_permission TO presave_web")
    granting.grant()
    assert rights() == before


def test_a_trigger_of_an_older_version_is_replaced_and_one_that_is_no_longer_meant_goes() -> None:
    with connection.cursor() as cursor:
        cursor.execute(OLDER_TRIGGER.format("web_replaces_no_permission", "false"))
        cursor.execute(OLDER_TRIGGER.format("web_once_did_not", "true"))
        cursor.execute("ALTER TABLE campaigns_campaign DISABLE TRIGGER web_changes_no_key")
    granting.grant()
    make_presave(make_campaign())
    with as_web():
        assert_refused("UPDATE campaigns_presave SET sealed = 'x'")
        assert_refused("UPDATE campaigns_campaign SET public_key = 'x'")
        assert PreSave.objects.update(sealed=None, state="cancelled", settled_at=timezone.now())


@pytest.mark.django_db(transaction=True)
def test_web_is_refused_at_every_moment_of_replacing_a_trigger() -> None:
    make_presave(make_campaign())
    tries = []
    with connection.cursor() as cursor:
        cursor.execute(OLDER_TRIGGER.format("web_replaces_no_permission", "true"))

    def and_then_try(execute: Any, *asked: Any) -> Any:
        answer = execute(*asked)
        tries.append(refusal(web))
        return answer

    with psycopg.connect(settings.WEB_DATABASE_URL) as web:
        with connection.execute_wrapper(and_then_try):
            granting.grant()
        tries.append(refusal(web))
    held_up, refused = "LockNotAvailable", "InsufficientPrivilege"
    assert {*tries} == {held_up, refused}
    assert tries[-1] == refused


def refusal(web: psycopg.Connection[Any]) -> str:
    """Of a write that web may not do, by the name of the error."""
    try:
        web.execute("SET LOCAL lock_timeout = 10")
        web.execute("UPDATE campaigns_presave SET sealed = 'x'")
    except psycopg.Error as error:
        return type(error).__name__
    finally:
        web.rollback()
    return "none"


def rights() -> set[tuple[str, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT grantee, table_name, column_name, privilege_type"
            " FROM information_schema.column_privileges WHERE grantee LIKE 'presave%'"
        )
        found = set(cursor.fetchall())
    assert found
    return found


@pytest.mark.parametrize(
    ("statement", "remedy"),
    [
        ("ALTER ROLE presave_web SUPERUSER", "ALTER ROLE presave_web NOSUPERUSER"),
        ("GRANT {owner} TO presave_web", "REVOKE {owner} FROM presave_web"),
    ],
)
def test_a_role_that_may_do_too_much_is_refused(statement: str, remedy: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        [owner] = cursor.fetchone()
        cursor.execute(statement.format(owner=owner))
    with pytest.raises(granting.RolesError, match=remedy.format(owner=owner)):
        granting.grant()


def test_the_roles_get_the_passwords_of_their_addresses(settings: Settings) -> None:
    settings.WEB_DATABASE_URL = "postgres://presave_new:p%40ss@127.0.0.1/presave"
    granting.grant()
    with connection.cursor() as cursor:
        cursor.execute("SELECT rolpassword FROM pg_authid WHERE rolname = 'presave_new'")
        [stored] = cursor.fetchone()
    assert is_password("p@ss", stored)


def is_password(password: str, stored: str) -> bool:
    """https://www.rfc-editor.org/rfc/rfc5802#section-3"""
    rounds, salt, stored_key = re.split(r"[$:]", stored)[1:4]
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(salt), int(rounds))
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    return base64.b64encode(hashlib.sha256(client_key).digest()).decode() == stored_key


def test_without_roles_the_owner_alone_is_there_and_loses_its_locks_too(
    settings: Settings,
) -> None:
    settings.WEB_DATABASE_URL = settings.WORKER_DATABASE_URL = ""
    granting.grant()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT setconfig FROM pg_db_role_setting JOIN pg_roles r ON r.oid = setrole"
            " WHERE rolname = current_user"
        )
        assert cursor.fetchall() == [(["idle_in_transaction_session_timeout=15s"],)]


def test_an_owner_who_makes_no_roles_is_told_what_to_run(settings: Settings) -> None:
    settings.WEB_DATABASE_URL = "postgres://presave_new:secret@127.0.0.1/presave"
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE presave_plain LOGIN")
        cursor.execute("SET ROLE presave_plain")
        with pytest.raises(granting.RolesError, match="CREATE ROLE presave_new LOGIN"):
            granting.grant()
        cursor.execute("RESET ROLE")


def test_web_deletes_a_draft_and_no_campaign_with_fans() -> None:
    make_presave(make_campaign(slug="with-fans"))
    make_campaign(slug="draft")
    with as_web():
        Campaign.objects.get(slug="draft").delete()
        with pytest.raises(ProgrammingError, match="web_deletes_no_pre_save"), atomic():
            Campaign.objects.get(slug="with-fans").delete()
    assert PreSave.objects.count() == 1
