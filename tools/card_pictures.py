"""The pictures on the cards of the front page, one below the other, a file a theme: `python -m tools.pictures`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from PIL import Image, ImageDraw
from torch import Tensor
from torch.nn.functional import interpolate, pad

from gmcourse import zoo
from gmcourse.data import load, toy
from gmcourse.data.low_resolution import pairs

Colour = tuple[int, int, int]
WIDTH, HEIGHT, MANY = 576, 144, 4  # of one card; as many square pictures in a row
SIDE = HEIGHT


@dataclass(frozen=True)
class Inks:
    """The colours of a theme: behind all, and of data, model and latent, as on the pages."""

    paper: Colour
    data: Colour
    model: Colour
    latent: Colour


LIGHT = Inks((255, 255, 255), (0, 94, 150), (0, 105, 76), (179, 71, 0))
DARK = Inks((17, 23, 29), (124, 192, 238), (98, 211, 173), (245, 169, 107))


class Card:
    """A sheet of paper with the pen that all cards share."""

    def __init__(self, inks: Inks) -> None:
        self.inks, self.sheet = inks, Image.new("RGB", (WIDTH, HEIGHT), inks.paper)
        self.pen = ImageDraw.Draw(self.sheet)

    def row(self, pictures: Tensor, ink: Colour | None = None) -> None:
        """Lay pictures (n, 1|3, H, W) in [0, 1] side by side over the whole card; grey ones are ink on paper."""
        side = -(-WIDTH // len(pictures))
        large = interpolate(pictures, (SIDE, side), mode="bicubic", antialias=True).clamp(0, 1)
        if large.shape[1] == 1:
            paper, colour = (torch.tensor(each) / 255 for each in (self.inks.paper, ink or self.inks.data))
            large = paper[:, None, None] + large * (colour - paper)[:, None, None]
        for i, picture in enumerate(large):
            pixels = picture.permute(1, 2, 0).mul(255).round().byte().numpy()
            self.sheet.paste(Image.fromarray(pixels), (i * side, 0))

    def dots(self, points: Tensor, colour: Colour, size: float = 2.5) -> None:
        """Draw points (n, 2) in pixels."""
        for x, y in points.tolist():
            self.pen.ellipse((x - size, y - size, x + size, y + size), fill=colour)

    def line(self, points: Tensor, colour: Colour, width: int = 2) -> None:
        """Draw a line through points (n, 2) in pixels."""
        self.pen.line([(x, y) for x, y in points.tolist()], fill=colour, width=width, joint="curve")


def _digits(name: str, **options: float) -> Tensor:
    drawn: Tensor = zoo.load(name).sample(6, **options)  # type: ignore[operator]
    return drawn.reshape(-1, 1, 28, 28).clamp(0, 1)


def _faces(name: str, **options: float) -> Tensor:
    drawn: Tensor = zoo.load(name).sample(MANY, **options)  # type: ignore[operator]
    return drawn


def boundary(card: Card) -> None:
    """Draw two clouds and what parts them, for lesson 01."""
    spread = torch.tensor([60.0, 24.0])
    card.dots(torch.randn(110, 2) * spread + torch.tensor([165.0, 82.0]), card.inks.data, 3.5)
    card.dots(torch.randn(110, 2) * spread + torch.tensor([415.0, 62.0]), card.inks.latent, 3.5)
    card.line(torch.tensor([[265.0, 0.0], [315.0, HEIGHT]]), card.inks.model, 5)


def compressed(card: Card) -> None:
    """Lesson 03: digits, each followed by what comes back from two numbers."""
    model, chosen = zoo.load("ae_digits_2d"), load("digits", "test")[[3, 5, 8]].unit()
    back = model.decode(model.encode(chosen)).reshape(3, 1, 8, 8)  # type: ignore[operator]
    card.row(pad(torch.stack([chosen, back], dim=1).flatten(0, 1), (0, 0, 1, 1)))


def plane(card: Card) -> None:
    """Draw the plane of digits, for lesson 04."""
    y, x = torch.meshgrid(torch.linspace(1, -1, 3), torch.linspace(-2.2, 2.2, 12), indexing="ij")
    digits: Tensor = zoo.load("vae_digits_2d").decode(torch.stack([x, y], dim=-1).reshape(-1, 2))  # type: ignore[operator]
    rows = pad(digits.reshape(3, 12, 8, 8), (1, 1, 1, 1)).permute(0, 2, 1, 3).reshape(1, 1, 30, 120)
    card.row(rows)


def stretched(card: Card) -> None:
    """Draw a grid that a smooth map bends, for lesson 05."""
    for turned in (False, True):
        for at in torch.linspace(-0.2, 1.2, 15 if turned else 31):
            along = torch.linspace(-0.2, 1.2, 80)
            x, y = (along, at.expand(80)) if turned else (at.expand(80), along)
            bent = torch.stack([x + 0.07 * torch.sin(6 * y + 3 * x), y + 0.16 * torch.sin(9 * x)], dim=1)
            card.line(bent * torch.tensor([WIDTH, HEIGHT]), card.inks.model if turned else card.inks.latent)


def answers(card: Card) -> None:
    """Show a small face and three large ones that fit it, for lesson 08."""
    low = pairs(load("faces", "test", n=6), 4).low[[1]]
    drawn: Tensor = zoo.load("srflow_faces").sample(low, 0.8, n=MANY - 1)  # type: ignore[operator]
    card.row(torch.cat([interpolate(low, drawn.shape[-2:], mode="nearest"), drawn.flatten(0, 1)]))


def families(card: Card) -> None:
    """Show a face of each family, for lesson 10."""
    names = ("dcgan_faces", "vae_faces_two_levels", "glow_faces", "stylegan2_faces")
    options: tuple[dict[str, float], ...] = ({}, {}, {"temperature": 0.7}, {"truncation": 0.7})
    card.row(torch.cat([_faces(name, **each)[:1] for name, each in zip(names, options, strict=True)]))


def written(card: Card) -> None:
    """Lesson 11: the upper half of a digit, and three ways in which it goes on."""
    model, digit = zoo.load("pixelcnn_digits"), load("digits", "test")[4:5]
    known = digit.pixels.long().reshape(1, 64)[:, :32].expand(3, -1)
    on = model.sample(3, known=known).reshape(3, 1, 8, 8) / 16  # type: ignore[operator]
    half = digit.unit() * (torch.arange(8)[:, None] < 4)
    card.row(pad(torch.cat([half, on]), (1, 1, 1, 1)))


def denoised(card: Card) -> None:
    """Show a digit with step by step less noise, for lesson 12."""
    digit = load("digits", "test")[7:8].unit()
    share, noise = torch.linspace(0, 1, 5)[:, None, None, None], torch.randn(8, 8) * 0.4 + 0.5
    card.row(((1 - share) * noise + share * digit).clamp(0, 1))


def carried(card: Card) -> None:
    """Draw straight paths from noise to data, for lesson 13."""
    start, end = torch.randn(90, 2) * 26, toy.load("two_moons").sample(90)
    start = start + torch.tensor([90.0, HEIGHT / 2])
    end = (end - end.mean(0)) / end.std(0) * torch.tensor([52.0, 34.0]) + torch.tensor([450.0, HEIGHT / 2])
    (r, g, b), (s, h, c) = card.inks.paper, card.inks.model
    for path in torch.stack([start, end], dim=1):
        card.line(path, ((r + s) // 2, (g + h) // 2, (b + c) // 2), 1)
    card.dots(start, card.inks.latent)
    card.dots(end, card.inks.data)


def begun(card: Card) -> None:
    """Draw more and more points of the same data, for the part Start."""
    for i, n in enumerate((4, 16, 64, 256)):
        points = toy.load("two_moons").sample(n) * torch.tensor([22.0, 30.0])
        card.dots(points + torch.tensor([SIDE * (i + 0.5), HEIGHT / 2]), card.inks.data, 3.5 - 0.5 * i)


def strips(*names: str) -> Callable[[Card], None]:
    """Lay strips of the cards of some lessons side by side."""

    def drawn(card: Card) -> None:
        wide = WIDTH // len(names)
        for i, name in enumerate(names):
            other = Card(card.inks)
            CARDS[name](other)
            card.sheet.paste(other.sheet.crop((SIDE, 0, SIDE + wide, HEIGHT)), (i * wide, 0))

    return drawn


def missing(card: Card) -> None:
    """Draw a row of digits with a free place, for the part Exercises."""
    digits = load("digits", "test")[[1, 2, 0, 4]].unit()
    digits[2] = 0
    card.row(pad(digits, (1, 1, 1, 1)))
    card.pen.rectangle((2 * SIDE + 24, 24, 3 * SIDE - 24, HEIGHT - 24), outline=card.inks.latent, width=4)


def three_densities(card: Card) -> None:
    """Draw data, model and latent in their colours, for the part Reference."""
    x = torch.linspace(-3, 3, 120)
    bumps = 0.9 * torch.exp(-((x + 1) ** 2) / 0.3) + 0.6 * torch.exp(-((x - 1.2) ** 2) / 0.4)
    shapes = (bumps, torch.exp(-(x**2) / 2)), (card.inks.data, card.inks.latent)
    model = 0.8 * torch.exp(-((x + 0.9) ** 2) / 0.5) + 0.55 * torch.exp(-((x - 1) ** 2) / 0.7)
    for y, ink in [*zip(*shapes, strict=True), (model, card.inks.model)]:
        card.line(torch.stack([(x + 3) / 6 * WIDTH, HEIGHT * (0.92 - 0.8 * y)], dim=1), ink, 4)


CARDS: dict[str, Callable[[Card], None]] = {
    "01": boundary,
    "02": lambda card: card.row(_faces("dcgan_faces")),
    "03": compressed,
    "04": plane,
    "05": stretched,
    "06": lambda card: card.row(_digits("nice_mnist", temperature=0.7)),
    "07": lambda card: card.row(_faces("glow_faces", temperature=0.7)),
    "08": answers,
    "09": lambda card: card.row(_faces("stylegan2_faces", truncation=0.7)),
    "10": families,
    "11": written,
    "12": denoised,
    "13": carried,
    "Start": begun,
    "Lessons": strips("02", "04", "08", "09"),
    "Part II": strips("11", "12"),
    "Exercises": missing,
    "Reference": three_densities,
}


@torch.no_grad()
def draw(inks: Inks) -> Image.Image:
    """Draw all cards, one below the other."""
    sheet = Image.new("RGB", (WIDTH, HEIGHT * len(CARDS)), inks.paper)
    for i, make in enumerate(CARDS.values()):
        torch.manual_seed(i)
        card = Card(inks)
        make(card)
        sheet.paste(card.sheet, (0, i * HEIGHT))
    return sheet.resize((WIDTH * 2 // 3, sheet.height * 2 // 3), Image.Resampling.LANCZOS)  # its edges are smooth
