"""Checks of chapter 02: the generator's losses, the best discriminator, R1, the smallest game, one round."""

import copy
import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gmcourse.exercises.asking import ask
from gmcourse.exercises.closeness import matches
from gmcourse.exercises.compare import agree, finite, fresh_weights, normal, pair
from gmcourse.exercises.exercise import exercise
from gmcourse.exercises.gradients import agree_gradients
from gmcourse.exercises.mistakes import NotDone, mistake


def _spoilt(each: Tensor, others: dict[str, Tensor]) -> dict[str, Tensor]:
    """What a mean over the batch becomes with a wrong summand, or where the mean is forgotten."""
    return {reason: value.mean() for reason, value in others.items()} | {
        "it is not averaged over the batch: take the mean, not the sum": each.sum(),
        "it is not averaged over the batch: one number is wanted": each,
    }


@exercise
def generator_losses(answer: Any, generator: torch.Generator) -> None:
    """Check the minimax and the non-saturating loss from logits, also from very large ones.

    Both losses have the same solution; where the discriminator is sure, only one still has a slope.
    """
    for rows in (5, 1, 8):
        t = normal(rows, generator=generator, std=2.0)
        w = t.double()
        log_d, log_not_d, raw = F.logsigmoid(w), F.logsigmoid(-w), (1 - w).clamp_min(1e-12).log()
        minimax, saturating = pair(ask(answer, t), "the minimax and the non-saturating loss")
        wrong = {
            "its sign is wrong: the generator minimises log(1 − D) itself": -log_not_d,
            "this is the non-saturating loss; the minimax loss comes first": -log_d,
            "this is log D, which the discriminator wants high for data; samples enter as 1 − D": log_d,
            "the sigmoid is missing: the logits were taken for probabilities": raw,
        }
        first = _spoilt(log_not_d, wrong)
        wrong = {
            "its sign is wrong: log D is to become large, so −log D is minimised": log_d,
            "this is the minimax loss; the non-saturating one comes second": log_not_d,
            "this is −log(1 − D): it would teach the generator to be found out": -log_not_d,
        }
        second = _spoilt(-log_d, wrong)
        agree(minimax, log_not_d.mean(), "the minimax loss", first, inputs={"logits": t})
        agree(saturating, -log_d.mean(), "the non-saturating loss", second, inputs={"logits": t})
    for large in (200.0, -200.0):
        values = pair(ask(answer, torch.tensor([large])), "the two losses")
        wanted = (min(-large, 0.0), max(-large, 0.0))
        for value, want, name in zip(values, wanted, ("minimax", "non-saturating"), strict=True):
            hint = f"the {name} loss is not finite at t = {large:g}: log(0); use softplus or logsigmoid"
            agree(finite(value, f"the {name} loss", hint), want, f"the {name} loss at t = {large:g}")


@exercise
def best_discriminator(answer: Any, generator: torch.Generator) -> None:
    """p/(p + q), where both densities may underflow.

    The best discriminator is a ratio of densities: the generator learns from it without seeing a density.
    """
    for rows in (6, 1, 9):
        log_p, log_q = (normal(rows, generator=generator, std=2.0).detach() for _ in range(2))
        p, q = log_p.double().exp(), log_q.double().exp()
        suspects = {
            "this is q/(p + q): how sure one is that the point is a sample": q / (p + q),
            "this is the ratio p/q; it is not between 0 and 1": p / q,
            "this is the logit log p − log q; D is its sigmoid": log_p - log_q,
            "log-densities were put in for densities: p = exp(log p)": log_p / (log_p + log_q),
            "this is the logarithm of D*": (p / (p + q)).log(),
            "the mean is in it: D* = p / ((p + q)/2) would reach 2": 2 * p / (p + q),
        }
        agree(ask(answer, log_p, log_q), p / (p + q), "D*", suspects)
    low, gap = torch.tensor([-300.0, -301.0, -299.0]), torch.tensor([0.0, 1.0, -2.0])
    hint = "D* is 0/0 where both densities are e⁻³⁰⁰: exp underflows; only the difference of logs counts"
    found = finite(ask(answer, low, low - gap), "D*", hint)
    agree(found, torch.sigmoid(gap.double()), "D* where both densities are tiny")


def _judge(shape: tuple[int, ...], generator: torch.Generator) -> nn.Module:
    network = nn.Sequential(nn.Flatten(), nn.Linear(math.prod(shape), 7), nn.Tanh(), nn.Linear(7, 1))
    return fresh_weights(network, generator, 0.8)


@exercise
def r1(answer: Any, generator: torch.Generator) -> None:
    """Check γ/2 · E‖∇D‖², with a gradient for the discriminator's weights.

    The slope at the data is punished, and games that went in circles come to rest.
    """
    for shape, rows, gamma in (((3,), 5, 2.0), ((1, 4, 4), 6, 10.0), ((2, 3, 3), 3, 0.7)):
        judge = _judge(shape, generator)
        x = normal(rows, *shape, generator=generator).detach()
        inside = x.clone().requires_grad_(True)
        slopes = torch.autograd.grad(judge(inside).sum(), inside, create_graph=True)[0].flatten(1)
        squares = slopes.square().sum(1)
        half = gamma / 2
        want = half * squares.mean()
        towards_one, of_mean = (squares.sqrt() - 1).square().mean(), squares.mean() / rows**2
        suspects = {
            "the ½ is missing: γ/2": gamma * squares.mean(),
            "the norm is not squared": half * squares.sqrt().mean(),
            "squares are averaged over the dimensions; they are summed": half * slopes.square().mean(),
            "it is summed over the batch; take the mean over samples": half * squares.sum(),
            "the gradient is that of the mean logit, so it is B times too small: use the sum": half * of_mean,
            "this is a gradient penalty towards slope 1; R1 pulls towards 0": half * towards_one,
            "γ is missing": squares.mean() / 2,
            "it is not averaged over the batch: one number is wanted": half * squares,
        }
        got = agree(ask(answer, judge, x, gamma), want, "the penalty", suspects)
        weights = {"the discriminator's weights": next(judge.parameters())}
        if not got.requires_grad:
            reason = "the penalty has the right value but no gradient: create_graph=True is missing"
            mistake(reason, "Without it nothing is learned from the penalty, and no error says so.")
        agree_gradients(got, want, weights, "the penalty")


@exercise
def smallest_game(answer: Any, generator: torch.Generator) -> None:
    """Check that both players move at once, from old values.

    The players circle around the solution: in a game no loss has to fall.
    """
    for rows, rate, gamma in ((6, 0.3, 0.5), (1, 0.1, 2.0), (4, 0.5, 0.0)):
        theta, psi = (normal(rows, generator=generator).detach() for _ in range(2))
        a, b = theta.double(), psi.double()
        slope = a * torch.sigmoid(b * a)  # of the discriminator's loss, without R1

        def move_g(other: Tensor, a: Tensor = a, rate: float = rate) -> Tensor:
            return a + rate * other * torch.sigmoid(-other * a)

        def move_d(slope: Tensor, pull: Tensor, b: Tensor = b, rate: float = rate) -> Tensor:
            return b - rate * (slope + pull)

        r1 = gamma * b
        new_a, new_b = move_g(b), move_d(slope, r1)
        got = pair(ask(answer, theta, psi, rate, gamma), "the new θ and the new ψ")
        at_new = new_a * torch.sigmoid(b * new_a)
        minimax = a + rate * b * torch.sigmoid(b * a)
        suspects = {
            "the generator goes the wrong way: it descends on its loss": 2 * a - new_a,
            "the generator answers to the new ψ; both move at the same time": move_g(new_b),
            "this is the minimax loss; the slope of the non-saturating one is −ψσ(−ψθ)": minimax,
            "the slope in θ lacks the factor ψ (chain rule)": a + rate * torch.sigmoid(-b * a),
            "the two come back in the wrong order": new_b,
            "θ has not moved": a,
        }
        agree(got[0], new_a, "θ", suspects)
        suspects = {
            "the discriminator goes the wrong way: it descends on its loss": 2 * b - new_b,
            "the discriminator sees the new θ; both move at the same time": move_d(at_new, r1),
            "R1 is missing: its slope is γψ": move_d(slope, 0 * b),
            "the slope of γ/2·ψ² is γψ, not γψ/2": move_d(slope, r1 / 2),
            "R1 has the wrong sign: it pulls ψ towards 0": move_d(slope, -r1),
            "the slope in ψ lacks the factor θ (chain rule)": move_d(torch.sigmoid(b * a), r1),
            "ψ has not moved": b,
        }
        agree(got[1], new_b, "ψ", suspects)


Round = tuple[float, float, Tensor, Tensor]


def _weights(module: nn.Module) -> Tensor:
    return torch.cat([p.detach().flatten() for p in module.parameters()]).double()


def _play(painter: nn.Module, judge: nn.Module, real: Tensor, z: Tensor, rate: float, variant: str) -> Round:
    """Play one round on copies, right or with one known mistake: losses, and both players' weights afterwards."""
    painter, judge = copy.deepcopy(painter), copy.deepcopy(judge)
    g, d = (torch.optim.SGD(player.parameters(), rate) for player in (painter, judge))
    fake = painter(z)
    d_loss = F.softplus(-judge(real)).mean() + F.softplus(judge(fake.detach())).mean()
    d_slopes = torch.autograd.grad(d_loss, list(judge.parameters()))
    if variant == "old judge":
        F.softplus(-judge(fake)).mean().backward()
    for parameter, slope in zip(judge.parameters(), d_slopes, strict=True):
        parameter.grad = slope
    d.step()
    logits = judge(painter(z))
    g_loss = -F.softplus(logits).mean() if variant == "minimax" else F.softplus(-logits).mean()
    if variant != "old judge":
        d.zero_grad()
        g_loss.backward()
    if variant == "judge helps":  # the generator's loss moves the discriminator as well
        d.step()
    g.step()
    return d_loss.item(), g_loss.item(), _weights(painter), _weights(judge)


@exercise
def one_round(answer: Any, generator: torch.Generator) -> None:
    """Find the mistake: the generator's loss must reach the generator. Judged by where both players end.

    Each player moves its own weights only: this is the training step of every GAN.
    """
    for rows, rate in ((16, 0.3), (9, 0.1)):
        painter, judge = fresh_weights(nn.Linear(2, 3), generator, 1.0), _judge((3,), generator)
        real, z = (normal(rows, width, generator=generator).detach() for width in (3, 2))
        d_loss, g_loss, new_painter, new_judge = _play(painter, judge, real, z, rate, "right")
        names = ("minimax", "old judge", "judge helps")
        variants = {name: _play(painter, judge, real, z, rate, name) for name in names}
        mine, opponent = copy.deepcopy(painter), copy.deepcopy(judge)
        optimizers = [torch.optim.SGD(player.parameters(), rate) for player in (mine, opponent)]
        value = ask(answer, mine, opponent, *optimizers, real, z, trains=True)
        losses = pair(value, "the discriminator's and the generator's loss")
        got_painter, got_judge = _weights(mine), _weights(opponent)
        if matches(got_painter, _weights(painter)) and matches(got_judge, new_judge):
            raise NotDone("not done yet: the generator still does not move")
        suspects = {
            "it has not moved": _weights(judge),
            "the generator's loss has moved it too: it helps its opponent": variants["judge helps"][3],
        }
        agree(got_judge, new_judge, "the discriminator after the round", suspects)
        suspects = {
            "it has not moved": _weights(painter),
            "it went uphill: the sign of its loss is wrong": 2 * _weights(painter) - new_painter,
            "it moved by the minimax loss; the non-saturating one is wanted": variants["minimax"][2],
            "it answered to the discriminator before its move": variants["old judge"][2],
        }
        agree(got_painter, new_painter, "the generator after the round", suspects)
        agree(losses[0], d_loss, "the discriminator's loss")
        agree(losses[1], g_loss, "the generator's loss")
