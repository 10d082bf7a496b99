"""Pictures of the site's pages: each keeps its place while it is fetched, and what is drawn has fewer bytes.

A picture that a cell drew, and the still picture of a live figure, becomes lossless WebP, the same pixel by pixel.
One that is heavy even so, a sheet of faces with their grain, loses what no eye finds, and half of its bytes. This
takes a second for a large one, so the result is kept beside the site, under the hash of the picture.
"""

from __future__ import annotations

import re
import shutil
from hashlib import sha256
from pathlib import Path

from PIL import Image

IMAGE = re.compile(r'<img [^>]*src="([./]*(_images|_static/live/stills)/([^"]+\.(?:png|svg|webp)))"[^>]*>')
BROAD = 1030  # pixels; a drawing of this width is not legible in the column of the text, see course.css
HEAVY, QUALITY = 100_000, 90  # bytes of lossless WebP, and how good a heavier one is, of 100
DRAWN = re.compile(r"[0-9a-f]{40,}\.png")  # the names of those that cells drew


def placed(page: str, site: Path, kept: Path) -> str:
    """Give every picture of a page its size and its fewest bytes; `kept` is the folder of those made before."""

    def one(found: re.Match[str]) -> str:
        src, folder, name = found.groups()
        file = site / folder / name
        drawn = folder != "_images" or DRAWN.fullmatch(name)
        small = lighter(file, kept) if drawn else file
        tag = found[0].replace(src, src[: -len(name)] + small.name)
        return tag if " width=" in tag else with_size(tag, file)

    return IMAGE.sub(one, page)


def with_size(tag: str, file: Path) -> str:
    """A picture that keeps its place while it is fetched, so that nothing below it moves.

    Those that cells drew lie in a box that knows their size: on a small screen it scrolls, see course.css, and on
    paper a high one stays legible, see print.css.
    """
    if file.suffix == ".svg":
        box = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', file.read_text(encoding="utf-8"))
        if not box:
            return tag
        width, height = (round(float(each)) for each in box.groups())
    else:
        width, height = Image.open(file).size
    sized = tag.replace("<img ", f'<img width="{width}" height="{height}" ', 1)
    if not DRAWN.fullmatch(file.name):
        return sized
    kind = "gm-picture gm-broad" if width > BROAD else "gm-picture"
    return f'<span class="{kind}" style="--width: {width}px; --height: {height}px">{sized}</span>'


def lighter(file: Path, kept: Path) -> Path:
    """The picture as WebP beside the file, a heavy one with a little loss; the file itself if that is smaller."""
    small = file.with_suffix(".webp")
    if not small.exists():
        known = kept / f"{sha256(file.read_bytes()).hexdigest()}_{QUALITY}.webp"
        if not known.exists():
            kept.mkdir(parents=True, exist_ok=True)
            picture: Image.Image = Image.open(file)
            if picture.mode == "RGBA" and picture.getchannel("A").getextrema() == (255, 255):
                picture = picture.convert("RGB")
            # more effort takes ten times as long and saves a fortieth
            picture.save(known, lossless=True, exact=True, method=2, quality=60)
            if known.stat().st_size > HEAVY:
                picture.save(known, quality=QUALITY)
        shutil.copyfile(known, small)
    return small if small.stat().st_size < file.stat().st_size else file
