"""Chapter 02: shapes, the best discriminator, the paper's build, clusters, clear errors."""

import math

import pytest
import torch
from torch import nn

from gmcourse.adversarial import Adversarial, Lazy, discriminator_logistic, r1_penalty
from gmcourse.data import toy
from gmcourse.metrics.divergence import jensen_shannon_on_grid
from gmcourse.metrics.diversity import modes_and_quality
from gmcourse.metrics.likelihood import parzen_log_prob
from gmcourse.models.gan import (
    ClusterGAN,
    DCDiscriminator,
    DCGenerator,
    PlaneDiscriminator,
    PlaneGenerator,
)
from gmcourse.training import fit
from gmcourse.viz.plane import grid
from tests.conftest import assert_close


def densities():
    extent, size = (-7.0, 7.0, -7.0, 7.0), 241
    points = grid(extent, size).double()
    truth = toy.Gaussians(torch.tensor([[-1.0, 0.0], [1.0, 0.5]]), 0.6)
    wide = toy.Gaussians(torch.zeros(1, 2), 1.4)
    return truth, wide, points, (14 / (size - 1)) ** 2


def best_value(log_p, log_q, cell):
    """max_D V, as lesson 02 computes it."""
    return float(-math.log(4) + 2 * jensen_shannon_on_grid(log_p, log_q, cell))


def test_no_discriminator_does_better_than_the_best_one():
    """V(D*) by Monte Carlo meets −log 4 + 2·JSD on the grid, and D* moved anywhere is worth less."""
    truth, wide, points, cell = densities()
    draws = torch.Generator().manual_seed(0)
    x, y = truth.sample(200_000, draws).double(), wide.sample(200_000, draws).double()

    def value(change):
        logits = [change(truth.log_prob(v) - wide.log_prob(v), v) for v in (x, y)]
        return -float(discriminator_logistic(*logits))

    best = best_value(truth.log_prob(points), wide.log_prob(points), cell)
    assert value(lambda t, v: t) == pytest.approx(best, abs=5e-3)
    for worse in (lambda t, v: 0.7 * t, lambda t, v: t + 0.3, lambda t, v: t + v[:, 0]):
        assert value(worse) < best - 5e-3


def test_the_value_is_minus_log_4_where_nothing_can_be_told_and_0_where_all_can():
    truth, _, points, cell = densities()
    log_p = truth.log_prob(points)
    assert best_value(log_p, log_p, cell) == pytest.approx(-math.log(4), abs=1e-9)
    left, right = points[:, 0] < 0, points[:, 0] >= 0
    halves = [log_p.masked_fill(~half, -math.inf) for half in (left, right)]
    halves = [half - torch.log((half.exp() * cell).sum()) for half in halves]  # two densities that never meet
    assert best_value(*halves, cell) == pytest.approx(0, abs=1e-9)


def test_modes_are_counted_where_a_good_sample_lies():
    truth = toy.load("twenty_five_gaussians")
    x = truth.sample(50_000, torch.Generator().manual_seed(0))
    modes, good = modes_and_quality(x, truth.centres, truth.sigma)
    assert modes == 25
    assert good == pytest.approx(1 - math.exp(-4.5), abs=2e-3)
    assert modes_and_quality(truth.centres[:7], truth.centres, truth.sigma) == (7, 1.0)
    assert modes_and_quality(truth.centres[:7] + 0.2, truth.centres, truth.sigma) == (0, 0.0)


def test_parzen_is_the_density_of_the_blurred_samples():
    centres, x = torch.randn(30, 2, dtype=torch.float64), torch.randn(9, 2, dtype=torch.float64)
    assert_close(parzen_log_prob(x, centres, 0.4), toy.Gaussians(centres, 0.4).log_prob(x), 1e-9)


class TestPlane:
    def test_shapes(self):
        player, opponent = PlaneGenerator(5, (8,)), PlaneDiscriminator((8,), input_scale=2.0)
        assert player.sample(3).shape == (3, 2)
        x = torch.randn(3, 2)
        assert opponent(x).shape == (3, 1)
        assert torch.equal(opponent(x), opponent.network(x / 2))


class TestDCGAN:
    @pytest.mark.parametrize("shape", [(1, 8, 8), (3, 32, 32)])
    def test_shapes_and_range(self, shape):
        player, opponent = DCGenerator(shape, 7, 4), DCDiscriminator(shape, 4)
        x = player.sample(5)
        assert x.shape == (5, *shape)
        assert 0 <= float(x.min()) <= float(x.max()) <= 1
        assert opponent(x).shape == (5, 1)

    def test_the_build_is_the_papers(self):
        """Section 3: batch normalisation everywhere but where pixels go in or out, no bias beside it."""
        kinds = [type(part) for part in DCGenerator((3, 32, 32), 7, 4).network]
        assert kinds == [nn.ConvTranspose2d, *[nn.BatchNorm2d, nn.ReLU, nn.ConvTranspose2d] * 3, nn.Tanh]
        parts = list(DCDiscriminator((3, 32, 32), 4).network)
        assert [type(part) for part in parts] == [
            nn.Conv2d,
            nn.LeakyReLU,
            *[nn.Conv2d, nn.BatchNorm2d, nn.LeakyReLU] * 2,
            nn.Conv2d,
            nn.Flatten,
        ]
        assert {part.negative_slope for part in parts if isinstance(part, nn.LeakyReLU)} == {0.2}
        assert [part.out_channels for part in parts if isinstance(part, nn.Conv2d)] == [4, 8, 16, 1]
        assert DCGenerator((3, 32, 32), 50, 32).network[0].weight.detach().std() == pytest.approx(0.02, rel=0.05)

    def test_without_normalisation_samples_are_judged_apart(self):
        opponent, x = DCDiscriminator((1, 16, 16), 4, normalise=False), torch.rand(6, 1, 16, 16)
        assert torch.allclose(opponent(x)[:2], opponent(x[:2]), atol=1e-6)


class TestClusterGAN:
    def test_the_latent_is_a_small_normal_and_a_unit_vector(self):
        model = ClusterGAN(classes=4, continuous=3, width=4)
        z = model.latent(4000)
        assert z[:, :3].std() == pytest.approx(0.1, rel=0.05)
        assert torch.equal(z[:, 3:].sum(1), torch.ones(4000))
        assert z[:, 3:].mean(0).sub(0.25).abs().max() < 0.04
        assert model.latent(5, cluster=2)[:, 3:].argmax(1).tolist() == [2] * 5

    def test_the_code_loss_is_what_the_paper_writes(self):
        model = ClusterGAN(classes=4, continuous=3, width=4).eval()
        z = model.latent(6)
        continuous, logits = model.encode(model(z))
        distance = (continuous - z[:, :3]).square().sum(1)
        cross = -(logits.log_softmax(1) * z[:, 3:]).sum(1)
        assert_close(model.code_loss(z, 2.0, 5.0).detach(), (2 * distance + 5 * cross).mean().detach(), 1e-5)
        assert model.embed(model.sample(3)).shape == (3, 7)

    def test_the_encoder_learns_with_the_generator(self):
        torch.manual_seed(0)
        model, opponent = ClusterGAN(width=4), DCDiscriminator((1, 8, 8), 4)
        step = Adversarial(
            model,
            opponent,
            torch.optim.Adam(model.parameters(), 3e-3),
            torch.optim.Adam(opponent.parameters(), 1e-3),
            latent=model.latent,
            generator_penalty=Lazy("code", model.code_loss),
        )
        history = fit(step, torch.rand(64, 1, 8, 8), steps=60, batch_size=32, progress=False)
        assert history["code"][-1] < 0.7 * history["code"][0]


@pytest.mark.slow
def test_r1_covers_the_ring():
    """Eight clusters, small networks, a few hundred steps: with R1 every mode is hit."""
    torch.manual_seed(0)
    ring = toy.load("eight_gaussians")
    player, opponent = PlaneGenerator(2, (64, 64), "silu"), PlaneDiscriminator((64, 64), 2.0, "silu")
    adam = [torch.optim.Adam(p.parameters(), 2e-3, (0.0, 0.99)) for p in (player, opponent)]
    penalty = Lazy("r1", lambda real, fake: r1_penalty(opponent, real, 0.1))
    step = Adversarial(player, opponent, *adam, latent=player.latent, discriminator_penalty=penalty)
    fit(step, lambda g, n: ring.sample(n, g), steps=800, batch_size=128, progress=False)
    torch.manual_seed(0)
    modes, good = modes_and_quality(player.sample(1000), ring.centres, ring.sigma)
    assert modes == 8
    assert good > 0.5
