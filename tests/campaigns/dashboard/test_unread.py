"""What is told of a form that was not read."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.models import Label

pytestmark = pytest.mark.django_db
WRONG_HOST = "This site answers only at the address set as PUBLIC_URL"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"note": "a" * 1_200_000}, "The text in this form is longer than 1 MB."),
        ({f"field{number}": "" for number in range(101)}, "This form has more than 100 fields."),
        ({"artwork": [BytesIO(b"a") for _ in range(101)]}, "This form has more than 100 files."),
    ],
)
def test_a_form_that_is_too_much_is_told_what_to_change(
    data: dict[str, object], sentence: str, label: Label, dashboard: Client
) -> None:
    answer = dashboard.post(reverse("dashboard-campaign-create"), data)

    assert answer.status_code == 400
    page = answer.content.decode()
    assert sentence in page
    assert WRONG_HOST not in page
    assert f'href="{reverse("dashboard-campaign-create")}"' in page


def test_a_form_that_arrives_damaged_is_no_wrong_address(label: Label, dashboard: Client) -> None:
    answer = dashboard.post(
        reverse("dashboard-campaign-create"), "x", content_type="multipart/form-data; boundary="
    )

    assert answer.status_code == 400
    assert "The form arrived damaged." in answer.content.decode()


def test_a_wrong_host_is_told_of_the_right_one() -> None:
    answer = Client(headers={"host": "elsewhere.example"}).get("/")

    assert answer.status_code == 400
    assert WRONG_HOST in answer.content.decode()
