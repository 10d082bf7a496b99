"""Time several implementations of one workload side by side, and print how they compare.

One process, one thread, process CPU time; a round runs every implementation once, in turn, so that what else
the machine does falls on all of them. What counts is the ratio to a reference *within a round*, and of these
the median: a slow second of the machine spoils one round of a table, not the table. The ratio of the fastest runs
is a second witness. A limit is missed when both say so; when they differ, the machine was too loaded to say.
"""

from __future__ import annotations

import gc
import importlib
import statistics
import time
from collections.abc import Callable, Mapping
from types import ModuleType

import torch

Workload = Callable[[], object]


def peer(name: str) -> ModuleType | None:
    """A package to compare with, or None and a line that says so."""
    try:
        return importlib.import_module(name)
    except ImportError as error:
        print(f"  {name} is skipped: {error}. `pip install {name}` brings it")
        return None


class _WithoutContext(torch.nn.Module):
    def __init__(self, network: torch.nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: torch.Tensor, context: object = None) -> torch.Tensor:
        return self.network(x)


def without_context(
    network: Callable[[int, int], torch.nn.Module],
) -> Callable[[int, int], torch.nn.Module]:
    """Networks for the couplings of nflows, which hand a context to each."""
    return lambda inputs, outputs: _WithoutContext(network(inputs, outputs))


def training_step(module: torch.nn.Module, loss: Callable[[], torch.Tensor], *, fused: bool = False) -> Workload:
    """Zero gradients, loss, backward, Adam: what every row of a table does in the same way."""
    optimizer = torch.optim.Adam(module.parameters(), lr=1e-4, fused=fused)

    def step() -> None:
        optimizer.zero_grad(set_to_none=True)
        loss().backward()
        optimizer.step()

    return step


def verdict(median: float, fastest: float, limit: float) -> str:
    """What the median of the ratios and the ratio of the fastest runs say of a limit."""
    if (median <= limit) != (fastest <= limit):
        return f"too loaded to say (the fastest runs have {fastest:.2f})"
    return "kept" if median <= limit else "MISSED"


def speed_of_this_core() -> float:
    """GFLOP/s of a float32 product of 1024×1024 matrices on one thread: times of pages and lessons scale with it."""
    torch.set_num_threads(1)
    a = torch.rand(1024, 1024)
    return 2 * 1024**3 / min(seconds(lambda: a @ a) for _ in range(20)) / 1e9


def seconds(workload: Workload) -> float:
    """CPU seconds of this process for one call."""
    began = time.process_time()
    workload()
    return time.process_time() - began


def compare(
    title: str,
    workloads: Mapping[str, Workload | None],
    *,
    reference: str,
    limits: Mapping[str, float] | None = None,
    rounds: int = 25,
    warm_up: int = 2,
) -> bool:
    """Print a table: milliseconds (median), the median ratio to the reference, and the middle half of the ratios.

    Args:
        title: what is timed.
        workloads: by name; each call is one repetition. A row that is None, of a peer that is not installed, is
            left out.
        reference: the row that is 1.00. If it is not there, its limits are not tried.
        limits: the ratio that a row may not pass.
        rounds: repetitions of each.
        warm_up: calls before anything is timed.

    Returns:
        Whether no limit that was tried was surely missed.
    """
    torch.set_num_threads(1)
    present = {name: work for name, work in workloads.items() if work is not None}
    names = list(present)
    for _ in range(warm_up):
        for work in present.values():
            work()
    took: dict[str, list[float]] = {name: [] for name in names}
    gc.collect()
    for turn in range(rounds):
        for i in range(len(names)):  # another one begins each round
            name = names[(i + turn) % len(names)]
            took[name].append(seconds(present[name]))
    print(f"{title}\n  {rounds} rounds, one thread, torch {torch.__version__}")
    kept = True
    base = took.get(reference)
    for name in names:
        line = f"  {name:<34}{1e3 * statistics.median(took[name]):9.1f} ms"
        if base is not None:
            ratios = [a / b for a, b in zip(took[name], base, strict=True)]
            low, middle, high = statistics.quantiles(ratios, n=4)
            line += f"   {middle:5.2f} of {reference} ({low:.2f} … {high:.2f})"
            limit = (limits or {}).get(name)
            if limit is not None:
                said = verdict(middle, min(took[name]) / min(base), limit)
                kept &= said != "MISSED"
                line += f", at most {limit:.2f}: {said}"
        print(line, flush=True)
    return kept
