"""One face through all families, as a script for the live figure `one_face`: pictures that the zoo drew beforehand.

Four pictures are given: two faces, the second one with a bar over its eyes, and a photograph. Each family encodes
them, as well as it can, and decodes codes on the straight ways from one to the next. All is computed in float64, so
that every processor rounds to the same grey levels.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from gmcourse.data import load
from gmcourse.metrics.likelihood import bits_per_dim
from tools.live.families import DIMS, FAMILIES, Family
from tools.live.wire import Numbers

FACES, PHOTO, BAR = (32, 55), 14, (slice(12, 17), slice(7, 25))
STOPS, LEG, DRAWS = 4, 5, 4  # given pictures, steps from one to the next, draws


def given() -> Tensor:
    """Collect the pictures that are given, whole numbers of 0 … 255, (4, 3, 32, 32)."""
    faces = load("faces", "test", n=max(FACES) + 1).pixels[list(FACES)]
    barred = faces[1:].clone()
    barred[:, :, BAR[0], BAR[1]] = 20
    return torch.cat([faces, barred, load("photos", "test", n=PHOTO + 1).pixels[PHOTO:]])


def way(codes: Tensor) -> Tensor:
    """Lay codes on the straight ways from each to the next, (3 LEG + 1, …)."""
    parts = [torch.lerp(a, b, k / LEG) for a, b in pairwise(codes) for k in range(LEG)]
    return torch.stack([*parts, codes[-1]])


def drawn(family: Family) -> Tensor:
    """Draw new pictures of a family, (DRAWS, 3, 32, 32) in [0, 1]."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(4)
        return family.decode(family.draw(DRAWS)).clamp(0, 1)


def bits(family: Family, pixels: Tensor) -> Tensor:
    """Measure the bits per dimension of pictures at 32 levels, from 8 draws of the noise; −1: no density."""
    if family.log_prob is None:
        return torch.full((len(pixels),), -1.0)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        bounds = [family.log_prob(pixels.long() // 8) for _ in range(8)]
    return bits_per_dim(torch.stack(bounds).mean(0), DIMS)


def work(family: Family) -> int:
    """Count the millions of multiplications in the layers that decode one picture."""
    code = family.draw(1)
    with FlopCounterMode(display=False) as counter:
        family.decode(code)
    return round(counter.get_total_flops() / 2e6)


@torch.no_grad()
def as_script() -> str:
    """Write the script `one_face`: pictures minus ½, rounded to eight bits, and what each family knows of them."""
    numbers, described, pixels = Numbers(), [], given()
    for picture in pixels:
        numbers.add("given", picture, "uint8")
    for make in FAMILIES:
        family = make()
        walk = family.decode(way(family.encode(pixels.double() / 255))).clamp(0, 1)
        for name, pictures in (("walk", walk), ("drawn", drawn(family))):
            numbers.add(name, pictures.flatten(1) - 0.5, "int8")
        numbers.add("bits", bits(family, pixels), "float16")  # two places are shown
        named = {"name": family.name, "code": family.code, "density": family.density}
        described.append({**named, "work": work(family)})
    return numbers.script("one_face", {"families": described, "leg": LEG})
