"""Pictures for the front page, the README and the book, drawn by the course itself: `python -m tools.pictures`."""

from __future__ import annotations

import sys
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor
from torch.distributions import Normal

from gmcourse import zoo
from gmcourse.data import faces
from tools.environment import ROOT

FOLDER = ROOT / "book" / "_static" / "pictures"
BLUE, ORANGE = (11, 58, 91), (196, 87, 10)  # the logo's


def as_ink(pictures: Tensor, inks: Tensor, scale: int) -> Tensor:
    """Grey pictures (N, 1, H, W) in [0, 1] drawn smoothly with inks (N, 3) on white, (N, 3, sH, sW)."""
    framed = torch.nn.functional.pad(pictures, (0, 0, 1, 1))
    large = torch.nn.functional.interpolate(framed, scale_factor=scale, mode="bicubic").clamp(0, 1)
    return 1 - large * (1 - inks[:, :, None, None])


def wall(pictures: Tensor, columns: int) -> Image.Image:
    """Pictures (N, 3, H, W) in [0, 1] side by side, row by row."""
    count, channels, height, width = pictures.shape
    grid = pictures.reshape(count // columns, columns, channels, height, width).permute(0, 3, 1, 4, 2)
    pixels = grid.reshape(-1, columns * width, channels).mul(255).round().byte().numpy()
    return Image.fromarray(np.ascontiguousarray(pixels))


@torch.no_grad()
def digits_of_a_vae(rows: int = 6, columns: int = 20) -> Image.Image:
    """What the two-latent VAE decodes from a grid of equal prior mass."""
    across = Normal(0.0, 1.0).icdf((torch.arange(columns) + 0.5) / columns)
    down = Normal(0.0, 1.0).icdf((torch.arange(rows) + 0.5) / rows).flip(0)
    z = torch.cartesian_prod(down, across).flip(1)
    decoded: Tensor = zoo.load("vae_digits_2d").decode(z)  # type: ignore[operator]
    blend = torch.linspace(0, 1, columns).repeat(rows)[:, None]
    inks = torch.lerp(torch.tensor(BLUE) / 255, torch.tensor(ORANGE) / 255, blend)
    return wall(as_ink(decoded, inks, 8), columns)


@torch.no_grad()
def wall_of_faces(rows: int = 6, columns: int = 16, size: int = 64) -> Image.Image:
    """Faces of the natural distribution, with all their detail."""
    n = rows * columns
    return wall(faces.render(faces.sample(n, seed=5), size, detail=torch.arange(n)), columns)


@torch.no_grad()
def contact_sheet(across: int = 3, size: int = 80, gap: int = 22) -> Image.Image:
    """Every attribute at its smallest, middle and largest value, on an otherwise unremarkable face."""
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
    for i, attribute in enumerate(faces.ATTRIBUTES):
        three = plain.repeat(3, 1)
        three[:, i] = torch.linspace(attribute.low, attribute.high, 3)
        left, top = i % across * (3 * size + gap) + gap // 2, i // across * (size + gap)
        pen.text((left, top + 3), attribute.name, fill=(42, 31, 43), font=font)
        sheet.paste(wall(faces.render(three, size), 3), (left, top + gap))
    return sheet


PICTURES: dict[str, tuple[Callable[[], Image.Image], int]] = {  # how it is drawn, and in how many colours
    "digits_of_a_vae": (digits_of_a_vae, 64),
    "wall_of_faces": (wall_of_faces, 256),
    "attributes_of_faces": (contact_sheet, 256),
}


def main() -> int:
    """Draw them all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, (draw, colours) in PICTURES.items():
        path = FOLDER / f"{name}.png"
        draw().quantize(colours).save(path, optimize=True)
        print(f"{path.relative_to(ROOT).as_posix()}: {path.stat().st_size / 1024:.0f} KB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
