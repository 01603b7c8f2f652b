"""The doctor's one page: red first, as text and as JSON, and of both containers."""

from __future__ import annotations

import json

from campaigns.doctor import page
from campaigns.doctor.checks import Check, Mark, Part, green, note, red, unseen

DISK, MAIL = red("disk", "It is full.", "Make room."), green("mail", "It is taken.")
URI = "https://presave.example.com/" + "a" * 120


def test_what_is_red_comes_first_with_its_fix() -> None:
    lines = page.as_text([MAIL, DISK], "Here").splitlines()
    assert lines == [
        *("Here", "", "✘ Disk            It is full.", "                  → Make room."),
        *("✔ Mail            It is taken.", "", "1 red, 1 green."),
    ]


def test_addresses_and_commands_are_not_cut() -> None:
    told = page.as_text([red("redirect-uri", "It is refused.", f"Add {URI}")], "")
    assert URI in told
    assert "✘ Redirect URI" in told


def test_without_red_all_is_well() -> None:
    told = page.as_text([MAIL, note("app-mode", "Five."), unseen("beat", "Nobody hears it.")], "")
    assert told.endswith("All is well: 1 green.")


def test_json_says_whether_all_is_well_and_comes_back_as_it_was() -> None:
    assert json.loads(page.as_json([MAIL]))["ok"] is True
    assert json.loads(page.as_json([MAIL, DISK]))["ok"] is False
    assert page.read(page.as_json([MAIL, DISK]), Part.WORKER) == [MAIL, DISK]


def test_a_container_that_says_nothing_is_red() -> None:
    [check] = page.read("", Part.WORKER)
    assert (check.mark, check.name) == (Mark.RED, "worker-container")
    assert "./presavectl logs worker" in check.fix


def test_of_two_findings_the_one_counts_that_tells_more() -> None:
    ours = [MAIL, green("disk", "Room."), unseen("beat", "?"), note("roles", "One does all.")]
    others = [red("disk", "It is full.", "Make room."), green("beat", "It ticks."), MAIL]
    found = {check.name: check for check in page.merged(ours, others, Part.WORKER)}
    assert found["disk"] == red("disk", "In worker: It is full.", "Make room.")
    assert found["beat"].text == "It ticks."
    assert found["roles"].mark is Mark.NOTE
    assert len(found) == 4


def test_what_one_part_alone_saw_stays_as_it_is() -> None:
    backups = red("backups", "None.", "Make one.")
    assert page.merged([MAIL], [backups], Part.WORKER) == [MAIL, backups]


def test_both_troubles_of_one_part_are_kept() -> None:
    settings = [red("settings", "A.", "Set A."), red("settings", "B.", "Set B.")]
    assert page.merged([green("settings", "Fine.")], settings, Part.WORKER) == [
        Check("settings", Mark.RED, "In worker: A.", "Set A."),
        Check("settings", Mark.RED, "In worker: B.", "Set B."),
    ]


def test_what_another_version_wrote_and_nobody_knows_is_left_out() -> None:
    rows = [{"mark": "purple", "name": "x", "text": "", "fix": ""}, {"mark": "red"}]
    assert page.from_data(rows) == []
