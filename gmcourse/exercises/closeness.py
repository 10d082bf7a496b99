"""When two tensors and their gradients count as equal, and how it is shown where they differ."""

import re
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from gmcourse.exercises.mistakes import mistake

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


def agree_gradients(got: Tensor, want: Tensor, inputs: Mapping[str, Tensor], what: str) -> None:
    """The value is right; is its gradient? A `detach`, `no_grad`, `.item()` or numpy cuts it off, a clamp bends it.

    Both `got` and `want` must have been computed from `inputs`. Every entry gets a weight of its own: a sum's
    gradient would not tell which of them it came from.
    """
    leaves = list(inputs.values())
    for name, leaf in inputs.items():
        if leaf.grad is not None and bool(leaf.grad.any()):
            mistake(f"`backward` inside leaves a gradient on `{name}`: use `torch.autograd.grad`")
    weights = 1.5 + torch.arange(want.numel(), dtype=torch.float64).cos().reshape(want.shape)
    wanted = torch.autograd.grad((want * weights).sum(), leaves, retain_graph=True)
    for name, ours, theirs in zip(inputs, wanted, _gradients(got * weights, leaves, _right(what)), strict=True):
        if matches(theirs.double(), ours.double(), rtol=1e-3, atol=1e-4):
            continue
        start = f"{_right(what)}, but {'their' if many(what) else 'its'} gradient with respect to `{name}` is"
        numbers = differences(theirs, ours, rtol=1e-3, atol=1e-4)
        if not bool(theirs.any()):
            mistake(f"{start} zero: something is detached", numbers, _CUT)
        if bool(theirs.isnan().any()):
            mistake(f"{start} not a number: what a `where` leaves out counts here too, as 0 · ∞", numbers)
        cut = (theirs == 0) & (ours.abs() > 1e-3)
        if bool(cut.any()) and matches(theirs[~cut].double(), ours[~cut].double(), rtol=1e-3, atol=1e-4):
            mistake(f"{start} zero in places: a `clamp`, a maximum or a `detach` cuts it there", numbers)
        mistake(f"{start} wrong: part of it is detached, or clamped", numbers, _CUT)


def _gradients(got: Tensor, leaves: Sequence[Tensor], right: str) -> list[Tensor]:
    """The gradient of the learner's value with respect to each leaf; zero where the graph is cut."""
    if not got.requires_grad:
        mistake(
            f"{right} but no gradient to train through: something is detached, or made without `create_graph`", _CUT
        )
    try:
        return list(torch.autograd.grad(got.sum(), leaves, retain_graph=True, materialize_grads=True))
    except RuntimeError as error:
        if "inplace operation" in str(error):
            cure = "Write `y = y + 1` for `y += 1` where y came out of `exp` and the like."
            mistake(f"{right}, but an operation in place overwrote what the gradient needs", cure)
        mistake(f"{right}, but the gradient cannot be computed", str(error)[:200])


def _right(what: str) -> str:
    return f"{what} {'have' if many(what) else 'has'} the right value"


_CUT = "`detach()`, `.data`, `torch.no_grad()`, `.item()`, numpy and `torch.tensor(…)` all cut the graph."
