"""The file .env, as Docker Compose reads it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from deploy.server.answers import AnswerError

_LINE: Final = re.compile(r"\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*[=:](.*)", re.DOTALL)


def read(path: Path) -> dict[str, str]:
    """Each setting that the file makes. Raises AnswerError for what Compose would take otherwise
    than it looks.
    """
    if not path.exists():
        return {}
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError):
        raise AnswerError(f"{path.name} cannot be read as text (UTF-8).") from None
    found = (_LINE.fullmatch(line) for line in lines if not line.lstrip().startswith("#"))
    return {line[1]: _value(path, line[1], line[2].strip()) for line in found if line}


def _value(path: Path, name: str, written: str) -> str:
    if written[:1] in ("'", '"'):
        return _quoted(path, name, written)
    if "$" in written or re.search(r"\s#", written):
        raise AnswerError(
            f"{name} in {path.name} holds a $ or a # that Compose does not take for a letter. Put "
            f"single quotes around the value, as in {name}='A$AP Records'."
        )
    return written


def _quoted(path: Path, name: str, written: str) -> str:
    quote = written[0]
    match = re.fullmatch(rf"{quote}((?:\\.|[^{quote}\\])*){quote}(?:\s+#.*|\s*)", written)
    if not match:
        raise AnswerError(
            f"{name} in {path.name} begins with a quotation mark and does not end with it."
        )
    value = match[1].replace(f"\\{quote}", quote)
    if quote == '"':
        if re.search(r"(?<!\$)(?:\$\$)*\$(?!\$)", value) or "\\" in value:
            raise AnswerError(
                f"{name} in {path.name} holds a $ or a \\ in double quotes. Put the value in "
                "single quotes instead."
            )
        value = value.replace("$$", "$")
    return value


def quote(value: str) -> str:
    """In single quotes nothing has a meaning. An apostrophe is written plainly where it can be, as
    older versions of Compose do not know it escaped.
    """
    if "'" in value and not re.search(r'["\\$]', value):
        return f'"{value}"'
    return "'" + value.replace("'", "\\'") + "'"


def add(path: Path, answers: Mapping[str, str], example: Path) -> None:
    """Write the answers where the file names them without one, as the example does, else at its
    end. A file that is not there begins as the example.
    """
    text = (path if path.exists() else example).read_text(encoding="utf-8-sig")
    for name, value in answers.items():
        line = f"{name}={quote(value)}"
        found = re.search(rf"^(?:# )?{name}=.*$", text, re.MULTILINE)
        if found:
            start, end = found.span()
            text = f"{text[:start]}{line}{text[end:]}"
        else:
            text = f"{text.rstrip()}\n{line}\n"
    unfinished = path.with_name(f"{path.name}.unfinished")
    unfinished.write_text(text, encoding="utf-8")
    os.replace(unfinished, path)
