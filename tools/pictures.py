"""Pictures for the front page, the README and the book, drawn by the course itself: `python -m tools.pictures`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor
from torch.nn.functional import interpolate, pad

from gmcourse import zoo
from gmcourse.data import faces, load
from gmcourse.data.low_resolution import pairs
from tools import card_pictures
from tools.environment import ROOT
from tools.zoo import stamp

FOLDER = ROOT / "book" / "_static" / "pictures"
Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Theme:
    """The site's colours in one of its modes: see `book/_static/course.css`."""

    paper: Colour
    text: Colour
    number: Colour
    inks: tuple[Colour, Colour]  # from the first digit of a row to the last


LIGHT = Theme((255, 255, 255), (27, 39, 51), (179, 71, 0), ((11, 58, 91), (196, 87, 10)))  # inks: the logo's
DARK = Theme((17, 23, 29), (228, 233, 238), (245, 169, 107), ((124, 192, 238), (245, 169, 107)))


def as_ink(pictures: Tensor, theme: Theme) -> Tensor:
    """Colour grey pictures (N, 1, H, W) in [0, 1], the ink changing from one to the next: (N, 3, H, W)."""
    paper, first, last = (torch.tensor(colour) / 255 for colour in (theme.paper, *theme.inks))
    inks = torch.lerp(first, last, torch.linspace(0, 1, len(pictures))[:, None])
    return paper[:, None, None] + pictures * (inks - paper)[:, :, None, None]


def wall(pictures: Tensor, columns: int) -> Image.Image:
    """Lay pictures (N, 3, H, W) in [0, 1] side by side, row by row."""
    count, channels, height, width = pictures.shape
    grid = pictures.reshape(count // columns, columns, channels, height, width).permute(0, 3, 1, 4, 2)
    pixels = grid.reshape(-1, columns * width, channels).mul(255).round().byte().numpy()
    return Image.fromarray(np.ascontiguousarray(pixels))


@torch.no_grad()
def drawn_by_each(theme: Theme, side: int, columns: int = 16) -> dict[tuple[str, str], Tensor]:
    """Draw pictures (columns, 3, side, side) for each (lesson, model).

    The first draws of each model, none selected. The digits are a walk round the VAE's plane; SRFlow's row has
    four small faces, and after each of them three answers.
    """

    def large(pictures: Tensor) -> Tensor:
        return interpolate(pictures, (side, side), mode="bicubic", antialias=True).clamp(0, 1)

    def first_draws(name: str, *given: Any, **options: Any) -> Tensor:
        torch.manual_seed(0)
        drawn: Tensor = zoo.load(name).sample(*given, **options)  # type: ignore[operator]
        return drawn

    turn = torch.linspace(0, 2 * torch.pi, columns + 1)[:columns]
    ring = 1.25 * torch.stack([turn.cos(), turn.sin()], dim=1)
    digits: Tensor = zoo.load("vae_digits_2d").decode(ring)  # type: ignore[operator]
    low = pairs(load("faces", "test", n=6), 4).low[[0, 1, 4, 5]]
    answers = first_draws("srflow_faces", low, 0.8, n=columns // 4 - 1)
    blocks = interpolate(low, (side, side), mode="nearest")
    return {
        ("02", "GAN"): large(first_draws("dcgan_faces", columns)),
        ("04", "VAE"): large(first_draws("vae_faces_two_levels", columns)),
        ("04", "VAE, digits"): as_ink(large(pad(digits, (1, 1, 1, 1))), theme),
        ("07", "Glow"): large(first_draws("glow_faces", columns, temperature=0.7)),
        ("08", "SRFlow"): torch.cat([torch.cat([a[None], large(b)]) for a, b in zip(blocks, answers, strict=True)]),
        ("09", "StyleGAN2"): large(first_draws("stylegan2_faces", columns, truncation=0.7)),
    }


def families(theme: Theme, side: int = 60, gap: int = 4, margin: int = 172) -> Image.Image:
    """Draw a row for each family of models, with the number of its lesson: the course at one look."""
    rows = drawn_by_each(theme, side)
    columns, pitch = len(next(iter(rows.values()))), side + gap
    sheet = Image.new("RGB", (margin + columns * pitch - gap, len(rows) * pitch - gap), theme.paper)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(23)
    for i, ((lesson, model), pictures) in enumerate(rows.items()):
        middle = i * pitch + side // 2
        pen.text((0, middle), lesson, fill=theme.number, font=font, anchor="lm")
        pen.text((36, middle), model, fill=theme.text, font=font, anchor="lm")
        for j, picture in enumerate(pictures):
            sheet.paste(wall(picture[None], 1), (margin + j * pitch, i * pitch))
    return sheet


@torch.no_grad()
def wall_of_faces(rows: int = 6, columns: int = 16, size: int = 64) -> Image.Image:
    """Draw faces of the natural distribution, with all their detail."""
    n = rows * columns
    return wall(faces.render(faces.sample(n, seed=5), size, detail=torch.arange(n)), columns)


@torch.no_grad()
def contact_sheet(across: int = 3, size: int = 80, gap: int = 22) -> Image.Image:
    """Draw every attribute at its smallest, middle and largest value, on an otherwise unremarkable face."""
    plain = faces.middle()
    for name, value in {
        "skin": 0.3,
        "hair_color": 0.4,
        "hair_length": 0.35,
        "smile": 0.75,
        "age": 0.2,
    }.items():
        plain[:, faces.column(name)] = value
    plain[:, faces.column("background")], plain[:, faces.column("mouth_open")] = 0.3, 0.1
    down = -(-len(faces.NAMES) // across)
    sheet = Image.new("RGB", (across * (3 * size + gap), down * (size + gap)), "white")
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    for i, (name, (low, high)) in enumerate(faces.ATTRIBUTES.items()):
        three = plain.repeat(3, 1)
        three[:, i] = torch.linspace(low, high, 3)
        left, top = i % across * (3 * size + gap) + gap // 2, i // across * (size + gap)
        pen.text((left, top + 3), name, fill=(42, 31, 43), font=font)
        sheet.paste(wall(faces.render(three, size), 3), (left, top + gap))
    return sheet


PICTURES: dict[str, tuple[Callable[[], Image.Image], int | None]] = {  # how it is drawn, and in how many colours
    "families_light": (lambda: families(LIGHT), None),
    "families_dark": (lambda: families(DARK), None),
    "cards_light": (lambda: card_pictures.draw(card_pictures.LIGHT), None),
    "cards_dark": (lambda: card_pictures.draw(card_pictures.DARK), None),
    "wall_of_faces": (wall_of_faces, None),
    "attributes_of_faces": (contact_sheet, 256),
}


def draw(only: Collection[str] | None = None) -> None:
    """Draw them all, or only some: with few colours as PNG, with all of them as WebP."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in PICTURES if only is None else only:
        make, colours = PICTURES[name]
        path = FOLDER / f"{name}.{'png' if colours else 'webp'}"
        with stamp.making(path):
            picture = make()
        if colours:
            picture.quantize(colours).save(path, optimize=True)
        else:
            # the first screen waits for the cards' pictures, and they are large ones of small pictures
            picture.save(path, quality=68 if name.startswith("cards") else 80, method=6)
        print(f"{path.relative_to(ROOT).as_posix()}: {path.stat().st_size / 1024:.0f} KB")


if __name__ == "__main__":
    draw(sys.argv[1:] or None)
