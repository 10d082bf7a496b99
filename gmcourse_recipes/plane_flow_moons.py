"""A flow of the plane between two moons and a normal cloud: lesson 05 opens with it, and bends a grid with it."""

from collections.abc import Callable

import torch
from torch import Tensor

from gmcourse.data import toy
from gmcourse.models.change_of_variables import PlaneFlow
from gmcourse.reproducible import generator
from gmcourse_recipes.running import Recipe, adam, cosine


def data(device: torch.device, density: str = "two_moons") -> Callable[[torch.Generator, int], Tensor]:
    """Draw fresh samples at each step."""
    truth = toy.load(density)
    return lambda draws, n: truth.sample(n, draws).to(device)


def prepare(module: PlaneFlow, batches: Callable[[torch.Generator, int], Tensor]) -> None:
    """Initialise actnorm on 1,000 samples."""
    module(batches(generator(0), 1000))


def measure(module: PlaneFlow, device: torch.device, density: str = "two_moons") -> dict[str, float]:
    """Estimate KL(truth ‖ flow) on 20,000 fresh samples."""
    truth = toy.load(density)
    x = truth.sample(20_000, generator(1))
    return {"kl_to_truth_nats": float((truth.log_prob(x) - module.log_prob(x.to(device)).cpu()).mean())}


RECIPE = Recipe(
    model="gmcourse.models.change_of_variables:PlaneFlow",
    arguments={"couplings": 8, "hidden": [48, 48]},
    data=data,
    step=adam(3e-3, clip=5.0),
    steps=5000,
    batch_size=256,
    measure=measure,
    described="two_moons: fresh samples",
    prepare=prepare,
    schedule=cosine,
)
