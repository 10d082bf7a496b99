"""Priors fitted to a VAE's codes: the flow learns them, and samples come nearer to the data."""

from functools import partial

import pytest
import torch

from gmcourse import zoo
from gmcourse.data import load
from gmcourse.densities import Normal
from gmcourse.models.vae import reparameterise
from gmcourse_recipes.running import fitted_priors


@pytest.mark.slow
def test_a_fitted_flow_knows_codes_that_no_normal_knows():
    angles = 6.28 * torch.rand(2000, generator=torch.Generator().manual_seed(0))
    mean = 3 * torch.stack([angles.cos(), angles.sin()], 1)
    log_var = torch.full_like(mean, -4.0)
    flow = fitted_priors.fitted_flow(mean, log_var, steps=300)
    codes = reparameterise(mean, log_var)
    with torch.no_grad():
        assert flow.log_prob(codes).mean() > Normal.fit(codes).log_prob(codes).mean() + 0.3


@pytest.mark.slow
def test_fitted_priors_come_near_the_reconstructions(monkeypatch):
    monkeypatch.setattr(fitted_priors, "fitted_flow", partial(fitted_priors.fitted_flow, steps=150))
    vae = zoo.load("vae_faces")
    train, test = load("faces", n=1000).unit(), load("faces", "test", n=400).unit()
    torch.manual_seed(0)
    found = fitted_priors.frechet_by_prior(vae, vae.decode, lambda x: vae.decode(vae.encode(x)[0]), train, test)
    best = found["frechet_of_reconstructions"]
    assert found["frechet_floor"] < best
    for prior in ("frechet_with_a_mixture", "frechet_with_a_flow"):
        assert found[prior] < best + 0.3 * (found["frechet"] - best)
