"""Picture files for tests: harmless ones, and some that claim to be huge."""

from __future__ import annotations

import random
import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image, ImageOps


def picture(
    width: int = 1300, height: int = 1300, mode: str = "RGB", color: Any = None
) -> Image.Image:
    return Image.new(mode, (width, height), color if color is not None else "#1a7f5a")


def white_noise(width: int, height: int) -> Image.Image:
    """The heaviest picture there is, the same every time."""
    chance = random.Random(1)  # nosec B311 # a picture
    return Image.frombytes("RGB", (width, height), chance.randbytes(width * height * 3))


def photograph_like(width: int, height: int) -> Image.Image:
    """Detail of every size, the larger the stronger, as photographs have it."""
    image = white_noise(width, height)
    for octave in range(1, 8):
        coarser = white_noise(width // 2**octave, height // 2**octave)
        coarser = coarser.resize((width, height), Image.Resampling.BICUBIC)
        image = Image.blend(image, coarser, 0.36)
    return ImageOps.autocontrast(image, cutoff=1)


def file_of(image: Image.Image, kind: str = "PNG", **options: Any) -> BytesIO:
    file = BytesIO()
    image.save(file, kind, **options)
    return file


def png(
    size: tuple[int, int], depth: int, kind: int, rows: bytes, *notes: tuple[bytes, bytes]
) -> bytes:
    """Its rows as they are, each with its filter's number, and notes before them."""

    def chunk(name: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(name + data)
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc)

    header = struct.pack(">IIBBBBB", *size, depth, kind, 0, 0, 0)
    chunks = [(b"IHDR", header), *notes, (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*named) for named in chunks)


def png_that_claims(width: int, height: int) -> bytes:
    """A well-formed PNG of one colour: its size on the disk says nothing of its size in memory."""
    return png((width, height), 1, 0, bytes(1 + (width + 7) // 8) * height)


def jpeg_of_many_scans(side: int, scans: int) -> bytes:
    """A progressive one whose last scan, of a few bytes, is repeated: each is much work."""
    file = file_of(picture(side, side), "JPEG", progressive=True).getvalue()
    last, end = file.rindex(b"\xff\xda"), file.rindex(b"\xff\xd9")
    return file[:end] + file[last:end] * scans + b"\xff\xd9"


def webp_that_claims(width: int, height: int) -> bytes:
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    chunk = b"VP8X" + struct.pack("<I", 10) + bytes(4) + canvas
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk
