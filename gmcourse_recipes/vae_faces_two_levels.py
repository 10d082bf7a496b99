"""The VAE of `vae_faces` with a second level: a map of 8×8 below the vector, whose prior is learned.

The pictures, the schedule and the average are those of `vae_faces`, and so are the widths of its networks.
"""

from dataclasses import replace

import torch

from gmcourse.data import load
from gmcourse.models.vae import TwoLevelVAE
from gmcourse.reproducible import seed_torch
from gmcourse_recipes.running import Recipe, adam
from gmcourse_recipes.running.fitted_priors import frechet_by_prior
from gmcourse_recipes.vae_faces import RECIPE as ONE_LEVEL


def measure(module: TwoLevelVAE, device: torch.device) -> dict[str, float]:
    """Measure, on 2,000 test faces, the bound with both prices, and Fréchet distances by prior of z₂."""
    test, train = (load("faces", split, n=n).unit().to(device) for split, n in (("test", 2000), ("train", 10_000)))
    seed_torch(0)
    parts = [module.loss(part) for part in test.split(250)]
    found = {name: float(torch.stack([part[name] for part in parts]).mean()) for name in parts[0]}
    bounds = [module.importance_bound(part, 50) for part in test[:200].split(10)]
    return {
        "test_elbo_of_the_density_nats": -found["loss"],
        "test_L50_of_200_densities_nats": float(torch.cat(bounds).mean()),
        "test_kl_top_nats": found["kl_top"],
        "test_kl_map_nats": found["kl_map"],
    } | frechet_by_prior(module, lambda z: module.sample(len(z), top=z), module.reconstruct, train, test)


RECIPE: Recipe = replace(
    ONE_LEVEL,
    model="gmcourse.models.vae:TwoLevelVAE",
    arguments={"shape": [3, 32, 32], "latent_dim": 32, "map_channels": 4, "width": 24},
    # the prior of z₂ has to follow codes that move: at the rate of the rest it lags half a standard deviation
    step=adam(
        1.5e-3,
        lambda vae: lambda x: vae.loss(x.float() / 255),
        average=0.999,
        clip=1000.0,
        quick=("top_mean", "top_log_var"),
    ),
    measure=measure,
    pictures=False,
)
