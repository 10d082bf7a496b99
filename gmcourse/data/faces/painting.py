"""From attributes to pictures: the parts, painted one over the other; and sets of faces, drawn on demand."""

import torch
from torch import Tensor

from gmcourse import expect
from gmcourse.data.faces.attributes import NAMES, check_attributes, column
from gmcourse.data.faces.body import grade, paint_backdrop, paint_neck, paint_torso
from gmcourse.data.faces.canvas import Canvas
from gmcourse.data.faces.detail import Detail
from gmcourse.data.faces.eyes import paint_brows, paint_eyes, paint_glasses
from gmcourse.data.faces.face import Face
from gmcourse.data.faces.hair import paint_back_hair, paint_front_hair
from gmcourse.data.faces.head import paint_ears, paint_head, paint_moustache, paint_mouth, paint_nose, paint_wrinkles
from gmcourse.data.faces.sampling import sample
from gmcourse.data.images import Images
from gmcourse.reproducible import mixed_seed

SMALLEST, LARGEST = 16, 128
BEHIND = (paint_backdrop, paint_torso, paint_back_hair, paint_ears, paint_neck)
FACE = (paint_head, paint_wrinkles, paint_nose, paint_mouth, paint_moustache, paint_eyes)
IN_FRONT = (paint_front_hair, paint_brows, paint_glasses, grade)
AT_ONCE = 2**16  # pixels: what is painted together should fit into a processor's cache


def render(attributes: Tensor, size: int = 64, *, detail: Tensor | None = None) -> Tensor:
    """Draw faces (B, 3, size, size) in [0, 1].

    The picture is a differentiable function of the attributes. The same attributes and seeds give the same picture,
    whatever else is in the batch; a CPU and a GPU agree to 1e-4. Attributes are (B, 18) within `bounds()`, a column
    for each of `NAMES`. The detail is a seed per picture, (B,) int64, for what no attribute names: strands and locks
    of hair, freckles, skin, the colour of the eyes, cloth, the camera's exposure and noise; None is a cartoon.
    """
    check_attributes(attributes)
    expect.whole("size", size, least=SMALLEST, most=LARGEST)
    if detail is not None:
        expect.tensor("detail", detail, f"{len(attributes)}", dtype="integer", filled=False)
        detail = detail.long()
    if len(attributes) == 0:
        return attributes.new_zeros(0, 3, size, size)
    at_once = max(1, AT_ONCE // size**2)
    parts = attributes.split(at_once)
    seeds = [None] * len(parts) if detail is None else detail.to(attributes.device).split(at_once)
    return torch.cat([_draw(part, size, seed) for part, seed in zip(parts, seeds, strict=True)])


def _draw(attributes: Tensor, size: int, seeds: Tensor | None) -> Tensor:
    """Draw a batch that is small enough to be drawn at once."""
    detail = None if seeds is None else Detail(seeds, attributes.dtype)
    face = Face(attributes, detail)
    canvas = Canvas(len(attributes), size, attributes[:, column("tilt")].view(-1, 1, 1))
    for paint in (*BEHIND, *FACE, *IN_FRONT):
        paint(canvas, face)
    pixels = canvas.pixels
    if detail is not None:
        pixels = pixels + detail.grain(size, pixels.dtype)
    return pixels.clamp(0, 1)


NUMBER = {"train": 10_000, "test": 2_000}
BLOCK = 1000  # faces are drawn in blocks, so that the first thousand do not depend on how many follow
FIRST_DETAIL = {"train": 0, "test": 1 << 40}  # disjoint for any n that fits into memory


@torch.no_grad()
@expect.door(split="train|test", n=">= 1 <= 1000000")
def load(
    split: str = "train", *, n: int | None = None, size: int = 32, detail: bool = True, distribution: str = "natural"
) -> Images:
    """Draw a set of faces, whose labels are the attributes (N, 18).

    The seeds of the two splits are disjoint; a smaller set is the beginning of a larger one. By default n is 10,000
    for training, 2,000 for testing. With `detail`, strands, freckles, cloth, grain and so on are drawn, from a seed
    of its own for each picture.
    """
    n = NUMBER[split] if n is None else n
    pixels, labels = [], []
    for first in range(0, n, BLOCK):
        attributes = sample(BLOCK, distribution=distribution, seed=mixed_seed(split, first))[: n - first]
        seeds = FIRST_DETAIL[split] + first + torch.arange(len(attributes)) if detail else None
        pixels.append(render(attributes, size, detail=seeds).mul(255).round().to(torch.uint8))
        labels.append(attributes)
    return Images(torch.cat(pixels), torch.cat(labels), 256, NAMES)
