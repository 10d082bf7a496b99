"""Whether an answer can be trained through: its gradient with respect to all that it was computed from."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from gmcourse.exercises.closeness import differences, many, matches
from gmcourse.exercises.mistakes import mistake


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
    for name, ours, theirs in zip(inputs, wanted, gradients(got, leaves, what, weights), strict=True):
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


def gradients(got: Tensor, leaves: Sequence[Tensor], what: str, weights: Tensor | None = None) -> list[Tensor]:
    """The gradient of the learner's value with respect to each leaf; zero where the graph is cut."""
    if not got.requires_grad:
        reason = "no gradient to train through: something is detached, or made without `create_graph`"
        mistake(f"{_right(what)} but {reason}", _CUT)
    try:
        total = (got if weights is None else got * weights).sum()
        found = torch.autograd.grad(total, leaves, retain_graph=True, allow_unused=True)
    except RuntimeError as error:
        if "inplace operation" in str(error):
            cure = "Write `y = y + 1` for `y += 1` where y came out of `exp` and the like."
            mistake(f"{_right(what)}, but an operation in place overwrote what the gradient needs", cure)
        mistake(f"{_right(what)}, but the gradient cannot be computed", str(error)[:200])
    return [torch.zeros_like(leaf) if each is None else each for leaf, each in zip(leaves, found, strict=True)]


def _right(what: str) -> str:
    return f"{what} {'have' if many(what) else 'has'} the right value"


_CUT = "`detach()`, `.data`, `torch.no_grad()`, `.item()`, numpy and `torch.tensor(…)` all cut the graph."
