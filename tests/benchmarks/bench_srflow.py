"""Eight answers to one low resolution against eight questions, at the paper's size for 8×."""

import statistics
import time

import torch

from gmcourse.models.srflow import SRFlow


def seconds(call, repeats=3):
    """Median process time of a call."""
    times = []
    for _ in range(repeats):
        began = time.process_time()
        call()
        times.append(time.process_time() - began)
    return statistics.median(times)


def main():
    torch.set_num_threads(1)
    torch.manual_seed(0)
    srflow = SRFlow(8, coupling_scale="sigmoid_floor").eval()
    low = torch.rand(1, 3, 8, 8)
    with torch.no_grad():
        srflow.encode(torch.rand(1, 3, 64, 64), low)  # actnorm
    millions = sum(p.numel() for p in srflow.parameters()) / 1e6
    together = seconds(lambda: srflow.sample(low, 0.8, n=8))
    alone = seconds(lambda: [srflow.sample(low, 0.8) for _ in range(8)])
    print(f"SRFlow 8×, {millions:.1f} million parameters, 8×8 → 64×64, one thread")
    print(f"eight questions {alone:.2f} s, one question with eight answers {together:.2f} s")
    print(f"ratio {alone / together:.1f} (at least 4 is wanted)")
    return 0 if alone >= 4 * together else 1


if __name__ == "__main__":
    raise SystemExit(main())
