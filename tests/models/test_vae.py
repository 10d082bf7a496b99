"""The VAE: bounds below the truth, closed forms met by Monte Carlo, and the reference numbers."""

import copy
import math

import pytest
import torch
from torch.distributions import Bernoulli, Normal

from gmcourse.metrics.likelihood import log_mean_exp
from gmcourse.models.vae import (
    VAE,
    DiscretisedLogistic,
    Gaussian,
    LinearGaussianVAE,
    log_normal,
    reparameterise,
)
from gmcourse.models.vae.likelihoods import LIKELIHOODS
from tests.conftest import assert_close
from tests.models.linear_weights import log_weights


@pytest.fixture
def linear(golden):
    g = golden("vae_a")
    model = LinearGaussianVAE(g.config["D"], g.config["k"], g.config["sigma"]).double()
    names = {
        "weight": "dec_W",
        "bias": "dec_mu",
        "encoder_weight": "enc_A",
        "encoder_bias": "enc_b",
        "log_var": "enc_logvar",
    }
    model.load_state_dict({ours: g.w(theirs) for ours, theirs in names.items()})
    return g, model.requires_grad_(False)


def test_linear_gaussian_agrees_with_the_reference(linear):
    g, model = linear
    x, noise = g.x("x"), g.x("eps")
    mean, _log_var = model.encode(x)
    assert_close(mean, g.out("q_mean"))
    assert_close(model.log_evidence(x), g.out("log_px_exact"))
    assert_close(model.elbo(x), g.out("elbo_exact"))
    post_mean, post_cov = model.posterior(x)
    assert_close(post_mean, g.out("post_mean"))
    assert_close(post_cov, g.out("post_cov"))
    log_w = log_weights(model, x, noise)
    assert_close(log_w, g.out("log_w"))
    for k in (1, 2, 5, 16):
        assert_close(log_mean_exp(log_w[:k], 0), g.out(f"iwae_K{k}_first_samples"))


def test_the_gap_is_the_kl_to_the_posterior(linear):
    g, model = linear
    x = g.x("x")
    mean, log_var = model.encode(x)
    post_mean, post_cov = model.posterior(x)
    q, p = Normal(mean, (0.5 * log_var).exp()), Normal(post_mean, post_cov[0, 0].sqrt())
    gap = torch.distributions.kl_divergence(q, p).sum(-1)
    assert_close(model.log_evidence(x) - model.elbo(x), gap)
    assert_close(gap, g.out("kl_q_to_posterior_exact"))


def test_expected_importance_bounds(linear):
    g, model = linear
    x = g.x("x")
    noise = torch.randn(4, 200_000, 1, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for k in (1, 2, 4):
        bounds = log_mean_exp(log_weights(model, x[:1].expand(200_000, -1), noise[:k]), 0)
        error = bounds.std() / math.sqrt(len(bounds))
        assert abs(bounds.mean() - g.out(f"iwae_K{k}_expectation")[0]) < 4 * error


def test_the_posterior_as_encoder_closes_the_gap():
    model = LinearGaussianVAE(6, 1, 0.5).double()
    x = torch.randn(9, 6, dtype=torch.float64)
    assert (model.log_evidence(x) - model.elbo(x) > 1e-3).all()
    model.set_encoder_to_posterior()
    assert_close(model.elbo(x), model.log_evidence(x), 1e-12)


def test_the_best_diagonal_encoder_leaves_a_gap_but_no_gradient():
    model = LinearGaussianVAE(6, 3, 0.5).double()
    model.set_encoder_to_posterior()
    model.elbo(torch.randn(9, 6, dtype=torch.float64)).mean().backward()
    for parameter in (model.encoder_bias, model.encoder_weight, model.log_var):
        assert parameter.grad.abs().max() < 1e-9


def test_half_precision_is_refused_but_for_the_best_encoder():
    model = LinearGaussianVAE(3, 2, sigma=0.5)
    wanted = copy.deepcopy(model)
    wanted.set_encoder_to_posterior()
    model.half().set_encoder_to_posterior()
    assert torch.allclose(model.encoder_weight.float(), wanted.encoder_weight, atol=1e-2)
    for call in (model.encode, model.log_evidence, model.posterior, model.elbo):
        with pytest.raises(ValueError, match=r"x has dtype torch.float16; expected float32 or float64"):
            call(torch.zeros(1, 3).half())
    with pytest.raises(
        ValueError, match=r"LinearGaussianVAE has torch.float16, x has torch.float32; expected one dtype"
    ):
        model.encode(torch.zeros(1, 3))


def test_elbo_by_monte_carlo_is_the_exact_elbo(linear):
    g, model = linear
    x, noise = g.x("x"), g.x("eps")
    log_w = log_weights(model, x, noise)
    assert_close(log_w.mean(0), g.out("elbo_mc_all_samples"))


@pytest.mark.parametrize("likelihood", list(LIKELIHOODS))
@pytest.mark.parametrize("network", ["mlp", "conv"])
def test_shapes_and_gradients(likelihood, network):
    model = VAE((3, 16, 16), 5, likelihood=likelihood, network=network, hidden=(8,))
    x = torch.rand(4, 3, 16, 16)
    assert model.elbo(x).shape == (4,)
    assert model.importance_bound(x, 3).shape == (4,)
    assert model.sample(2).shape == (2, 3, 16, 16)
    model.loss(x)["loss"].backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in model.parameters())


def test_the_elbo_is_one_importance_sample_with_its_kl_in_closed_form():
    torch.manual_seed(0)
    model = VAE((1, 4, 4), 2, hidden=(8,)).double()
    x = torch.rand(3, 1, 4, 4, dtype=torch.float64)
    noise = torch.randn(100_000, 3, 2, dtype=torch.float64)
    with torch.no_grad():
        sampled = model.log_weights(x, len(noise), noise)
        mean, log_var = model.encode(x)
        error = sampled.std(0) / math.sqrt(len(noise))
        repeated = x.expand(len(noise), *x.shape).flatten(0, 1)
        exact_kl = model.elbo(repeated, noise=noise.flatten(0, 1)).reshape(len(noise), 3)
    assert ((sampled.mean(0) - exact_kl.mean(0)).abs() < 4 * error).all()
    assert model.kl(mean, log_var).shape == (3,)


def test_more_samples_tighten_the_bound():
    torch.manual_seed(0)
    model = VAE((1, 4, 4), 2, hidden=(8,)).double()
    torch.nn.init.normal_(model.decoder.network[-1].weight, std=2.0)
    x = torch.rand(200, 1, 4, 4, dtype=torch.float64).round()
    with torch.no_grad():
        bounds = [float(model.importance_bound(x, k).mean()) for k in (1, 4, 16, 64)]
    assert bounds == sorted(bounds)


def test_the_importance_loss_has_the_gradient_of_its_definition():
    torch.manual_seed(0)
    model = VAE((1, 4, 4), 2, hidden=(8,)).double()
    x, noise = torch.rand(6, 1, 4, 4).double().round(), torch.randn(5, 6, 2).double()
    mean, log_var = model.encode(x)
    q, prior = Normal(mean, (0.5 * log_var).exp()), Normal(torch.zeros(2).double(), 1.0)
    weights = []
    for z in mean + noise * q.scale:
        pixels = Bernoulli(logits=model.decoder(z)).log_prob(x).sum((1, 2, 3))
        weights.append((pixels + prior.log_prob(z).sum(1) - q.log_prob(z).sum(1)).exp())
    defined = -(sum(weights) / 5).log().mean()  # Burda et al., section 3
    shares = (torch.stack(weights) / sum(weights)).detach()
    by_shares = -(shares * torch.stack(weights).log()).sum(0).mean()  # its gradient, section 3
    loss = model.importance_loss(x, 5, noise=noise)["loss"]
    assert_close(loss, defined, 1e-12)
    found, *others = (
        torch.autograd.grad(each, list(model.parameters()), retain_graph=True) for each in (loss, defined, by_shares)
    )
    for other in others:
        for ours, theirs in zip(found, other, strict=True):
            assert_close(ours, theirs, 1e-10)


def test_one_importance_sample_is_the_elbo_and_more_of_them_lower_the_loss():
    torch.manual_seed(0)
    model = VAE((1, 4, 4), 2, hidden=(8,)).double()
    x = torch.rand(1, 1, 4, 4, dtype=torch.float64).expand(2000, -1, -1, -1)
    signs = torch.randn(2000, 2, dtype=torch.float64).sign()
    signs = torch.cat([signs[:1000], -signs[:1000]])  # the moments that the KL needs, exactly
    assert_close(model.importance_loss(x, 1, noise=signs[None])["loss"], -model.elbo(x, noise=signs).mean())
    with torch.no_grad():
        losses = [float(model.importance_loss(x, k)["loss"]) for k in (1, 8, 64)]
    assert losses == sorted(losses, reverse=True)


def test_likelihoods_agree_with_the_reference(golden):
    g = golden("vae_a")
    logits = g.x("logits")
    bernoulli = LIKELIHOODS["bernoulli"]()
    assert_close(bernoulli.log_prob(g.x("target_bin"), logits), g.out("bernoulli_loglik_binary"))
    assert_close(bernoulli.log_prob(g.x("target01"), logits), g.out("bernoulli_loglik_soft_target"))
    assert_close(log_normal(g.x("target01"), g.x("dec_mean_img")), g.out("gaussian_loglik_unit_var"))
    assert_close(log_normal(g.x("target01"), g.x("dec_mean_img"), g.x("lv")), g.out("gaussian_loglik_logvar"))


def test_the_discretised_logistic_is_a_probability_of_levels():
    model = DiscretisedLogistic(17).double()
    out = torch.randn(5, 1, 1, 1, dtype=torch.float64) * 2
    levels = torch.arange(17, dtype=torch.float64) / 16
    total = sum(model.log_prob(torch.full_like(out, float(v)), out).exp() for v in levels)
    assert_close(total, torch.ones(5), 1e-9)


def test_the_gaussian_is_a_density_and_the_slide_its_special_case():
    model = Gaussian().double()
    torch.nn.init.constant_(model.log_sigma, 0.5 * math.log(0.5))
    x, out = torch.rand(3, 1, 2, 2, dtype=torch.float64), torch.randn(3, 1, 2, 2, dtype=torch.float64)
    expected = Normal(out.sigmoid(), torch.full_like(out, math.sqrt(0.5))).log_prob(x).sum((1, 2, 3))
    assert_close(model.log_prob(x, out), expected, 1e-12)
    squared = (x - out.sigmoid()).square().sum((1, 2, 3))
    assert_close(
        -model.log_prob(x, out) - squared, torch.full((3,), 2 * math.log(math.pi), dtype=torch.float64), 1e-12
    )


def test_bernoulli_against_torch():
    model = LIKELIHOODS["bernoulli"]()
    x, out = torch.rand(3, 1, 2, 2).round(), torch.randn(3, 1, 2, 2)
    assert_close(model.log_prob(x, out), Bernoulli(logits=out).log_prob(x).sum((1, 2, 3)), 1e-6)


def test_reparameterise_has_the_moments_it_should():
    z = reparameterise(torch.full((100_000, 1), 2.0), torch.full((100_000, 1), math.log(9.0)))
    assert abs(z.mean() - 2) < 0.05
    assert abs(z.std() - 3) < 0.05


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("x", [0.0, 0.25, 1.0])
def test_a_sure_bernoulli_has_digits(x, dtype):
    """Where a pixel is almost certain its logarithm is nearly 0: a difference of large numbers has none there."""
    log_prob = LIKELIHOODS["bernoulli"]().log_prob
    out = torch.tensor([-60.0, -15.0, -9.0, -1e-4, 0.0, 0.25, 7.0, 15.0, 60.0]).to(dtype).requires_grad_()
    fine = out.detach().double().requires_grad_()
    found = log_prob(torch.full((9, 1), x, dtype=dtype), out[:, None])
    wanted = -(1 - x) * (fine.relu() + (-fine.abs()).exp().log1p()) - x * (
        (-fine).relu() + (-fine.abs()).exp().log1p()
    )
    close = {"rtol": 4 * torch.finfo(dtype).eps, "atol": torch.finfo(dtype).tiny}
    assert found.dtype == dtype
    assert torch.allclose(found.double(), wanted, **close)
    found.sum().backward()
    assert torch.allclose(out.grad.double(), x - fine.detach().sigmoid(), rtol=close["rtol"], atol=close["rtol"])


def test_the_bernoulli_can_be_differentiated_twice():
    pair = [torch.rand(2, 3, dtype=torch.float64), torch.randn(2, 3, dtype=torch.float64)]
    for check in (torch.autograd.gradcheck, torch.autograd.gradgradcheck):
        assert check(LIKELIHOODS["bernoulli"]().log_prob, [each.clone().requires_grad_() for each in pair])
