"""SRFlow on faces, 8×8 → 32×32, on the frozen encoder of the regression.

It has eight steps at two levels and sixteen at the coarsest, where one step sees both eyes.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch

from gmcourse import zoo
from gmcourse.data import faces
from gmcourse.models.srflow import SRFlow
from gmcourse_recipes.running import find
from gmcourse_recipes.running.super_resolution import flow
from gmcourse_recipes.sr_regression_faces import TASK

ASKED, DRAWS = 20, 64
NAMES = ("smile", "mouth_open", "eye_narrowness", "brows", "glasses", "moustache")


@torch.no_grad()
def beside_the_posterior(module: SRFlow, device: torch.device) -> dict[str, float]:
    """Compare answers at τ = 1 with p(attributes | y) of held-out faces, as the attribute network reads them.

    For each attribute the mean absolute distance of draws from the truth, and the standard deviation of the draws.
    """
    test, network = TASK.held_out(device)[:ASKED], zoo.load("attribute_network", device)
    exact = [faces.posterior(low, enough=100) for low in test.low]
    torch.manual_seed(0)
    shown = torch.stack([network(x.nan_to_num(0.5)) for x in module.sample(test.low, 1.0, n=DRAWS)]).cpu()
    drawn = {"posterior": torch.stack([found.draw(1000) for found in exact]), "answers": shown}
    drawn["read"] = network(test.unit())[:, None].cpu()
    found = {"posterior_draws_median": float(torch.tensor([each.effective for each in exact]).median())}
    for name in NAMES:
        c = faces.column(name)
        for kind, x in drawn.items():
            found[f"{name}_{kind}_distance"] = float((x - test.labels.cpu()[:, None])[..., c].abs().mean())
            if x.shape[1] > 1:
                found[f"{name}_{kind}_deviation"] = float(x[..., c].var(1).mean().sqrt())
    return found


def measure(module: Any, device: torch.device) -> Mapping[str, float]:
    """Measure what every flow is measured by, and how its answers lie beside the posterior."""
    return {**PLAIN.measure(module, device), **beside_the_posterior(module, device)}


REGRESSION = find("sr_regression_faces")
PLAIN = flow(TASK, REGRESSION, steps=20_000, batch_size=16, n_steps=8, n_coarse_steps=16, hidden_channels=32)
RECIPE = replace(PLAIN, measure=measure)
