"""Checks of chapter 02: the generator's losses, R1, the smallest game, some rounds, and a ring that breaks."""

import copy
import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gmcourse.data import toy
from gmcourse.exercises.checks import NotDone, ask, by_cases, found_and_why, matches, mistake, teaches
from gmcourse.exercises.compare import Case, Draw, agree, fresh_weights, several, watched
from gmcourse.metrics.diversity import modes_and_quality


@teaches("Both losses have the same solution; where the discriminator is sure, only one still has a slope.")
@by_cases(
    ("the minimax loss", "the non-saturating loss"),
    [(5,), (1,), (8,)],
    edges={"with logits of 200 and −200: log(0), or a number in its place; use softplus or logsigmoid": (7, 200.0)},
)
def generator_losses(which: int, draw: Draw, rows: int, far: float = 0.0) -> Case:
    """Check the minimax and the non-saturating loss from logits, also from very large ones."""
    signs = torch.where(torch.arange(rows) % 2 == 0, far, -far)
    t = (draw.normal(rows, std=2.0) + signs).requires_grad_()
    log_d, log_not_d, raw = F.logsigmoid(t), F.logsigmoid(-t), (1 - t).clamp_min(1e-12).log()
    each = (log_not_d, -log_d)[which]
    wrong = (
        {
            "its sign is wrong: the generator minimises log(1 − D) itself": -log_not_d,
            "this is the non-saturating loss; the minimax loss comes first": -log_d,
            "this is log D, which the discriminator wants high for data; samples enter as 1 − D": log_d,
            "the sigmoid is missing: the logits were taken for probabilities": raw,
        },
        {
            "its sign is wrong: log D is to become large, so −log D is minimised": log_d,
            "this is the minimax loss; the non-saturating one comes second": log_not_d,
            "this is −log(1 − D): it would teach the generator to be found out": -log_not_d,
        },
    )[which]
    suspects = {reason: value.mean() for reason, value in wrong.items()} | {
        "it is not averaged over the batch: take the mean, not the sum": each.sum()
    }
    return Case((t,), each.mean(), suspects, {"logits": t})


def _judge(shape: tuple[int, ...], draw: Draw) -> nn.Module:
    network = nn.Sequential(nn.Flatten(), nn.Linear(math.prod(shape), 7), nn.Tanh(), nn.Linear(7, 1))
    return fresh_weights(network, draw, 0.8)


@teaches("The slope at the data is punished, and games that went in circles come to rest.")
@by_cases("the penalty", [((3,), 5, 2.0), ((1, 4, 5), 6, 10.0), ((2, 3, 4), 7, 0.7)])
def r1(draw: Draw, shape: tuple[int, ...], rows: int, gamma: float) -> Case:
    """Check γ/2 · E‖∇D‖², with a gradient for the discriminator's weights."""
    judge = _judge(shape, draw)
    x = torch.randn(rows, *shape, generator=draw)
    inside = x.clone().requires_grad_(True)
    slopes = torch.autograd.grad(judge(inside).sum(), inside, create_graph=True)[0].flatten(1)
    squares, half = slopes.square().sum(1), gamma / 2
    of_mean = squares.mean() / rows**2
    suspects = {
        "the ½ is missing: γ/2": gamma * squares.mean(),
        "the norm is not squared": half * squares.sqrt().mean(),
        "squares are averaged over the dimensions; they are summed": half * slopes.square().mean(),
        "it is summed over the batch; take the mean over samples": half * squares.sum(),
        "the gradient is that of the mean logit, so it is B times too small: use the sum": half * of_mean,
        "this is a gradient penalty towards slope 1; R1 pulls towards 0": half * (squares.sqrt() - 1).square().mean(),
        "γ is missing": squares.mean() / 2,
        "the slopes are averaged before they are squared": half * slopes.mean(0).square().sum(),
    }
    # all but the last bias, which moves no slope
    weights = {f"the discriminator's weights, number {i}": p for i, p in enumerate(list(judge.parameters())[:-1])}
    return Case((judge, x, gamma), half * squares.mean(), suspects, weights)


@teaches("The players circle around the solution: in a game no loss has to fall.")
@by_cases(("θ", "ψ"), [(6, 0.3, 0.5), (1, 0.1, 2.0), (4, 0.5, 0.0)])
def smallest_game(which: int, draw: Draw, rows: int, rate: float, gamma: float) -> Case:
    """Check that both players move at once, from old values."""
    a, b = draw.normal(2, rows)  # θ and ψ
    slope, r1 = a * (b * a).sigmoid(), gamma * b  # of the discriminator's loss, without R1, and of R1
    new_a, new_b = a + rate * b * (-b * a).sigmoid(), b - rate * (slope + r1)
    seen_late = b - rate * (new_a * (b * new_a).sigmoid() + r1)
    suspects = (
        {
            "the generator goes the wrong way: it descends on its loss": 2 * a - new_a,
            "the generator answers to the new ψ; both move at the same time": a
            + rate * new_b * (-new_b * a).sigmoid(),
            "this is the minimax loss; the slope of the non-saturating one is −ψσ(−ψθ)": a
            + rate * b * (b * a).sigmoid(),
            "the slope in θ lacks the factor ψ (chain rule)": a + rate * (-b * a).sigmoid(),
            "the two come back in the wrong order": new_b,
            "θ has not moved": a,
            "the step alone came back; θ is missing": new_a - a,
        },
        {
            "the discriminator goes the wrong way: it descends on its loss": 2 * b - new_b,
            "the discriminator sees the new θ; both move at the same time": seen_late,
            "R1 is missing: its slope is γψ": b - rate * slope,
            "the slope of γ/2·ψ² is γψ, not γψ/2": b - rate * (slope + r1 / 2),
            "R1 has the wrong sign: it pulls ψ towards 0": b - rate * (slope - r1),
            "the slope in ψ lacks the factor θ (chain rule)": b - rate * ((b * a).sigmoid() + r1),
            "R1's slope is not multiplied by the rate": b - rate * slope - r1,
            "ψ has not moved": b,
            "the step alone came back; ψ is missing": new_b - b,
        },
    )[which]
    return Case((a, b, rate, gamma), (new_a, new_b)[which], suspects)


VARIANTS = ("right", "minimax", "uphill", "old judge", "judge helps", "judge keeps", "painter keeps")
Seen = tuple[float, float, Tensor, Tensor]


def _weights(module: nn.Module) -> Tensor:
    return torch.cat([p.detach().flatten() for p in module.parameters()]).double()


def _play(players: list[nn.Module], rate: float, rounds: list[tuple[Tensor, Tensor]], variant: str) -> list[Seen]:
    """Play on copies, right or with one mistake: after each round both losses, and both players' weights."""
    painter, judge = copy.deepcopy(players)
    g, d = (torch.optim.SGD(player.parameters(), rate) for player in (painter, judge))
    seen = []
    for real, z in rounds:
        d_loss = F.softplus(-judge(real)).mean() + F.softplus(judge(painter(z).detach())).mean()
        if variant != "judge keeps":
            d.zero_grad()
        old = torch.autograd.grad(F.softplus(-judge(painter(z))).mean(), list(painter.parameters()))
        d_loss.backward()
        d.step()
        g_loss = F.softplus(-judge(painter(z))).mean()
        minimax = -F.softplus(judge(painter(z))).mean()
        if variant != "painter keeps":
            g.zero_grad()
        if variant == "judge helps":
            d.zero_grad()
        {"uphill": -g_loss, "minimax": minimax}.get(variant, g_loss).backward()
        if variant == "judge helps":
            d.step()
        if variant == "old judge":
            for parameter, slope in zip(painter.parameters(), old, strict=True):
                parameter.grad = slope
        g.step()
        seen.append((d_loss.item(), g_loss.item(), _weights(painter), _weights(judge)))
    return seen


@teaches("Each player moves its own weights only: this is the training step of every GAN.")
def one_round(answer: Any, draw: Draw) -> None:
    """Find the mistake: the generator's loss must reach the generator. Judged by where both players end."""
    for rows, rate in ((16, 0.3), (9, 0.1)):
        players = [fresh_weights(nn.Linear(2, 3), draw, 1.0), _judge((3,), draw)]
        rounds = [(torch.randn(rows, 3, generator=draw), torch.randn(rows, 2, generator=draw)) for _ in range(3)]
        known = {name: _play(players, rate, rounds, name) for name in VARIANTS}
        mine, opponent = copy.deepcopy(players)
        optimizers = [torch.optim.SGD(player.parameters(), rate) for player in (mine, opponent)]
        fed = watched(mine)
        for number, (real, z) in enumerate(rounds):
            fed.clear()
            value = ask(answer, mine, opponent, *optimizers, real, z, trains=True)
            losses = several(value, "the discriminator's and the generator's loss")
            if any(each.shape != z.shape or not torch.equal(each, z) for each in fed):
                mistake("the generator is fed with something else than `z`: both moves are on the same noise")
            d_loss, g_loss, new_painter, new_judge = known["right"][number]
            if matches(_weights(mine), _weights(players[0])) and matches(_weights(opponent), new_judge):
                raise NotDone("not done yet: the generator still does not move")
            painters, judges = ({name: seen[number][i] for name, seen in known.items()} for i in (2, 3))
            kept = "an old gradient moves it: `zero_grad` is missing before its `backward`"
            suspects = {
                "it has not moved": _weights(players[1]),
                "the generator's loss has moved it too: it helps its opponent": judges["judge helps"],
                f"{kept} (the generator's loss has left one on it)": judges["judge keeps"],
            }
            agree(_weights(opponent), new_judge, "the discriminator after the round", suspects)
            suspects = {
                "it has not moved": _weights(players[0]),
                "it went uphill: the sign of its loss is wrong": painters["uphill"],
                "it moved by the minimax loss; the non-saturating one is wanted": painters["minimax"],
                "it answered to the discriminator before its move": painters["old judge"],
                kept: painters["painter keeps"],
            }
            agree(_weights(mine), new_painter, "the generator after the round", suspects)
            agree(losses[0], d_loss, "the discriminator's loss")
            agree(losses[1], g_loss, "the generator's loss")


@teaches("Whether a GAN finds all modes depends on who learns how fast: now you have seen it break and mend.")
def mended_ring(answer: Any, draw: Draw) -> None:
    """Count again the modes of both games that were saved: one must have broken, and the other not."""
    found = found_and_why(answer)
    ring, seen = toy.load("eight_gaussians"), {}
    assert isinstance(ring, toy.Gaussians)
    for name in ("broken", "mended"):
        if name not in found or found[name].dim() != 2 or found[name].shape[1] != 2 or len(found[name]) < 500:
            mistake(f"at least 500 samples of the {name} game are wanted, of shape (n, 2), as `{name}`")
        seen[name] = modes_and_quality(found[name], ring.centres, ring.sigma)
        print(f"{name}: {seen[name][0]} of 8 modes, {seen[name][1]:.0%} good samples")
    if seen["broken"][0] > 5 and seen["broken"][1] > 0.3:
        mistake("the broken game is not broken: it has more than 5 modes and more than 30 % good samples")
    if seen["mended"][0] < 8 or seen["mended"][1] < 0.5:
        mistake("the mended game is not mended: 8 modes and 50 % good samples are wanted")
