"""Wrong and right answers to every exercise: what the checks are tested with, and what teachers read.

One module a chapter, `ANSWERS` in it. Each wrong answer is one that people really give, and says which words
the check must answer it with; each right one is written unlike the solution. They are run in
this process, by `trial`; `python -m tools.exercises table` prints them for teachers.
"""

from __future__ import annotations

import importlib
import textwrap
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    """One answer to one exercise."""

    exercise: str
    name: str
    source: str
    expects: str | None  # words of the message; None for a right answer

    @property
    def is_right(self) -> bool:
        """Whether the check must let it pass."""
        return self.expects is None


def wrong(exercise: str, name: str, source: str, *, expects: str) -> Answer:
    """An answer that must fail, with a message that contains `expects` (upper or lower case)."""
    return Answer(exercise, name, textwrap.dedent(source).strip("\n"), expects)


def right(exercise: str, name: str, source: str) -> Answer:
    """An answer that must pass."""
    return Answer(exercise, name, textwrap.dedent(source).strip("\n"), None)


def answers(slug: str) -> list[Answer]:
    """The answers of a chapter."""
    found: list[Answer] = importlib.import_module(f"{__name__}.{slug}").ANSWERS
    return found
