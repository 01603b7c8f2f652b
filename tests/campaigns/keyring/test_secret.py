"""A Secret shows its value nowhere but where it is asked to."""

from __future__ import annotations

import copy
import dataclasses
import importlib
import inspect
import json
import logging
import pickle
import pkgutil
import pprint
import traceback
import typing
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

import campaigns
from campaigns import keyring
from campaigns.keyring import CampaignKey, Secret

TOKEN = "AQD-canary-of-a-refresh-token"


def test_a_secret_shows_itself_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    secret = Secret(TOKEN)
    logging.getLogger("tests").warning("%s %r", secret, {"token": secret})
    shown = [
        *(repr(secret), str(secret), f"{secret}", f"{secret!r:>20}", f"{secret:>20}"),
        *("%s" % secret, "{}".format(secret), repr([secret]), caplog.text),  # noqa: UP031, UP032
    ]
    assert all(TOKEN not in text for text in shown)
    assert not hasattr(secret, "__dict__")


def test_a_secret_is_not_in_a_traceback_with_its_locals() -> None:
    try:
        secret = Secret(TOKEN)
        raise RuntimeError(secret)
    except RuntimeError as error:
        told = traceback.TracebackException.from_exception(error, capture_locals=True)
    text = "".join(told.format())
    assert "secret = Secret(***)" in text
    assert TOKEN not in text


@pytest.mark.parametrize(
    "act",
    [pickle.dumps, json.dumps, copy.copy, copy.deepcopy, vars, bytes],
    ids=lambda act: f"{act.__module__}.{act.__name__}",
)
def test_a_secret_refuses_to_be_copied_or_written(act: Any) -> None:
    with pytest.raises(TypeError) as caught:
        act(Secret(TOKEN))
    assert TOKEN not in str(caught.value)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_no_pickle_protocol_writes_a_secret_or_a_key(protocol: int) -> None:
    key = CampaignKey(uuid.uuid4(), X25519PrivateKey.generate())
    for value in (Secret(TOKEN), key):
        with pytest.raises(TypeError):
            pickle.dumps(value, protocol)


def test_secrets_compare_by_identity() -> None:
    secret = Secret(TOKEN)
    assert secret == secret
    assert secret != Secret(TOKEN)


# What holds a Secret.


def holders() -> list[type]:
    """Every dataclass and named tuple of the product that has a Secret in it."""
    found = set()
    for module in pkgutil.walk_packages(campaigns.__path__, "campaigns."):
        if "migrations" in module.name:
            continue
        for _, held in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if dataclasses.is_dataclass(held) or hasattr(held, "_fields"):
                types = typing.get_type_hints(held).values()
                if any("Secret" in str(kind) for kind in types):
                    found.add(held)
    return sorted(found, key=lambda held: held.__qualname__)


def shown_by(value: Any) -> list[str]:
    """Everything that prints, logs or writes a value, as far as it does."""
    record = logging.makeLogRecord({"msg": "%s %r", "args": (value, [value])})
    ways: list[Callable[[Any], Any]] = [
        *(repr, str, format, pprint.pformat, lambda held: f"{held!r:>9}", lambda _: vars(value)),
        *(dataclasses.asdict, dataclasses.astuple, copy.copy, copy.deepcopy, list),
        *(json.dumps, lambda held: json.dumps(held, default=str), json.dumps),
        *(
            pickle.dumps,
            lambda _: record.getMessage(),
            lambda _: logging.Formatter().format(record),
        ),
    ]
    shown = []
    for way in ways:
        try:
            shown.append(str(way(value)))
        except (TypeError, ValueError) as refused:
            shown.append(str(refused))
    return shown


@pytest.mark.parametrize("holder", holders(), ids=lambda holder: holder.__qualname__)
@given(token=st.text(min_size=12, alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"))
def test_what_holds_a_secret_does_not_show_it(holder: Any, token: str) -> None:
    hints = typing.get_type_hints(holder)
    fields = {name: Secret(token) if "Secret" in str(kind) else "x" for name, kind in hints.items()}
    assert not any(token in text for text in shown_by(holder(**fields)))


def test_grants_and_returns_are_among_what_holds_secrets() -> None:
    assert {"Grant", "AuthorizationResponse"} <= {holder.__qualname__ for holder in holders()}


def test_a_master_key_shows_itself_nowhere() -> None:
    line = settings.MASTER_KEY_FILE.read_text().strip().partition(":")[2]
    for key in keyring.from_settings().master_keys:
        assert not any(line in text for text in shown_by(key))
