"""Which faces there are: distributions over the attributes, by name."""

from collections.abc import Callable

import torch
from torch import Tensor

from gmcourse import expect
from gmcourse.data.faces.attributes import NAMES, bounds, column
from gmcourse.reproducible import generator, mixed_seed

Draw = Callable[[int, torch.Generator], Tensor]

RARE_SKIN, RARE_GLASSES = 0.05, 0.04  # shares of the faces in "skewed"
LEAST = 0.35  # of glasses and of a moustache, where there are any
DEEP = 0.6  # above this skin counts as deep


@expect.door(n=">= 1", distribution="natural|uniform|skewed")
def sample(n: int, *, distribution: str = "natural", seed: int = 0) -> Tensor:
    """Draw attributes of n faces.

    - "natural": a crowd. Most smile a little, three in ten wear glasses, two in ten a moustache. Deep skin goes with
      dark hair, open mouths go with smiles, older people wear glasses more often, long hair goes with fewer
      moustaches. That grey hair goes with age is drawn by the renderer.
    - "uniform": every attribute anywhere in its range, independently.
    - "skewed": natural, but skin above 0.6 is left to 5% of the faces, and glasses to 4%; for the lesson on bias.

    They are (n, 18) float32, within `bounds()`.
    """
    return DISTRIBUTIONS[distribution](n, generator(mixed_seed("faces", distribution, seed)))


def _uniform(n: int, draws: torch.Generator) -> Tensor:
    low, high = bounds()
    return low + (high - low) * torch.rand(n, len(NAMES), generator=draws)


def _natural(n: int, draws: torch.Generator) -> Tensor:
    def anywhere() -> Tensor:
        return torch.rand(n, generator=draws)

    def bell(*bells: tuple[float | Tensor, float]) -> Tensor:
        first = anywhere() < 0.5 if len(bells) == 2 else torch.tensor(True)
        normal = [mean + width * torch.randn(n, generator=draws) for mean, width in bells]
        folded = (torch.where(first, normal[0], normal[-1]) % 2).abs()
        return torch.minimum(folded, 2 - folded)

    return natural(anywhere, bell, lambda chance: anywhere() < chance)


def natural(
    anywhere: Callable[[], Tensor], bell: Callable[..., Tensor], event: Callable[[float | Tensor], Tensor]
) -> Tensor:
    """The crowd, (n, 18), written once and read twice: to draw faces, and to say how probable a face is.

    `anywhere` gives uniform numbers in [0, 1], and `event` says what happens with a chance. `bell` gives normal
    numbers of a (mean, standard deviation), of two such pairs either with the same chance; numbers outside of [0, 1]
    are folded back at the border, so that none of them pile up there.
    """

    def sometimes(chance: Tensor) -> Tensor:
        """Give 0 for most, anywhere from 0.35 to 1 for some."""
        return event(chance) * (LEAST + (1 - LEAST) * anywhere())

    smile = bell((0.66, 0.26))
    skin = anywhere()
    age = anywhere() ** 1.7
    # pale skin goes with any hair, deep skin with dark hair
    hair_color = anywhere() ** (0.85 + 1.1 * skin) * (1 - 0.62 * ((skin - 0.35) / 0.4).clamp(0, 1))
    hair_length = bell((0.12, 0.12), (0.72, 0.24))
    faces = {
        "smile": smile,
        "mouth_open": (bell((0.55, 0.25)) * smile.sqrt()) * event(0.6),
        "skin": skin,
        "hair_color": hair_color,
        "hair_length": hair_length,
        "hair_volume": bell((0.40 + 0.15 * skin, 0.26)),
        "eye_narrowness": bell((0.16 + 0.12 * smile, 0.17)),
        "brows": bell((0.52, 0.22)),
        "glasses": sometimes(0.22 + 0.28 * age),
        "moustache": sometimes(0.32 - 0.28 * hair_length),
        "age": age,
        "face_shape": anywhere(),
        "yaw": 2 * bell((0.5, 0.21)) - 1,
        "tilt": 2 * bell((0.5, 0.17)) - 1,
        "clothes": anywhere(),
        "background": anywhere(),
        "light": 2 * anywhere() - 1,
        "warmth": bell((0.5, 0.22)),
    }
    return torch.stack([faces[name] for name in NAMES], 1)


def _skewed(n: int, draws: torch.Generator) -> Tensor:
    faces = _natural(n, draws)
    skin, glasses = column("skin"), column("glasses")
    deep = torch.rand(n, generator=draws) < RARE_SKIN
    place = faces[:, skin]
    faces[:, skin] = torch.where(deep, DEEP + (1 - DEEP) * place, DEEP * place)
    wears = torch.rand(n, generator=draws) < RARE_GLASSES
    faces[:, glasses] = wears * (LEAST + (1 - LEAST) * torch.rand(n, generator=draws))
    return faces


DISTRIBUTIONS: dict[str, Draw] = {"natural": _natural, "uniform": _uniform, "skewed": _skewed}
