"""Several GANs of the plane side by side, alike but for the seed: one run proves nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from gmcourse.adversarial import Adversarial
from gmcourse.models.gan.plane import PlaneGenerator
from gmcourse.reproducible import mixed_seed

T = TypeVar("T", bound=nn.Module)


class GridGANs(nn.Module):
    """Generators of the plane, one for each run.

    Args:
        runs: how many.
        latent_dim: width of z.
        hidden: widths of the generators' hidden layers.

    Raises:
        ValueError: fewer than one run.
    """

    def __init__(
        self,
        runs: int = 5,
        latent_dim: int = 256,
        hidden: Sequence[int] = (128, 128),
    ) -> None:
        super().__init__()
        if runs < 1:
            raise ValueError(f"runs is {runs}; expected at least 1")
        self.generators = nn.ModuleList(
            seeded("generator", seed, lambda: PlaneGenerator(latent_dim, hidden)) for seed in range(runs)
        )

    @torch.no_grad()
    def sample(self, n: int) -> Tensor:
        """n points of each generator, (runs, n, 2)."""
        return torch.stack([generator.sample(n) for generator in self.generators])  # type: ignore[operator]


def seeded(name: str, seed: int, build: Callable[[], T]) -> T:
    """A network whose first weights are a function of (name, seed) alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(mixed_seed(name, seed))
        return build()


class SideBySide:
    """A step that makes one step of each of several runs, every run with its own rows of the batch.

    Args:
        module: the generators of the runs, in the same order.
        steps: one for each run.
        rows: how many rows of the batch each run takes.
        names: of the set-up of each run; curves of runs of one name are averaged.

    Raises:
        ValueError: not one of each for every generator.
    """

    ema = None

    def __init__(
        self, module: GridGANs, steps: Sequence[Adversarial], rows: Sequence[int], names: Sequence[str]
    ) -> None:
        if not len(module.generators) == len(steps) == len(rows) == len(names):
            raise ValueError(
                f"{len(module.generators)} generators, {len(steps)} steps, {len(rows)} counts of rows and "
                f"{len(names)} names; expected one of each for every run"
            )
        self.module, self.steps, self.rows, self.names = module, list(steps), list(rows), list(names)

    def __call__(self, batch: Tensor) -> dict[str, Tensor]:
        """One step of each run; the losses are named after the set-ups.

        Raises:
            ValueError: a batch of another size.
        """
        if len(batch) != sum(self.rows):
            raise ValueError(f"the batch has {len(batch)} rows; expected {sum(self.rows)}")
        found: dict[str, list[Tensor]] = {}
        for set_up, step, part in zip(self.names, self.steps, batch.split(self.rows), strict=True):
            for loss, value in step(part).items():
                found.setdefault(f"{set_up}: {loss}", []).append(value)
        return {name: torch.stack(values).mean() for name, values in found.items()}

    def averaged(self) -> GridGANs:
        """The generators, those with an average replaced by it."""
        for step in self.steps:
            if step.ema is not None:
                step.generator.load_state_dict(step.ema.module.state_dict())
        return self.module

    def state_dict(self) -> dict[str, Any]:
        """The states of all runs."""
        return {"steps": [step.state_dict() for step in self.steps]}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """The reverse of `state_dict`."""
        for step, saved in zip(self.steps, state["steps"], strict=True):
            step.load_state_dict(saved)
