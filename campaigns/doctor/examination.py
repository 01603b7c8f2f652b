"""Which checks are asked, where, and in which order."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from functools import partial

from django.db import Error, connection, transaction

from campaigns.clock import database_now
from campaigns.doctor import (
    clocks,
    configured,
    database,
    domains,
    files,
    keys,
    mail,
    processes,
    public_url,
    spotify_app,
    work,
)
from campaigns.doctor.checks import Check, Mark, Part, red, unseen

logger = logging.getLogger(__name__)

Step = Callable[[], Check | Iterable[Check]]


def examine(part: Part = Part.ALL, mail_to: str = "") -> list[Check]:
    """All checks that can be made here: some ask Spotify, the mail server and our own address."""
    answers = _checked("database", database.reachable)
    steps = [
        ("settings", configured.examine),
        *_of_rows(part, may_ask_redis=True),
        ("clock", clocks.examine),
        ("redis", processes.broker),
        ("credentials", spotify_app.examine),
    ]
    is_away = any(check.mark is Mark.RED for check in answers)
    found = [*answers, *_all([] if is_away else steps)]
    if is_away:
        found += [*_checked("settings", configured.examine), *_checked("redis", processes.broker)]
    found += _all([*_of_files(part), ("mail", partial(mail.examine, mail_to))])
    if part.is_web:
        found += _checked("proxy", public_url.examine)
        found += _checked(domains.NAME, domains.examine)
    return found


def at_a_glance(part: Part) -> list[Check]:
    """Those that cost a few short queries and a look at some files."""
    answers = _checked("database", database.reachable)
    if any(check.mark is Mark.RED for check in answers):
        return answers
    steps = [*_of_rows(part, may_ask_redis=False), *_of_files(part), ("mail", mail.configured)]
    return [*answers, *_all(steps)]


def not_ready() -> list[Check]:
    """What is red of what web needs to serve fans, and fans to be saved. Raises django.db.Error."""
    steps: list[tuple[str, Step]] = [
        ("migrations", database.migrations),
        ("cache-table", database.cache_table),
        ("static-files", files.static_files),
        ("worker", processes.needed_worker),
    ]
    found = [check for _, step in steps for check in _listed(step())]
    return [check for check in found if check.mark is Mark.RED]


def _of_rows(part: Part, *, may_ask_redis: bool) -> list[tuple[str, Step]]:
    now = database_now
    steps: list[tuple[str, Step]] = [
        ("migrations", database.migrations),
        ("cache-table", database.cache_table),
        ("roles", partial(database.role_of, part)),
        ("worker", processes.worker),
        ("beat", lambda: processes.beat(now(), may_ask_redis=may_ask_redis)),
        ("gate", lambda: work.gate(now())),
        ("due-work", lambda: work.due(now())),
        ("alarms", work.alarms),
        ("messages", lambda: work.messages(now())),
    ]
    if part.is_worker:
        steps.append(("keyring", keys.opened))
    return steps


def _of_files(part: Part) -> list[tuple[str, Step]]:
    steps: list[tuple[str, Step]] = [("disk", partial(files.disk, part))]
    if part.is_worker:
        steps += [("master-key", keys.wrapping_key), ("backups", keys.backup)]
    if part.is_web:
        steps += [("static-files", files.static_files), ("artwork", files.artwork)]
    if part is Part.WEB:
        steps.append(("keyring-apart", keys.kept_from_web))
    return steps


def _all(steps: Iterable[tuple[str, Step]]) -> list[Check]:
    return [check for name, step in steps for check in _checked(name, step)]


def _checked(name: str, step: Step) -> list[Check]:
    """A check that fails says so, and holds no other up."""
    try:
        # In the caller's transaction a query that fails would fail all that follow.
        with transaction.atomic() if connection.in_atomic_block else nullcontext():
            return _listed(step())
    except Error as error:
        return [unseen(name, f"The database does not let it be seen: {type(error).__name__}.")]
    except Exception as error:
        logger.exception("check failed name=%s", name)
        return [
            red(
                name,
                f"It could not be examined: {type(error).__name__}.",
                "The log has the traceback: please report it.",
            )
        ]


def _listed(found: Check | Iterable[Check]) -> list[Check]:
    return [found] if isinstance(found, Check) else list(found)
