"""Artwork: what is kept of a picture, and under which names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import pytest
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from campaigns.artwork import decoding, files
from campaigns.artwork.cropping import CENTRE, to_square
from campaigns.artwork.files import StoredArtwork
from campaigns.models import Accent, Campaign
from tools.pictures import file_of, photograph_like, picture, white_noise

if TYPE_CHECKING:
    from pytest_django import Settings

ALL_FILES = {"card.jpg"} | {
    f"{width}.{suffix}" for width in (320, 640, 1200) for suffix in ("avif", "jpg", "webp")
}
CANARY = b"geo-canary-52.5200"


@pytest.fixture(autouse=True)
def artwork_dir(settings: Settings, tmp_path: Path) -> Path:
    settings.ARTWORK_DIR = tmp_path / "artwork"
    return tmp_path / "artwork"


def store(upload: IO[bytes]) -> StoredArtwork:
    return files.write(decoding.prepare(upload))


def stored_files(stored: StoredArtwork, directory: Path) -> dict[str, Path]:
    return {path.name: path for path in (directory / stored.name).iterdir()}


# What is kept


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_it_keeps_three_widths_in_three_formats(kind: str, artwork_dir: Path) -> None:
    stored = store(file_of(picture(1500, 1500), kind))

    on_disk = stored_files(stored, artwork_dir)
    assert set(on_disk) == ALL_FILES
    assert (stored.width, stored.height) == (1200, 1200)
    for name, path in on_disk.items():
        with Image.open(path) as image:
            assert name == "card.jpg" or image.width == int(path.stem)
            assert image.format == {"avif": "AVIF", "jpg": "JPEG", "webp": "WEBP"}[path.suffix[1:]]
            assert image.mode == "RGB"


def test_nothing_is_enlarged(artwork_dir: Path) -> None:
    stored = store(file_of(picture(500, 400)))

    stems = {path.stem for path in stored_files(stored, artwork_dir).values()}
    assert stems == {"320", "500", "card"}
    assert (stored.width, stored.height) == (500, 400)


def test_a_tall_picture_keeps_its_shape_and_room_for_a_square(artwork_dir: Path) -> None:
    stored = store(file_of(picture(1500, 3000), "JPEG"))

    assert (stored.width, stored.height) == (1200, 2400)
    with Image.open(stored_files(stored, artwork_dir)["320.webp"]) as image:
        assert image.size == (320, 640)


def test_what_a_cover_is_cropped_from_stays_and_has_no_address(artwork_dir: Path) -> None:
    whole = picture(600, 400)
    stored = files.write(to_square(whole, CENTRE), uncropped=whole)

    kept = files.uncropped(stored.name)
    assert kept
    assert kept.size == (600, 400)
    assert (artwork_dir / stored.name / files.UNCROPPED).exists()
    assert files.path_of(stored.name, files.UNCROPPED) is None
    of_before = files.uncropped(files.write(picture(600, 400)).name)
    assert of_before
    assert of_before.size == (600, 400)
    assert files.uncropped("0" * 32) is files.uncropped("../secrets") is None


def test_a_phones_photograph_stands_upright_and_says_nothing_of_place(artwork_dir: Path) -> None:
    photograph = picture(800, 600)
    photograph.paste("#ff0000", (0, 0, 400, 600))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: show it a quarter clockwise
    exif[0x010E] = CANARY.decode()
    exif.get_ifd(0x8825)[29] = CANARY.decode()
    stored = store(file_of(photograph, "JPEG", exif=exif, comment=CANARY, quality=95))

    on_disk = stored_files(stored, artwork_dir)
    assert (stored.width, stored.height) == (600, 800)
    for path in on_disk.values():
        assert CANARY not in path.read_bytes()
        with Image.open(path) as image:
            assert not image.getexif()
            assert not {"comment", "icc_profile", "xmp"} & set(image.info)
            red, _, blue = image.convert("RGB").getpixel((image.width // 2, 60))  # type: ignore[misc]
            assert red > 200 > 60 > blue


def test_text_and_what_follows_the_picture_are_left_behind(artwork_dir: Path) -> None:
    info = PngInfo()
    info.add_text("Comment", CANARY.decode())
    upload = file_of(picture(), pnginfo=info)
    upload.seek(0, 2)
    upload.write(b"PK\x03\x04<script>" + CANARY)

    stored = store(upload)

    for path in stored_files(stored, artwork_dir).values():
        assert CANARY not in path.read_bytes()
        assert b"<script>" not in path.read_bytes()


@pytest.mark.parametrize(
    ("mode", "color", "expected"),
    [
        ("RGBA", (0, 0, 0, 0), (255, 255, 255)),
        ("LA", (0, 0), (255, 255, 255)),
        ("P", 0, (0, 0, 0)),
        ("1", 1, (255, 255, 255)),
        ("L", 100, (100, 100, 100)),
        ("I;16", 100 * 256, (100, 100, 100)),
    ],
)
def test_every_kind_of_pixel_becomes_plain_colour(mode: str, color: Any, expected: Any) -> None:
    image = decoding.prepare(file_of(picture(400, 400, mode, color)))

    assert image.mode == "RGB"
    assert image.getpixel((200, 200)) == pytest.approx(expected, abs=1)


def test_a_transparent_palette_becomes_white() -> None:
    image = decoding.prepare(file_of(picture(400, 400, "P", 0), transparency=0))

    assert image.getpixel((200, 200)) == (255, 255, 255)


def test_cmyk_of_a_print_shop_is_converted() -> None:
    image = decoding.prepare(file_of(picture(400, 400, "CMYK", (0, 255, 255, 0)), "JPEG"))

    red, green, blue = image.getpixel((200, 200))  # type: ignore[misc]
    assert red > 200 > 60 > max(green, blue)


def profile_with_red_and_blue_swapped() -> bytes:
    """sRGB's own profile, in which the tags of the two primaries point to each other's data."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, blue = profile.index(b"rXYZ") + 4, profile.index(b"bXYZ") + 4
    profile[red : red + 8], profile[blue : blue + 8] = (
        profile[blue : blue + 8],
        profile[red : red + 8],
    )
    return bytes(profile)


def test_colours_of_another_profile_become_srgb() -> None:
    upload = file_of(
        picture(400, 400, color="#ff0000"), icc_profile=profile_with_red_and_blue_swapped()
    )

    image = decoding.prepare(upload)

    red, _, blue = image.getpixel((200, 200))  # type: ignore[misc]
    assert blue > 200 > 60 > red
    assert "icc_profile" not in image.info


def test_a_profile_that_is_broken_or_of_another_kind_is_as_good_as_none() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()

    broken = decoding.prepare(file_of(picture(400, 400, color="#777777"), icc_profile=b"broken"))
    other = decoding.prepare(file_of(picture(400, 400, "L", 0x77), icc_profile=srgb))

    for image in (broken, other):
        assert image.getpixel((200, 200)) == (0x77, 0x77, 0x77)


def test_of_a_moving_picture_the_first_frame_is_kept(artwork_dir: Path) -> None:
    frames = [picture(400, 400, color=color) for color in ("#ff0000", "#0000ff")]
    moving = file_of(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)

    stored = store(moving)

    with Image.open(stored_files(stored, artwork_dir)["320.webp"]) as image:
        assert getattr(image, "n_frames", 1) == 1
        red, _, blue = image.convert("RGB").getpixel((10, 10))  # type: ignore[misc]
        assert red > 200 > 60 > blue


def test_photographs_for_phones_are_made_light(artwork_dir: Path) -> None:
    on_disk = stored_files(files.write(photograph_like(1200, 1200)), artwork_dir)

    for name in ALL_FILES:
        if name.startswith(("320", "640")):
            assert on_disk[name].stat().st_size <= 60_000, name
    assert on_disk["1200.jpg"].stat().st_size > 150_000
    assert on_disk["card.jpg"].stat().st_size <= 150_000


@pytest.mark.parametrize(
    ("draw", "size"),
    [
        (photograph_like, (1200, 1200)),
        (photograph_like, (600, 1200)),
        (white_noise, (1200, 1200)),
        (white_noise, (1200, 600)),
    ],
)
def test_what_a_phone_gets_keeps_to_60_kilobytes(
    draw: Callable[[int, int], Image.Image], size: tuple[int, int], artwork_dir: Path
) -> None:
    campaign = campaign_with(files.write(draw(*size)))
    renditions = files.renditions(campaign)

    assert renditions is not None
    for srcset in renditions.on_phones:
        for candidate in srcset.split(", "):
            file = artwork_dir / campaign.artwork / candidate.split()[0].rpartition("/")[2]
            assert file.stat().st_size <= 60_000, file.name


def test_of_the_heaviest_pictures_a_phone_gets_the_smallest(artwork_dir: Path) -> None:
    """White noise, twice as high as wide: 320 px of it are heavier than 60 KB as WebP, 93 KB."""
    stored = files.write(white_noise(320, 640))
    renditions = files.renditions(campaign_with(stored))

    assert renditions is not None
    assert renditions.on_phones.webp == f"/artwork/{stored.name}/320.webp 320w"
    assert 60_000 < stored.weights["320.webp"] < 100_000


def test_the_accent_of_the_picture_is_found() -> None:
    assert store(file_of(picture(color="#1a7f5a"))).accent == Accent.GREEN


# Addresses and names


def campaign_with(stored: StoredArtwork) -> Campaign:
    return Campaign(
        artwork=stored.name,
        artwork_width=stored.width,
        artwork_height=stored.height,
        artwork_weights=stored.weights,
    )


def test_renditions_name_every_file_and_need_none(artwork_dir: Path) -> None:
    name = "0123456789abcdef" * 2
    campaign = Campaign(artwork=name, artwork_width=1200, artwork_height=1100)

    renditions = files.renditions(campaign)

    assert renditions is not None
    assert renditions.avif == (
        f"/artwork/{name}/320.avif 320w, /artwork/{name}/640.avif 640w, "
        f"/artwork/{name}/1200.avif 1200w"
    )
    assert renditions.on_phones.avif == (
        f"/artwork/{name}/320.avif 320w, /artwork/{name}/640.avif 640w"
    )
    assert renditions.src == f"/artwork/{name}/640.jpg"
    assert (renditions.width, renditions.height) == (1200, 1100)
    assert not artwork_dir.exists()


@pytest.mark.parametrize(
    ("draw", "widest"),
    [(picture, ("1200", "1200")), (photograph_like, ("640", "640")), (white_noise, ("640", "320"))],
)
def test_a_phone_gets_the_widest_file_that_is_light(
    draw: Callable[[int, int], Image.Image], widest: tuple[str, str]
) -> None:
    stored = files.write(draw(1200, 1200))
    files.discard(stored.name)  # what they weigh stands in the row: no file is asked

    renditions = files.renditions(campaign_with(stored))

    assert renditions is not None
    assert renditions.on_phones.avif.endswith(f"/{widest[0]}.avif {widest[0]}w")
    assert renditions.on_phones.jpeg.endswith(f"/{widest[1]}.jpg {widest[1]}w")


def test_a_campaign_without_artwork_has_no_renditions() -> None:
    assert files.renditions(Campaign()) is None


def test_every_address_of_a_rendition_leads_to_its_file() -> None:
    stored = store(file_of(picture(700, 400)))
    campaign = campaign_with(stored)
    renditions = files.renditions(campaign)

    assert renditions is not None
    for srcset in (renditions.avif, renditions.webp, renditions.jpeg, *renditions.on_phones):
        for candidate in srcset.split(", "):
            _, _, name, file = candidate.split()[0].split("/")
            assert files.path_of(name, file) is not None
    for address in (renditions.src, files.card_address(campaign)):
        assert files.path_of(*address.split("/")[2:]) is not None


def test_a_shared_link_shows_the_cover_itself_where_version_0_1_made_no_card(
    artwork_dir: Path,
) -> None:
    stored = store(file_of(picture(700, 400)))
    (artwork_dir / stored.name / "card.jpg").unlink()

    address = files.card_address(campaign_with(stored))

    assert files.path_of(*address.split("/")[2:]) == max((artwork_dir / stored.name).glob("*.jpg"))


def test_only_exactly_our_names_lead_to_a_file(artwork_dir: Path) -> None:
    stored = store(file_of(picture()))
    (artwork_dir / "secret.txt").write_text("secret")

    assert files.path_of(stored.name, "640.avif") == artwork_dir / stored.name / "640.avif"
    for name, file in [
        ("..", "secret.txt"),
        (".", "secret.txt"),
        (stored.name, "../secret.txt"),
        (stored.name, "640.png"),
        (stored.name, "641.avif"),
        (stored.name, "640.avif\n"),
        (stored.name, "640.avif\0"),
        (stored.name, "card.avif"),
        (stored.name, "../card.jpg"),
        (stored.name, "card.jpg\n"),
        ("..", "card.jpg"),
        ("0" * 32, "card.jpg"),
        (stored.name.upper(), "640.avif"),
        (stored.name[:-1], "640.avif"),
        ("0" * 32, "640.avif"),
    ]:
        assert files.path_of(name, file) is None


def test_discarding_deletes_one_artwork_and_nothing_else(artwork_dir: Path) -> None:
    kept, gone = (store(file_of(picture(400, 400))) for _ in range(2))

    files.discard(gone.name)
    for harmless in (gone.name, "", "..", ".", "../artwork", kept.name + "/"):
        files.discard(harmless)

    assert [path.name for path in artwork_dir.iterdir()] == [kept.name]
