"""What makes a check out of a law: fresh inputs, torch as it was, and a verdict."""

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from gmcourse.console import accept_any_encoding
from gmcourse.exercises import verdict_box
from gmcourse.exercises.compare import Case, Draw, agree_always, agreed
from gmcourse.exercises.mistakes import NotDone, Refusal, passed_line
from gmcourse.reproducible import plain_defaults, seed_torch

Law = Callable[[Any, Draw], None]
_seed: int | None = None  # of what is drawn; tests, and the table for instructors, set one


def exercise(law: Law, reward: str = "") -> Callable[[Any], None]:
    """Make a check out of a function that raises when the answer is wrong. Its name is the exercise's.

    The function gets the answer and a generator that nobody can foresee.
    """

    @functools.wraps(law)
    def judge(answer: Any) -> None:
        name = law.__name__
        try:
            if answer is None or answer is ...:
                raise NotDone("not done yet")
            draw = Draw()  # nobody can foresee it, so that only a right answer passes twice
            draw.manual_seed(draw.seed() if _seed is None else _seed)
            # torch's own defaults and gradients, whatever was set outside
            with plain_defaults(), torch.inference_mode(False), torch.enable_grad(), torch.random.fork_rng([]):
                seed_torch(draw.initial_seed() // 2 + 12_345)  # an answer's own draws are new each time
                agreed.clear()
                law(answer, draw)
        except Refusal as refusal:
            if not verdict_box.show(refusal.sign, f"{name}: {refusal}"):
                raise
            return
        if not verdict_box.show("✓", f"{name} passed\n{reward}".strip()):
            accept_any_encoding()  # a check's ✓ must not fail a right answer
            print(f"{passed_line(name)}\n{reward}".strip())

    del judge.__wrapped__  # a check takes the answer alone, and `help` says so
    return judge


def teaches(reward: str) -> Callable[[Law], Callable[[Any], None]]:
    """Make an `exercise` that rewards a right answer with a sentence on what the result means."""
    return functools.partial(exercise, reward=reward)


def by_cases(
    what: str | tuple[str, ...],
    shapes: Sequence[tuple[Any, ...]],
    *,
    edges: Mapping[str, tuple[Any, ...]] | None = None,
    at_edges: Mapping[str, float] | None = None,
    **settings: Any,
) -> Callable[[Callable[..., Case]], Law]:
    """Make what is checked out of a function that makes one `Case` of a shape: `agree_always` says what it gets.

    `edges` are shapes at which careless formulas overflow and the like, by the words for that, and `at_edges` has the
    tolerances there.
    """

    def check(case: Callable[..., Case]) -> Law:
        def law(answer: Any, draw: Draw) -> None:
            agree_always(answer, what, case, draw, *shapes, **settings)
            for words, shape in (edges or {}).items():
                agree_always(answer, what, case, draw, shape, otherwise=words, **settings | dict(at_edges or {}))

        assigned = ("__module__", "__name__", "__qualname__", "__doc__")  # its arguments are not the check's
        return functools.update_wrapper(law, case, assigned)

    return check
