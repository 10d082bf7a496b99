"""Several GANs side by side, of the plane or of digits, alike but for the seed: one run proves nothing."""

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.models.gan import DCGenerator, FromNoise, PlaneGenerator
from gmcourse.reproducible import seeded


class GridGANs(nn.Module):
    """Generators of the plane, one for each run, all with latents and hidden layers of these widths."""

    @expect.door(runs=">= 1", latent_dim=">= 1", hidden="layers: >= 1")
    def __init__(self, runs: int = 5, latent_dim: int = 256, hidden: Sequence[int] = (128, 128)) -> None:
        super().__init__()
        build = partial(PlaneGenerator, latent_dim, hidden)
        self.generators = nn.ModuleList(seeded("generator", seed, build) for seed in range(runs))

    @property
    def players(self) -> list[FromNoise]:
        """The generators with their own type, which a ModuleList does not know."""
        return [generator for generator in self.generators if isinstance(generator, FromNoise)]

    @expect.door(n=">= 1")
    @torch.no_grad()
    def sample(self, n: int) -> Tensor:
        """Draw n points of each generator, (runs, n, 2), or pictures, (runs, n, 1, 8, 8)."""
        return torch.stack([player.sample(n) for player in self.players])


class DigitGANs(GridGANs):
    """Generators of 8×8 digits, one for each run; run k begins with seed k mod `seeds`."""

    @expect.door(runs=">= 1", seeds=">= 1", latent_dim=">= 1", width=">= 1")
    def __init__(self, runs: int = 5, seeds: int = 5, latent_dim: int = 32, width: int = 64) -> None:
        nn.Module.__init__(self)
        build = partial(DCGenerator, (1, 8, 8), latent_dim, width)
        self.generators = nn.ModuleList(seeded("generator", run % seeds, build) for run in range(runs))
