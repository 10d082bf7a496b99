"""The sets of pictures on which cheap models are measured, and how large these are on each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import torch
from torch import Tensor

from gmcourse.data import Images, load
from gmcourse.data.images import FIVE_BITS, five_bits
from gmcourse.reproducible import generator
from gmcourse_recipes import vae_mnist


@dataclass(frozen=True)
class Set:
    """One set of data, and how large its cheap models are.

    Attributes:
        load: "train" or "test" → pictures.
        levels: how many grey levels are kept of 256, or all that there are.
        rank: of the one normal of low rank.
        mixture: how many normals of which rank a mixture has; of black and white pixels, how many histograms.
        diagonal: how many normals the mixture of diagonal ones has.
        classes: whether the labels are classes, so that each class can have a model of its own.
        network: whether the zoo's features are those that distances are taken of.
        held_out: pictures, at most, that distances are taken to; as many are drawn.
    """

    load: Callable[[str], Images]
    levels: int
    rank: int
    mixture: tuple[int, int]
    diagonal: int
    classes: bool
    network: bool
    held_out: int = 1000

    def pixels(self, split: str) -> tuple[Tensor, Tensor]:
        """Give whole numbers (N, D) below `levels`, and labels."""
        images = self.load(split)
        pixels = five_bits(images.pixels) if self.levels == FIVE_BITS else images.pixels
        return pixels.flatten(1), images.labels


def binarised(split: str) -> Images:
    """MNIST in black and white: the training images drawn once, and the test images that `vae_mnist` has."""
    if split == "test":
        return vae_mnist.held_out(generator(0))
    grey = load("mnist", split)
    drawn = torch.rand(grey.pixels.shape, generator=generator(1)) < grey.unit()
    return replace(grey, pixels=drawn.byte(), grey_levels=2)


def faces_of_stylegan2(size: int, split: str) -> Images:
    """Draw as many faces to learn from, and to measure with, as the recipes of StyleGAN2 have."""
    return load("faces", split, n=20_000 if split == "train" else 2_000, size=size)


SETS = {
    "digits": Set(partial(load, "digits"), 17, 20, (20, 6), 50, True, False),
    "mnist": Set(partial(load, "mnist"), 256, 150, (20, 40), 50, True, False),
    "mnist, binarised": Set(binarised, 2, 0, (200, 0), 0, True, False),
    "faces": Set(
        lambda split: load("faces", split, n=50_000 if split == "train" else 1_000),
        FIVE_BITS, 400, (8, 60), 20, False, True,
    ),
    "faces, 2000": Set(partial(faces_of_stylegan2, 32), FIVE_BITS, 400, (8, 60), 20, False, True, 2000),
    "faces_64": Set(partial(faces_of_stylegan2, 64), FIVE_BITS, 400, (8, 60), 20, False, True, 2000),
    "photos": Set(partial(load, "photos"), 256, 300, (6, 40), 20, True, True),
}  # fmt: skip
