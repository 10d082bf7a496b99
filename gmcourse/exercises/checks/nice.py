"""Checks of chapter 06: couplings and their inverses, the logistic density, the scaling."""

from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import Normal
from torch.nn import functional as F

from gmcourse.exercises.asking import ask
from gmcourse.exercises.compare import agree, finite, fresh_weights, normal, pair, untouched
from gmcourse.exercises.exercise import exercise


def _network(inputs: int, outputs: int, generator: torch.Generator) -> nn.Module:
    network = nn.Sequential(nn.Linear(inputs, 12), nn.ReLU(), nn.Linear(12, outputs))
    return fresh_weights(network, generator, 0.7)


@exercise
def uncouple(answer: Any, generator: torch.Generator) -> None:
    """Check the inverse of y₁ = x₁, y₂ = x₂ + m(x₁).

    The inverse needs no inverse of the network: this is the trick of all coupling flows.
    """
    for rows, dim in ((4, 6), (1, 2), (3, 10)):
        half = dim // 2
        m = _network(half, half, generator)
        x = normal(rows, dim, generator=generator).detach()
        x1, x2 = x[:, :half], x[:, half:]
        with torch.no_grad():
            y1, y2 = x1, x2 + m(x1)
            y, minus = torch.cat([y1, y2], 1), y2 - m(y1)
            halves = {
                "m is added once more; undoing means to subtract it": (y1, y2 + m(y1)),
                "m is fed with the half that was changed; nobody knows x₂ yet": (y1, y2 - m(y2)),
                "the first half was never changed, so nothing may be taken from it": (y1 - m(y1), minus),
                "the first half is changed in place of the second": (y1 - m(y2), y2),
                "the halves come back in the wrong order": (minus, y1),
                "y comes back unchanged": (y1, y2),
            }
        suspects = {words: torch.cat(each, 1) for words, each in halves.items()}
        agree(ask(answer, y, m), x, "the inverse", suspects, atol=1e-5)


@exercise
def affine_coupling(answer: Any, generator: torch.Generator) -> None:
    """Check y₂ = (x₂ + t) ⊙ exp(r) with (r, t) from the network, and the log-determinant of each row.

    The volume can change now, and its logarithm is a sum.
    """
    for rows, dim in ((4, 6), (1, 2), (3, 8)):
        half = dim // 2
        network = _network(half, dim, generator)
        x = normal(rows, dim, generator=generator)
        x1, x2 = x.double()[:, :half], x.double()[:, half:]
        r, t = network(x[:, :half]).double().chunk(2, dim=1)
        s = r.exp()
        y, log_det = pair(ask(answer, x, network), "y and its log-determinant")
        halves = {
            "shift comes first here: (x₂ + t) ⊙ s, not x₂ ⊙ s + t": (x1, x2 * s + t),
            "the scale is exp(r); r itself may be negative or zero": (x1, (x2 + t) * r),
            "r and t are swapped: the first half of the network's output is r": (x1, (x2 + r) * t.exp()),
            "the second half is divided by s; that is the inverse": (x1, x2 / s - t),
            "the first half must stay as it is": (x1 * s, (x2 + t) * s),
        }
        suspects = {words: torch.cat(each, 1) for words, each in halves.items()}
        agree(y, torch.cat([x1, (x2 + t) * s], 1), "y", suspects)
        total = r.sum(1)
        suspects = {
            "the sign of the log-determinant is wrong: data to latent multiplies by s": -total,
            "this is Σ s; the logarithm of a product of scales is Σ r": r.exp().sum(1),
            "this is the determinant; its logarithm is wanted": total.exp(),
            "the log-determinant is averaged over the dimensions; it is a sum": r.mean(1),
            "the log-determinant is summed over the batch; one number a row is wanted": r.sum(),
            "the log-determinant is 0 for additive couplings only": torch.zeros_like(total),
            "the log-determinant is not summed over the dimensions": r,
        }
        agree(log_det, total, "log_det", suspects, inputs={"x": x})


@exercise
def logistic_log_prob(answer: Any, generator: torch.Generator) -> None:
    """Check the log of the standard logistic density, summed over the dimensions, for any size of z.

    A prior with heavier tails than the normal, which no latent makes overflow.
    """
    for rows, dim in ((4, 3), (1, 7), (6, 2)):
        z = normal(rows, dim, generator=generator, std=3.0)
        w = z.double()
        half, other = F.logsigmoid(w), F.logsigmoid(-w)
        each = half + other
        want = each.sum(1)
        missing = "half of it is missing: log p = log σ(z) + log σ(−z)"
        suspects = {
            missing: half.sum(1),
            f"{missing}  (the half with −z is there)": other.sum(1),
            "the sign is wrong": -want,
            "this is the normal density": Normal(0.0, 1.0).log_prob(w).sum(1),
            "it is averaged over the dimensions; independent dimensions add up": each.mean(1),
            "it is summed over the batch too; one number a row is wanted": each.sum(),
            "it is averaged over the batch too; one number a row is wanted": want.mean(),
            "it is not summed over the dimensions": each,
            "this is the density; its logarithm is wanted": want.exp(),
        }
        agree(ask(answer, z), want, "log p(z)", suspects, inputs={"z": z})
    hint = "log p(z) overflows at z = ±200: exp(200) is infinite in float32; use softplus or logsigmoid"
    got = finite(ask(answer, torch.tensor([[200.0, -200.0]])), "log p(z)", hint)
    agree(got, torch.tensor([-400.0]), "log p(z) at z = ±200")


@exercise
def scaled_log_prob(answer: Any, generator: torch.Generator) -> None:
    """log p(h) where z = exp(s) ⊙ h is standard logistic.

    One scale for each dimension is all the change of volume that NICE has.
    """
    for rows, dim in ((4, 3), (1, 6), (5, 2)):
        h, s = normal(rows, dim, generator=generator), normal(dim, generator=generator)
        k, a = h.double(), s.double()

        def base(z: Tensor) -> Tensor:
            return (F.logsigmoid(z) + F.logsigmoid(-z)).sum(1)

        scaled, total = base(a.exp() * k), a.sum()
        want = scaled + total
        suspects = {
            "Σ s is missing: the scaling changes volume": scaled,
            "Σ s is subtracted; data to latent, it is added": scaled - total,
            "Σ exp(s) is added; the log-determinant is Σ s": scaled + a.exp().sum(),
            "the mean of s is added; the log-determinant is a sum": scaled + a.mean(),
            "h is not scaled": base(k) + total,
            "h is divided by exp(s); that is the way back": base(k / a.exp()) + total,
            "h is multiplied by s; the scale is exp(s)": base(a * k) + total,
            "Σ s is counted once for each row of the batch": scaled + rows * total,
            "it is averaged over the batch; one number a row is wanted": want.mean(),
        }
        agree(ask(answer, h, s), want, "log p(h)", suspects, inputs={"h": h, "s": s})


@exercise
def mixed(answer: Any, generator: torch.Generator) -> None:
    """Find the mistake: couplings that must take turns. Judged by the values and by which output sees which input.

    Now that the halves take turns, no input is left as it came.
    """
    for rows, dim in ((3, 6), (2, 4)):
        half = dim // 2
        nets = [_network(half, half, generator) for _ in range(3)]
        x = normal(rows, dim, generator=generator).detach()
        with torch.no_grad():
            a, b = x[:, :half], x[:, half:]
            m1, m2, m3 = nets
            stuck = torch.cat([a, b + m1(a) + m2(a) + m3(a)], 1)
            b1 = b + m1(a)
            a1 = a + m2(b1)
            b2 = b1 + m3(a1)
            old_a, first_a, first_b = a + m2(b), a + m1(b), b + m2(a + m1(b))
            old = "the second coupling is fed with the old second half; each sees what the one before made"
            halves = {
                old: (old_a, b1 + m3(old_a)),
                "the third coupling is fed with the old first half": (a1, b1 + m3(a)),
                "the halves come back swapped": (b2, a1),
                "the third coupling is missing": (a1, b1),
                "the first coupling must change the second half": (first_a + m3(first_b), first_b),
            }
            value = ask(answer, x, nets)
        untouched(value, stuck, "the first half still comes out as it went in")
        suspects = {words: torch.cat(each, 1) for words, each in halves.items()}
        agree(value, torch.cat([a1, b2], 1), "the output", suspects, atol=1e-4)
