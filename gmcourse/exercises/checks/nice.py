"""Checks of chapter 06: couplings and their inverses, the logistic density, the scaling."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import Normal
from torch.nn import functional as F

from gmcourse.exercises.compare import agree, agree_gradients, fresh, normal, tensor
from gmcourse.exercises.mistakes import NotDone, ask, exercise, mistake


def _network(inputs: int, outputs: int, generator: torch.Generator) -> nn.Module:
    """A small network with a ReLU, so without an inverse, and with fresh weights."""
    network = nn.Sequential(nn.Linear(inputs, 12), nn.ReLU(), nn.Linear(12, outputs))
    with torch.no_grad():
        for p in network.parameters():
            p.copy_(torch.randn(p.shape, generator=generator) * 0.7)
    return network


@exercise
def uncouple(answer: Any) -> None:
    """The inverse of y₁ = x₁, y₂ = x₂ + m(x₁)."""
    generator = fresh()
    for rows, dim in ((4, 6), (1, 2), (3, 10)):
        half = dim // 2
        m = _network(half, half, generator)
        x = normal(rows, dim, generator=generator).detach()
        x1, x2 = x[:, :half], x[:, half:]
        with torch.no_grad():
            y = torch.cat([x1, x2 + m(x1)], dim=1)
            y1, y2 = y[:, :half], y[:, half:]
            suspects = {
                "m is added once more; undoing means to subtract it": torch.cat([y1, y2 + m(y1)], 1).double(),
                "m is fed with the half that was changed; nobody knows x₂ yet": torch.cat(
                    [y1, y2 - m(y2)], 1
                ).double(),
                "the first half was never changed, so nothing may be taken from it": torch.cat(
                    [y1 - m(y1), y2 - m(y1)], 1
                ).double(),
                "the first half is changed in place of the second": torch.cat([y1 - m(y2), y2], 1).double(),
                "the halves come back in the wrong order": torch.cat([y2 - m(y1), y1], 1).double(),
                "y comes back unchanged": y.double(),
            }
        got = agree(ask(answer, y, m), x.double(), "the inverse", suspects=suspects, atol=1e-5)
    if got.shape[1] != dim:
        mistake("the inverse loses dimensions")


@exercise
def affine_coupling(answer: Any) -> None:
    """y₂ = (x₂ + t) ⊙ exp(r) with (r, t) from the network, and the log-determinant of each row."""
    generator = fresh()
    for rows, dim in ((4, 6), (1, 2), (3, 8)):
        half = dim // 2
        network = _network(half, dim, generator)
        x = normal(rows, dim, generator=generator)
        x1, x2 = x.double()[:, :half], x.double()[:, half:]
        r, t = network(x[:, :half]).double().chunk(2, dim=1)
        want = torch.cat([x1, (x2 + t) * r.exp()], dim=1)
        value = ask(answer, x, network)
        if not (isinstance(value, tuple | list) and len(value) == 2):
            mistake("two things are wanted: y and its log-determinant")
        y = {
            "shift comes first here: (x₂ + t) ⊙ s, not x₂ ⊙ s + t": torch.cat([x1, x2 * r.exp() + t], 1),
            "the scale is exp(r); r itself may be negative or zero": torch.cat([x1, (x2 + t) * r], 1),
            "r and t are swapped: the first half of the network's output is r": torch.cat(
                [x1, (x2 + r) * t.exp()], 1
            ),
            "the second half is divided by s; that is the inverse": torch.cat([x1, x2 / r.exp() - t], 1),
            "the first half must stay as it is": torch.cat([x1 * r.exp(), (x2 + t) * r.exp()], 1),
        }
        agree(value[0], want, "y", suspects=y)
        total = r.sum(1)
        log_det = {
            "the sign of the log-determinant is wrong: data to latent multiplies by s": -total,
            "this is Σ s; the logarithm of a product of scales is Σ r": r.exp().sum(1),
            "this is the determinant; its logarithm is wanted": total.exp(),
            "the log-determinant is averaged over the dimensions; it is a sum": r.mean(1),
            "the log-determinant is summed over the batch; one number a row is wanted": r.sum(),
            "the log-determinant is 0 for additive couplings only": torch.zeros_like(total),
            "the log-determinant is not summed over the dimensions": r,
        }
        found = agree(value[1], total, "log_det", suspects=log_det)
        agree_gradients(found, total, {"x": x}, "log_det")


@exercise
def logistic_log_prob(answer: Any) -> None:
    """log of the standard logistic density, summed over the dimensions, for any size of z."""
    generator = fresh()
    for rows, dim in ((4, 3), (1, 7), (6, 2)):
        z = normal(rows, dim, generator=generator, scale=3.0)
        w = z.double()
        each = F.logsigmoid(w) + F.logsigmoid(-w)
        want = each.sum(1)
        suspects = {
            "half of it is missing: log p = log σ(z) + log σ(−z)": F.logsigmoid(w).sum(1),
            "half of it is missing: log p = log σ(z) + log σ(−z)  (the half with −z is there)": F.logsigmoid(
                -w
            ).sum(1),
            "the sign is wrong": -want,
            "this is the normal density": Normal(0.0, 1.0).log_prob(w).sum(1),
            "it is averaged over the dimensions; independent dimensions add up": each.mean(1),
            "it is summed over the batch too; one number a row is wanted": each.sum(),
            "it is averaged over the batch too; one number a row is wanted": want.mean(),
            "it is not summed over the dimensions": each,
            "this is the density; its logarithm is wanted": want.exp(),
        }
        got = agree(ask(answer, z), want, "log p(z)", suspects=suspects)
        agree_gradients(got, want, {"z": z}, "log p(z)")
    far = torch.tensor([[200.0, -200.0]])
    value = tensor(ask(answer, far), "log p(z)")
    if not bool(value.isfinite().all()):
        mistake("log p(z) overflows at z = ±200: exp(200) is infinite in float32; use softplus or logsigmoid")
    agree(value, torch.tensor([-400.0]).double(), "log p(z) at z = ±200")


@exercise
def scaled_log_prob(answer: Any) -> None:
    """log p(h) where z = exp(s) ⊙ h is standard logistic."""
    generator = fresh()
    for rows, dim in ((4, 3), (1, 6), (5, 2)):
        h, s = normal(rows, dim, generator=generator), normal(dim, generator=generator)
        k, a = h.double(), s.double()

        def base(z: Tensor) -> Tensor:
            return (F.logsigmoid(z) + F.logsigmoid(-z)).sum(1)

        want = base(a.exp() * k) + a.sum()
        suspects = {
            "Σ s is missing: the scaling changes volume": base(a.exp() * k),
            "Σ s is subtracted; data to latent, it is added": base(a.exp() * k) - a.sum(),
            "Σ exp(s) is added; the log-determinant is Σ s": base(a.exp() * k) + a.exp().sum(),
            "the mean of s is added; the log-determinant is a sum": base(a.exp() * k) + a.mean(),
            "h is not scaled": base(k) + a.sum(),
            "h is divided by exp(s); that is the way back": base(k / a.exp()) + a.sum(),
            "h is multiplied by s; the scale is exp(s)": base(a * k) + a.sum(),
            "Σ s is counted once for each row of the batch": base(a.exp() * k) + rows * a.sum(),
            "it is averaged over the batch; one number a row is wanted": want.mean(),
        }
        got = agree(ask(answer, h, s), want, "log p(h)", suspects=suspects)
        agree_gradients(got, want, {"h": h, "s": s}, "log p(h)")


@exercise
def mixed(answer: Any) -> None:
    """Find the mistake: couplings that must take turns. Judged by the values and by which output sees which input."""
    generator = fresh()
    for rows, dim in ((3, 6), (2, 4)):
        half = dim // 2
        nets = [_network(half, half, generator) for _ in range(3)]
        x = normal(rows, dim, generator=generator).detach()
        with torch.no_grad():
            a, b = x[:, :half], x[:, half:]
            stuck = torch.cat([a, b + sum(m(a) for m in nets)], 1).double()
            b1 = b + nets[0](a)
            a1 = a + nets[1](b1)
            b2 = b1 + nets[2](a1)
            want = torch.cat([a1, b2], 1).double()
            suspects = {
                "the second coupling is fed with the old second half; each sees what the one before made": torch.cat(
                    [a + nets[1](b), b1 + nets[2](a + nets[1](b))], 1
                ).double(),
                "the third coupling is fed with the old first half": torch.cat(
                    [a1, b1 + nets[2](a)], 1
                ).double(),
                "the halves come back swapped": torch.cat([b2, a1], 1).double(),
                "the third coupling is missing": torch.cat([a1, b1], 1).double(),
                "the first coupling must change the second half": torch.cat(
                    [(a + nets[0](b)) + nets[2](b + nets[1](a + nets[0](b))), b + nets[1](a + nets[0](b))], 1
                ).double(),
            }
            value = ask(answer, x, nets)
        if (
            isinstance(value, Tensor)
            and value.shape == x.shape
            and torch.allclose(value.double(), stuck, atol=1e-5)
        ):
            raise NotDone("not done yet: the first half still comes out as it went in")
        agree(value, want, "the output", suspects=suspects, atol=1e-4)
