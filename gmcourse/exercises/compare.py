"""What the checks share: comparisons that recognise a known mistake.

References are computed in float64 from the inputs that the learner got in float32, and compared with a
tolerance that holds for float32 on every machine.
"""

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import Normal

from gmcourse.exercises.asking import ask
from gmcourse.exercises.closeness import ATOL, RTOL, agree_gradients, differences, many, matches, show
from gmcourse.exercises.known_mistakes import Sizes, usual
from gmcourse.exercises.mistakes import NotDone, mistake

NUMBERS = {2: "two", 3: "three", 4: "four"}
agreed: set[str] = set()  # what was right so far in this check


class Draw(torch.Generator):
    """What a check's inputs are drawn with: numbers in float64, which `ask` hands over in float32."""

    def normal(self, *shape: int, std: float = 1.0) -> Tensor:
        """Draw normal numbers of this deviation."""
        return (std * torch.randn(shape, generator=self)).double()

    def leaf(self, *shape: int, std: float = 1.0) -> Tensor:
        """Draw as `normal` does what a gradient is wanted of."""
        return self.normal(*shape, std=std).requires_grad_()

    def uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> Tensor:
        """Draw uniform numbers between two bounds."""
        return (low + (high - low) * torch.rand(shape, generator=self)).double()


def log_normal(z: Tensor) -> Tensor:
    """Say what log N(z; 0, I) is for each row."""
    return Normal(0.0, 1.0).log_prob(z).flatten(1).sum(1)


def fresh_weights(network: nn.Module, generator: torch.Generator, std: float) -> nn.Module:
    """The network, all of whose parameters are now normal; they have a gradient, which nobody may clear or move."""
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * std)
            parameter.grad = torch.zeros_like(parameter)
    return network


def watched(network: nn.Module) -> list[Tensor]:
    """Return a list that grows by what the network is given from now on."""
    given: list[Tensor] = []
    network.register_forward_pre_hook(lambda _, inputs: given.append(inputs[0].detach().clone()))
    return given


def remembered(function: Callable[..., Any]) -> tuple[Callable[..., Any], list[tuple[Any, ...]]]:
    """Return the function, and a list that grows by the arguments of each call."""
    calls: list[tuple[Any, ...]] = []
    signature = inspect.signature(function)  # once: an answer may ask for each picture by itself

    @functools.wraps(function)
    def asked(*arguments: Any, **named: Any) -> Any:
        calls.append(signature.bind(*arguments, **named).args)
        return function(*arguments, **named)

    return asked, calls


def several(value: Any, what: str, count: int = 2) -> Any:
    """Give back so many things: a tuple, a list, or one tensor or array; `what` names them where they are not."""
    if not (isinstance(value, tuple | list) or getattr(value, "ndim", 0) > 0) or len(value) != count:
        mistake(f"{NUMBERS[count]} things are wanted: {what}")
    return value


def tensor(value: Any, what: str) -> Tensor:
    """The learner's value, or what torch makes of it, as a float64 tensor on the CPU, still in the graph."""
    try:
        return torch.as_tensor(value).to(device="cpu", dtype=torch.float64)
    except (TypeError, ValueError, RuntimeError):
        mistake(f"{what}: type {type(value).__name__} came back; expected a tensor, or numbers that make one")


@dataclass(frozen=True)
class Case:
    """One call of the answer: what it gets, what must come back, and what comes back of a known mistake.

    Attributes:
        suspects: what people get who make a known mistake, by the words that explain it.
        trained: the leaves, by name, with respect to which the gradients must agree, too.
        sizes: the sizes over which sums or means run, by what is counted.
        handed: what the code gives that was handed out.
    """

    arguments: tuple[Any, ...]
    want: Tensor | float
    suspects: Mapping[str, Tensor | float] = field(default_factory=dict)
    trained: Mapping[str, Tensor] = field(default_factory=dict)
    sizes: Sizes = field(default_factory=dict)
    handed: Tensor | None = None


def agree_always(
    answer: Any,
    what: str | tuple[str, ...],
    case: Callable[..., Case],
    draw: torch.Generator,
    *shapes: tuple[Any, ...],
    otherwise: str = "",
    rtol: float = RTOL,
    atol: float = ATOL,
) -> None:
    """Ask four times for each shape; a mistake has a name only if the name fits each time: chance gives none.

    `what` comes back; where several things do, it has all their names, and `case` gets the number of one first.
    Called with `draw` and a shape, `case` makes another case. `otherwise` is said of a wrong value of no suspect.
    """
    if isinstance(what, tuple):
        settings: dict[str, Any] = {"rtol": rtol, "atol": atol}
        for which, name in enumerate(what):
            one, its = part(answer, which, " and ".join(what), len(what)), functools.partial(case, which)
            named = otherwise and f"{name} {otherwise}"
            agree_always(one, name, its, draw, *shapes, otherwise=named, **settings)
        return
    for shape in shapes:
        cases = [case(draw, *shape) for _ in range(4)]
        values = [tensor(ask(answer, *each.arguments), what) for each in cases]
        if all(
            each.handed is not None and matches(got, each.handed, rtol=rtol, atol=atol)
            for got, each in zip(values, cases, strict=True)
        ):
            raise NotDone("not done yet: what comes back is still that of the code that was handed out")
        if not matches(values[0], torch.as_tensor(cases[0].want, dtype=torch.float64), rtol=rtol, atol=atol):
            again = tensor(ask(answer, *cases[0].arguments), what)
            if not matches(again, values[0]):
                mistake(f"{what}: two calls with the same inputs give two results: something is drawn inside")
        _agree(values, cases, what, otherwise, rtol, atol)


def part(answer: Any, index: int, what: str, count: int = 2) -> Callable[..., Any]:
    """Make of an answer that returns several things one that returns this one of them; `what` names them all."""
    if not callable(answer):
        return ask(answer)

    @functools.wraps(answer)
    def one(*arguments: Any) -> Any:
        value = answer(*arguments)
        return None if value is None else several(value, what, count)[index]

    return one


def agree(
    value: Any,
    want: Tensor | float,
    what: str,
    suspects: Mapping[str, Tensor | float] | None = None,
    *,
    inputs: Mapping[str, Tensor] | None = None,
    sizes: Sizes | None = None,
    otherwise: str = "",
    rtol: float = RTOL,
    atol: float = ATOL,
) -> Tensor:
    """Give the learner's value as `tensor` does if it is the reference; else name the mistake.

    `what` is compared, the subject of a sentence: "the KL". Suspects and sizes are as in `Case`; `inputs` has by name
    what both were computed from, what a `Case` calls trained. `otherwise` is said of every other wrong value, where
    only one mistake is possible. `atol` is a tolerance, times the largest number of the reference (if above 1).
    """
    got = tensor(value, what)
    case = Case((), want, suspects or {}, inputs or {}, sizes or {})
    _agree([got], [case], what, otherwise, rtol, atol)
    return got


def _agree(
    values: Sequence[Tensor], cases: Sequence[Case], what: str, otherwise: str, rtol: float, atol: float
) -> None:
    """Compare values with what their cases want; name the mistake that explains all of them."""
    wants = [torch.as_tensor(each.want, dtype=torch.float64) for each in cases]
    alike = functools.partial(matches, rtol=rtol, atol=atol)
    off = [(got, want) for got, want in zip(values, wants, strict=True) if not alike(got, want)]
    if not off:
        for got, want, case in zip(values, wants, cases, strict=True):
            if case.trained:
                agree_gradients(got, want, case.trained, what)
        agreed.add(what)
        return
    numbers = differences(*off[0], rtol=rtol, atol=atol)
    verb = "are" if many(what) else "is"
    for reason in cases[0].suspects:
        wrongs = [torch.as_tensor(each.suspects[reason], dtype=torch.float64) for each in cases]
        differs = any(not alike(wrong, want) for wrong, want in zip(wrongs, wants, strict=True))
        if differs and all(map(alike, values, wrongs)):
            mistake(f"{what}: {reason}", numbers)
    if otherwise:
        mistake(otherwise, numbers)
    for got, want in off:
        if bool(want.isfinite().all()):
            finite(got, what, f"{what} {verb} not finite")
    reasons = [usual(got, want, cases[0].sizes, rtol, atol) for got, want in off]
    if reason := next((words for words in reasons[0] if all(words in each for each in reasons)), ""):
        mistake(f"{what}: {reason}", numbers)
    got, want = off[0]
    if got.shape != want.shape:
        mistake(f"{what}: the shape is {tuple(got.shape)}; expected {tuple(want.shape)}", numbers)
    if what in agreed:
        mistake(f"{what}: right before, for other sizes or numbers; is one of them hard-coded?", numbers)
    mistake(f"{what} {verb} wrong for fresh inputs", numbers)


def finite(value: Any, what: str, reason: str) -> Tensor:
    """The learner's value as `tensor` gives it; a mistake with this reason where it is not finite."""
    got = tensor(value, what)
    if not bool(got.isfinite().all()):
        mistake(reason, f"got {show(got)}")
    return got
