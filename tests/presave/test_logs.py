"""Log lines hold no receipt addresses, codes or states, however they are logged."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator

import pytest

from presave.logs import HidePrivateAddresses, IgnoreExpected503


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
