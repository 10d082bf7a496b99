"""Several classifiers side by side, alike but for the seed and the data that each of them sees."""

from functools import partial

import torch
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.models.discriminative_vs_generative import Classifier
from gmcourse.reproducible import seeded


class Classifiers(nn.Module):
    """`runs` classifiers of two classes with 64 hidden units; `per_seed` of them begin with the same weights."""

    @expect.door(runs=">= 1", per_seed=">= 1", dims=">= 1")
    def __init__(self, runs: int, per_seed: int, dims: int) -> None:
        super().__init__()
        build = partial(Classifier, dims, 2, hidden=(64,))
        self.each = nn.ModuleList(seeded("classifier", run // per_seed, build) for run in range(runs))

    @property
    def networks(self) -> list[Classifier]:
        """The classifiers with their own type, which a ModuleList does not know."""
        return [network for network in self.each if isinstance(network, Classifier)]

    def loss(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        """Add up the cross-entropies of the runs, each on its own batch: (B, runs, dims) and (B, runs)."""
        x, y = batch
        parts = [each.loss((x[:, i], y[:, i]))["loss"] for i, each in enumerate(self.networks)]
        return torch.stack(parts).sum()
