"""A report of an error holds no secret, wherever on a token's path the error happens."""

from __future__ import annotations

import base64
import inspect
import logging
import re
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial
from types import FrameType, ModuleType
from typing import TYPE_CHECKING, Any

import pytest
import sentry_sdk
from django.conf import settings
from django.core import mail

from campaigns import tasks
from campaigns.consent import completing
from campaigns.fan.views import consent as fan_views
from campaigns.keyring import sealing
from campaigns.models import Campaign
from campaigns.release import claims, pipeline
from campaigns.spotify import answers, oauth
from presave import error_reports
from tests.factory import make_campaign
from tests.fans import Fan
from tests.nights.night import make_night
from tests.sandbox_process import Sandbox
from tests.sentry import Catcher

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_django import Settings

pytestmark = pytest.mark.django_db

TOKENS = re.compile(r"(?:AQC|AQD|BQ)[A-Za-z0-9_-]{64}")
CONSENT = (fan_views, completing, oauth, answers, sealing)
RELEASE = (pipeline, claims, answers, sealing)
Place = tuple[str, int]


class BrokenOnPurposeError(Exception):
    """Quotes every local variable, as libraries quote what they cannot read."""


class Breaker:
    """Notes every line of some modules that runs, or raises when it comes to one of them."""

    def __init__(self, modules: tuple[ModuleType, ...], at: Place | None = None) -> None:
        self.seen: list[Place] = []
        self._files = {inspect.getfile(module) for module in modules}
        self._at = at

    def __enter__(self) -> Breaker:
        self._before = sys.gettrace()
        sys.settrace(self._enter)
        threading.settrace(self._enter)
        return self

    def __exit__(self, *exception: object) -> None:
        sys.settrace(self._before)
        threading.settrace(self._before)

    def _enter(self, frame: FrameType, event: str, argument: Any) -> Any:
        return self._line if frame.f_code.co_filename in self._files else None

    def _line(self, frame: FrameType, event: str, argument: Any) -> Any:
        place = (frame.f_code.co_filename, frame.f_lineno)
        if event == "line" and place not in self.seen:
            self.seen.append(place)
            if place == self._at:
                raise BrokenOnPurposeError(f"{frame.f_locals}")
        return self._line


def secrets_in(*texts: str) -> list[str]:
    """What a reader of the texts could use."""
    pair = f"{settings.SPOTIFY_CLIENT_ID}:{settings.SPOTIFY_CLIENT_SECRET}"
    known = [
        settings.SECRET_KEY,
        settings.SPOTIFY_CLIENT_SECRET,
        base64.b64encode(pair.encode()).decode(),
        settings.MASTER_KEY_FILE.read_text().strip().partition(":")[2],
        settings.CELERY_BROKER_URL,
    ]
    return [
        found
        for text in texts
        for found in [*TOKENS.findall(text), *(secret for secret in known if secret in text)]
    ]


@pytest.fixture
def keyring_dir(settings: Settings, tmp_path: Path) -> Path:
    settings.KEYRING_DIR = tmp_path / "keyring"
    return tmp_path / "keyring"


@pytest.fixture(autouse=True)
def quiet(keyring_dir: Path) -> Iterator[None]:
    """The tracebacks of hundreds of errors are of no use in the test's output."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(autouse=True)
def exchanges_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """An error between two lines may leave an exchange's place taken for good."""
    monkeypatch.setattr(completing, "_EXCHANGES", threading.BoundedSemaphore(1000))


def come_back(sandbox: Sandbox, campaign: Campaign) -> tuple[Fan, str]:
    """A fan on the way back from Spotify, and the address with the code."""
    fan = Fan(sandbox)
    fan.client.raise_request_exception = False
    return fan, fan.decide(fan.tap(campaign))


def each_place(modules: tuple[ModuleType, ...], run: Callable[[], Any]) -> list[Place]:
    with Breaker(modules) as breaker:
        run()
    assert len(breaker.seen) > 50
    return breaker.seen


def broken_consents(sandbox: Sandbox, every: int = 1) -> Iterator[Any]:
    """The answers to an error at each line, or every so-many-th, that a consent runs through."""
    campaign = make_campaign()
    places = each_place(CONSENT, partial(Fan.get, *come_back(sandbox, campaign)))
    for place in places[::every]:
        fan, path = come_back(sandbox, campaign)
        with Breaker(CONSENT, at=place):
            answer: Any = fan.get(path)
        if answer.exc_info:
            yield answer


def test_an_error_page_holds_no_secret_and_nothing_is_mailed(
    sandbox: Sandbox, settings: Settings
) -> None:
    logging.disable(logging.NOTSET)
    settings.ADMINS = [("Operator", "operator@example.com")]
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    count = 0
    for answer in broken_consents(sandbox, every=10):
        page, request = answer.content.decode(), answer.wsgi_request
        assert answer.status_code == 500
        assert secrets_in(page) == []
        assert "BrokenOnPurposeError" not in page
        assert request.GET["code"] not in page
        assert request.GET["state"] not in page
        count += 1
    assert count > 5
    assert mail.outbox == []


# Sentry.


@pytest.fixture
def reporting(catcher: Catcher) -> Iterator[Callable[[], list[str]]]:
    """Reports go to the catcher; the answer is what arrived."""
    error_reports.send_to_sentry(catcher.dsn)
    yield lambda: arrived(catcher)
    stop_reporting()


def arrived(catcher: Catcher) -> list[str]:
    sentry_sdk.flush(timeout=30)
    return [body.decode(errors="replace") for body in catcher.received]


def stop_reporting() -> None:
    sentry_sdk.get_client().close()
    sentry_sdk.get_global_scope().set_client(None)


def test_sentry_gets_no_secret_wherever_a_consent_breaks(
    sandbox: Sandbox, reporting: Callable[[], list[str]]
) -> None:
    states = [answer.wsgi_request.GET["state"] for answer in broken_consents(sandbox)]
    reports, count = reporting(), len(states)
    assert len(reports) >= count > 50
    assert any("/callback" in report for report in reports), "the place is told"
    assert all("completing.py" in report or "consent.py" in report for report in reports)
    assert secrets_in(*reports) == []
    assert not any(state in report for state in states for report in reports)


def broken_releases(sandbox: Sandbox) -> int:
    """Turns of the task, each with an error at another line that a release runs through."""
    make_night(sandbox, fans=1)
    count = 0
    for place in each_place(RELEASE, tasks.run_due_work)[::6]:
        sandbox.post("reset")
        Campaign.objects.all().delete()
        make_night(sandbox, fans=1)
        try:
            with Breaker(RELEASE, at=place):
                tasks.run_due_work()
        except Exception as error:
            sentry_sdk.capture_exception(error)
            count += 1
    return count


def test_sentry_gets_no_secret_wherever_a_release_breaks(
    sandbox: Sandbox, reporting: Callable[[], list[str]]
) -> None:
    logging.disable(logging.NOTSET)
    count = broken_releases(sandbox)
    reports = reporting()
    assert len(reports) >= count > 10
    assert secrets_in(*reports) == []


def test_sentrys_own_settings_would_send_them(sandbox: Sandbox, catcher: Catcher) -> None:
    sentry_sdk.init(dsn=catcher.dsn)
    try:
        assert list(broken_consents(sandbox, every=10))
        assert "AQC" in {secret[:3] for secret in secrets_in(*arrived(catcher))}
    finally:
        stop_reporting()


def test_a_line_of_ours_is_told_and_a_line_of_others_is_not_filled_in(
    reporting: Callable[[], list[str]],
) -> None:
    logging.disable(logging.NOTSET)
    logging.getLogger("campaigns.release.worker").info("a line of ours: /receipt/%s", "s3cret")
    logging.getLogger("elsewhere").info("breadcrumb with %s", "s3cret")
    logging.getLogger("elsewhere").error("could not read %s", "s3cret")
    (report,) = reporting()
    assert "could not read %s" in report
    assert "a line of ours: /receipt/***" in report
    assert "breadcrumb with" not in report
    assert "s3cret" not in report


def test_nothing_is_reported_unless_an_address_is_set() -> None:
    assert settings.SENTRY_DSN == "none"
    assert not sentry_sdk.get_client().is_active()
