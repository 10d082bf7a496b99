"""Small networks of lessons 07 and 11 to 13, trained several times: `chains` has those that write, then the others.

A lesson has no time for so many trainings, and one of each would prove nothing. What was measured lies beside the
scores of the cheap models, as sets of its own, which `zoo.baselines` reads.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from gmcourse.storage import write_text_atomically
from gmcourse.zoo import store
from gmcourse.zoo.cheap import FILE, Rows
from tools.zoo import chains, denoisers, digit_flows, paths
from tools.zoo.baselines import measured


def bits(found: dict[str, list[float]]) -> Rows:
    """Make rows of bits per pixel, one value for each seed."""
    return {name: denoisers.row("bits_per_dim", values) for name, values in found.items()}


def measure(name: str) -> Rows:
    """Train and measure one set."""
    if name in chains.SETS:
        return bits(chains.SETS[name]())
    return denoisers.rows(CONTINUOUS[name]())


CONTINUOUS = denoisers.SETS | paths.SETS | digit_flows.SETS
SETS = (*chains.SETS, *CONTINUOUS)


def write(names: Iterable[str]) -> None:
    """Train and measure these sets anew."""
    for name in names:
        rows = {each: {key: float(f"{x:.5g}") for key, x in row.items()} for each, row in measure(name).items()}
        content = {"sets": dict(sorted({**measured(), name: {"models": rows}}.items()))}
        write_text_atomically(store.WEIGHTS / FILE, json.dumps(content, indent=1) + "\n")
