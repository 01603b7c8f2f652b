"""What a process that reads a hostile file can't do any more."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

_WRITE = """
import pathlib, sys
from campaigns.confined.limiting import limit_this_process
limit_this_process(1024**3, 10)
pathlib.Path(sys.argv[1]).write_bytes(b"taken over")
"""


def test_a_reader_can_write_no_file(tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", _WRITE, tmp_path / "file"], capture_output=True, check=False
    )

    assert b"File too large" in answer.stderr
    assert (tmp_path / "file").read_bytes() == b""


_SAY = """
import os, resource
from campaigns.confined.limiting import limit_this_process
limit_this_process(1024**3, 10)
print(os.nice(0), *resource.getrlimit(resource.RLIMIT_CORE))
"""


def test_a_reader_gives_way_to_pages_and_leaves_no_core_behind() -> None:
    answer = subprocess.run([sys.executable, "-c", _SAY], capture_output=True, check=True)

    assert answer.stdout.split() == [b"%d" % min(19, os.nice(0) + 10), b"0", b"0"]


_OPEN = """
import socket, sys
from campaigns.confined.limiting import open_nothing_more
open_nothing_more()
{}
"""


@pytest.mark.parametrize("opened", ["open(sys.argv[0] or '/')", "socket.socket()"])
def test_a_reader_can_open_no_file_and_no_connection(opened: str) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", _OPEN.format(opened)], capture_output=True, check=False
    )

    assert b"Too many open files" in answer.stderr


_TAKEN_OVER = """
import socket, sys
from campaigns.{room} import decoder
decoder.{work} = lambda file, argument: {opened}
sys.argv[1:] = ["1", str(1024**3), "10"]
decoder.main()
"""


@pytest.mark.parametrize("opened", ["open('/etc/hostname')", "socket.socket()"])
@pytest.mark.parametrize(("room", "work"), [("artwork", "decode"), ("clips", "make_clip")])
def test_a_file_that_takes_a_decoder_over_reaches_no_file_and_nobody(
    room: str, work: str, opened: str
) -> None:
    script = _TAKEN_OVER.format(room=room, work=work, opened=opened)
    answer = subprocess.run(
        [sys.executable, "-c", script], input=b"", capture_output=True, check=False
    )

    assert b"Too many open files" in answer.stderr
