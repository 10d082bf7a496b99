"""The authors' weights give the authors' numbers, at 4× and at 8×, in float64."""

import math

import pytest
import torch

from gmcourse.converters.official_srflow import regression_from_official, srflow_from_official
from gmcourse.flows import ActNorm, Multiscale
from gmcourse.models.srflow import join_latent, split_latent
from tests.conftest import assert_close


@pytest.fixture(params=["srflow_a", "srflow_a8x"])
def case(request, golden):
    g = golden(request.param)
    return g, srflow_from_official(g.weights(), stacked=g.config["blocks"])


def bits_per_position(log_prob, high):
    """The authors' unit: divided by H·W, not by 3·H·W."""
    return -log_prob / (math.log(2) * high.shape[2] * high.shape[3])


def noises(g):
    """The normal draws of the latent, the largest level first."""
    return [g.x(name.removeprefix("in.")) for name in sorted(g.tensors) if name.startswith("in.eps")]


def test_the_low_resolution_is_read_as_they_read_it(case):
    g, model = case
    with torch.no_grad():
        contexts = model.contexts(g.x("lr"))
        for number, context in enumerate(contexts, start=1):
            assert_close(context, g.out(f"cond.level{number}"), 1e-7)
        assert_close(regression_from_official(g.weights())(g.x("lr")), g.out("rrdb.out"), 1e-7)


def test_log_likelihood(case):
    g, model = case
    with torch.no_grad():
        log_prob = model.log_prob(g.x("gt"), g.x("lr"))
    assert_close(log_prob, g.out("logdet_incl_split_logp") + g.out("logp_top_z"), 1e-9)
    assert_close(bits_per_position(log_prob, g.x("gt")), g.out("nll"), 1e-9)


def test_quantisation_noise_counts_all_channels(case):
    g, model = case
    high, quant = g.x("gt"), g.config["quant"]
    noisy = high + (g.x("u") - 0.5) / quant
    with torch.no_grad():
        density = model.flow.log_prob(noisy, model.contexts(g.x("lr")))
    ours = density - math.log(quant) * high[0].numel()
    # theirs counts one channel of three; two more are 2 · log₂ 32 = 10 bits a position
    assert_close(bits_per_position(ours, high), g.out("nll_noise") + 10, 1e-9)


def test_latents(case):
    g, model = case
    with torch.no_grad():
        z = model.encode(g.x("gt"), g.x("lr"))
    parts = split_latent(z, model.n_levels, model.n_splits)
    assert len(parts) == model.n_splits + 1
    for number, part in enumerate(parts):
        assert_close(part, g.out(f"enc_eps{number}"), 1e-7)


@pytest.mark.parametrize("temperature", ["0.0", "0.8"])
def test_super_resolved_pictures(case, temperature):
    g, model = case
    z = float(temperature) * join_latent(noises(g), model.n_levels)
    with torch.no_grad():
        assert_close(model.decode(z, g.x("lr")), g.out(f"sr_heat{temperature}"), 1e-6)


def test_log_determinants_level_by_level(golden):
    g = golden("srflow_a")
    model = srflow_from_official(g.weights(), stacked=g.config["blocks"])
    level = next(m for m in model.flow.modules() if isinstance(m, Multiscale))
    rows = [i for i, name in enumerate(g.config["logdet_rows"]) if int(name.split(".")[0]) <= 4]
    with torch.no_grad():
        squeezed, _ = level.squeeze(g.x("gt"))
        z, log_det = level.steps(squeezed, model.contexts(g.x("lr"))[0])
    assert_close(log_det, g.out("logdets")[rows].sum(0), 1e-9)
    assert_close(z[0], g.out("layer04_z_sample0"), 1e-7)


def test_gradients(golden):
    g = golden("srflow_a")
    model = srflow_from_official(g.weights(), stacked=g.config["blocks"])
    bits_per_position(model.log_prob(g.x("gt"), g.x("lr")), g.x("gt")).mean().backward()
    assert_close(model.encoder.first.weight.grad, g.out("grad_nll.RRDB.conv_first.weight"), 1e-7)
    level = next(m for m in model.flow.modules() if isinstance(m, Multiscale))
    mixer = level.steps.members[2]
    key = "grad_nll.flowUpsamplerNet.layers.3"
    assert_close(mixer.actnorm.log_scale.grad, g.out(f"{key}.actnorm.logs").flatten(), 1e-7)
    assert_close(mixer.conv.weight.grad, g.out(f"{key}.invconv.weight"), 1e-7)
    last = level.steps.members[4].network.last.weight.grad
    theirs = g.out(f"{key}.affine.fAffine.4.weight")
    assert_close(last, torch.cat([theirs[1::2], theirs[0::2]]), 1e-6)


def test_actnorm_begins_as_theirs(golden):
    g = golden("srflow_a")
    actnorm = ActNorm(4).double()
    _, log_det = actnorm(g.x("actnorm_x"))
    assert_close(actnorm.bias.detach(), g.out("actnorm_init_bias"), 1e-9)
    assert_close(actnorm.log_scale.detach(), g.out("actnorm_init_logs"), 1e-9)
    assert_close(log_det.detach(), g.out("actnorm_init_logdet"), 1e-9)
