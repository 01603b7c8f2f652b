"""Makes web's and worker's roles, and grants each what access.py says."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import ProgrammingError, connection, transaction
from django.db.backends.utils import CursorWrapper
from psycopg import sql

from campaigns.roles.access import (
    CHANGE,
    READ,
    REFUSED_TO_WEB,
    WHO_MAY,
    Access,
    RefusedToWeb,
)
from presave import rehearsing

logger = logging.getLogger(__name__)

# A worker that freezes in the middle of a transaction, as with its machine, loses its locks after
# this; it would hold up all others for as long as it stands still. Said to the role and not with
# each connection, which a pooler such as PgBouncer would refuse.
IDLE_SECONDS: Final = 15
_SAYS_NO: Final = (
    "CREATE OR REPLACE FUNCTION presave_says_no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
    " RAISE 'permission denied for table %: %', TG_TABLE_NAME, TG_NAME"
    " USING ERRCODE = 'insufficient_privilege'; END $$"
)
# In a trigger's comment, between the statement that made it and what Postgres made of that.
_MADE: Final = " made "


class RolesError(Exception):
    """The message says what to change."""


def grant() -> None:
    """Give both roles what they need of the tables that are there, and take from them what else
    they had. Raises RolesError.

    Without roles of their own, web and worker log in as the owner, and may do everything.
    """
    if connection.vendor != "postgresql":
        return
    roles = [_role(url) for url in (settings.WEB_DATABASE_URL, settings.WORKER_DATABASE_URL)]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT current_user, current_schema()")
        owner, schema = cursor.fetchone()
        if schema == rehearsing.SCHEMA:
            return  # a rehearsal changes no real role
        if owner in (name for name, _ in roles) or not all(name for name, _ in roles):
            _end_idle_transactions(cursor, owner)
            return
        for name, password in roles:
            _make(cursor, owner, name, password)
        _grant_tables(cursor, *(name for name, _ in roles))
        _refuse_to_web(cursor, roles[0][0])
        _take_ddl_away(cursor, [name for name, _ in roles])


def _role(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return unquote(parts.username or ""), unquote(parts.password or "")


def _make(cursor: CursorWrapper, owner: str, name: str, password: str) -> None:
    known = _is_known(cursor, owner, name)
    try:
        with transaction.atomic():
            if not known:
                cursor.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(name)))
            _set_password(cursor, name, password)
            _end_idle_transactions(cursor, name)
    except ProgrammingError:
        if not known:
            raise RolesError(
                f"There is no database role {name}, and {owner} may not make it. Run as an "
                f"administrator: CREATE ROLE {name} LOGIN PASSWORD '...', with the password of its "
                "DATABASE_URL; then migrate again."
            ) from None
        logger.warning(
            "%s may not change the database role %s, which keeps its password. Run as an "
            "administrator: ALTER ROLE %s SET idle_in_transaction_session_timeout = '%ss'",
            *(owner, name, name, IDLE_SECONDS),
        )


def _is_known(cursor: CursorWrapper, owner: str, name: str) -> bool:
    """Raises RolesError where there is such a role, and what is granted here would not bind it."""
    cursor.execute(
        "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls,"
        " pg_has_role(oid, current_user, 'MEMBER') FROM pg_roles WHERE rolname = %s",
        [name],
    )
    found = cursor.fetchone()
    if found is None:
        return False
    is_privileged, is_member_of_owner = found
    if is_privileged or is_member_of_owner:
        remedy = f"ALTER ROLE {name} NOSUPERUSER NOCREATEROLE NOCREATEDB NOBYPASSRLS"
        raise RolesError(
            f"The database role {name} may do more than it should. Run as an administrator: "
            + (remedy if is_privileged else f"REVOKE {owner} FROM {name}")
        )
    return True


def _set_password(cursor: CursorWrapper, name: str, password: str) -> None:
    """As Postgres stores it: the password itself would stand in the server's log."""
    role = sql.Identifier(name)
    if not password:
        cursor.execute(sql.SQL("ALTER ROLE {} LOGIN").format(role))
        return
    stored = connection.connection.pgconn.encrypt_password(
        password.encode(), name.encode(), b"scram-sha-256"
    )
    statement = sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}")
    cursor.execute(statement.format(role, sql.Literal(stored.decode())))


def _end_idle_transactions(cursor: CursorWrapper, name: str) -> None:
    database = connection.settings_dict["NAME"]
    statement = sql.SQL("ALTER ROLE {} IN DATABASE {} SET idle_in_transaction_session_timeout = {}")
    parts = (sql.Identifier(name), sql.Identifier(database), sql.Literal(f"{IDLE_SECONDS}s"))
    cursor.execute(statement.format(*parts))


def _grant_tables(cursor: CursorWrapper, web: str, worker: str) -> None:
    both = sql.SQL(", ").join(map(sql.Identifier, (web, worker)))
    cursor.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(_schema(cursor), both))
    for table, columns in _tables(cursor).items():
        name = sql.Identifier(table)
        cursor.execute(sql.SQL("REVOKE ALL ON TABLE {} FROM {}").format(name, both))
        for role, access in zip((web, worker), WHO_MAY.get(table, ()), strict=False):
            for right in _rights(access, columns):
                statement = sql.SQL("GRANT {} ON TABLE {} TO {}")
                cursor.execute(statement.format(right, name, sql.Identifier(role)))


def _schema(cursor: CursorWrapper) -> sql.Identifier:
    cursor.execute("SELECT current_schema()")
    return sql.Identifier(cursor.fetchone()[0])


def _tables(cursor: CursorWrapper) -> dict[str, list[str]]:
    """Each of the owner's tables, with its columns: not those of the models, as a migration
    backwards grants too.
    """
    cursor.execute(
        "SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum) FROM pg_class c"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
        " WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace"
        " AND pg_has_role(c.relowner, 'USAGE') GROUP BY c.relname ORDER BY c.relname"
    )
    return dict(cursor.fetchall())


def _rights(access: Access, columns: list[str]) -> Iterator[sql.Composable]:
    """As GRANT takes them: one with its columns, where not all are meant."""
    seen = [column for column in columns if column not in access.unseen]
    changed = [column for column in columns if column in access.changes]
    for right in access.rights:
        if right == READ and access.unseen:
            yield _of_columns(right, seen)
        elif right == CHANGE and access.changes:
            yield _of_columns(right, changed)
        else:
            yield sql.SQL(right)


def _of_columns(right: str, columns: list[str]) -> sql.Composable:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL("{} ({})").format(sql.SQL(right), names)


def _refuse_to_web(cursor: CursorWrapper, web: str) -> None:
    """By triggers after the row, which cost others nothing: their condition is false for them."""
    cursor.execute(_SAYS_NO)
    found = _triggers(cursor)
    for refused in REFUSED_TO_WEB:
        _put_trigger(cursor, refused, web, found.pop((refused.table, refused.name), None))
    for table, name in found:
        statement = sql.SQL("DROP TRIGGER {} ON {}")
        cursor.execute(statement.format(sql.Identifier(name), sql.Identifier(table)))


def _triggers(cursor: CursorWrapper) -> dict[tuple[str, str], str | None]:
    """Those that are there, by table and name, each with the statement that made it; without it
    where the trigger has been changed since, or switched off.
    """
    cursor.execute(
        "SELECT c.relname, t.tgname, t.tgenabled = 'O', pg_get_triggerdef(t.oid),"
        " obj_description(t.oid, 'pg_trigger') FROM pg_trigger t"
        " JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal"
        " AND t.tgfoid = to_regproc('presave_says_no')"
        " AND c.relnamespace = current_schema()::regnamespace"
    )
    found = {}
    for table, name, is_on, definition, comment in cursor.fetchall():
        made_by, _, made = (comment or "").partition(_MADE)
        found[table, name] = made_by if is_on and made == definition else None
    return found


def _put_trigger(
    cursor: CursorWrapper, refused: RefusedToWeb, web: str, made_by: str | None
) -> None:
    """Replaced in one step, and only where it differs: to do so waits for all who write there."""
    name, table = sql.Identifier(refused.name), sql.Identifier(refused.table)
    statement = sql.SQL(
        "CREATE OR REPLACE TRIGGER {} AFTER {} ON {} FOR EACH ROW WHEN (({}) AND current_user = {})"
        " EXECUTE FUNCTION presave_says_no()"
    ).format(*(name, sql.SQL(refused.event), table, sql.SQL(refused.condition)), sql.Literal(web))
    cursor.execute("SELECT to_regclass(%s)", [refused.table])
    [is_there] = cursor.fetchone()
    meant = statement.as_string(connection.connection)
    if is_there is None or made_by == meant:
        return
    cursor.execute(statement)
    cursor.execute(
        "SELECT pg_get_triggerdef(oid) FROM pg_trigger"
        " WHERE tgname = %s AND tgrelid = %s::regclass",
        [refused.name, refused.table],
    )
    [made] = cursor.fetchone()
    comment = sql.SQL("COMMENT ON TRIGGER {} ON {} IS {}")
    cursor.execute(comment.format(name, table, sql.Literal(f"{meant}{_MADE}{made}")))


def _take_ddl_away(cursor: CursorWrapper, roles: list[str]) -> None:
    """New roles may make tables in Postgres before 15, and temporary ones in every version."""
    schema, database = _schema(cursor), sql.Identifier(connection.settings_dict["NAME"])
    for statement in (
        sql.SQL("REVOKE CREATE ON SCHEMA {} FROM PUBLIC").format(schema),
        sql.SQL("REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC").format(database),
    ):
        try:
            with transaction.atomic():
                cursor.execute(statement)
        except ProgrammingError:
            shown = statement.as_string(connection.connection)
            logger.warning("not granted to the owner of the tables, so left as it is: %s", shown)
