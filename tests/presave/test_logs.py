"""Log lines hold no receipt addresses, codes or states, however they are logged."""

from __future__ import annotations

import io
import json
import logging
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from presave.logs import (
    WHOLE_EVERY,
    HidePrivateAddresses,
    IgnoreExpected503,
    JsonFormatter,
    ShorteningHandler,
    TextFormatter,
)


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(HidePrivateAddresses())
    logger = logging.getLogger("tests.private")
    logger.addHandler(handler)
    logger.propagate = False
    yield stream
    logger.removeHandler(handler)
    logger.propagate = True


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        ("GET /receipt/s3cret", "GET /receipt/***"),
        ("GET /preview/s3cret", "GET /preview/***"),
        ("GET /receipt/s3cret/cancel HTTP/1.1", "GET /receipt/***"),
        ("GET /receipt/s3cret/calendar.ics", "GET /receipt/***"),
        ("URL:https://a.example/receipt/s3cret", "URL:https://a.example/receipt/***"),
        ("GET /receipt/s3cret?x=1", "GET /receipt/***"),
        ("Forbidden (CSRF): /receipt/ s3cret", "Forbidden (CSRF): /receipt/***"),
        ("GET /receipt/a s3cret HTTP/1.1", "GET /receipt/***"),
        ("GET /receipt//s3cret/cancel", "GET /receipt//***"),
        ("GET /receipt/x/cancel/s3cret", "GET /receipt/***"),
        ("GET /receipt/?s3cret", "GET /receipt/***"),
        ("GET /receipt/\ns3cret", "GET /receipt/***"),
        ("GET /Receipt/s3cret", "GET /Receipt/***"),
        ("GET /report/s3cret", "GET /report/***"),
        ("GET /password//reset/key//1-s3cret", "GET /password//reset/key//***"),
        ("?next=%252Finvitations%252Fs3cret", "?next=%252Finvitations%252F***"),
        ("GET /report/s3cret/report.csv HTTP/1.1", "GET /report/***"),
        ("GET /dashboard/campaigns/night-bus/report", "GET /dashboard/campaigns/night-bus/report"),
        (
            "GET /accounts/password/reset/key/1-s3cret/ HTTP/1.1",
            "GET /accounts/password/reset/key/***",
        ),
        ("GET /accounts/confirm-email/s3cret/", "GET /accounts/confirm-email/***"),
        ("GET /invitation/s3cret", "GET /invitation/***"),
        ("GET /dashboard/invitations/s3cret HTTP/1.1", "GET /dashboard/invitations/***"),
        ("GET /dashboard/invitations/ s3cret", "GET /dashboard/invitations/***"),
        (
            "GET /accounts/login/?next=%2Fdashboard%2Finvitations%2Fs3cret",
            "GET /accounts/login/?next=%2Fdashboard%2Finvitations%2F***",
        ),
        (
            "GET /accounts/login/?next=/dashboard/invitations/s3cret",
            "GET /accounts/login/?next=/dashboard/invitations/***",
        ),
        ("/callback?code=s3cret&state=s3cret", "/callback?code=***&state=***"),
        ("/callback?state=s3cret&code=s3cret done", "/callback?state=***&code=*** done"),
        ("/callback?error=access_denied&state=s3cret", "/callback?error=access_denied&state=***"),
        ("a line without secrets", "a line without secrets"),
    ],
)
def test_private_addresses_are_masked(message: str, shown: str, lines: io.StringIO) -> None:
    logger = logging.getLogger("tests.private")
    logger.warning(message)
    logger.warning("%s", message)
    assert lines.getvalue() == f"{shown}\n{shown}\n"


def test_arguments_of_a_line_without_secrets_stay_as_they_are(lines: io.StringIO) -> None:
    logging.getLogger("tests.private").warning("saved=%d", 3)
    assert lines.getvalue() == "saved=3\n"


def test_an_exception_that_names_a_receipt_is_masked(lines: io.StringIO) -> None:
    try:
        raise ValueError("/receipt/s3cret was asked for with ?code=s3cret")
    except ValueError:
        logging.getLogger("tests.private").exception("request failed")
    assert "request failed" in lines.getvalue()
    assert "s3cret" not in lines.getvalue()


def test_what_is_filled_in_begins_no_line(lines: io.StringIO) -> None:
    logger = logging.getLogger("tests.private")
    logger.handlers[0].setFormatter(TextFormatter())
    logger.error("market=%s", "SE\r\n2026-12-01 ERROR forged\x1b[31m")
    logger.error("Of two lines:\n%s", "the second")

    assert lines.getvalue() == (
        "market=SE\\r\\n2026-12-01 ERROR forged\\x1b[31m\nOf two lines:\nthe second\n"
    )


@pytest.mark.parametrize(
    ("status", "exception", "is_logged"),
    [(503, None, False), (503, OSError(), True), (500, None, True), (500, OSError(), True)],
)
def test_only_an_answer_that_was_meant_is_no_error(
    status: int, exception: Exception | None, is_logged: bool
) -> None:
    line = logging.makeLogRecord({"status_code": status, "exc_info": exception})
    assert IgnoreExpected503().filter(line) is is_logged
    assert IgnoreExpected503().filter(logging.makeLogRecord({}))


def failing(at: float, secret: str = "") -> logging.LogRecord:
    """An error that is logged so many seconds after the first."""
    try:
        raise ConnectionError(f"no way to redis {secret}")
    except ConnectionError:
        record = logging.LogRecord(
            "celery.beat",
            logging.ERROR,
            "beat.py",
            9,
            "Not sent:\n%s",
            ("a stack",),
            sys.exc_info(),
        )
    record.created = 1_000_000 + at
    return record


def test_an_outage_writes_its_traceback_once_a_minute_and_a_line_each_time() -> None:
    handler = ShorteningHandler()
    handler.addFilter(HidePrivateAddresses())
    handler.stream = stream = io.StringIO()

    for at in (0, 2, 4):
        handler.handle(failing(at))
    handler.handle(failing(6, "/receipt/s3cret"))

    text = stream.getvalue()
    assert text.count("Traceback") == text.count("a stack") == 1
    assert text.count("Not sent: (again: ConnectionError('no way to redis ')") == 2
    assert "s3cret" not in text

    handler.handle(failing(WHOLE_EVERY))
    assert stream.getvalue().count("Traceback") == 2


def test_a_report_of_an_error_has_it_whole_each_time() -> None:
    handler = ShorteningHandler()
    handler.stream = io.StringIO()
    for at in (0, 2):
        handler.handle(record := failing(at))

    assert record.exc_info


@pytest.fixture
def json_lines(lines: io.StringIO) -> io.StringIO:
    for handler in logging.getLogger("tests.private").handlers:
        handler.setFormatter(JsonFormatter())
    return lines


def test_a_line_of_json_says_when_who_and_what(json_lines: io.StringIO) -> None:
    logging.getLogger("tests.private").warning("saved=%d «%s»", 3, "Night\nBus")
    [line] = json_lines.getvalue().splitlines()
    told = json.loads(line)
    assert datetime.fromisoformat(told.pop("time")).tzinfo is UTC
    assert told == {
        "level": "WARNING",
        "logger": "tests.private",
        "message": "saved=3 «Night\nBus»",
    }


def test_json_masks_private_addresses_and_tracebacks(json_lines: io.StringIO) -> None:
    try:
        raise ValueError("/receipt/s3cret was asked for with ?code=s3cret")
    except ValueError:
        logging.getLogger("tests.private").exception("GET /receipt/%s", "s3cret")
    [line] = json_lines.getvalue().splitlines()
    assert "s3cret" not in line
    told = json.loads(line)
    assert told["message"] == "GET /receipt/***"
    assert "ValueError: /receipt/***" in told["exception"]


def test_json_masks_without_the_filter_too() -> None:
    try:
        raise ValueError("?state=s3cret")
    except ValueError:
        record = logging.makeLogRecord({"msg": "failed", "exc_info": sys.exc_info()})
    assert "s3cret" not in JsonFormatter().format(record)
