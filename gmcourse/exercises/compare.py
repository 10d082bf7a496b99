"""What the checks share: comparisons that recognise a known mistake.

References are computed in float64 from the inputs that the learner got in float32, and compared with a
tolerance that holds for float32 on every machine.
"""

import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor, nn

from gmcourse.exercises.mistakes import NotDone, mistake

RTOL, ATOL = 2e-4, 2e-5


def normal(*shape: int, generator: torch.Generator, std: float = 1.0) -> Tensor:
    """Standard normal float32 numbers times `std`, ready to be differentiated."""
    return (std * torch.randn(shape, generator=generator)).requires_grad_()


def fresh_weights(network: nn.Module, generator: torch.Generator, std: float) -> nn.Module:
    """The network, all of whose parameters are now normal with the standard deviation `std`."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * std)
    return network


def pair(value: Any, what: str) -> tuple[Any, Any]:
    """The two things that the learner's code returned; `what` names them where there are not two."""
    if not (isinstance(value, tuple | list) and len(value) == 2):
        mistake(f"two things are wanted: {what}")
    return value[0], value[1]


def tensor(value: Any, what: str) -> Tensor:
    """The learner's value, or what torch makes of it, as a float64 tensor on the CPU, still in the graph."""
    try:
        return torch.as_tensor(value).to(device="cpu", dtype=torch.float64)
    except (TypeError, ValueError, RuntimeError):
        mistake(f"{what} is of type {type(value).__name__}; expected a tensor, or numbers that make one")


def matches(got: Tensor, want: Tensor, *, rtol: float = RTOL, atol: float = ATOL) -> bool:
    """Compare shapes and numbers, up to float32 rounding at the size of the numbers involved."""
    if got.shape != want.shape:
        return False
    got, want = got.detach(), want.detach().to(got.dtype)
    size = float(want[want.isfinite()].abs().max()) if bool(want.isfinite().any()) else 0.0
    return torch.allclose(got, want, rtol=rtol, atol=atol * max(1.0, size), equal_nan=True)


def agree(
    value: Any,
    want: Tensor | float,
    what: str,
    suspects: Mapping[str, Tensor | float] | None = None,
    *,
    inputs: Mapping[str, Tensor] | None = None,
    otherwise: str = "",
    rtol: float = RTOL,
    atol: float = ATOL,
) -> Tensor:
    """Give the learner's value as `tensor` does if it is the reference; else name the mistake.

    Args:
        what: what is being compared, as the subject of a sentence: "the KL".
        suspects: what people get who make a known mistake, by the words that explain it.
        inputs: what both were computed from, by name: the gradients with respect to these must agree, too.
        otherwise: the words for every other wrong value, where only one mistake is possible.
        atol: absolute tolerance, times the largest number of the reference (if above 1).
    """
    got, want = tensor(value, what), torch.as_tensor(want, dtype=torch.float64)
    if matches(got, want, rtol=rtol, atol=atol):
        if inputs:
            agree_gradients(got, want, inputs, what)
        return got
    numbers = differences(got, want, rtol=rtol, atol=atol)
    for reason, number in (suspects or {}).items():
        wrong = torch.as_tensor(number, dtype=torch.float64)
        if matches(got, wrong, rtol=rtol, atol=atol) and not matches(wrong, want, rtol=rtol, atol=atol):
            mistake(f"{what}: {reason}", numbers)
    if otherwise:
        mistake(otherwise, numbers)
    if got.shape != want.shape:
        mistake(f"{what} has shape {tuple(got.shape)}; expected {tuple(want.shape)}", numbers)
    finite(got, what, f"{what} is not finite")
    mistake(f"{what} is wrong for fresh inputs", numbers)


def finite(value: Any, what: str, reason: str) -> Tensor:
    """The learner's value as `tensor` gives it; a mistake with this reason where it is not finite."""
    got = tensor(value, what)
    if not bool(got.isfinite().all()):
        mistake(reason, f"got {show(got)}")
    return got


def untouched(value: Any, handed: Tensor, words: str, want: Tensor | None = None) -> None:
    """Say that nothing was written yet: the value is that of the code handed out, and not right by chance."""
    by_chance = want is not None and matches(want.detach(), handed)
    if isinstance(value, Tensor) and not by_chance and matches(tensor(value, ""), handed):
        raise NotDone(f"not done yet: {words}")


def agree_gradients(got: Tensor, want: Tensor, inputs: Mapping[str, Tensor], what: str) -> None:
    """The value is right; is its gradient? A `detach`, `no_grad`, `.item()` or numpy cuts it off.

    Both `got` and `want` must have been computed from `inputs`.
    """
    leaves = list(inputs.values())
    wanted = torch.autograd.grad(want.sum(), leaves, retain_graph=True)
    for name, ours, theirs in zip(inputs, wanted, gradients(got, leaves, what), strict=True):
        if not matches(theirs.double(), ours.double(), rtol=1e-3, atol=1e-4):
            part = "wrong" if bool(theirs.any()) else "zero"
            reason = f"its gradient with respect to `{name}` is {part}: something is detached"
            numbers = differences(theirs, ours, rtol=1e-3, atol=1e-4)
            mistake(f"{what} has the right value, but {reason}", numbers, _CUT)


def gradients(got: Tensor, leaves: Sequence[Tensor], what: str) -> list[Tensor]:
    """The gradient of the learner's value with respect to each leaf; zero where the graph is cut."""
    if not got.requires_grad:
        mistake(f"{what} has the right value but no gradient: something is detached", _CUT)
    try:
        found = torch.autograd.grad(got.sum(), leaves, retain_graph=True, allow_unused=True)
    except RuntimeError as error:
        reason = str(error)
        if "inplace operation" in reason:
            mistake(
                f"{what} has the right value, but an operation in place overwrote what the gradient needs",
                "Write `y = y + 1` for `y += 1` where y came out of `exp` and the like.",
            )
        mistake(f"{what} has the right value, but its gradient cannot be computed", reason[:200])
    pairs = zip(leaves, found, strict=True)
    return [torch.zeros_like(leaf) if each is None else each for leaf, each in pairs]


_CUT = "`detach()`, `.data`, `torch.no_grad()`, `.item()`, numpy and `torch.tensor(…)` all cut the graph."


def apart(numbers: Sequence[float], by: float = 0.02) -> bool:
    """Whether no two of these numbers are nearly the same, so that a single number tells mistakes apart."""
    ordered = sorted(numbers)
    return all(abs(b - a) > by * max(abs(a), abs(b)) for a, b in pairwise(ordered))


def show(value: Tensor) -> str:
    """Show the beginning of a tensor, in four digits."""
    flat = value.detach().flatten()[:3].tolist()
    text = ", ".join(f"{number:.4g}" for number in flat)
    if value.dim() == 0:
        return text
    return f"[{text}{', …' if value.numel() > 3 else ''}] of shape {tuple(value.shape)}"


def differences(got: Tensor, want: Tensor, *, rtol: float = RTOL, atol: float = ATOL) -> str:
    """List the first entries that differ, each with its place; the beginnings of both where the shapes differ."""
    if got.shape != want.shape or got.dim() == 0:
        return f"got {show(got)}, expected {show(want)}"
    got, want = got.detach(), want.detach().to(got.dtype)
    size = max(1.0, float(want[want.isfinite()].abs().max())) if bool(want.isfinite().any()) else 1.0
    apart_at = (~torch.isclose(got, want, rtol=rtol, atol=atol * size, equal_nan=True)).nonzero()
    shown = [
        f"at {place}: got {float(got[tuple(place)]):.4g}, expected {float(want[tuple(place)]):.4g}"
        for place in apart_at[:3].tolist()
    ]
    return "\n".join([*shown, f"{len(apart_at)} of {got.numel()} entries differ, shape {tuple(got.shape)}"])


def near(estimate: float, truth: float, standard_error: float) -> bool:
    """Compare to six standard errors: a right answer fails once in five hundred million comparisons."""
    return math.isfinite(estimate) and abs(estimate - truth) <= 6 * standard_error
