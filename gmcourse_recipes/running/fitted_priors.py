"""Priors that are fitted to a VAE's codes after training, and what they do to the Fréchet distance of its samples.

The codes of all pictures together follow the aggregate posterior, E_x[q(z|x)], which is never quite the prior
N(0, I). Samples are bad from where the prior has mass and no picture has its code. A density that is fitted to the
codes mends that (Ghosh et al. 2020, arXiv:1903.12436, section 4, who fit ten normals). The distance of the
reconstructions says what the decoder can do with the best of codes.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from gmcourse import zoo
from gmcourse.densities import Mixture
from gmcourse.metrics.frechet import frechet_distance
from gmcourse.models.nice import NICE
from gmcourse.models.vae import VAE, TwoLevelVAE, reparameterise
from gmcourse.reproducible import generator, seed_torch
from gmcourse.training import Minimize, fit
from gmcourse.training.schedules import cosine


def fitted_flow(mean: Tensor, log_var: Tensor, *, steps: int = 1500) -> NICE:
    """Fit six affine couplings to codes that are drawn anew from q(z|x) at each step."""
    seed_torch(0)
    flow = NICE(mean.shape[1], couplings=6, hidden=(64, 64), affine=True, prior="normal").to(mean.device)
    adam = torch.optim.Adam(flow.parameters(), lr=2e-3, fused=True)
    step = Minimize(lambda codes: flow.loss(reparameterise(*codes)), flow, adam, clip=10.0)
    size = min(256, len(mean))
    fit(step, (mean, log_var), steps=steps, batch_size=size, schedule=cosine, progress=False)
    return flow.eval()


@torch.no_grad()
def frechet_by_prior(
    module: VAE | TwoLevelVAE,
    draw: Callable[[Tensor], Tensor],
    rebuild: Callable[[Tensor], Tensor],
    train: Tensor,
    test: Tensor,
) -> dict[str, float]:
    """Measure Fréchet distances to the first half of the test pictures, of as many others.

    Args:
        module: whose codes are drawn from q(z|x) of its `encode`, with its own prior in its `sample`.
        draw: codes (B, D) → pictures.
        rebuild: pictures → their reconstructions.
        train: pictures (N, 3, 32, 32) in [0, 1], whose codes the priors are fitted to.
        test: pictures of which the second half is rebuilt, and is the floor.
    """
    features: Any = zoo.load("features", test.device)
    half = len(test) // 2
    real, other = features.of(test[:half]), test[half : 2 * half]
    codes = [torch.cat(parts) for parts in zip(*map(module.encode, train.split(250)), strict=True)]
    with torch.enable_grad():
        flow = fitted_flow(*codes)
    seed_torch(0)
    mixture = Mixture.fit(reparameterise(*codes), min(10, len(train)), generator=generator(0))

    def distance(pictures: list[Tensor]) -> float:
        return frechet_distance(real, features.of(torch.cat(pictures)))

    found = {"frechet": distance([module.sample(half)])}
    for name, drawn in {"mixture": mixture.sample(half), "flow": flow.sample(half)}.items():
        found[f"frechet_with_a_{name}"] = distance([*map(draw, drawn.split(250))])
    rebuilt = [*map(rebuild, other.split(250))]
    return found | {"frechet_of_reconstructions": distance(rebuilt), "frechet_floor": distance([other])}
