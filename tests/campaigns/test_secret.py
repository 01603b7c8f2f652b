"""A Secret shows its value nowhere but where it is asked to."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
import uuid
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

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
    "act", [pickle.dumps, json.dumps, copy.copy, copy.deepcopy, vars, bytes], ids=repr
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
