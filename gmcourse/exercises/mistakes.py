"""What a check can say: not done yet, a mistake and which one, or passed.

Nothing here needs torch, so that `gmcourse check` can read a verdict without waiting for it.
"""

from typing import NoReturn

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
