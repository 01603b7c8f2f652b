"""Giving a label a domain of its own."""

from __future__ import annotations

from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command

from campaigns.models import Label
from campaigns.planning import domains
from campaigns.planning.labels import LabelError
from tests.factory import make_label

pytestmark = pytest.mark.django_db

OWN = "presave.label.example"


def domain_of(label: Label) -> str | None:
    label.refresh_from_db()
    return label.domain


def command(*arguments: str) -> str:
    output = StringIO()
    call_command("domain", *arguments, stdout=output)
    return output.getvalue()


def test_the_operator_gives_one_lists_it_and_takes_it_back() -> None:
    label = make_label()
    told = command("add", OWN, "--label", "demo  label")
    assert domain_of(label) == OWN
    assert f"{OWN}. CNAME {settings.PUBLIC_HOST}." in told
    assert command("list") == f"{OWN}  Demo Label\n"
    assert settings.PUBLIC_URL in command("remove", OWN.upper())
    assert domain_of(label) is None
    assert command("list") == "No label has a domain of its own.\n"
    with pytest.raises(CommandError, match="No label has"):
        command("remove", OWN)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (OWN.upper(), OWN),
        (f" {OWN}. ", OWN),
        ("bücher.example", "xn--bcher-kva.example"),
        ("presave.日本.example", "presave.xn--wgv71a.example"),
        ("label.localhost", "label.localhost"),
    ],
)
def test_it_is_stored_as_browsers_write_it(typed: str, stored: str) -> None:
    assert domain_of(domains.give(typed, str(make_label().id))) == stored


@pytest.mark.parametrize(
    "typed",
    [
        *("", "label", "localhost", "192.0.2.7", "[2001:db8::7]", f"{OWN}:8443", f"https://{OWN}"),
        *(f"{OWN}/presave", f"*.{OWN}", "a..example", "-a.example", "a_b.example", "a b.example"),
        *(f"{'a' * 64}.example", f"{'a.' * 126}example", "user@label.example", "a\n.example"),
        *(settings.PUBLIC_HOST, "\u200b.example"),
    ],
)
def test_what_is_no_domain_or_not_the_labels_is_refused(typed: str) -> None:
    label = make_label()
    with pytest.raises(LabelError):
        domains.give(typed, "Demo Label")
    assert domain_of(label) is None


def test_public_urls_host_is_every_labels(settings: object) -> None:
    settings.PUBLIC_HOST = "presave.example.com"  # type: ignore[attr-defined]
    make_label()
    with pytest.raises(LabelError, match="PUBLIC_URL"):
        domains.give("Presave.Example.com", "Demo Label")
    # It may have become a label's host after the label was given it.
    label = make_label(domain="presave.example.com")
    domains.take("presave.example.com")
    assert domain_of(label) is None


def test_nobody_gets_another_labels_domain_or_a_second_one() -> None:
    first, second = make_label(domain=OWN), make_label(name="Night Desk")
    with pytest.raises(LabelError, match="Another label has"):
        domains.give(OWN, "Night Desk")
    with pytest.raises(LabelError, match="Remove that first"):
        domains.give("other.label.example", "Demo Label")
    assert domains.give(OWN, "Demo Label") == first
    assert (domain_of(first), domain_of(second)) == (OWN, None)


def test_a_label_is_not_made_for_it_nor_chosen_by_chance() -> None:
    with pytest.raises(LabelError, match="No label is called"):
        domains.give(OWN, "Demo Label")
    assert not Label.objects.exists()
    make_label(), make_label()
    with pytest.raises(LabelError, match="Several labels"):
        domains.give(OWN, "Demo Label")
