"""Several GANs of the plane side by side, alike but for the seed: one run proves nothing."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from gmcourse.expect.door import door
from gmcourse.models.gan.plane import PlaneGenerator
from gmcourse.reproducible import seeded


class GridGANs(nn.Module):
    """Generators of the plane, one for each run, all with latents and hidden layers of these widths."""

    @door(runs=">= 1", latent_dim=">= 1", hidden="layers: >= 1")
    def __init__(self, runs: int = 5, latent_dim: int = 256, hidden: Sequence[int] = (128, 128)) -> None:
        super().__init__()
        self.generators = nn.ModuleList(
            seeded("generator", seed, lambda: PlaneGenerator(latent_dim, hidden)) for seed in range(runs)
        )

    @property
    def players(self) -> list[PlaneGenerator]:
        """The generators with their own type, which a ModuleList does not know."""
        return [generator for generator in self.generators if isinstance(generator, PlaneGenerator)]

    @door(n=">= 1")
    @torch.no_grad()
    def sample(self, n: int) -> Tensor:
        """Draw n points of each generator, (runs, n, 2)."""
        return torch.stack([player.sample(n) for player in self.players])
