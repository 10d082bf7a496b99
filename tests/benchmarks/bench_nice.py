"""A training step of the paper's NICE beside a bare loop and its peers: 784 dimensions, four couplings of 5×1000.

Nearly all of it is the multiplication of matrices, so nobody can be much faster than the bare loop; a library
must not be slower. Target: within 5 % of it, with the same optimiser.
"""

from __future__ import annotations

import sys

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gmcourse.models.nice import NICE
from gmcourse.nn.networks import mlp
from tests.benchmarks.timing import Workload, compare, peer, training_step, without_context

DIM, COUPLINGS, HIDDEN, BATCH = 784, 4, (1000,) * 5, 128


def network(inputs: int = DIM // 2, outputs: int = DIM // 2) -> nn.Sequential:
    """m of every coupling, the same in every row of the table."""
    return mlp([inputs, *HIDDEN, outputs], activation=nn.ReLU)


def logistic(z: Tensor) -> Tensor:
    return -(F.softplus(z) + F.softplus(-z)).sum(1)


class Bare(nn.Module):
    """What one writes without a library."""

    def __init__(self) -> None:
        super().__init__()
        self.networks = nn.ModuleList(network() for _ in range(COUPLINGS))
        self.log_scale = nn.Parameter(torch.zeros(DIM))

    def loss(self, x: Tensor) -> Tensor:
        a, b = x[:, 0::2], x[:, 1::2]
        for i, m in enumerate(self.networks):
            if i % 2:
                a = a + m(b)
            else:
                b = b + m(a)
        z = torch.stack([a, b], dim=2).flatten(1) * self.log_scale.exp()
        return -(logistic(z) + self.log_scale.sum()).mean()


def with_nflows(x: Tensor) -> Workload | None:
    if peer("nflows") is None:
        return None
    from nflows.transforms import AdditiveCouplingTransform, CompositeTransform

    masks = [torch.arange(DIM) % 2 if i % 2 == 0 else 1 - torch.arange(DIM) % 2 for i in range(COUPLINGS)]
    transform = CompositeTransform([AdditiveCouplingTransform(mask, without_context(network)) for mask in masks])
    transform.log_scale = nn.Parameter(torch.zeros(DIM))

    def loss() -> Tensor:
        h, log_det = transform(x)
        z = h * transform.log_scale.exp()
        return -(logistic(z) + log_det + transform.log_scale.sum()).mean()

    return training_step(transform, loss, fused=True)


def with_normflows(x: Tensor) -> Workload | None:
    nf = peer("normflows")
    if nf is None:
        return None
    flows: list[nn.Module] = []
    for _ in range(COUPLINGS):
        flows += [nf.flows.AffineCouplingBlock(network(), scale=False), nf.flows.Permute(DIM, mode="swap")]
    module = nn.ModuleList(flows)
    log_scale = nn.Parameter(torch.zeros(DIM))
    module.register_parameter("log_scale", log_scale)

    def loss() -> Tensor:
        z, total = x, x.new_zeros(len(x))
        for flow in reversed(flows):
            z, log_det = flow.inverse(z)
            total = total + log_det
        z = z * log_scale.exp()
        return -(logistic(z) + total + log_scale.sum()).mean()

    return training_step(module, loss, fused=True)


def with_freia(x: Tensor) -> Workload | None:
    if peer("FrEIA") is None:
        return None
    from FrEIA.framework import SequenceINN
    from FrEIA.modules import NICECouplingBlock

    inn = SequenceINN(DIM)
    for _ in range(COUPLINGS // 2):  # one of its blocks is two couplings
        inn.append(NICECouplingBlock, subnet_constructor=network)
    inn.log_scale = nn.Parameter(torch.zeros(DIM))

    def loss() -> Tensor:
        h, log_det = inn(x)
        z = h * inn.log_scale.exp()
        return -(logistic(z) + log_det + inn.log_scale.sum()).mean()

    return training_step(inn, loss, fused=True)


def main() -> int:
    torch.manual_seed(0)
    x = torch.rand(BATCH, DIM)
    ours, bare = NICE(DIM, couplings=COUPLINGS, hidden=HIDDEN), Bare()
    rows: dict[str, Workload | None] = {
        "bare loop": training_step(bare, lambda: bare.loss(x), fused=True),
        "gmcourse": training_step(ours, lambda: ours.loss(x), fused=True),
        "nflows": with_nflows(x),
        "normflows": with_normflows(x),
        "FrEIA": with_freia(x),
        "gmcourse, Adam that is not fused": training_step(ours, lambda: ours.loss(x)),
    }
    kept = compare(
        f"NICE, {DIM} dimensions, {COUPLINGS} couplings of {len(HIDDEN)}×{HIDDEN[0]}, batch {BATCH}: training step",
        rows,
        reference="bare loop",
        limits={"gmcourse": 1.05},
    )
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
