"""Every public name of the doors refuses bad input in our words."""

import functools
import importlib
from pathlib import Path

import pytest
import torch

from gmcourse.expect import described
from tests.bad_input import harness

for file in sorted(Path(__file__).parent.glob("rows_*.py")):
    importlib.import_module(f"tests.bad_input.{file.stem}")


def test_every_public_name_has_a_row():
    names = harness.public_names()
    missing = [name for name in names if name not in harness.ROWS]
    assert not missing, f"{len(missing)} public names without a row in tests/bad_input: {', '.join(missing)}"


def test_no_row_and_no_exception_for_what_is_not_there():
    names = set(harness.public_names())
    stale = [name for name in harness.ROWS if name not in names]
    assert not stale, f"no such door: {stale}"
    for prefix in (*harness.INNER, *harness.PENDING):
        functools.reduce(getattr, prefix.rstrip(".").split(".")[1:], harness.imported(prefix))


@pytest.mark.parametrize("name", sorted(harness.ROWS))
def test_bad_input_is_refused(name):
    faults = [found for found in harness.outcomes(name) if not harness.is_allowed(name, *found)]
    told = "\n".join(f"  {verdict}: {place} {kind} → {words}" for place, kind, verdict, words in faults)
    assert not faults, f"{name}, {len(faults)} wrong calls:\n{told}"


# The reader's own layers stop there, in the words of torch.
PLAIN = ("training.loop.fit",)


# Each of these takes seconds, many times over.
LONG = ("data.faces.posterior", "viz.change.pushed_histogram", "converters.official_srflow.")
DOORS = [
    pytest.param(name, marks=[pytest.mark.slow] if name[9:].startswith(LONG) else [])
    for name in sorted(harness.ROWS)
    if not name[9:].startswith(PLAIN)
]


@pytest.mark.parametrize("name", DOORS)
def test_other_dtypes_are_taken_or_refused(name):
    """Half, double and a mixture: an answer, or a sentence that names an argument; none in words of torch."""
    faults = [found for found in harness.heard_of_dtypes(name) if found[2] == "foreign"]
    assert not faults, f"{name}: {faults}"


# What these are given is called for its effect, or may answer anything.
FREE = {"training.loop.fit": "callbacks", "reproducible.seeded": "build", "viz.widgets.explore": "draw"}
FUNCTIONS = [
    (name, argument)
    for name in sorted(harness.ROWS)
    for argument in harness.functions_of(harness.ROWS[name].good())
    if FREE.get(name.removeprefix("gmcourse.")) != argument
]


@pytest.mark.parametrize(("name", "argument"), FUNCTIONS)
def test_what_a_function_of_the_reader_answers_is_looked_at(name, argument):
    """Another type or shape is no answer; a function that is only called later is tried where it is called."""
    for wrong in (None, "no", [1.0], torch.ones(2, 3, 5, 7, 11)):
        words = harness.heard_of_answer(harness.ROWS[name], argument, wrong)
        assert words is None or "expected" in words, f"{argument}() is {described(wrong)}: {words}"


def test_enough_functions_are_tried():
    heard = [harness.heard_of_answer(harness.ROWS[name], argument, None) for name, argument in FUNCTIONS]
    assert sum(words is not None for words in heard) >= 30, heard


def test_shares():
    """None silent, at least 95 % clear; the whole is counted, whatever single rows allow."""
    found = harness.shares()
    total = sum(found.values())
    assert found["silent"] == 0, found
    assert found["clear"] >= 0.95 * total, found
    print(f"{total} wrong calls: {dict(found)}")
