"""A published Glow's weights give the published numbers."""

import math

import pytest
import torch

from gmcourse.converters.rosinality_glow import glow_from_rosinality
from gmcourse.flows import ActNormConv, Multiscale
from gmcourse.metrics.likelihood import bits_per_dim
from tests.conftest import assert_close

FILES = ["glow_a_lu_affine", "glow_a_lu_additive", "glow_a_plain_affine", "glow_a_plain_additive"]


@pytest.fixture(params=FILES)
def case(request, golden):
    g = golden(request.param)
    shape = (g.config["in_channel"], *g.config["size"])
    return g, glow_from_rosinality(g.weights(), shape).double()


def test_log_prob_and_bits_per_dimension(case):
    g, model = case
    x = g.x("x_uint8").div(2 ** (8 - g.config["n_bits"]), rounding_mode="floor").double()
    x = (x + g.x("u")) / 2 ** g.config["n_bits"]
    assert_close(x - 0.5, g.out("x"), 1e-6)
    with torch.no_grad():
        log_prob = model.log_prob(g.out("x") + 0.5)
    assert_close(log_prob, g.out("log_p") + g.out("logdet"), 1e-7)
    dims = x[0].numel()
    assert_close(bits_per_dim(log_prob - math.log(2 ** g.config["n_bits"]) * dims, dims), g.out("bits_per_dim"))


def test_latents_are_the_standardised_ones(case):
    g, model = case
    with torch.no_grad():
        z, _ = model(g.out("x") + 0.5)
    squeezed = torch.nn.functional.pixel_unshuffle(z, 2)
    assert_close(squeezed.chunk(2, dim=1)[1], g.out("eps_of_z0"), 3e-7)


def test_sampling_from_given_noise(case):
    g, model = case
    on = torch.nn.functional.pixel_shuffle(g.x("eps1"), 2)
    z = torch.nn.functional.pixel_shuffle(torch.cat([on, g.x("eps0")], dim=1), 2)
    with torch.no_grad():
        assert_close(model.inverse(z) - 0.5, g.out("sample_from_eps"), 1e-6)


def test_sublayers(case):
    g, model = case
    level = next(m for m in model.modules() if isinstance(m, Multiscale))
    mixer = next(m for m in level.modules() if isinstance(m, ActNormConv))
    with torch.no_grad():
        squeezed, _ = level.squeeze(g.out("x"))
        assert_close(squeezed, g.out("squeeze"), 1e-6)
        mixed, log_det = mixer(g.out("squeeze"))
        assert_close(mixed, g.out("flow0_invconv"), 1e-6)
        assert_close(log_det[0], g.out("flow0_logdet_actnorm") + g.out("flow0_logdet_invconv"), 1e-7)
        coupled, log_det = level.steps.members[1](g.out("flow0_invconv"))
        assert_close(coupled, g.out("flow0_coupling"), 1e-6)
        assert_close(log_det, g.out("flow0_logdet_coupling").expand(2), 1e-6) if g.config["affine"] else None


def test_gradients_agree(golden):
    g = golden("glow_a_plain_affine")
    shape = (g.config["in_channel"], *g.config["size"])
    model = glow_from_rosinality(g.weights(), shape).double()
    dims = math.prod(shape)
    log_prob = model.log_prob(g.out("x") + 0.5) - math.log(2 ** g.config["n_bits"]) * dims
    loss = bits_per_dim(log_prob, dims).mean()
    assert_close(loss.detach(), g.out("loss"))
    loss.backward()
    level = next(m for m in model.modules() if isinstance(m, Multiscale))
    first = level.steps.members[1].network.last
    # theirs pads with ones: the gradient of its weight is ours plus that of the edge channel
    ours = first.weight.grad + first.edge.grad
    assert_close(ours, g.out("grad_loss.blocks.0.flows.0.coupling.net.4.conv.weight"), 1e-6)
