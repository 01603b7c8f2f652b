"""The database: whether it answers, which version it is, whose role this is, and whether it has
what this version's code needs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.conf import settings
from django.db import Error, connection
from django.db.migrations.executor import MigrationExecutor

from campaigns.doctor.checks import Check, Part, green, note, red

# What Django 5.2 supports, and what the compose file has.
OLDEST_POSTGRES: Final = 14
MIGRATE: Final = (
    "Run `./presavectl upgrade`; without Docker `manage.py migrate`, then `manage.py "
    "createcachetable`."
)


def reachable() -> Check:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error as error:
        return of_refusal(str(error).strip().splitlines())
    if connection.vendor == "sqlite":
        return note("database", "SQLite: for one small server; see docs/without-docker.md.")
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        return of_version(int(cursor.fetchone()[0]) // 10_000)


def of_refusal(lines: list[str]) -> Check:
    """What Postgres or a pooler says, whose text holds no password."""
    # libpq asks a question below what went wrong.
    said = next((line for line in reversed(lines) if line[:1].strip()), "no reason given")
    fix = "Start it (./presavectl status shows whether it runs), and check DATABASE_URL."
    if "unsupported startup parameter" in said:
        fix = (
            "Let PgBouncer pass it by: `ignore_startup_parameters = options` in pgbouncer.ini; "
            "see docs/database.md."
        )
    elif "authentication failed" in said or "no password" in said:
        fix = (
            "The password in secrets/database_url_web or database_url_worker is not its role's: "
            "`./presavectl upgrade` gives the roles those that stand there. That of "
            "secrets/database_url is the owner's own; special characters are written as %XX."
        )
    elif "does not exist" in said:
        fix = "Create the database or role that DATABASE_URL names; see docs/database.md."
    return red("database", f"The database does not answer: {said}", fix)


def of_version(version: int) -> Check:
    if version >= OLDEST_POSTGRES:
        return green("database", f"Postgres {version} answers.")
    return red(
        "database",
        f"Postgres {version} is older than {OLDEST_POSTGRES}, the oldest that Django supports.",
        "Dump it, start the postgres of docker-compose.yml on a new volume, and restore the dump: "
        "see docs/database.md.",
    )


@dataclass(frozen=True)
class Role:
    name: str
    is_superuser: bool
    makes_tables: bool
    reads_permissions: bool


def role_of(part: Part) -> Check:
    if connection.vendor == "sqlite":
        return note("roles", "SQLite has no roles: anyone who reads the file reads everything.")
    return of_role(_role(), part)


def _role() -> Role:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolname, rolsuper, has_schema_privilege(current_schema(), 'CREATE'), "
            "has_column_privilege('campaigns_presave', 'sealed', 'SELECT') "
            "FROM pg_roles WHERE rolname = current_user"
        )
        return Role(*cursor.fetchone())


def of_role(found: Role, part: Part) -> Check:
    fix = "Give web and worker roles of their own: docs/database.md has the steps."
    if found.is_superuser:
        return red("roles", f"The role {found.name} is a superuser of Postgres.", fix)
    if part is Part.WEB and found.reads_permissions:
        return red("roles", f"Web's role {found.name} can read the sealed permissions.", fix)
    if part is not Part.ALL and found.makes_tables:
        return red("roles", f"The role {found.name} can change and drop tables.", fix)
    if found.makes_tables:
        return note("roles", f"The role {found.name} owns the tables: one role does everything.")
    return green("roles", f"The role {found.name} can do what its side needs.")


def migrations() -> Check:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    ours = {name for app, name in executor.loader.applied_migrations if app == "campaigns"}
    known = {name for app, name in executor.loader.disk_migrations if app == "campaigns"}
    replaced = {name for _, name in executor.loader.replacements}
    return of_migrations([migration.name for migration, _ in plan], ours - known - replaced)


def of_migrations(missing: list[str], unknown: set[str]) -> Check:
    if missing:
        return red(
            "migrations",
            f"The database lacks {len(missing)} of this version's migrations, from {missing[0]} "
            "on.",
            MIGRATE,
        )
    if unknown:
        return red(
            "migrations",
            f"The database has been migrated by newer code, to {max(unknown)}: this is old code.",
            "Build or pull the image of the version that is checked out: `./presavectl upgrade`.",
        )
    return green("migrations", "The database has every migration of this version.")


def cache_table() -> Check:
    table = settings.CACHES["default"]["LOCATION"]
    if table in connection.introspection.table_names():
        return green("cache-table", f"The table {table} is there.")
    return red(
        "cache-table",
        f"The table {table} is missing: nobody can log in.",
        "Run `manage.py createcachetable`; with Docker: ./presavectl upgrade.",
    )
