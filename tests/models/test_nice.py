"""NICE: the reference numbers, odd dimensions, and the paper's settings as defaults."""

import math

import pytest
import torch

from gmcourse.converters.plain_nice import nice_from_layers
from gmcourse.densities import LowRankNormal
from gmcourse.flows import Dequantized, assert_bijection_laws
from gmcourse.flows.flow import PRIORS
from gmcourse.metrics.likelihood import bits_per_dim
from gmcourse.models.nice import NICE
from tests.conftest import assert_close


@pytest.mark.parametrize(("prior", "name"), [("logistic", "logistic"), ("normal", "gaussian")])
def test_log_likelihood_and_inverse(golden, prior, name):
    g = golden("nice_a")
    model = nice_from_layers(g.weights(), prior)
    z, log_det = model(g.x("x"))
    assert_close(z.detach(), g.out("z"))
    assert_close(log_det.detach(), g.out("logdet").expand(len(z)))
    assert_close(model.prior.log_prob(z).detach(), g.out(f"logp_{name}"))
    assert_close(model.log_prob(g.x("x")).detach(), g.out(f"loglik_{name}"))
    assert_close(model.inverse(g.x("z_sample")).detach(), g.out("x_from_z_sample"))


def test_gradients(golden):
    g = golden("nice_a")
    model = nice_from_layers(g.weights())
    model.loss(g.x("x")).backward()
    assert_close(model.scale.log_scale.grad, g.out("grad_nll_logistic.log_scale"))
    linears = [[m for m in c.network if isinstance(m, torch.nn.Linear)] for c in model.couplings]
    assert_close(linears[0][0].weight.grad, g.out("grad_nll_logistic.coupling0.layer0.weight"))
    assert_close(linears[3][0].bias.grad, g.out("grad_nll_logistic.coupling3.layer0.bias"))
    assert_close(linears[1][1].weight.grad, g.out("grad_nll_logistic.coupling1.layer1.weight"))


def test_the_papers_settings_are_the_defaults():
    model = NICE(784)
    assert len(model.couplings) == 4
    widths = [m.out_features for m in model.couplings[0].network if isinstance(m, torch.nn.Linear)]
    assert widths == [1000] * 5 + [392]
    assert model.prior is PRIORS["logistic"]


def test_odd_dimensions_obey_the_laws():
    for dim in (3, 5):
        assert_bijection_laws(NICE(dim, hidden=(8,)).bijection, torch.randn(3, dim))


@pytest.mark.parametrize(("couplings", "full"), [(1, False), (2, False), (3, True)])
def test_three_couplings_are_the_least(couplings, full):
    model = NICE(6, couplings=couplings, hidden=(16,)).double()
    jacobian = torch.autograd.functional.jacobian(lambda x: model(x[None])[0][0], torch.randn(6).double())
    assert bool((jacobian != 0).all()) == full


def test_the_dequantised_bound_is_the_density_less_a_constant():
    model = NICE(4, hidden=(4,))
    pixels, noise = torch.tensor([[0, 5, 9, 16]]), torch.rand(1, 4)
    bound = Dequantized(model, 17).log_prob(pixels, noise=noise)
    assert_close(bound.detach(), (model.log_prob((pixels + noise) / 17) - 4 * math.log(17)).detach())
    assert bits_per_dim(bound, 4).shape == (1,)


def test_the_dequantised_bound_is_below_the_exact_probability():
    """A uniform density on [0, 1) gives every level the probability 1/grey_levels, and the bound is tight."""
    from gmcourse.flows import Flow, Logit

    flow = Flow(Logit(), (1,), prior="logistic")
    pixels = torch.arange(8)[:, None]
    bound = Dequantized(flow, 8).log_prob(pixels, noise=torch.full((8, 1), 0.5))
    assert_close(bound, torch.full((8,), -math.log(8.0)), 1e-5)


def test_the_temperature_scales_the_spread_of_the_base():
    model = NICE(2, hidden=(4,), prior="normal")
    torch.manual_seed(0)
    with torch.no_grad():
        z, _ = model(model.sample(20_000, temperature=0.5))
    assert abs(float(z.std()) - 0.5) < 0.01


@pytest.mark.parametrize("prior", ["normal", "logistic"])
def test_a_whitened_nice_begins_at_the_normal_that_it_is_given(prior):
    normal = LowRankNormal(torch.randn(9).double(), torch.randn(9, 3).double(), torch.rand(9).double() + 0.1)
    model = NICE(9, hidden=(8,), codes=3, prior=prior).double()
    model.start_at(normal.mean, normal.loadings, normal.noise)
    x = normal.sample(20)
    if prior == "normal":
        assert_close(model.log_prob(x).detach(), normal.log_prob(x), 1e-10)
    else:
        z, _ = model(normal.sample(200_000))
        assert (z.T.cov() - math.pi**2 / 3 * torch.eye(9)).abs().max() < 0.1


def test_whitening_is_exact_for_rounded_directions():
    """What float16 leaves of orthonormal directions is not orthonormal; the flow makes it so again."""
    model = NICE(40, hidden=(8,), codes=5)
    model.start_at(torch.zeros(40), 30 * torch.randn(40, 5), torch.full((40,), 1e-2))
    model(torch.randn(1, 40))
    rounded = model.half().float()
    assert rounded.whitening.basis.dtype == torch.float32
    rounded = rounded.double()
    basis = rounded.whitening.basis
    assert_close(basis.T @ basis, torch.eye(5).double(), 1e-12)
    assert (rounded.whitening.directions - basis).abs().max() > 1e-6
