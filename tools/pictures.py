"""Pictures that the trained models make for the front page and the README: `python -m tools.pictures`."""

from __future__ import annotations

import sys

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.distributions import Normal

from gmcourse import zoo
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


def main() -> int:
    """Draw them all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / "digits_of_a_vae.png"
    digits_of_a_vae().quantize(64).save(path, optimize=True)
    print(f"{path.relative_to(ROOT).as_posix()}: {path.stat().st_size / 1024:.0f} KB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
