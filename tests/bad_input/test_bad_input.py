"""Every public name of the doors refuses bad input in our words."""

import functools
import importlib
from pathlib import Path

import pytest

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


def test_shares():
    """None silent, at least 95 % clear; the whole is counted, whatever single rows allow."""
    found = harness.shares()
    total = sum(found.values())
    assert found["silent"] == 0, found
    assert found["clear"] >= 0.95 * total, found
    print(f"{total} wrong calls: {dict(found)}")
