"""QR codes of an address, for the screen and for print."""

from __future__ import annotations

from io import BytesIO
from typing import Any, Final

from qrcode import QRCode
from qrcode.constants import ERROR_CORRECT_Q
from qrcode.image.pil import PilImage
from qrcode.image.svg import SvgPathFillImage

# Modules of white around the code, as its standard wants.
QUIET_ZONE: Final = 4
# A quarter of the code may be lost. Posters are torn, rained on and stuck over; for an address this
# long that costs eight modules a side more than M, and a reader wants few more dots for them.
_CORRECTION: Final = ERROR_CORRECT_Q
# At 300 dots an inch, the side of a code of 10 centimetres.
FEWEST_PIXELS: Final = 1200
DOTS_PER_INCH: Final = 300


def svg(address: str) -> bytes:
    """Black on white whatever the theme, without a style of its own."""
    file = BytesIO()
    _code(address).make_image(image_factory=SvgPathFillImage).save(file)
    return file.getvalue()


def png(address: str) -> bytes:
    """Of whole dots for each module, so that every edge is sharp."""
    code = _code(address)
    code.make()
    code.box_size = -(-FEWEST_PIXELS // (code.modules_count + 2 * QUIET_ZONE))
    file = BytesIO()
    code.make_image(image_factory=PilImage).save(file, dpi=(DOTS_PER_INCH, DOTS_PER_INCH))
    return file.getvalue()


def _code(address: str) -> QRCode[Any]:
    code: QRCode[Any] = QRCode(error_correction=_CORRECTION, border=QUIET_ZONE)
    code.add_data(address)
    return code
