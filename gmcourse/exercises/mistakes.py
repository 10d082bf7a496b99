"""What a check can say: not done yet, a mistake and which one, or passed.

Nothing here needs torch, so that `gmcourse check` can read a verdict without waiting for it.
"""

import traceback
from typing import Any, NoReturn

STUB = "your code here"


class Refusal(Exception):
    """Why an answer does not pass. The first line names the reason; the lines after it give the numbers."""

    sign = "✗"

    def _render_traceback_(self) -> list[str]:
        """Show the words alone in a notebook. IPython calls this instead of printing fifty lines of our code."""
        return [f"{self.sign} {self}"]


class NotDone(Refusal):
    """The exercise is as it was handed out."""

    sign = "·"


class Mistake(Refusal):
    """The answer is wrong; the message says how, in the words of the chapter."""


def passed_line(exercise: str) -> str:
    """The line that a check prints when the answer is right, and only then."""
    return f"✓ {exercise} passed"


def mistake(reason: str, *details: str) -> NoReturn:
    """Raise a `Mistake`: the reason on the first line, the numbers below."""
    raise Mistake("\n".join([reason, *details]))


def ask(answer: Any, *arguments: Any, as_clones: bool = True) -> Any:
    """Call what the learner wrote, and put into words whatever goes wrong in there.

    Tensors are handed over as clones, because an answer may work in place. Gradients flow through a clone; where
    the answer must have the leaf itself, pass `as_clones=False`.

    Raises:
        NotDone: the stub is still there.
        Mistake: it is not callable, returns nothing, or raises.
    """
    name = getattr(answer, "__name__", type(answer).__name__)
    if not callable(answer):
        mistake(f"`{name}` is {_described(answer)}; expected something to call")
    try:
        value = answer(*map(_clone, arguments) if as_clones else arguments)
    except Refusal:
        raise
    except NotImplementedError as error:
        if str(error) in ("", STUB):
            raise NotDone("not done yet") from None
        _stopped(name, error, arguments)
    except Exception as error:
        _stopped(name, error, arguments)
    if value is None:
        mistake(f"`{name}` returns None: is its `return` missing?")
    return value


def _stopped(name: str, error: Exception, arguments: tuple[Any, ...]) -> NoReturn:
    """Say what the learner's code raised, and at which of their lines."""
    text = str(error).strip().splitlines()
    lines = [
        f"at line {frame.lineno} of `{frame.name}`: {frame.line}" if frame.line else f"in `{frame.name}`"
        for frame in traceback.extract_tb(error.__traceback__)[1:2]
    ]
    given = ", ".join(map(_described, arguments))
    reason = f"`{name}` stops with {type(error).__name__}{': ' + text[0][:200] if text else ''}"
    raise Mistake("\n".join([reason, *lines, f"It was called with {given}."])) from error


def _described(value: Any) -> str:
    """Say a value in a few words: a tensor by its shape, anything else by its beginning."""
    if hasattr(value, "shape"):
        return f"a tensor of shape {tuple(value.shape)}"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _clone(value: Any) -> Any:
    return value.clone() if hasattr(value, "clone") and hasattr(value, "requires_grad") else value
