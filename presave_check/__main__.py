"""`python -m presave_check ADDRESS`: what the address of a Spotify consent page asks for.

Without an argument it reads standard input. It ends with 0 for a pre-save's one permission, 1 for
anything more or else, also where another site leads there or looks like Spotify's, and 2 where
there was no consent page to read.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import Final

from presave_check import NEEDED, SCOPES, Lasts, Reading, Verdict, read
from presave_check.reading import LONGEST

_SAID: Final = {
    Verdict.MINIMAL: "It asks for one permission, the one a pre-save needs.",
    Verdict.MORE: "It asks for more than a pre-save needs.",
    Verdict.OTHER: "It doesn't ask for the permission that saves, but for others.",
    Verdict.NOTHING: "It asks for no permission: this is a log-in, not a pre-save.",
    Verdict.SPOTIFY: "This is Spotify's, but not the page that asks. Go on until it does.",
    Verdict.LOOKALIKE: "This isn't Spotify's page, though it looks like it. Don't log in there.",
    Verdict.ELSEWHERE: "This isn't Spotify's page. Follow it until Spotify asks, then copy again.",
    Verdict.TOO_LONG: "This is too long for an address.",
    Verdict.UNREADABLE: "There is no address in this.",
}
_LASTS: Final = {
    Lasts.HOUR: "one hour",
    Lasts.MONTHS: "up to six months, unless you remove the app at Spotify",
}
_ASKS_AGAIN: Final = "Spotify asks again each time."
_ASKS_ONCE: Final = "If you've allowed the same before, Spotify may not ask again."
_UNLISTED: Final = "Not on any Spotify list we know of."
_UNREAD: Final = {Verdict.SPOTIFY, Verdict.ELSEWHERE, Verdict.TOO_LONG, Verdict.UNREADABLE}


def lines(reading: Reading) -> Iterator[str]:
    """The reading in words, a line each."""
    lets = {scope.name: scope.lets for scope in SCOPES}
    yield _SAID[reading.verdict]
    for name in reading.asked:
        mark = "needed    " if name == NEEDED else "not needed"
        yield f"  {mark}  {name}: {lets.get(name, _UNLISTED)}"
    if reading.through:
        yield f"The address is one of {reading.through}."
    if reading.returns_to:
        yield f"The permission goes to {reading.returns_to}."
    if reading.lasts:
        yield f"It lasts {_LASTS[reading.lasts]}."
        yield _ASKS_AGAIN if reading.asks_again else _ASKS_ONCE


def _typed() -> str:
    """No more than is read, and whatever its bytes are."""
    return sys.stdin.buffer.read(4 * LONGEST + 4).decode("utf-8", "replace")


def _shown(line: str) -> str:
    """Without what a terminal obeys, and in letters that it has: a server wrote the redirect."""
    printable = "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in line)
    encoding = sys.stdout.encoding
    return printable.encode(encoding, "backslashreplace").decode(encoding)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m presave_check", description=__doc__)
    parser.add_argument("address", nargs="?", help="in quotes, as it holds & and ?")
    address = parser.parse_args().address
    reading = read(_typed() if address is None else address)
    for line in lines(reading):
        print(_shown(line))
    if reading.verdict in _UNREAD:
        return 2
    return 0 if reading.verdict == Verdict.MINIMAL and not reading.through else 1


if __name__ == "__main__":
    sys.exit(main())
