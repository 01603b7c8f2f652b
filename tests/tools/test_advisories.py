"""What `make audit` says about known vulnerabilities, from pip-audit's reports."""

from __future__ import annotations

import json

import pytest

from tools.advisories import verdict

SAFE = {"name": "django", "version": "5.2.19", "vulns": []}
SKIPPED = {"name": "celery", "skip_reason": "not found"}
HELD = {"id": "PYSEC-2099-1", "fix_versions": ["5.2.20"], "aliases": [], "description": ""}


def report(*packages: object) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


def test_a_known_vulnerability_fails_with_the_version_that_ends_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert verdict(report(SAFE | {"vulns": [HELD]}, SKIPPED), is_required=False) == 1
    assert "django 5.2.19: PYSEC-2099-1, fixed in 5.2.20." in capsys.readouterr().out


def test_packages_without_a_vulnerability_pass(capsys: pytest.CaptureFixture[str]) -> None:
    assert verdict(report(SAFE), is_required=True) == 0
    assert capsys.readouterr() == ("No known vulnerability in 1 packages.\n", "")


@pytest.mark.parametrize("answer", ["", report(), report(SAFE, SKIPPED)])
def test_no_answer_is_told_loudly_and_fails_where_one_is_required(
    answer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert verdict(answer, is_required=False) == 0
    out, error = capsys.readouterr()
    assert out == ""
    assert "KNOWN VULNERABILITIES WERE NOT CHECKED" in error
    assert verdict(answer, is_required=True) == 1
