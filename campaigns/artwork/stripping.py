"""A picture's file without what says nothing of its pixels: a decoder refuses the whole for one
broken note beside them, or a long one.

What matters of such notes is read here, and what breaks the format's rules is as good as not
there, as in a browser: https://www.w3.org/TR/png-3/, ITU-T T.81, ISO/IEC 23008-12.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PIXELS_OF_PNG: Final = (b"IHDR", b"PLTE", b"IDAT", b"acTL", b"fcTL", b"fdAT", b"IEND")
_GREY, _RGB, _PALETTE = 0, 2, 3
_MOST_OF_A_PROFILE: Final = 16 * 1024 * 1024
# Within 5 %, as libpng counts, it is the gamma of sRGB, which many programs write to say just that.
_GAMMA_OF_SRGB: Final = (0.432, 0.477)
_JPEG: Final = b"\xff\xd8"
_WITHOUT_LENGTH: Final = (0x00, 0x01, *range(0xD0, 0xDA))
_COMMENT, _SCAN = 0xFE, 0xDA
_EXIF_OF_ISO: Final = re.compile(rb"(infe[\x02\x03].{7,9})Exif", re.DOTALL)


# A grey sample, a colour, or each palette entry's opacity.
Clear = int | tuple[int, ...] | bytes | None


class Stripped(NamedTuple):
    """The file, and what else matters of it: the colour profile, the EXIF block, the exponent of
    PNG's gAMA, and what stands for transparent, as Pillow has it.
    """

    file: bytes
    profile: bytes = b""
    exif: bytes = b""
    gamma: float | None = None
    clear: Clear = None


def strip(file: bytes) -> Stripped:
    """Whatever it is: what no rule fits stays, for the decoder to refuse."""
    if file.startswith(_PNG):
        return _png(file)
    if file.startswith(_JPEG):
        return _jpeg(file)
    if file[4:8] == b"ftyp":
        # AVIF and HEIC are turned by boxes of their own; EXIF has no say there.
        return Stripped(_EXIF_OF_ISO.sub(rb"\1skip", file))
    return Stripped(file)


def _png(file: bytes) -> Stripped:
    pixels, notes = [_PNG], dict[bytes, bytes]()
    for name, data, chunk in _chunks(file):
        if name in _PIXELS_OF_PNG:
            pixels.append(chunk)
        if chunk[-4:] == zlib.crc32(name + data).to_bytes(4, "big"):
            notes.setdefault(name, data)
    return Stripped(
        b"".join(pixels),
        profile=_unpacked(notes.get(b"iCCP", b"")),
        exif=notes.get(b"eXIf", b""),
        gamma=_gamma(notes),
        clear=_clear(notes),
    )


def _chunks(file: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Name, data, and the whole of each, as far as the file goes."""
    at = len(_PNG)
    while at + 8 <= len(file):
        end = at + 12 + int.from_bytes(file[at : at + 4], "big")
        yield file[at + 4 : at + 8], file[at + 8 : end - 4], file[at:end]
        at = end


def _unpacked(profile: bytes) -> bytes:
    """It comes after its name and the method, of which there is one."""
    _, _, packed = profile.partition(b"\0")
    if not packed.startswith(b"\0"):
        return b""
    try:
        return zlib.decompressobj().decompress(packed[1:], _MOST_OF_A_PROFILE)
    except zlib.error:
        return b""


def _gamma(notes: dict[bytes, bytes]) -> float | None:
    given = notes.get(b"gAMA", b"")
    gamma = int.from_bytes(given, "big") / 100_000
    is_srgb = len(notes.get(b"sRGB", b"")) == 1 or _GAMMA_OF_SRGB[0] <= gamma <= _GAMMA_OF_SRGB[1]
    return None if is_srgb or len(given) != 4 or not gamma else gamma


def _clear(notes: dict[bytes, bytes]) -> Clear:
    """Pillow reads the samples of a tRNS as they are, and makes pixels of fewer bits larger."""
    given, header = notes.get(b"tRNS", b""), notes.get(b"IHDR", bytes(13))
    depth, kind = header[8:10]
    if kind == _PALETTE and 0 < len(given) <= len(notes.get(b"PLTE", b"")) // 3:
        return given
    samples = [int.from_bytes(given[at : at + 2], "big") for at in range(0, len(given), 2)]
    if kind == _GREY and len(given) == 2:
        return samples[0] if depth == 16 else samples[0] % 2**depth * 255 // (2**depth - 1)
    if kind == _RGB and len(given) == 6:
        return tuple(sample % 2**depth for sample in samples)
    return None


def _jpeg(file: bytes) -> Stripped:
    kept, profile, exif = [_JPEG], dict[int, bytes](), b""
    count = 0
    for marker, data, segment in _segments(file):
        if marker == 0xE1 and data.startswith(b"Exif\0"):
            exif = exif or data[6:]
        elif marker == 0xE2 and data.startswith(b"ICC_PROFILE\0") and len(data) > 14:
            profile.setdefault(data[12], data[14:])
            count = data[13]
        elif _decides_over_pixels(marker, data):
            kept.append(segment)
    is_whole = sorted(profile) == list(range(1, count + 1))
    whole = b"".join(profile[number] for number in sorted(profile)) if is_whole else b""
    return Stripped(b"".join(kept), whole, exif)


def _segments(file: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Marker, data, and the whole of each; the last is all from the first scan on."""
    at = len(_JPEG)
    while 0 <= (at := file.find(b"\xff", at)) < len(file) - 4:
        marker = file[at + 1]
        if marker == 0xFF or marker in _WITHOUT_LENGTH:
            at += 1
            continue
        end = at + 2 + int.from_bytes(file[at + 2 : at + 4], "big")
        end = len(file) if marker == _SCAN else end
        yield marker, file[at + 4 : end], file[at:end]
        at = end


def _decides_over_pixels(marker: int, data: bytes) -> bool:
    """Of what applications add, two say what the numbers mean: JFIF's and Adobe's."""
    if marker == 0xE0:
        return data.startswith(b"JFIF\0") and len(data) >= 14
    if marker == 0xEE:
        return data.startswith(b"Adobe") and len(data) >= 12
    return marker != _COMMENT and not 0xE0 <= marker <= 0xEF
