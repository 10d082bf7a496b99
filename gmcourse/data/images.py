"""A labelled set of images that lies in memory as whole numbers, and fewer of those numbers."""

from dataclasses import dataclass

import torch
from torch import Tensor

from gmcourse import expect
from gmcourse.reproducible import generator

FIVE_BITS = 32  # grey values


@dataclass(frozen=True)
class Images:
    """Images as the camera or the scanner gave them: whole grey levels, not yet divided by anything.

    One uint8 tensor is four times smaller than floats, and slicing it is faster than any loader of single files.
    Pixels are (N, C, H, W) uint8, each in 0 … grey_levels − 1: 256 levels for 8-bit images, 17 for `digits`. Labels
    are (N,) int64 classes, or (N, A) float32 attributes, and `names` what these are called.
    """

    pixels: Tensor
    labels: Tensor
    grey_levels: int
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        pixels, labels = "N C H W; uint8, empty", "N …; real, empty"
        expect.fields(self, grey_levels=">= 2 <= 256", pixels=pixels, labels=labels, names="empty")
        if self.grey_levels < 256 and self.pixels.numel():
            expect.whole("the largest of pixels", int(self.pixels.max()), most=self.grey_levels - 1)

    def __len__(self) -> int:
        return len(self.pixels)

    def __getitem__(self, index: slice | Tensor | list[int]) -> "Images":
        """Take the images of a slice, of a list of indices, or of a mask."""
        if isinstance(index, int):
            expect.refuse("index", index, f"a slice, as in images[{index}:{index} + 1]")
        return Images(self.pixels[index], self.labels[index], self.grey_levels, self.names)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Return channels, height and width of each image."""
        channels, height, width = self.pixels.shape[1:]
        return channels, height, width

    def unit(self) -> Tensor:
        """The pixels as float32 in [0, 1], shape (N, C, H, W): black is 0, the brightest level is 1."""
        return self.pixels.float() / (self.grey_levels - 1)

    @expect.door()
    def to(self, device: str | torch.device) -> "Images":
        """Move the images to another device."""
        return Images(self.pixels.to(device), self.labels.to(device), self.grey_levels, self.names)

    @expect.door(fraction="> 0 < 1")
    def split(self, fraction: float, seed: int = 0) -> tuple["Images", "Images"]:
        """Make two disjoint sets that are not empty: a random `fraction` of the images, and the rest."""
        first = round(fraction * len(self))
        expect.whole("the images in the fraction", first, least=1, most=len(self) - 1)
        order = torch.randperm(len(self), generator=generator(seed)).to(self.pixels.device)
        return self[order[:first]], self[order[first:]]


@expect.door(pixels="; real, >= 0 <= 255")
def five_bits(pixels: Tensor) -> Tensor:
    """Return 0 … 31 for 0 … 255, less the three lowest bits (Kingma & Dhariwal 2018, arXiv:1807.03039, section 6)."""
    return pixels.div(256 // FIVE_BITS, rounding_mode="floor").to(torch.uint8)
