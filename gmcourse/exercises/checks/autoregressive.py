"""Checks of chapter 11: the chain rule, masks, attention, discretised logistics, and how one samples."""

import math
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Categorical
from torch.nn import functional as F

from gmcourse.data import load
from gmcourse.exercises.checks import by_cases, found_and_why, mistake, teaches
from gmcourse.exercises.compare import Case, Draw, tensor


@teaches("An exact log-probability, from a sum of cross-entropies: no bound and no noise.")
@by_cases("log P(x)", [(3, 5, 4), (1, 7, 3), (4, 3, 9)])
def log_likelihood(draw: Draw, rows: int, dims: int, levels: int) -> Case:
    """Check log P(x) of whole numbers from the logits of their conditionals, one number a row."""
    a, x = draw.leaf(rows, dims, levels, std=1.5), torch.randint(levels, (rows, dims), generator=draw)
    each = Categorical(logits=a).log_prob(x)
    want, late = each.sum(1), Categorical(logits=a[:, :-1]).log_prob(x[:, 1:])
    raw, over_places = (b.gather(2, x[..., None])[..., 0] for b in (a, a.log_softmax(1)))
    suspects = {
        "it is averaged over the places; factors multiply, so their logarithms add up": each.mean(1),
        "the logits at place i are for the number at place i, not for the next one": late.sum(1),
        "the softmax runs over the places; it runs over the levels, the last axis": over_places.sum(1),
        "the probability of the likeliest level is taken, not that of x": a.log_softmax(2).amax(2).sum(1),
        "logits are no log-probabilities: the softmax over the levels is missing": raw.sum(1),
        "this is the loss, −log P(x)": -want,
        "it is summed over the batch too; one number a row is wanted": want.sum(),
    }
    return Case((a, x), want, suspects, {"logits": a})


def _sees(units: list[int], before: list[int], gap: int) -> Tensor:
    return torch.tensor([[float(m - d >= gap) for d in before] for m in units])


@teaches("A wrong > or ≥ lets a number see itself, or hides one that it may see.")
@by_cases(("the mask into the hidden layer", "the mask out of the hidden layer"), [(4, 3, 11), (2, 5, 3), (5, 4, 8)])
def made_masks(which: int, draw: Draw, dims: int, levels: int, width: int) -> Case:
    """Check both masks of a MADE with one hidden layer whose degrees are given."""
    degrees = torch.randint(dims - 1, (width,), generator=draw)
    degrees[:2] = torch.tensor([0, dims - 2])
    each = [i for i in range(dims) for _ in range(levels)]
    own, blocks, m = list(range(dims * levels)), list(range(dims)) * levels, degrees.tolist()
    into, out = masks = _sees(m, each, 0), _sees(each, m, 1)
    side_by_side = "the levels of one number lie side by side: 0, 0, 0, 1, 1, 1, …, not 0, 1, …, 0, 1, …"
    suspects = {
        "a hidden unit of degree m may look at number m itself: ≥, not >": (_sees(m, each, 1), out),
        "an output may not see its own number: >, not ≥": (into, _sees(each, m, 0)),
        side_by_side: (_sees(m, blocks, 0), _sees(blocks, m, 1)),
        "each level is taken for a number of its own": (_sees(m, own, 0), _sees(own, m, 1)),
        "both masks are transposed: a weight has shape (out, in)": (into.T, out.T),
        "the masks are turned round: they let through what must be held back": (1 - into, 1 - out),
    }
    return Case((dims, levels, degrees), masks[which], {words: both[which] for words, both in suspects.items()})


@teaches("Every pixel is predicted in one pass, and none looks at itself or ahead.")
@by_cases("the output", [(3, False, 2), (3, True, 1), (5, True, 2), (5, False, 1)])
def masked_convolution(draw: Draw, size: int, centre: bool, channels: int) -> Case:
    """Check a convolution that sees what comes before a pixel, and the pixel itself only where it may."""
    x, w = draw.leaf(4, channels, 6, 7), draw.leaf(8, channels, size, size)
    place = torch.arange(size * size).reshape(size, size)
    row, column, half = place // size, place % size, size // 2
    mask, other = place < size * size // 2 + centre, place < size * size // 2 + (not centre)
    masks = {
        "the two masks are mixed up: `centre` says whether the pixel itself is seen": other,
        "the row below is open": mask | (row > half),
        "the right half of its own row is open": mask | (row == half),
        "the rows above are closed on the right: all of them is seen": mask & (column <= half),
        "the mask is turned round: it sees what comes after": mask.flip(0, 1),
        "there is no mask": torch.ones_like(mask),
    }
    picture = (torch.arange(42) < 21 + centre).reshape(6, 7)
    suspects = {words: F.conv2d(x, w * each, padding=half) for words, each in masks.items()} | {
        "the mask is laid on the picture; it belongs on the kernel": F.conv2d(x * picture, w, padding=half),
        "padding is missing: the output has the input's height and width": F.conv2d(x, w * mask),
    }
    return Case((x, w, centre), F.conv2d(x, w * mask, padding=half), suspects, {"x": x, "weight": w})


@teaches("All places are computed at once, and still each of them knows only its past.")
@by_cases("the output", [(2, 4, 8), (1, 6, 3), (3, 1, 4)])
def causal_attention(draw: Draw, batch: int, tokens: int, width: int) -> Case:
    """Check attention in which each token sees itself and those before it."""
    q, k, v = (draw.leaf(batch, tokens, width, std=1.5) for _ in range(3))
    raw, lower = q @ k.mT, torch.ones(tokens, tokens, dtype=torch.bool).tril()
    score, hidden = raw / width**0.5, -math.inf
    past = score.masked_fill(~lower, hidden)
    weights = {
        "the mask is turned round: tokens see those after them": score.masked_fill(~lower.T, hidden).softmax(2),
        "it is masked after the softmax: the weights of a row must sum to 1": score.softmax(2) * lower,
        "a masked score is 0, and exp(0) = 1 is still weight; it must be −∞": (score * lower).softmax(2),
        "the scores are not divided by √d": raw.masked_fill(~lower, hidden).softmax(2),
        "the softmax runs over the queries; it runs over the keys, the last axis": past.softmax(1),
        "nothing is masked: tokens see those after them": score.softmax(2),
        "the first token sees nothing, its row is NaN: a token sees itself too": past.masked_fill(
            torch.eye(tokens, dtype=torch.bool), hidden
        ).softmax(2),
    }
    suspects = {words: each @ v for words, each in weights.items()}
    want = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    return Case((q, k, v), want, suspects, {"q": q, "k": k, "v": v})


@teaches("Levels that lie side by side share what is learned, which a softmax has to learn for each.")
@by_cases(
    "log P(x)",
    [(3, 4, 5), (1, 6, 17)],
    edges={"the difference of two sigmoids underflows far from the mean: take it in logarithms": (1, 3, 5, 300.0)},
)
def discretised_logistic(draw: Draw, rows: int, dims: int, levels: int, far: float = 0.0) -> Case:
    """Check log P(level) of a logistic that is cut into whole numbers, the ends with their tails."""
    x = torch.randint(levels, (rows, dims), generator=draw)
    x[:, 0], x[:, 1], x[:, 2] = 0, levels - 1, 2
    away = draw.uniform(rows, dims, low=-1.5, high=1.5)
    m = (x + away + far * torch.where(torch.arange(dims) > 0, -1, 1)).requires_grad_()
    t = draw.uniform(rows, dims, low=0.1, high=0.8).requires_grad_()
    s, lowest, highest = t.exp(), x == 0, x == levels - 1
    side = torch.where(x > m, -1, 1)  # in that tail the difference of two sigmoids keeps its digits

    def mass(low: Tensor, high: Tensor, s: Tensor = s, a: Tensor = lowest, b: Tensor = highest) -> Tensor:
        upper = torch.where(b, (1 + side) / 2, (side * high / s).sigmoid())
        return (side * (upper - torch.where(a, (1 - side) / 2, (side * low / s).sigmoid()))).log()

    below, above, up = (x + edge - m for edge in (-0.5, 0.5, 1.0))
    want, none = mass(below, above), torch.zeros_like(lowest)
    density = F.logsigmoid((x - m) / s) + F.logsigmoid((m - x) / s) - t
    suspects = {
        "it is the density at the level, not the mass between two edges": density,
        "the ends are closed: they take the whole tail": mass(below, above, s, none, none),
        "log_scale is the logarithm of the scale": mass(below, above, t),
        "it is half a level off: level k lies between k − ½ and k + ½": mass(x - m, up),
        "a bin is one level wide, ½ on either side": mass(x - 1 - m, up),
        "this is the probability; its logarithm is wanted": want.exp(),
    }
    return Case((x, m, t, levels), want, suspects, {"mean": m, "log_scale": t})


@teaches("Sampling takes one pass for each number: a conditional waits for what it is conditioned on.")
@by_cases("the sample", [(5, 4, 3), (2, 6, 5), (3, 7, 2)])
def one_at_a_time(draw: Draw, rows: int, dims: int, levels: int) -> Case:
    """Find the mistake: a sampler that draws all numbers from one pass through the network."""
    weight = 3 * torch.randn(dims, levels, dims, levels, generator=draw)
    weight *= torch.ones(dims, dims).tril(-1)[:, None, :, None]

    def network(x: Tensor) -> Tensor:  # logits (B, D, levels) that depend strongly on the numbers before
        return torch.einsum("ikjl,bjl->bik", weight, F.one_hot(x.long(), levels).float())

    u = torch.rand(rows, dims, generator=draw)
    want, likeliest, mirrored, late = (torch.zeros(rows, dims, dtype=torch.long) for _ in range(4))
    at_once = _levels(network(want), u)
    for i in range(dims):
        want[:, i] = _levels(network(want)[:, i], u[:, i])
        likeliest[:, i] = network(likeliest)[:, i].argmax(1)
        mirrored[:, i] = _levels(network(mirrored)[:, -1 - i], u[:, i])
        late[:, i] = _levels(network(late)[:, i - 1], u[:, i]) if i else 0
    suspects = {
        "the logits of place i are for the number at place i, not for its mirror image": mirrored,
        "the logits of place i are for the number at place i, not for the next one": late,
        "the likeliest level is taken: that is one picture, and no sample": likeliest,
        "it is refreshed once; the third number still waits for the second": _levels(network(at_once), u),
    }
    return Case((network, u), want, suspects, handed=at_once)


def _levels(logits: Tensor, u: Tensor) -> Tensor:
    """The level at which the cumulated probability passes u."""
    return (logits.softmax(-1).cumsum(-1)[..., :-1] < u[..., None]).sum(-1)


@teaches("The chain rule holds in any order; with a short memory some orders know more than others.")
def pixel_order(answer: Any, draw: Draw) -> None:
    """Measure an order of writing on unseen digits, where each pixel is foretold by the one before it alone."""
    order = tensor(found_and_why(answer), "the order").flatten().tolist()
    if sorted(order) != list(range(64)):
        mistake("the order must have each of the places 0 … 63 once")
    mine, rows = (_chain_bits(list(map(int, each))) for each in (order, range(64)))
    print(f"{mine:.3f} bits per pixel; row by row {rows:.3f}")
    if mine >= rows:
        mistake("row by row needs no more bits than this order")


def _chain_bits(order: list[int]) -> float:
    seen, unseen = (load("digits", split).pixels.flatten(1).long() for split in ("train", "test"))
    seen, unseen = (F.pad(x, (1, 0)) for x in (seen, unseen))  # before the first pixel stands a 0
    bits = 0.0
    for a, b in pairwise([0, *(place + 1 for place in order)]):
        counts = torch.bincount(17 * seen[:, a] + seen[:, b], minlength=289).reshape(17, 17) + 1 / 17
        chances = counts / counts.sum(1, keepdim=True)
        bits -= float(chances[unseen[:, a], unseen[:, b]].log2().mean())
    return bits / len(order)
