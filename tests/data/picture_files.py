"""Picture files of every kind, with the colours that one sees in them; and files that give no picture."""

import io
import os
import zlib

import numpy as np
from PIL import Image, ImageCms

RED, GREEN, WHITE = (200, 30, 10), (20, 180, 40), (255, 255, 255)


def plain(colour, size=(40, 60), mode="RGB"):
    return Image.new(mode, size, colour)


def noise(number, size=(20, 20)):
    pixels = np.random.default_rng(number).integers(0, 256, (*size, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def halves(upper, lower, mode="RGB", size=(40, 60)):
    """A picture of two colours: the upper half and the lower half."""
    image = Image.new(mode, size, lower)
    image.paste(upper, (0, 0, size[0], size[1] // 2))
    return image


def sixteen_bits(path):
    levels = np.full((30, 30), 40_000, dtype=np.uint16)
    Image.fromarray(levels).save(path)


def turned(path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright: turn by 90° to the right
    image = Image.new("RGB", (60, 60), RED)
    image.paste(GREEN, (0, 0, 30, 60))  # the left half, which comes to lie above
    image.save(path, exif=exif, quality=95)


def palette(path, **more):
    plain(RED).convert("P", palette=Image.Palette.ADAPTIVE).save(path, **more)


def bad_exif(path):
    plain(RED).save(path, exif=b"Exif\0\0garbage", quality=95)


def in_lab(image):
    return ImageCms.profileToProfile(
        image, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )


def squeezed(image, path):
    image.save(path, quality=95)


# what is written, and the colours that are then to be seen in the upper and the lower half
KINDS = {
    "rgb.png": (lambda path: plain(RED).save(path), RED, RED),
    "wide.jpg": (lambda path: squeezed(plain(RED, (3000, 50)), path), RED, RED),
    "lab.tiff": (lambda path: in_lab(plain(RED)).save(path), RED, RED),
    "tiny.bmp": (lambda path: plain(RED, (1, 1)).save(path), RED, RED),
    "grey.png": (lambda path: plain(77, mode="L").save(path), (77,) * 3, (77,) * 3),
    "one_bit.png": (lambda path: plain(1, mode="1").save(path), WHITE, WHITE),
    "palette.gif": (palette, RED, RED),
    "clear_palette.png": (lambda path: palette(path, transparency=0), WHITE, WHITE),
    "alpha.png": (lambda path: halves((*RED, 255), (*RED, 0), "RGBA").save(path), RED, WHITE),
    "half_alpha.webp": (
        lambda path: plain((0, 0, 0, 128), mode="RGBA").save(path, lossless=True),
        (127,) * 3,
        (127,) * 3,
    ),
    "grey_alpha.png": (lambda path: halves((50, 255), (50, 0), "LA").save(path), (50,) * 3, WHITE),
    "clear_colour.png": (lambda path: plain(RED).save(path, transparency=RED), WHITE, WHITE),
    "16_bit.png": (sixteen_bits, (156,) * 3, (156,) * 3),
    "16_bit.tiff": (sixteen_bits, (156,) * 3, (156,) * 3),
    "turned.jpg": (turned, GREEN, RED),
    "bad_exif.jpg": (bad_exif, RED, RED),
    "cmyk.jpg": (lambda path: squeezed(plain((0, 255, 255, 0), mode="CMYK"), path), (255, 0, 0), (255, 0, 0)),
    "animated.gif": (
        lambda path: plain(RED).save(path, save_all=True, append_images=[plain(GREEN)], duration=50),
        RED,
        RED,
    ),
    "animated.png": (
        lambda path: plain(RED).save(path, save_all=True, append_images=[plain(GREEN)]),
        RED,
        RED,
    ),
    "wrong_ending.txt": (lambda path: plain(RED).save(path, format="PNG"), RED, RED),
    "no_ending": (lambda path: plain(RED).save(path, format="PNG"), RED, RED),
}


def png_chunk(kind, content):
    return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")


def bomb(path):
    """A small file that says it has 100,000 × 100,000 pixels."""
    head = (100_000).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", head) + png_chunk(b"IDAT", zlib.compress(b"0" * 999)))


def cut(path, share):
    content = io.BytesIO()
    noise(0, (90, 90)).save(content, format="JPEG" if path.suffix == ".jpg" else "PNG")
    path.write_bytes(content.getvalue()[: int(share * content.tell())])


BAD = {
    "cut.jpg": (lambda path: cut(path, 0.5), "broken: image file is truncated"),
    "cut.png": (lambda path: cut(path, 0.5), "broken"),
    "empty.png": (lambda path: path.write_bytes(b""), "not a picture"),
    "notes.txt": (lambda path: path.write_text("notes"), "not a picture"),
    "zeros.jpg": (lambda path: path.write_bytes(bytes(5000)), "not a picture"),
    "page.svg": (lambda path: path.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>"), "not a picture"),
    "script.eps": (lambda path: plain(RED).save(path, format="EPS"), "not a picture"),
    "bomb.png": (bomb, "pixels"),
    "float.tiff": (lambda path: plain(0.5, mode="F").save(path), "neither of 8 nor of 16 bits"),
    "wide.tiff": (lambda path: plain(100_000, mode="I").save(path), "neither of 8 nor of 16 bits"),
    "link.png": (lambda path: path.symlink_to("nowhere.png"), "leads nowhere"),
    "itself.png": (lambda path: path.symlink_to(path.name), "leads nowhere"),
    "pipe.png": (getattr(os, "mkfifo", None), "not a file"),
}
