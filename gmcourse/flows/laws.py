"""The laws that every bijection obeys, as one function that tests, exercises and lessons call."""

import copy
from collections.abc import Callable

import torch
from torch import Tensor

from gmcourse import expect
from gmcourse.flows.bijection import Bijection, Context
from gmcourse.flows.flow import Flow


class LawBroken(AssertionError):
    """A map is not the bijection that it claims to be; the message says which law it breaks, and by how much."""


def _each(change: Callable[[Tensor], Tensor], context: Context) -> Context:
    """Change each tensor of a context."""
    if context is None or isinstance(context, Tensor):
        return None if context is None else change(context)
    return [change(part) for part in context]


def _one(context: Context, i: int) -> Context:
    return _each(lambda part: part if len(part) == 1 else part[i : i + 1], context)


def jacobian_log_det(bijection: Bijection | Flow, x: Tensor, context: Context = None) -> Tensor:
    """Compute log |det ∂z/∂x| from each sample's autograd Jacobian, in nats, (B,); a context is of batch B or 1."""
    values = []
    for i in range(len(x)):
        here = _one(context, i)

        def flat(one: Tensor, here: Context = here, shape: torch.Size = x[i : i + 1].shape) -> Tensor:
            z: Tensor = bijection(one.reshape(shape), here)[0]
            return z.flatten()

        jacobian = torch.autograd.functional.jacobian(flat, x[i].flatten())
        values.append(torch.linalg.slogdet(jacobian).logabsdet)
    return torch.stack(values)


@expect.door(x="B …", round_trip="> 0", log_det="> 0")
def assert_bijection_laws(
    bijection: Bijection | Flow,
    x: Tensor,
    context: Context = None,
    *,
    round_trip: float = 1e-9,
    log_det: float = 1e-10,
) -> None:
    """Check a bijection on a batch, in float64, on a copy of it.

    Shapes: z has as many numbers as x, log_det has shape (B,). Samples do not see each other. Round trip:
    f⁻¹(f(x)) = x and f(f⁻¹(z)) = z. Log-determinant: that of the autograd Jacobian. Gradient: finite, and
    reaching every parameter.

    Comparing log-determinants with the Jacobian is what counts. That those of forward and inverse cancel is also true
    of a log-determinant that is seven times too large. A bijection that initialises itself from data sees x first: at
    least two samples (B, …), small, since the Jacobian has D² entries. The largest errors allowed are relative: that
    of the round trip to the largest |x|, that of log_det to the largest of 1 and |log_det|. `LawBroken` says which
    law is broken.
    """
    bijection = copy.deepcopy(bijection).double()
    x, context = x.detach().double(), _each(Tensor.double, context)
    with torch.no_grad():
        bijection(x, context)  # data-dependent initialisation happens here
    z, reported = bijection(x, context)
    if reported.shape != (len(x),):
        raise LawBroken(f"log_det has shape {tuple(reported.shape)}; expected ({len(x)},): one a sample")
    if z[0].numel() != x[0].numel() or len(z) != len(x):
        shapes = f"z has shape {tuple(z.shape)}, x {tuple(x.shape)}"
        raise LawBroken(f"{shapes}: a bijection keeps the number of dimensions")
    alone = torch.cat([bijection(x[i : i + 1], _one(context, i))[0] for i in range(len(x))])
    if not torch.allclose(alone, z, rtol=1e-9, atol=1e-9):
        raise LawBroken("a sample's z depends on the other samples of the batch")
    _check_round_trip(bijection, x, z.detach(), context, round_trip)
    reported, expected = reported.detach(), jacobian_log_det(bijection, x, context)
    error = float((reported - expected).abs().max() / expected.abs().max().clamp_min(1.0))
    if not error <= log_det:
        truth = f"the autograd Jacobian has {expected.tolist()}, a relative error of {error:.1e}"
        raise LawBroken(f"log_det is {reported.tolist()}; {truth}")
    _check_gradients(bijection, x, context)


def _check_round_trip(bijection: Bijection | Flow, x: Tensor, z: Tensor, context: Context, tolerance: float) -> None:
    with torch.no_grad():
        recovered = bijection.inverse(z, context)
        again, _ = bijection(recovered, context)
    if recovered.shape != x.shape:
        raise LawBroken(f"the inverse gives shape {tuple(recovered.shape)}; x has {tuple(x.shape)}")
    for name, got, wanted in (("f⁻¹(f(x)) = x", recovered, x), ("f(f⁻¹(z)) = z", again, z)):
        error = float((got - wanted).abs().max() / wanted.abs().max().clamp_min(1.0))
        if not error <= tolerance:
            raise LawBroken(f"round trip: {name} is off by {error:.1e}, more than {tolerance:.0e}")


def _check_gradients(bijection: Bijection | Flow, x: Tensor, context: Context) -> None:
    z, log_det = bijection(x, context)
    parameters = {name: p for name, p in bijection.named_parameters() if p.requires_grad}
    if not parameters:
        return
    total = (z * torch.linspace(0.5, 1.5, z.numel(), dtype=z.dtype).reshape(z.shape)).sum() + log_det.sum()
    gradients = torch.autograd.grad(total, list(parameters.values()), allow_unused=True)
    for name, gradient in zip(parameters, gradients, strict=True):
        if gradient is None:
            raise LawBroken(f"no gradient reaches the parameter {name}")
        if not torch.isfinite(gradient).all():
            raise LawBroken(f"the gradient of {name} is not finite")
