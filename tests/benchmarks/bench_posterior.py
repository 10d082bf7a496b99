"""What a small face leaves open: the posterior's standard deviation of each attribute, as a share of the prior's.

The table of `book/how_close.md`: means over eight detailed faces, 32×32 → 8×8, and how long a face takes.
"""

import sys
import time

import torch
from torch import Tensor

from gmcourse.data import faces
from gmcourse.data.low_resolution import downsample

N, SIZE, SCALE = 8, 32, 4


def deviation(attributes: Tensor, weights: Tensor) -> Tensor:
    """The weighted standard deviation of each attribute, (18,)."""
    mean = weights @ attributes.double()
    return (weights @ (attributes.double() - mean).square()).sqrt()


def main() -> int:
    people, crowd = faces.sample(N, seed=21), faces.sample(20_000)
    prior = deviation(crowd, torch.full((len(crowd),), 1 / len(crowd), dtype=torch.float64))
    large = faces.render(people, SIZE, detail=torch.arange(N) + (1 << 43))
    low = (downsample((large * 255).round() / 255, SCALE) * 255).round() / 255
    start = time.process_time()
    found = [faces.posterior(y, scale=SCALE) for y in low]
    seconds, worth = (time.process_time() - start) / N, [each.effective for each in found]
    print(f"{seconds:.1f} s a face, effective sample sizes {[round(each) for each in worth]}")
    share = torch.stack([deviation(each.attributes, each.weights) / prior for each in found]).mean(0)
    for i in share.argsort(descending=True).tolist():
        print(f"| {faces.NAMES[i].replace('_', ' ')} | {share[i]:.3f} |")
    return 0 if sorted(worth)[N // 2] >= 100 else 1


if __name__ == "__main__":
    sys.exit(main())
