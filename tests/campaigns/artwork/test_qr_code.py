"""QR codes, read by a program that is not the one which made them."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
import zxingcpp
from PIL import Image

from campaigns.artwork import qr_code

SHORT = "https://presave.example.com/first-light?src=poster"
LONGEST = f"https://presave.label.example.com/{'a' * 60}?src={'b' * 40}"


def opened(address: str) -> Image.Image:
    return Image.open(BytesIO(qr_code.png(address)))


@pytest.mark.parametrize("address", [SHORT, LONGEST])
def test_the_png_leads_to_the_address(address: str) -> None:
    [code] = zxingcpp.read_barcodes(opened(address).convert("L"))

    assert code.text == address
    assert code.ec_level == "Q"


@pytest.mark.parametrize("address", [SHORT, LONGEST])
def test_the_png_is_large_enough_for_print_and_sharp(address: str) -> None:
    image = opened(address)

    assert image.width == image.height >= 1200
    assert image.info["dpi"] == pytest.approx((300, 300), abs=0.1)
    assert image.mode == "1"


@pytest.mark.parametrize("address", [SHORT, LONGEST])
def test_four_modules_of_white_are_around_it(address: str) -> None:
    image = opened(address)
    dark = image.point(lambda value: 0 if value else 255).getbbox()

    assert dark is not None
    left, top, right, bottom = dark
    # The upper left finder begins with seven dark modules.
    finder = next(x for x in range(left, right) if image.getpixel((x, top))) - left
    edges = {left, top, image.width - right, image.height - bottom}
    assert edges == {4 * finder // 7}


def test_a_damaged_code_is_read_still() -> None:
    image = opened(SHORT).convert("L")
    middle = image.width // 2
    image.paste(255, (middle - 130, middle - 130, middle + 130, middle + 130))

    assert [code.text for code in zxingcpp.read_barcodes(image)] == [SHORT]


def test_the_svg_has_a_ground_and_no_style_that_a_policy_would_stop() -> None:
    svg = qr_code.svg(SHORT).decode()

    assert re.search(r'<rect fill="white" x="0" y="0" width="100%" height="100%" ?/>', svg)
    assert 'fill="#000000"' in svg
    assert "style" not in svg
    assert svg.count("http") == 1
