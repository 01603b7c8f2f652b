"""What a picture from elsewhere looks like after it was decoded: as in a browser."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import pytest
from PIL import Image

from campaigns.artwork import decoder
from campaigns.artwork.decoder import RefusedError, Trouble
from tools.pictures import file_of, picture, png, png_that_claims

PICTURES: Final = Path(__file__).parents[2] / "data" / "pictures"
RED, BLUE = (202, 30, 30), (31, 29, 201)
# Each with something odd in it, and the colours 10 pixels from its upper corners.
ODD: Final = {
    "exif_bits_as_long.jpg": (RED, BLUE),
    "exif_datetime_rational.jpg": (RED, BLUE),
    "exif_float_nan.jpg": (RED, BLUE),
    "exif_resolution_signed.jpg": (RED, BLUE),
    "jpeg_xmp_orientation6.jpg": (BLUE, RED),
    "anim_apng_default.png": (BLUE, RED),
    "png_badcrc_text.png": (BLUE, RED),
    "png_big_icc.png": (BLUE, RED),
    "png_big_ztxt.png": (BLUE, RED),
    "png_exif_nottiff.png": (BLUE, RED),
    "png_iccp_method1.png": (BLUE, RED),
    "png_phys_short.png": (BLUE, RED),
    "png_srgb_short.png": (BLUE, RED),
    "png_trns_long.png": (BLUE, RED),
    "gama_linear.png": ((137, 137, 137),) * 2,
    "gama_rgb_18.png": ((146, 81, 43),) * 2,
    "gray16_trns.png": ((255, 255, 255),) * 2,
    "graylin_LA.png": ((137, 137, 137),) * 2,
    "p3_palette.png": ((30, 30, 208), (218, 0, 6)),
}


def decoded(file: BytesIO | bytes) -> Image.Image:
    return decoder.decode(file.getvalue() if isinstance(file, BytesIO) else file, fewest=320)


def color_of(file: BytesIO | bytes) -> Any:
    return decoded(file).getpixel((200, 200))


@pytest.mark.parametrize("name", ODD)
def test_notes_beside_the_pixels_never_decide_over_them(name: str) -> None:
    image = decoded((PICTURES / name).read_bytes())

    corners = [image.getpixel((x, 10)) for x in (10, image.width - 11)]
    for corner, expected in zip(corners, ODD[name], strict=True):
        assert corner == pytest.approx(expected, abs=2)


def test_every_odd_picture_has_its_right_colours_here() -> None:
    assert {path.name for path in PICTURES.iterdir()} >= set(ODD)


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
@pytest.mark.parametrize(
    ("orientation", "corner"),
    list(enumerate([(0, 0), (1, 0), (1, 1), (0, 1), (0, 0), (1, 0), (1, 1), (0, 1)], start=1)),
)
def test_a_turned_camera_is_turned_back(
    kind: str, orientation: int, corner: tuple[int, int]
) -> None:
    photograph = picture(800, 600, color="blue")
    photograph.paste("red", (0, 0, 200, 200))
    exif = Image.Exif()
    exif[0x0112] = orientation

    image = decoded(file_of(photograph, kind, exif=exif))

    assert image.size == ((600, 800) if orientation > 4 else (800, 600))
    places = [(50, length - 50) for length in image.size]
    red, _, blue = image.getpixel((places[0][corner[0]], places[1][corner[1]]))  # type: ignore[misc]
    assert red > 200 > 60 > blue


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_a_turn_that_is_none_is_none(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation

    assert decoded(file_of(picture(400, 800), "JPEG", exif=exif)).size == (400, 800)


def test_exif_does_not_turn_an_avif_which_says_so_itself() -> None:
    """Pillow would write all of EXIF anew to say that, and fails over the first odd tag."""
    exif = Image.Exif()
    exif[0x0113] = 6
    exif[0x0132] = "2026:11:30 12:00:00"
    exif[0x8298] = "Demo Artist " * 20
    file = file_of(picture(400, 800), "AVIF", exif=exif).getvalue()
    for tag, odd in (("0113 0003", "0112 0003"), ("0132 0002", "0132 000b")):
        assert bytes.fromhex(tag) in file
        file = file.replace(bytes.fromhex(tag), bytes.fromhex(odd))

    assert decoded(file).size == (400, 800)


def test_a_profile_counts_for_the_pixels_that_it_is_made_for() -> None:
    grey = (PICTURES / "graylin_LA.png").read_bytes()
    profile = Image.open(BytesIO(grey)).info["icc_profile"]

    assert color_of(file_of(picture(400, 400, color="#777777"), icc_profile=profile)) == (119,) * 3
    linear = file_of(picture(400, 400, "L", 64), icc_profile=profile)
    assert color_of(linear) == pytest.approx((137,) * 3, abs=2)
    clear = file_of(picture(400, 400, "L", 64), icc_profile=profile, transparency=10)
    assert color_of(clear) == pytest.approx((137,) * 3, abs=2)
    turned = file_of(picture(400, 400, "L", 64), "JPEG", icc_profile=profile)
    assert color_of(turned) == pytest.approx((137,) * 3, abs=2)


# PNGs that no program here writes


def grey_png(depth: int, sample: int, *notes: tuple[bytes, bytes]) -> bytes:
    row = int(f"{sample:0{depth}b}" * 400, 2).to_bytes(400 * depth // 8, "big")
    return png((400, 400), depth, 0, (b"\0" + row) * 400, *notes)


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_grey_of_any_depth_is_clear_where_it_says(depth: int) -> None:
    sample = 2**depth // 3
    clear = (b"tRNS", struct.pack(">H", sample))
    other = (b"tRNS", struct.pack(">H", sample + 1))

    assert color_of(grey_png(depth, sample, clear)) == (255, 255, 255)
    seen = color_of(grey_png(depth, sample, other))
    assert seen == pytest.approx((round(255 * sample / (2**depth - 1)),) * 3, abs=1)


def test_one_colour_is_clear_before_a_large_picture_is_made_small() -> None:
    rows = (b"\0" + bytes((200, 30, 30) * 800 + (0, 255, 0) * 800)) * 1600
    image = decoded(png((1600, 1600), 8, 2, rows, (b"tRNS", bytes((0, 0, 0, 255, 0, 0)))))

    assert image.size == (1200, 1200)
    assert image.getpixel((300, 300)) == (200, 30, 30)
    assert image.getpixel((900, 300)) == (255, 255, 255)
    for x in range(590, 610):
        _, green, blue = image.getpixel((x, 300))  # type: ignore[misc]
        assert abs(green - blue) <= 2, "the clear colour shows at the edge"


def test_all_16_bits_of_a_colour_say_whether_it_is_the_clear_one() -> None:
    left, right = (struct.pack(">HHH", 0x4001, 0x8002, last) for last in (0xC003, 0xC004))
    rows = (b"\0" + left * 200 + right * 200) * 400

    image = decoded(png((400, 400), 16, 2, rows, (b"tRNS", left)))

    assert image.getpixel((100, 200)) == (255, 255, 255)
    assert image.getpixel((300, 200)) == (0x40, 0x80, 0xC0)


@pytest.mark.parametrize(
    ("notes", "seen"),
    [
        ([(b"gAMA", 45_455)], 64),
        ([(b"gAMA", 0)], 64),
        ([(b"gAMA", 100_000), (b"sRGB", None)], 64),
        ([(b"gAMA", 100_000)], 137),
        ([(b"gAMA", 1)], 0),
    ],
)
def test_gamma_counts_where_nothing_better_is_known(
    notes: list[tuple[bytes, int | None]], seen: int
) -> None:
    given = [(name, b"\0" if value is None else struct.pack(">I", value)) for name, value in notes]

    assert color_of(grey_png(8, 64, *given)) == (seen,) * 3


def test_a_broken_chunk_of_pixels_is_not_passed_over() -> None:
    broken = grey_png(8, 64).replace(b"IHDR\0\0\x01\x90", b"IHDR\0\0\x01\x91")

    with pytest.raises(RefusedError) as refused:
        decoded(broken)
    assert refused.value.trouble in (Trouble.NO_PICTURE, Trouble.DAMAGED)


# Shapes and sizes


@pytest.mark.parametrize(
    ("size", "expected"),
    [((320, 3000), (320, 3000)), ((320, 20_000), (320, 3200)), ((25_000, 1000), (10_000, 1000))],
)
def test_a_picture_of_any_shape_is_taken_and_a_strip_in_its_middle(
    size: tuple[int, int], expected: tuple[int, int]
) -> None:
    assert decoded(png_that_claims(*size)).size == expected


def test_a_short_side_is_told_with_the_size_that_the_file_has() -> None:
    with pytest.raises(RefusedError) as refused:
        decoded(file_of(picture(319, 8000)))

    assert refused.value.trouble is Trouble.TOO_SMALL
    assert refused.value.size == (319, 8000)


def test_a_long_jpeg_is_not_made_smaller_than_needed() -> None:
    assert decoded(file_of(picture(4000, 400), "JPEG")).size == (4000, 400)
    assert decoded(file_of(picture(2401, 4802), "JPEG")).size == (1200, 2400)


def test_notes_of_compressed_data_are_read_up_to_a_limit() -> None:
    bomb = b"big\0\0" + zlib.compress(bytes(200 * 1024 * 1024))

    assert color_of(grey_png(8, 64, (b"iCCP", bomb), (b"zTXt", bomb))) == (64, 64, 64)


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"subsampling": 0}])
def test_a_jpeg_that_lost_its_end_is_taken_where_all_pixels_are_there(
    options: dict[str, Any],
) -> None:
    noise = Image.effect_noise((1701, 700), 90).convert("RGB")
    file = file_of(noise, "JPEG", **options).getvalue()

    for lost in (1, 2):
        assert decoded(file[:-lost]).tobytes() == decoded(file).tobytes()
    for lost in (20, 200, 5_000):
        with pytest.raises(RefusedError) as refused:
            decoded(file[:-lost])
        assert refused.value.trouble is Trouble.DAMAGED
