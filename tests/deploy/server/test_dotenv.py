"""What is written into .env comes out of Compose as it went in."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.server import dotenv
from deploy.server.answers import AnswerError

NAMES = {
    "A": "A$AP Records",
    "B": "Label #1",
    "C": "Rock'n'Roll",
    "D": "It's ${HOME} #1",
    "E": '"A" and "B"',
    "F": "back\\slash",
    "G": "Büro für Töne",
    "H": "",
    "I": "{{ a }} `b` !c %d &e",
}


def example(tmp_path: Path) -> Path:
    path = tmp_path / ".env.example"
    path.write_text("# The first.\nA=someone\n# Rarely changed:\n# B=nothing\n")
    return path


def test_every_name_comes_out_of_compose_and_of_our_own_reader(tmp_path: Path) -> None:
    dotenv.add(tmp_path / ".env", NAMES, example(tmp_path))

    settings = "".join(f"      {name}: ${{{name}}}\n" for name in NAMES)
    (tmp_path / "compose.yml").write_text(
        f"services:\n  one:\n    image: one\n    environment:\n{settings}"
    )
    command = (str(Path(sys.executable).parent / "docker-compose"), "config", "--format", "json")
    shown = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    read = json.loads(shown.stdout)["services"]["one"]["environment"]

    assert {name: value.replace("$$", "$") for name, value in read.items()} == NAMES
    assert dotenv.read(tmp_path / ".env") == NAMES


def test_answers_stand_where_the_example_has_them_and_nothing_else_changes(tmp_path: Path) -> None:
    path = tmp_path / ".env"
    dotenv.add(path, {"A": "Noon"}, example(tmp_path))
    path.write_text(f"{path.read_text()}MINE=kept  \n")
    dotenv.add(path, {"B": "1", "C": "2"}, example(tmp_path))

    assert path.read_text() == (
        "# The first.\nA='Noon'\n# Rarely changed:\nB='1'\nMINE=kept\nC='2'\n"
    )


@pytest.mark.parametrize(
    "line",
    [
        "A=A$AP Records",
        "A=Label #1",
        "A=${B}",
        'A="A$AP Records"',
        'A="Noon',
        "A='Noon",
        "A='Noon' and more",
    ],
)
def test_what_compose_would_read_otherwise_is_refused(line: str, tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text(f"{line}\n")

    with pytest.raises(AnswerError, match=r"^A in \.env .*\.$"):
        dotenv.read(path)


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=Noon", "Noon"),
        ("export A=Noon", "Noon"),
        ("A = Noon ", "Noon"),
        ("A='Noon' # mine", "Noon"),
        ('A="It\'s noon"', "It's noon"),
        ("\ufeffA=Noon", "Noon"),
        ("A=#1", "#1"),
    ],
)
def test_what_people_write_is_read(line: str, value: str, tmp_path: Path) -> None:
    path = tmp_path / ".env"
    path.write_text(f"{line}\n# A=other\n", encoding="utf-8")
    assert dotenv.read(path) == {"A": value}
