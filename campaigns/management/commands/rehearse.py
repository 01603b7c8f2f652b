"""`manage.py rehearse`: a release night of made-up fans on this instance's database and broker,
against the sandbox.
"""

from __future__ import annotations

import os
import signal
import time
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import Error, connection

from campaigns.clock import database_now
from campaigns.rehearsal import place, precedence
from campaigns.rehearsal.figures import Figures
from campaigns.rehearsal.place import RehearsalError
from campaigns.rehearsal.progress import Progress
from campaigns.rehearsal.stage import CONCURRENCY, Stage
from embedded import interruption

CHECK_SECONDS: Final = 5.0


class Command(BaseCommand):
    help = (
        "Rehearse a release night with made-up fans, against the sandbox: how long a real one of "
        "that size would take, and what would limit it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--fans", type=_count, default=1000, help="how many; 1000 unless given")
        parser.add_argument(
            "--limit",
            type=_pace,
            metavar="N/s",
            help="the saves a second that Spotify lets through; SPOTIFY_MAX_RATE unless given",
        )
        parser.add_argument(
            "--faults", action="store_true", help="let 15 %% of the calls for fans go wrong"
        )
        parser.add_argument(
            "--anyway",
            action="store_true",
            help="begin although a release is due within the hour or under way",
        )
        parser.add_argument(
            "--clean", action="store_true", help="only remove what a killed rehearsal left"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with _interruptible(), place.reserved():
                if options["clean"]:
                    place.clean()
                    self.stdout.write("Nothing of a rehearsal is left.")
                else:
                    self._rehearse(options)
        except RehearsalError as error:
            raise CommandError(str(error)) from None
        except Error as error:
            raise CommandError(f"The database does not answer: {error}") from None
        except KeyboardInterrupt:
            raise CommandError("Interrupted; what the rehearsal had made is removed.") from None

    def _rehearse(self, options: dict[str, Any]) -> None:
        under_way = self._check_precedence(anyway=options["anyway"])
        limit = options["limit"] or settings.SPOTIFY_MAX_RATE
        with place.prepared() as directory, Stage(directory) as stage:
            self.stdout.write("Making tables and starting workers …")
            stage.set_up()
            stage.play(options["fans"], limit, with_faults=options["faults"])
            told = self._follow(stage, under_way)
        figures = Figures(
            **told,
            fans=options["fans"],
            limit=limit,
            cap=settings.SPOTIFY_MAX_RATE,
            with_faults=options["faults"],
            database=connection.display_name,
            cores=os.cpu_count() or 1,
            workers=CONCURRENCY,
        )
        self._report(figures)

    def _check_precedence(self, *, anyway: bool) -> set[Any]:
        """The releases that are under way, which `--anyway` puts up with."""
        now = database_now()
        soon = precedence.due_within(precedence.BEGINS_BEFORE, now).first()
        if soon and not anyway:
            raise RehearsalError(
                f"{soon} is due within the hour or under way, and comes first. "
                "To rehearse all the same, add --anyway."
            )
        under_way = precedence.due_within(precedence.ENDS_BEFORE, now)
        return set(under_way.values_list("id", flat=True))

    def _follow(self, stage: Stage, under_way: set[Any]) -> dict[str, Any]:
        """Show how it goes; the answer is what was measured."""
        progress, checked_at = Progress(self.stdout), time.monotonic()
        for told in stage.told():
            if time.monotonic() - checked_at >= CHECK_SECONDS:
                self._stop_for_a_release(under_way)
                checked_at = time.monotonic()
            if told is None:
                continue
            if "error" in told:
                raise RehearsalError(told["error"])
            if "figures" in told:
                progress.end()
                return {**told["figures"], "worker_cpu": stage.worker_cpu, "load": stage.load}
            progress.show(told["step"], told["done"], told["of"])
        raise RehearsalError("The night ended without a word.")

    def _stop_for_a_release(self, under_way: set[Any]) -> None:
        coming = precedence.due_within(precedence.ENDS_BEFORE, database_now())
        first = coming.exclude(id__in=under_way).first()
        if first:
            raise RehearsalError(f"Stopped and cleaned up: {first} comes out now, and comes first.")

    def _report(self, figures: Figures) -> None:
        faults = ", 15 % of the calls for them going wrong" if figures.with_faults else ""
        self.stdout.write(
            f"\nA night of {figures.fans:,} fans{faults}; {figures.database}, "
            f"{figures.cores} cores, {figures.workers} worker processes\n"
        )
        for what, figure in figures.lines():
            self.stdout.write(f"  {what:<45}{figure}")
        self.stdout.write(f"\nWhat limits it: {figures.limited_by()}")
        if not figures.kept_every_promise:
            raise CommandError("Not every fan was saved, or not every permission destroyed.")


@contextmanager
def _interruptible() -> Iterator[None]:
    """SIGTERM ends it as Ctrl-C does, and neither ends the cleaning up."""

    def interrupt(*args: Any) -> None:
        for number in interruption.SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in interruption.SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _count(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 1_000_000:
        raise ArgumentTypeError("a whole number from 1 to 1000000")
    return int(text)


def _pace(text: str) -> float:
    number = text.removesuffix("/s")
    try:
        pace = float(number)
    except ValueError:
        pace = 0.0
    if not 0 < pace <= 10_000:
        raise ArgumentTypeError("a number of saves a second, such as 50/s")
    return pace
