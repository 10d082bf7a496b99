"""A closed form in half precision has the digits that half precision can hold."""

from functools import partial

import pytest
import torch

from gmcourse.densities import COSINE, NoisedMixture
from gmcourse.flows import NormalQuantile
from gmcourse.models.diffusion import bound, step_kl
from gmcourse.models.vae import DiscretisedLogistic, Gaussian
from tests.metrics.test_numbers import agrees, draws

HALF = [torch.bfloat16, torch.float16]
PICTURE = (255 * draws(5, 64).sigmoid()).round() / 255
NEAR = NoisedMixture(draws(9, 64, seed=4), 0.05)
POINTS = NEAR.centres + 0.1 * draws(9, 64)
CLOSED_FORMS = {
    "gaussian": (Gaussian().requires_grad_(False).log_prob, [PICTURE, PICTURE.logit(1e-3)]),
    "logistic": (DiscretisedLogistic().requires_grad_(False).log_prob, [PICTURE, 6 * draws(5, 64)]),
    "quantile": (lambda x: NormalQuantile()(x)[1], [PICTURE.clamp(0.01, 0.99)]),
    "mixture": (partial(NEAR.log_prob, t=0.02), [POINTS]),
    "score": (partial(NEAR.score, t=0.02), [POINTS]),
    "velocity": (partial(NEAR.velocity, t=0.3), [POINTS]),
    "step": (lambda x, y: step_kl(COSINE, x, x.detach(), y, 0.4, 0.401), [draws(5, 64), draws(5, 64, seed=1)]),
}


@pytest.mark.parametrize("dtype", HALF)
@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_a_closed_form_loses_nothing(name, dtype):
    function, arguments = CLOSED_FORMS[name]
    agrees(function, arguments, dtype, least=0)


@pytest.mark.parametrize("dtype", HALF)
@pytest.mark.parametrize("family", [Gaussian, DiscretisedLogistic])
def test_a_likelihood_whose_own_parameter_is_rounded(family, dtype):
    module = family().to(dtype).requires_grad_(False)
    exact = family().double().requires_grad_(False)
    exact.load_state_dict(module.state_dict())
    x, out = PICTURE.to(dtype), (6 * draws(5, 64)).to(dtype)
    found, wanted = module.log_prob(x, out), exact.log_prob(x.double(), out.double())
    assert found.dtype == dtype
    assert torch.allclose(found.double(), wanted, rtol=torch.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", HALF)
def test_the_bound_of_a_diffusion(dtype):
    x, grid = (2 * PICTURE - 1).to(dtype), [0.0, 0.1, 0.5, 0.8]
    # an answer that does not look at the noisy picture: the noise is another in another dtype
    near = 0.99 * x
    found, wanted = (bound(lambda x_t, t: near.to(x_t), each, grid, levels=256) for each in (x, x.double()))
    assert found.dtype == dtype
    assert torch.allclose(found.double(), wanted, rtol=torch.finfo(dtype).eps)


def test_a_finer_argument_keeps_its_digits():
    """As where a network ran in bfloat16 under `torch.autocast`, and the pictures are float32."""
    found = DiscretisedLogistic().log_prob(PICTURE, draws(5, 64).bfloat16())
    assert found.dtype == torch.float32
