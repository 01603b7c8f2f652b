"""Pixels of every kind made into opaque ones in sRGB, within the decoder's process."""

from __future__ import annotations

from io import BytesIO
from typing import Final, TypeGuard, cast

from PIL import Image, ImageChops, ImageCms, ImageMath
from PIL.PngImagePlugin import PngImageFile

from campaigns.artwork.stripping import Clear

# Of a PNG's samples of 16 bits, in Pillow's words.
_UPPER_HALVES: Final = "RGB;16B"
_LOWER_HALVES: Final = "RGB;16L"


def opaque(image: Image.Image, clear: Clear) -> Image.Image:
    """Grey, RGB or CMYK, as a profile is made for. What is transparent becomes white."""
    if image.mode.startswith("I;16"):
        return _opaque_deep_grey(image, clear)
    if _is_deep(image) and isinstance(clear, tuple):
        return _opaque_deep_colour(image, clear)
    if clear is not None:
        image.info["transparency"] = clear
    image.load()
    mode = {"1": "L", "L": "L", "LA": "L", "CMYK": "CMYK"}.get(image.mode, "RGB")
    if not image.has_transparency_data:
        return image.convert(mode)
    with_alpha = image.convert(f"{mode}A")
    ground = Image.new(mode, image.size, "white")
    ground.paste(with_alpha.convert(mode), mask=with_alpha.getchannel("A"))
    return ground


def _opaque_deep_grey(image: Image.Image, clear: Clear) -> Image.Image:
    """Of 16 bits, all of which say whether a pixel is the clear one."""
    grey = image.point(lambda value: value / 256).convert("L")
    if clear is not None:
        samples = image.convert("I")
        is_clear = ImageMath.lambda_eval(lambda of: (of["it"] == clear) * 255, it=samples)
        grey.paste("white", mask=is_clear.convert("L"))
    return grey


def _is_deep(image: Image.Image) -> TypeGuard[PngImageFile]:
    """A file says so until it is read."""
    return isinstance(image, PngImageFile) and any(of.args == _UPPER_HALVES for of in image.tile)


def _opaque_deep_colour(image: PngImageFile, clear: tuple[int, ...]) -> Image.Image:
    """Of a sample's 16 bits Pillow keeps the upper half; read once more, the other way round, the
    lower.
    """
    file = cast("BytesIO", image.fp).getvalue()
    with Image.open(BytesIO(file), formats=["PNG"]) as lower:
        lower.seek(image.tell())
        lower.tile = [tile._replace(args=_LOWER_HALVES) for tile in lower.tile]
        lower.load()
    is_clear = Image.new("L", image.size, 255)
    for halves, wanted in ((image, [of >> 8 for of in clear]), (lower, [of & 255 for of in clear])):
        for band, sample in enumerate(wanted):
            is_sample = [255 * (value == sample) for value in range(256)]
            is_clear = ImageChops.darker(is_clear, halves.getchannel(band).point(is_sample))
    image.paste("white", mask=is_clear)
    return image


def in_srgb(image: Image.Image, profile: bytes, gamma: float | None) -> Image.Image:
    """A profile that is broken, or made for another kind of pixels, is as good as none."""
    converted = _by_profile(image, profile) if profile else None
    if converted is None and gamma and image.mode != "CMYK":
        converted = image.point(_to_srgb(gamma) * len(image.getbands()))
    # Drawn onto pixels that never saw the file's notes.
    pixels = Image.new("RGB", image.size)
    pixels.paste((converted or image).convert("RGB"))
    return pixels


def _by_profile(image: Image.Image, profile: bytes) -> Image.Image | None:
    try:
        source = ImageCms.ImageCmsProfile(BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, source, target, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None


def _to_srgb(gamma: float) -> list[int]:
    """Each of 256 samples by the curve of IEC 61966-2-1."""
    light = [(sample / 255) ** (1 / gamma) for sample in range(256)]
    curved = [12.92 * of if of <= 0.0031308 else 1.055 * of ** (1 / 2.4) - 0.055 for of in light]
    return [round(255 * of) for of in curved]
