"""What it costs to keep no activations: memory and time of a Glow's chain with and without `Recomputing`.

At 3×32×32, batch 16, hidden width 128. Targets: at most 0.05 MB kept for each further step; at most 1.45 times
the time where a coupling evaluates its network once for inverse and graph, 1.75 times for any `Compose`, here
one that hides its couplings behind a general inverse.
"""

from __future__ import annotations

import sys

import torch
from torch import Tensor, nn

from gmcourse.flows import ActNorm, ActNormConv, AffineCoupling, Bijection, Compose, PLUConv1x1, Recomputing
from gmcourse.flows.bijection import Context
from gmcourse.nn.conv import CouplingNet
from tests.benchmarks.timing import Workload, compare

CHANNELS, SIDE, HIDDEN, BATCH, STEPS = 12, 16, 128, 16, 16


class Opaque(Bijection):
    """One step of flow of which `Recomputing` knows nothing but forward and inverse."""

    def __init__(self, inside: Bijection) -> None:
        super().__init__()
        self.inside = inside

    def forward(self, x: Tensor, context: Context = None) -> tuple[Tensor, Tensor]:
        z, log_det = self.inside(x, context)
        return z, log_det

    def inverse(self, z: Tensor, context: Context = None) -> Tensor:
        return self.inside.inverse(z, context)


def steps(n: int) -> list[Bijection]:
    """The members of n steps: actnorm and 1×1 convolution, coupling."""
    members: list[Bijection] = []
    for _ in range(n):
        coupling = AffineCoupling(CouplingNet(CHANNELS // 2, CHANNELS, HIDDEN))
        members += [ActNormConv(ActNorm(CHANNELS), PLUConv1x1(CHANNELS)), coupling]
    return members


def both(module: nn.Module, x: Tensor) -> Workload:
    """Forward and backward."""

    def run() -> None:
        module.zero_grad(set_to_none=True)
        z, log_det = module(x)
        (0.5 * z.square().sum() - log_det.sum()).backward()

    return run


def kept_megabytes(module: nn.Module, x: Tensor) -> float:
    """What autograd keeps for the backward pass, parameters left out."""
    own = {p.data_ptr() for p in module.parameters()}
    kept: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        if tensor.data_ptr() not in own:
            kept[tensor.data_ptr()] = tensor.untyped_storage().nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        out = module(x)
    del out
    return sum(kept.values()) / 1e6


def main() -> int:
    torch.manual_seed(0)
    x = torch.randn(BATCH, CHANNELS, SIDE, SIDE)
    rows = {
        "Compose": Compose(steps(STEPS)),
        "Recomputing": Recomputing(steps(STEPS)),
        "Recomputing, any bijection": Recomputing([Opaque(Compose(steps(1))) for _ in range(STEPS)]),
    }
    for module in rows.values():
        module(x)  # actnorm looks at its first batch
    print("Memory kept for each further step of flow, 3×32×32, batch 16, hidden width 128")
    kept = True
    for name, chain in {"Compose": Compose, "Recomputing": Recomputing}.items():
        short, long = chain(steps(2)), chain(steps(STEPS))
        a_step = (kept_megabytes(long, x) - kept_megabytes(short, x)) / (STEPS - 2)
        line = f"  {name:<34}{a_step:9.3f} MB"
        if name == "Recomputing":
            kept &= a_step <= 0.05
            line += f", at most 0.05: {'kept' if a_step <= 0.05 else 'MISSED'}"
        print(line)
    kept &= compare(
        f"Time, forward and backward of {STEPS} steps of flow",
        {name: both(module, x) for name, module in rows.items()},
        reference="Compose",
        limits={"Recomputing": 1.45, "Recomputing, any bijection": 1.75},
    )
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
