"""When two tensors count as equal, and how it is shown where they differ."""

import re

import torch
from torch import Tensor

RTOL, ATOL = 2e-4, 2e-5


def apart(got: Tensor, want: Tensor, rtol: float, atol: float) -> Tensor:
    """Say which entries differ, up to float32 rounding at the size of the numbers involved."""
    got, want = got.detach(), want.detach().to(got.dtype)
    finite = want[want.isfinite()].abs()
    size = max(1.0, float(finite.max())) if finite.numel() else 1.0
    return ~torch.isclose(got, want, rtol=rtol, atol=atol * size, equal_nan=True)


def matches(got: Tensor, want: Tensor, *, rtol: float = RTOL, atol: float = ATOL) -> bool:
    """Compare shapes and numbers."""
    return got.shape == want.shape and not bool(apart(got, want, rtol, atol).any())


def show(value: Tensor) -> str:
    """Show the beginning of a tensor, in four digits."""
    flat = value.detach().flatten()[:3].tolist()
    text = ", ".join(f"{number:.4g}" for number in flat)
    if value.dim() == 0:
        return text
    return f"[{text}{', …' if value.numel() > 3 else ''}] of shape {tuple(value.shape)}"


def many(what: str) -> bool:
    """Whether these words are a plural: "the weights" are, "the loss at t = 200" is."""
    first = re.split(r" (?:of|at|for|per|after|by|where|in|with) ", what)[0]
    return first.endswith("s") and not first.endswith("ss")


def differences(got: Tensor, want: Tensor, *, rtol: float = RTOL, atol: float = ATOL) -> str:
    """List the first entries that differ, each with its place; the beginnings of both where the shapes differ."""
    if got.shape != want.shape or got.dim() == 0:
        return f"got {show(got)}, expected {show(want)}"
    got, want, places = got.detach(), want.detach(), apart(got, want, rtol, atol).nonzero()
    shown = [
        f"at {place}: got {float(got[tuple(place)]):.4g}, expected {float(want[tuple(place)]):.4g}"
        for place in places[:3].tolist()
    ]
    return "\n".join([*shown, f"{len(places)} of {got.numel()} entries differ, shape {tuple(got.shape)}"])
