"""Eight answers to one low resolution against eight questions, at the paper's size for 8×: 8×8 → 64×64.

What sees only the low resolution is computed once for all answers. Target: at most a quarter of the time.
"""

from __future__ import annotations

import sys

import torch

from gmcourse.models.srflow import SRFlow
from tests.benchmarks.timing import compare

SCALE, ANSWERS, TEMPERATURE = 8, 8, 0.8


def main() -> int:
    torch.manual_seed(0)
    srflow = SRFlow(SCALE, coupling_scale="sigmoid_floor").eval()
    low = torch.rand(1, 3, 8, 8)
    with torch.no_grad():
        srflow.encode(torch.rand(1, 3, 64, 64), low)  # actnorm
    millions = sum(p.numel() for p in srflow.parameters()) / 1e6
    kept = compare(
        f"SRFlow {SCALE}×, {millions:.1f} million parameters: {ANSWERS} answers",
        {
            "eight questions": lambda: [srflow.sample(low, TEMPERATURE) for _ in range(ANSWERS)],
            "one question": lambda: srflow.sample(low, TEMPERATURE, n=ANSWERS),
        },
        reference="eight questions",
        limits={"one question": 0.25},
        rounds=3,
        warm_up=0,
    )
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
