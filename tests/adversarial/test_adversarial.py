"""The game's losses and penalties against closed forms and the authors' numbers; the step and its memory."""

import math

import pytest
import torch
from torch import nn

from gmcourse import adversarial
from gmcourse.adversarial import Adversarial, Lazy, PathLength, lazy_adam, objectives, penalties
from gmcourse.nn.networks import mlp
from gmcourse.training import EMA, Diverged, fit, load_checkpoint
from tests.conftest import assert_close, stop_after


@pytest.mark.parametrize("logit", [-30.0, -2.0, 0.0, 1.5, 30.0])
def test_losses_are_what_the_paper_writes(logit):
    t = torch.tensor([logit], dtype=torch.float64, requires_grad=True)
    d = torch.sigmoid(t.detach())
    log_d, log_not_d = (-torch.log1p(torch.exp(s * t.detach())).sum() for s in (-1, 1))
    value = adversarial.generator_non_saturating(t)
    (slope,) = torch.autograd.grad(value, t)
    assert_close(value, -log_d)
    assert_close(slope, -torch.sigmoid(-t.detach()))
    value = adversarial.generator_minimax(t)
    (slope,) = torch.autograd.grad(value, t)
    assert_close(value, log_not_d)
    assert_close(slope, -d)
    assert_close(adversarial.discriminator_logistic(t, t), -log_d - log_not_d)


def test_a_discriminator_that_cannot_tell_pays_log_4():
    zero = torch.zeros(5, dtype=torch.float64)
    assert float(adversarial.discriminator_logistic(zero, zero)) == pytest.approx(math.log(4))


def test_hinge_and_wasserstein():
    real, fake = torch.tensor([0.5, 2.0]), torch.tensor([-3.0, 0.0])
    assert float(objectives.discriminator_hinge(real, fake)) == pytest.approx(0.25 + 0.5)
    assert float(objectives.discriminator_wasserstein(real, fake)) == pytest.approx(-1.5 - 1.25)
    assert float(objectives.generator_wasserstein(fake)) == pytest.approx(1.5)


def test_a_loss_that_does_not_exist():
    with pytest.raises(ValueError, match="loss is 'lsgan'; expected one of 'minimax', 'non_saturating'"):
        adversarial.losses("lsgan")


def test_r1_of_a_quadratic_is_known():
    x = torch.randn(7, 3, dtype=torch.float64)
    penalty = adversarial.r1_penalty(lambda v: (v**2).sum(1), x, gamma=3.0)  # ∇ = 2x
    assert_close(penalty, 1.5 * 4 * x.square().sum(1).mean())
    with pytest.raises(ValueError, match="gamma is -1"):
        adversarial.r1_penalty(lambda v: v.sum(1), x, gamma=-1.0)
    with pytest.raises(ValueError, match="expected \\(B,\\) or \\(B, 1\\)"):
        adversarial.r1_penalty(lambda v: v, x)


def test_gradient_penalty_of_a_plane_is_known():
    real, fake = torch.randn(6, 4), torch.randn(6, 4)
    weight = torch.tensor([3.0, 0.0, 4.0, 0.0])  # a slope of 5 everywhere
    assert float(adversarial.gradient_penalty(lambda v: v @ weight, real, fake)) == pytest.approx(160.0)
    seen, draws = [], torch.random.get_rng_state()
    adversarial.gradient_penalty(lambda v: (seen.append(v), v @ weight)[1], real, fake)
    torch.random.set_rng_state(draws)
    assert torch.allclose(seen[0], torch.lerp(fake, real, torch.rand(6)[:, None])), "a place for each pair"
    with pytest.raises(ValueError, match="fake has shape"):
        adversarial.gradient_penalty(lambda v: v @ weight, real, fake[:3])


def test_path_lengths_of_a_linear_generator_are_known():
    matrix = torch.randn(12, 5, dtype=torch.float64)
    w = torch.randn(3, 5, dtype=torch.float64, requires_grad=True)
    y = torch.randn(3, 3, 2, 2, dtype=torch.float64)
    lengths = adversarial.path_lengths((w @ matrix.T).reshape(3, 3, 2, 2), w, y)
    assert_close(lengths.detach(), (y.flatten(1) / 2 @ matrix).norm(dim=1))
    with pytest.raises(ValueError, match="images has shape \\(3, 12\\)"):
        adversarial.path_lengths(w @ matrix.T, w)


def test_path_lengths_average_the_squares_over_the_layers_that_read_w():
    matrices, w, y = torch.randn(5, 12, 4), torch.randn(3, 5, 4, requires_grad=True), torch.randn(3, 3, 2, 2)
    pictures = torch.einsum("lpd,bld->bp", matrices, w).reshape(3, 3, 2, 2)  # each layer adds its part
    squares = torch.einsum("lpd,bp->bld", matrices, y.flatten(1) / 2).square().sum(2)  # 2 is √(HW)
    assert torch.allclose(adversarial.path_lengths(pictures, w, y), squares.mean(1).sqrt(), rtol=1e-5)


def test_the_path_length_penalty_agrees_with_the_authors_numbers(golden):
    g = golden("stylegan2_a")
    lengths = g.out("pl_grads_ws").square().sum(2).mean(1).sqrt()
    mean = torch.tensor(g.config["pl_mean0"], dtype=torch.float64)
    penalty, moved = penalties.path_length_penalty(lengths, mean, g.config["pl_decay"])
    assert_close(lengths, g.out("pl_lengths"))
    assert_close(penalty, g.out("pl_penalty_per_sample").mean())
    assert_close(g.config["pl_weight"] * penalty, g.out("loss_Gpl"))
    assert_close(moved, g.out("pl_mean_after"))


def test_the_path_length_penalty_sends_a_gradient_through_its_new_mean():
    lengths = torch.tensor([1.0, 3.0], dtype=torch.float64, requires_grad=True)
    penalty, moved = penalties.path_length_penalty(lengths, torch.tensor(0.5, dtype=torch.float64), 0.1)
    (slope,) = torch.autograd.grad(penalty, lengths)
    a = 0.9 * 0.5 + 0.1 * 2.0
    through_mean = 0.1 / 2 * sum(-2 * (value - a) / 2 for value in (1.0, 3.0))
    assert_close(slope, torch.tensor([(1.0 - a) + through_mean, (3.0 - a) + through_mean]))
    assert not moved.requires_grad


def test_losses_agree_with_the_authors_numbers(golden):
    g = golden("stylegan2_a")
    real, fake = g.out("d_logits_real"), g.out("d_logits_fake")
    assert_close(adversarial.generator_non_saturating(fake), g.out("loss_Gmain"))
    assert_close(adversarial.discriminator_logistic(real, fake), g.out("loss_Dgen") + g.out("loss_Dreal"))
    assert_close(g.config["r1_gamma"] / 2 * g.out("r1_penalty_per_sample").mean(), g.out("loss_Dr1"))


def test_the_players_are_two():
    both = mlp([2, 4, 1])
    optimizers = [torch.optim.SGD(both.parameters(), 0.1) for _ in range(2)]
    with pytest.raises(ValueError, match="discriminator is the generator; expected another module"):
        Adversarial(both, both, *optimizers, latent=lambda n: torch.randn(n, 2))


def test_lazy_adam_is_corrected():
    group = lazy_adam([nn.Parameter(torch.zeros(1))], 0.002, (0.0, 0.99), every=16).param_groups[0]
    assert group["lr"] == pytest.approx(0.002 * 16 / 17)
    assert group["betas"] == (0.0, pytest.approx(0.99 ** (16 / 17)))
    assert lazy_adam([nn.Parameter(torch.zeros(1))], 0.002).param_groups[0]["lr"] == 0.002
    for wrong in (lambda: lazy_adam([], 1.0, every=0), lambda: Lazy("r1", abs, 0)):
        with pytest.raises(ValueError, match="every is 0"):
            wrong()


def latent(n):
    return torch.randn(n, 2)


def make(every=4, **options):
    torch.manual_seed(0)
    generator, discriminator = mlp([2, 8, 2]), mlp([2, 8, 1])
    return Adversarial(
        generator,
        discriminator,
        lazy_adam(generator.parameters(), 1e-2, (0.5, 0.9)),
        lazy_adam(discriminator.parameters(), 1e-2, (0.5, 0.9), every=every),
        latent=latent,
        discriminator_penalty=Lazy("r1", lambda real, fake: adversarial.r1_penalty(discriminator, real, 0.1), every),
        ema=EMA(generator, 0.9),
        **options,
    )


def bits(step):
    parts = (step.generator, step.discriminator, step.ema.module)
    return torch.cat([p.detach().flatten() for part in parts for p in part.parameters()])


DATA = torch.randn(64, 2, generator=torch.Generator().manual_seed(1)) + 3


def test_the_samples_move_to_the_data():
    step = make()
    history = fit(step, DATA, steps=400, batch_size=32, progress=False)
    with torch.no_grad():
        assert (step.generator(latent(500)).mean(0) - DATA.mean(0)).abs().max() < 0.5
    assert len(history["generator"]) == 400
    assert len(history["r1"]) == 100


def test_a_lazy_penalty_has_its_own_step_of_k_times_the_gradient():
    """Plain gradient descent makes it visible: k·η·∇R1 in one step, at steps 0, k, 2k …"""
    step = make(every=4)
    step.discriminator_optimizer = torch.optim.SGD(step.discriminator.parameters(), lr=0.1)
    step.generator_optimizer = torch.optim.SGD(step.generator.parameters(), lr=0.0)
    other = make(every=1)
    other.discriminator_penalty = None
    other.discriminator_optimizer = torch.optim.SGD(other.discriminator.parameters(), lr=0.1)
    other.generator_optimizer = torch.optim.SGD(other.generator.parameters(), lr=0.0)
    for call in range(5):
        for each in (step, other):
            torch.manual_seed(call)
            each(DATA)
        if call in (0, 4):
            parameters = list(other.discriminator.parameters())
            slopes = torch.autograd.grad(
                adversarial.r1_penalty(other.discriminator, DATA, 0.1), parameters, allow_unused=True
            )
            with torch.no_grad():
                for parameter, slope in zip(parameters, slopes, strict=True):
                    if slope is not None:
                        parameter -= 0.1 * 4 * slope
        for mine, theirs in zip(step.discriminator.parameters(), other.discriminator.parameters(), strict=True):
            assert torch.allclose(mine, theirs, atol=1e-6)


def test_a_penalty_of_every_step_shares_the_losss_step():
    step = make(every=1)
    measured = step(DATA)
    assert {"discriminator", "generator", "r1"} == set(measured)
    assert next(iter(step.discriminator_optimizer.state.values()))["step"] == 1
    lazy = make(every=4)
    lazy(DATA)
    assert next(iter(lazy.discriminator_optimizer.state.values()))["step"] == 2


def test_the_generator_waits_for_its_turn():
    step = make(discriminator_steps=3)
    before = [p.clone() for p in step.generator.parameters()]
    assert "generator" not in step(DATA)
    assert "generator" not in step(DATA)
    assert all(map(torch.equal, before, step.generator.parameters()))
    assert "generator" in step(DATA)
    assert not all(map(torch.equal, before, step.generator.parameters()))


def test_resuming_gives_the_same_bits(tmp_path):
    path = tmp_path / "run.safetensors"
    whole = make(discriminator_steps=2)
    fit(whole, DATA, steps=21, batch_size=16, progress=False)
    options = {"steps": 21, "batch_size": 16, "checkpoint": path, "progress": False}
    fit(make(discriminator_steps=2), DATA, callbacks=[stop_after(10)], **options)
    rest = make(discriminator_steps=2)
    fit(rest, DATA, resume=True, **options)
    assert torch.equal(bits(whole), bits(rest))
    assert rest.calls == 21


def test_the_path_lengths_memory_is_saved():
    synthesis = nn.Sequential(nn.Linear(2, 12), nn.Unflatten(1, (3, 2, 2)))
    penalty = PathLength(nn.Identity(), lambda w: synthesis(w), shrink=1)
    step = make(generator_penalty=Lazy("path_length", penalty, 2))
    z = torch.randn(4, 2, requires_grad=True)
    assert penalty(z).detach() > 0
    assert float(penalty.mean) > 0
    assert not list(penalty.parameters())
    other = PathLength(nn.Identity(), lambda w: synthesis(w))
    again = make(generator_penalty=Lazy("path_length", other, 2))
    again.load_state_dict(step.state_dict())
    assert torch.equal(other.mean, penalty.mean)
    with pytest.raises(ValueError, match="shrink is 0"):
        PathLength(nn.Identity(), synthesis, shrink=0)


def test_nan_stops_with_the_step_and_keeps_the_last_good_checkpoint(tmp_path):
    path = tmp_path / "run.safetensors"
    data = DATA.clone()
    step = make()
    options = {"steps": 9, "batch_size": 16, "checkpoint": path, "progress": False}
    fit(step, data, callbacks=[stop_after(3)], **options)
    kept = path.read_bytes()
    good = bits(step)
    data[:] = float("nan")
    with pytest.raises(Diverged, match=r"step 3: discriminator = nan: not finite"):
        fit(step, data, resume=True, **options)
    assert torch.equal(bits(step), good)
    assert path.read_bytes() == kept
    assert load_checkpoint(path)["step"] == 3


def test_a_finite_loss_with_an_infinite_slope_moves_nobody():
    class Cusp(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(2))

        def forward(self, x):
            return (x @ self.weight.abs().sqrt())[:, None]  # the slope of √ at 0 is infinite

    step = make()
    step.discriminator, step.discriminator_penalty = Cusp(), None
    step.discriminator_optimizer = torch.optim.SGD(step.discriminator.parameters(), lr=0.1)
    with pytest.raises(Diverged, match="the gradient of discriminator = nan: not finite"):
        step(DATA)
    assert torch.equal(step.discriminator.weight.detach(), torch.zeros(2))


def test_sizes_and_names_that_do_not_fit():
    with pytest.raises(ValueError, match="discriminator_steps is 0"):
        make(discriminator_steps=0)
    with pytest.raises(ValueError, match="loss is 'best'"):
        make(loss="best")
    step = make()
    step.discriminator = nn.Linear(2, 3)
    with pytest.raises(ValueError, match="expected \\(B,\\) or \\(B, 1\\)"):
        step(DATA)
    with pytest.raises(ValueError, match="only 64 samples"):
        fit(make(), DATA, steps=1, batch_size=65, progress=False)
