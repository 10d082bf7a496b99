"""Precision and recall of 2,000 samples beside prdc: features of 128 numbers, the three nearest neighbours.

prdc computes density and coverage from the same distances, which takes little more. Target: not slower than it.
"""

from __future__ import annotations

import contextlib
import io
import sys

import torch

from gmcourse.metrics.diversity import precision_recall
from tests.benchmarks.timing import Workload, compare, peer

N, DIM, K = 2000, 128, 3


def main() -> int:
    torch.manual_seed(0)
    real, made = torch.randn(N, DIM), torch.randn(N, DIM) * 0.9
    rows: dict[str, Workload | None] = {"prdc": None, "gmcourse": lambda: precision_recall(real, made, K)}
    if (prdc := peer("prdc")) is not None:

        def quietly() -> None:
            with contextlib.redirect_stdout(io.StringIO()):
                prdc.compute_prdc(real.numpy(), made.numpy(), K)

        rows["prdc"] = quietly
    title = f"precision and recall, {N:,} vectors of {DIM} numbers each"
    return 0 if compare(title, rows, reference="prdc", limits={"gmcourse": 1.0}) else 1


if __name__ == "__main__":
    sys.exit(main())
