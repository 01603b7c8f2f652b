"""What is kept of an upload while it comes in."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory

from campaigns.artwork.decoding import MOST_BYTES
from campaigns.models import User
from tests import factory

pytestmark = pytest.mark.django_db


def sent(length: int, user: User | AnonymousUser) -> int | None:
    """How much of it is in the request's file."""
    upload = SimpleUploadedFile("cover.png", bytes(length))
    request = RequestFactory().post("/dashboard/new", {"artwork": upload, "title": "Night Bus"})
    request.user = user
    assert request.POST["title"] == "Night Bus"
    file = request.FILES.get("artwork")
    return file.size if file else None


@pytest.mark.parametrize("length", [1, 3_000_000, MOST_BYTES])
def test_a_file_comes_whole_up_to_the_limit(length: int) -> None:
    assert sent(length, factory.make_user()) == length


def test_of_a_larger_one_little_more_than_the_limit_is_kept() -> None:
    kept = sent(3 * MOST_BYTES, factory.make_user())

    assert kept is not None
    assert MOST_BYTES < kept < MOST_BYTES + 200_000


def test_a_strangers_file_is_not_kept() -> None:
    assert sent(1, AnonymousUser()) is None


def test_of_several_files_the_first_is_taken() -> None:
    uploads = [SimpleUploadedFile(name, bytes(length)) for name, length in (("a", 5), ("b", 9))]
    request = RequestFactory().post("/dashboard/new", {"artwork": uploads, "title": "Night Bus"})
    request.user = factory.make_user()
    assert request.POST["title"] == "Night Bus"
    assert [file.size for file in request.FILES.getlist("artwork")] == [5]
