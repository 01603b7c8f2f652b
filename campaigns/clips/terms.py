"""What the decoder and the one who starts it agree on. It loads no library."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

# In seconds.
LONGEST: Final = 30
SHORTEST: Final = 5
# What is higher is a year in a field for seconds.
LATEST_START: Final = 3600
# The decoder's exit code; its answer is then the trouble.
REFUSED: Final = 3
# A constant rate keeps half a minute to 481 KB, whatever is played.
BITS_A_SECOND: Final = 128_000


class Trouble(StrEnum):
    """Why there is no clip."""

    NO_SOUND = "no sound"
    VIDEO = "video"
    DAMAGED = "damaged"
    SILENT = "silent"
    TOO_SHORT = "too short"
    TOO_MUCH_WORK = "too much work"
