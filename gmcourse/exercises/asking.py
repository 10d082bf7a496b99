"""Calling what the learner wrote: every accident in our words, and nothing left behind.

An answer may change nothing but what it is asked to change: not the numbers, flags and gradients of what it was
given, not the mode of a network, not torch's seed and defaults.
"""

import inspect
import re
import textwrap
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NoReturn

import torch
from torch import Tensor, nn

from gmcourse.exercises.mistakes import STUB, Mistake, NotDone, Refusal, mistake

OURS = Path(__file__).parent

# What torch says, in our words.
SAYINGS = {
    "can't call numpy|numpy\\(\\) on tensor": (
        "NumPy cuts the gradient, and what comes back is trained through: stay in torch"
    ),
    "backward through the graph a second time": (
        "a graph is used twice, and the first `backward` freed it: compute it again, or `detach` what is not to move"
    ),
    "modified by an inplace operation|leaf variable that requires grad": (
        "an operation in place overwrites what the gradient needs: write `y = y + 1` for `y += 1`"
    ),
    "does not require grad|not have been used in the graph": (
        "there is nothing to differentiate: its start does not require a gradient, or something is detached"
    ),
    "implicitly created only for scalar": "a gradient starts from one number: take the sum first",
    "must match the size|size mismatch|cannot be multiplied|broadcast|invalid for input of size|equal size|"
    "inconsistent tensor size|expanded size|same shape|number of dimensions": "shapes do not fit",
    "dimension out of range": "an axis is asked for that is not there",
    "same dtype|scalar type|but got (double|float|long)|implemented for": "numbers of the wrong type",
    "boolean value of tensor|one element tensors": "one number is wanted where a whole tensor stands",
}


def ask(answer: Any, *arguments: Any, as_clones: bool = True, trains: bool = False) -> Any:
    """Call what the learner wrote, and put into words whatever goes wrong in there.

    Tensors are handed over as clones, in float32: gradients flow through a clone, and it shows whether it was
    written to.

    `as_clones` is False where the answer must have the tensors themselves, in their dtype; `trains` says whether it
    is the answer's task to change the weights of the networks that it gets.

    Raises:
        NotDone: the stub is still there.
        Mistake: it is not callable, returns nothing, raises, or leaves something behind.
    """
    name = getattr(answer, "__name__", type(answer).__name__)
    if not callable(answer):
        mistake(f"`{name}` is {_described(answer)}; expected something to call")
    handed = tuple(map(_clone, arguments)) if as_clones else arguments
    owner = getattr(answer, "__self__", None)  # of a method: the learner's own layer
    watched = (None, owner, *handed, *arguments)  # a gradient flows through a clone, back to its original
    before = [_traces(each, trains or each is owner) for each in watched]
    try:
        value = answer(*handed)
    except Refusal:
        raise
    except Exception as error:
        if isinstance(error, NotImplementedError) and str(error) in ("", STUB):
            raise NotDone("not done yet") from None
        _stopped(name, error, arguments)
    if value is None:
        mistake(f"`{name}` returns None: is its `return` missing?")
    for words, old, each in zip(_names(answer, len(handed)), before, watched, strict=True):
        for what, now in _traces(each, trains or each is owner).items():
            if not _same(now, old[what]):
                mistake(f"`{name}` {what.format(words)}")
    return value


def _traces(value: Any, trains: bool) -> dict[str, Any]:
    """What may not change of an argument, or of torch (for None), by the words that name the change."""
    if value is None:
        after = "for everything that runs after it"
        return {
            f"changes torch's seed (every call draws the same numbers then) {after}": torch.initial_seed(),
            f"changes the default dtype {after}": torch.get_default_dtype(),
            f"changes the default device {after}": torch.get_default_device(),
            f"changes whether gradients are computed {after}": torch.is_grad_enabled(),
            f"changes whether algorithms are deterministic {after}": torch.are_deterministic_algorithms_enabled(),
            f"changes torch's number of threads {after}": torch.get_num_threads(),
            f"leaves anomaly detection on {after}": torch.is_anomaly_enabled(),
        }
    if isinstance(value, Tensor):
        return {
            "writes to its input {}: work on a copy, `y = x + 1` for `x += 1`": value.detach().clone(),
            "leaves `requires_grad` changed on its input {}: work on `x.detach()`": value.requires_grad,
            "leaves a gradient on its input {}: use `torch.autograd.grad`": _gradient(value),
        }
    if isinstance(value, list):
        parts = [_traces(each, trains) for each in value]
        found = {words: [part.get(words) for part in parts] for part in parts for words in part}
        return {"changes the list {0}: work on a copy, `list({0})`": list(value)} | found
    if not isinstance(value, nn.Module):
        return {}
    found = {
        "leaves {} frozen, or thawed: `requires_grad` of its weights is not put back": [
            each.requires_grad for each in value.parameters()
        ],
        "leaves {} in another mode: `train()` or `eval()` is not put back": [
            each.training for each in value.modules()
        ],
        "leaves a hook on {}": [len(each._forward_hooks) for each in value.modules()],
    }
    if not trains:
        gradients = "leaves gradients on the weights of {}, or clears them: use `torch.autograd.grad`"
        found["changes the weights of {}"] = [each.detach().clone() for each in value.state_dict().values()]
        found[gradients] = [_gradient(each) for each in value.parameters()]
    return found


def _gradient(value: Tensor) -> Tensor | None:
    return value.grad.clone() if value.is_leaf and value.grad is not None else None


def _same(a: Any, b: Any) -> bool:
    if isinstance(a, list):
        return len(a) == len(b) and all(map(_same, a, b))
    if isinstance(a, Tensor) and isinstance(b, Tensor):
        return a.dtype == b.dtype and torch.equal(a.nan_to_num(), b.nan_to_num())
    return bool(type(a) is type(b) and a == b)


def _names(answer: Callable[..., Any], count: int) -> Iterator[str]:
    """Give the learner's names of the arguments, after those for torch and for what the method belongs to."""
    yield from ("", "itself")
    try:
        found = inspect.signature(answer).parameters.values()
        known = [each.name for each in found if each.kind is not each.VAR_POSITIONAL]
    except (TypeError, ValueError):
        known = []
    for _ in range(2):  # the clones, and what they were made from
        yield from (f"`{known[i]}`" if i < len(known) else f"number {i + 1}" for i in range(count))


def _stopped(name: str, error: Exception, arguments: tuple[Any, ...]) -> NoReturn:
    """Say what the learner's code raised, and at which of their lines."""
    text = textwrap.shorten(re.sub(r"<[^<>]*>", "…", str(error)), 300, placeholder=" …")
    ours = next((words for saying, words in SAYINGS.items() if re.search(saying, text, re.IGNORECASE)), "")
    kind = type(error).__name__
    torchs = kind in ("RuntimeError", "IndexError", "TypeError", "ValueError") and bool(text)
    reason = f"`{name}` stops: {ours}" if ours else f"`{name}` stops with {kind}"
    theirs = [each for each in traceback.extract_tb(error.__traceback__) if OURS not in Path(each.filename).parents]
    lines = [f"at line {f.lineno} of `{f.name}`: {f.line}" if f.line else f"in `{f.name}`" for f in theirs[:1]]
    if torchs:
        lines.append(f"In Python's words: {text}")
    elif text:
        reason += f": {text}"
    given = ", ".join(map(_described, arguments))
    raise Mistake("\n".join([reason, *lines, f"It was called with {given}."])) from error


def _described(value: Any) -> str:
    """Say a value in a few words: a tensor by its shape, an object by its kind, anything else by its beginning."""
    if hasattr(value, "shape"):
        return f"a tensor of shape {tuple(value.shape)}"
    kinds = {nn.Module: "a network", torch.optim.Optimizer: "an optimiser", Mapping: "a dictionary"}
    for kind, words in kinds.items():
        if isinstance(value, kind):
            return words
    if callable(value):
        return "a function"
    return textwrap.shorten(re.sub(r" at 0x[0-9a-f]+", "", repr(value)), 60, placeholder=" …")


def _clone(value: Any) -> Any:
    if not isinstance(value, Tensor):
        return value
    return value.float() if value.dtype == torch.float64 else value.clone()
