"""One picture file of any kind → a small square of 8-bit pixels."""

import hashlib
from pathlib import Path
from typing import IO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from gmcourse import expect
from gmcourse.console import visible

# Formats of single pictures that Pillow decodes by itself: PostScript, for one, would start another program.
FORMATS = ("AVIF", "BMP", "GIF", "JPEG", "JPEG2000", "PNG", "PPM", "TIFF", "WEBP")
TRANSPARENT = ("RGBA", "LA", "PA", "RGBa", "La")
MOST = 90_000_000  # pixels of one picture in memory


def read(path: Path, size: int, grey: bool) -> tuple[np.ndarray, bytes]:
    """Read the middle square of a picture, scaled down or up to `size`.

    Returns the pixels (C, size, size) uint8, one channel if grey, and the SHA-256 hash of the file's content. A file
    that is no picture, is broken, or has more than 90 million pixels is a `ValueError`.
    """
    try:
        with path.open("rb") as file:
            pixels = _pixels(file, size, grey)
            file.seek(0)
            return pixels, hashlib.file_digest(file, "sha256").digest()
    except UnidentifiedImageError:
        reason = "not a picture that Pillow can read"
    except Exception as error:  # a broken file makes a decoder raise anything
        reason = getattr(error, "strerror", None) or f"broken: {str(error) or type(error).__name__}"
    raise ValueError(visible(reason)[:100])


def _pixels(file: IO[bytes], size: int, grey: bool) -> np.ndarray:
    Image.init()
    with Image.open(file, formats=[each for each in FORMATS if each in Image.OPEN]) as image:
        image.draft(None, (2 * size, 2 * size))  # JPEG can decode a smaller picture, still twice too large
        if image.width * image.height > MOST:
            expect.refuse("the size", f"{image.width}×{image.height}", f"at most {MOST // 10**6} million pixels")
        flat = _in_eight_bits(ImageOps.exif_transpose(image))
    if flat.mode in TRANSPARENT or "transparency" in flat.info:
        flat = flat.convert("RGBA")
        flat = Image.alpha_composite(Image.new("RGBA", flat.size, "white"), flat)
    flat = (flat.convert("RGB") if flat.mode == "LAB" else flat).convert("L" if grey else "RGB")
    square = np.asarray(ImageOps.fit(flat, (size, size), Image.Resampling.BICUBIC))
    return np.ascontiguousarray(square.reshape(size, size, -1).transpose(2, 0, 1))


def _in_eight_bits(image: Image.Image) -> Image.Image:
    """Pillow cuts 16 bits off at 255, so they are divided here; of other wide numbers nobody knows the white."""
    if not image.mode.startswith(("I", "F")):
        return image
    values = np.asarray(image)
    if image.mode == "F" or values.min() < 0 or values.max() > 65_535:
        raise ValueError("its numbers are neither of 8 nor of 16 bits")
    return Image.fromarray(((values.astype(np.int64) + 128) // 257).astype(np.uint8))
