"""The VAE of two levels: its closed forms against draws, its bounds in order, and both latents in use."""

import itertools

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from gmcourse.data import load
from gmcourse.models.vae import TwoLevelVAE
from gmcourse.training import Minimize, fit
from tests.conftest import assert_close


def rough():
    """A small model in float64 whose every layer says something, and four pictures."""
    torch.manual_seed(0)
    model = TwoLevelVAE((1, 8, 8), 3, 2, width=4).double().requires_grad_(False)
    for parameter in model.parameters():
        parameter.mul_(1.5)
    for parameter in (model.top_mean, model.top_log_var):
        parameter.normal_()
    return model, torch.rand(4, 1, 8, 8, dtype=torch.float64)


def by_definition(model, x, noise):
    """The two posteriors, the two priors and the draws, in the latents' own units."""
    top = Normal(*spread(model.encode(x)))
    z2 = top.mean + noise[0] * top.scale
    features = model.from_top(z2)
    prior = Normal(*spread(model.prior(features).chunk(2, 1)))
    shift, scale = spread(model.correction(torch.cat([features, model.read(x)], 1)).chunk(2, 1))
    posterior = Normal(prior.mean + prior.scale * shift, prior.scale * scale)
    z1 = posterior.mean + noise[1] * posterior.scale
    return (top, Normal(*spread((model.top_mean, model.top_log_var))), z2), (posterior, prior, z1), features


def spread(mean_and_log_var):
    mean, log_var = mean_and_log_var
    return mean, (0.5 * log_var).exp()


def total(terms):
    return terms.flatten(1).sum(1)


@pytest.fixture
def drawn():
    model, x = rough()
    noise = torch.randn(4, 3, dtype=torch.float64), torch.randn(4, 2, 8, 8, dtype=torch.float64)
    return model, x, noise


def test_every_part_is_what_its_definition_says(drawn):
    model, x, noise = drawn
    found = model._infer(x, noise)
    (top, above, z2), (posterior, prior, z1), features = by_definition(model, x, noise)
    assert_close(found.kl_top, total(kl_divergence(top, above)), 1e-10)
    assert_close(found.kl_map, total(kl_divergence(posterior, prior)), 1e-10)
    terms = (above.log_prob(z2), prior.log_prob(z1), -top.log_prob(z2), -posterior.log_prob(z1))
    assert_close(found.log_ratio, sum(map(total, terms)), 1e-10)
    assert_close(found.out, model.paint(features + model.join(z1)), 1e-10)
    assert (found.kl_top > 0).all()
    assert (found.kl_map > 0).all()
    expected = model.likelihood.log_prob(x, found.out) - found.kl_top - found.kl_map
    assert_close(model.elbo(x, noise=noise), expected, 1e-10)


def test_draws_have_the_kl_of_the_closed_forms(drawn):
    """Noise of +1 and −1 has the moments that both KL need, so that four draws do for an expectation."""
    model, x, noise = drawn
    signs = [each.sign() for each in noise]
    found = [model._infer(x, (a * signs[0], b * signs[1])) for a, b in itertools.product((1, -1), repeat=2)]
    ratio = sum(each.log_ratio for each in found) / 4
    assert_close(-ratio, sum(each.kl_top + each.kl_map for each in found) / 4, 1e-10)


@pytest.mark.slow
def test_bounds_are_in_order():
    model, x = rough()
    x = x[:1].expand(2000, -1, -1, -1)
    bounds = [float(model.importance_bound(x, k).mean()) for k in (1, 4, 32)]
    assert bounds[1] > bounds[0] + 1
    assert bounds[2] > bounds[1] + 1
    weights = model.log_weights(x[:1], 2000)
    assert abs(float(weights.mean() - model.elbo(x).mean())) < 5 * float(weights.std()) / 2000**0.5
    assert weights.shape == (2000, 1)


@pytest.mark.slow
def test_both_latents_are_used():
    digits = load("digits").unit()
    torch.manual_seed(0)
    model = TwoLevelVAE((1, 8, 8), 4, 2, width=8)
    optimizer = torch.optim.Adam(model.parameters(), 3e-3)
    fit(Minimize(model.loss, model, optimizer, clip=1000.0), digits, steps=400, batch_size=64, progress=False)
    with torch.no_grad():
        found = {name: float(value) for name, value in model.loss(digits).items()}
        assert found["kl_top"] > 1
        assert found["kl_map"] > 1
        # of the pictures' variance, what remains among draws that share their z₂ is the map's
        top = torch.randn(50, 4)
        pictures = torch.stack([model.sample(50, top=top) for _ in range(20)])
    together, given_top = pictures.var((0, 1)).sum(), pictures.var(0).mean(0).sum()
    assert 0.02 < given_top / together < 0.9


def test_shapes_and_gradients():
    model = TwoLevelVAE((3, 16, 24), 5, 2, width=4)
    x = torch.rand(4, 3, 16, 24)
    assert model.elbo(x).shape == model.importance_bound(x, 3).shape == (4,)
    assert model.sample(2, temperature=0.5).shape == (2, 3, 16, 24)
    assert model.reconstruct(x).shape == x.shape
    model.loss(x)["loss"].backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in model.parameters())


def test_at_temperature_zero_there_is_one_picture_for_a_top():
    model, _ = rough()
    top = torch.randn(1, 3, dtype=torch.float64).expand(2, -1)
    cold, warm = (model.sample(2, temperature=t, top=top) for t in (0.0, 1.0))
    assert_close(cold[0], cold[1], 1e-12)
    assert (warm[0] - warm[1]).abs().max() > 1e-3


def test_samples_begin_with_the_prior_of_the_top():
    model, _ = rough()
    torch.manual_seed(0)
    samples = model.sample(2, temperature=0.8)
    torch.manual_seed(0)
    top = model.top_mean + 0.8 * (0.5 * model.top_log_var).exp() * torch.randn(2, 3, dtype=torch.float64)
    assert_close(model.sample(2, temperature=0.8, top=top), samples, 1e-12)
