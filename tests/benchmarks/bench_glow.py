"""A training step of Glow beside its peers: 3×32×32, three levels of eight steps, hidden width 128, batch 16.

All have actnorm, a mixing of channels, an affine coupling with the same network (3×3, 1×1, 3×3), and a split
after the first two levels. Differences that remain: FrEIA's mixing is a fixed permutation, which costs and can
less; the peers' split priors are fixed or without a network. All are trained by the same fused Adam. Target:
at most 0.85 of nflows. At last 64 samples, beside nflows.
"""

from __future__ import annotations

import math
import sys
import warnings
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from gmcourse.models.glow import Glow
from tests.benchmarks.timing import Workload, compare, peer, training_step, without_context

SHAPE, LEVELS, STEPS, HIDDEN, BATCH, DRAWN = (3, 32, 32), 3, 8, 128, 16, 64


def network(inputs: int, outputs: int) -> nn.Sequential:
    """The couplings' network, with a last layer that begins at zero."""
    last = nn.Conv2d(HIDDEN, outputs, 3, padding=1)
    nn.init.zeros_(last.weight)
    return nn.Sequential(
        nn.Conv2d(inputs, HIDDEN, 3, padding=1), nn.ReLU(), nn.Conv2d(HIDDEN, HIDDEN, 1), nn.ReLU(), last
    )


def standard_normal(z: Tensor) -> Tensor:
    return -0.5 * (z.square() + math.log(2 * math.pi)).flatten(1).sum(1)


def nflows_glow(x: Tensor) -> Any:
    if peer("nflows") is None:
        return None
    from nflows import transforms as t
    from nflows.distributions import StandardNormal
    from nflows.flows import Flow

    net = without_context(network)

    def step(channels: int) -> nn.Module:
        mask = (torch.arange(channels) >= channels // 2).int()
        return t.CompositeTransform(
            [t.ActNorm(channels), t.OneByOneConvolution(channels), t.AffineCouplingTransform(mask, net)]
        )

    levels = t.MultiscaleCompositeTransform(LEVELS)
    shape = SHAPE
    for _ in range(LEVELS):
        squeeze = t.SqueezeTransform()
        shape = squeeze.get_output_shape(*shape)
        steps = [step(shape[0]) for _ in range(STEPS)]
        shape = levels.add_transform(t.CompositeTransform([squeeze, *steps]), shape)
    return Flow(levels, StandardNormal([x[0].numel()]))


def with_normflows(x: Tensor) -> Workload | None:
    nf = peer("normflows")
    if nf is None:
        return None
    bases, flows, merges = [], [], []
    for level in range(LEVELS):  # from the latent side, as this package counts
        depth = LEVELS - level
        side, channels = SHAPE[1] >> depth, SHAPE[0] * 2 ** (depth + 1)
        blocks = [nf.flows.GlowBlock(channels, HIDDEN, init_zeros=True) for _ in range(STEPS)]
        flows.append([*blocks, nf.flows.Squeeze()])
        if level:
            merges.append(nf.flows.Merge())
        stays = channels if level == 0 else channels // 2
        bases.append(nf.distributions.DiagGaussian((stays, side, side)))
    model = nf.MultiscaleFlow(bases, flows, merges, class_cond=False)
    return training_step(model, lambda: -model.log_prob(x, None).mean(), fused=True)


def with_freia(x: Tensor) -> Workload | None:
    if peer("FrEIA") is None:
        return None
    from FrEIA.framework import GraphINN, InputNode, Node, OutputNode
    from FrEIA.modules import AllInOneBlock, IRevNetDownsampling, Split

    start = InputNode(*SHAPE)
    nodes, ends, at = [start], [], start.out0
    for level in range(LEVELS):
        nodes.append(Node(at, IRevNetDownsampling, {}))
        for _ in range(STEPS):
            nodes.append(Node(nodes[-1], AllInOneBlock, {"subnet_constructor": network}))
        at = nodes[-1].out0
        if level < LEVELS - 1:
            nodes.append(Node(at, Split, {}))
            at = nodes[-1].out0
            ends.append(OutputNode(nodes[-1].out1))
    ends.append(OutputNode(at))
    inn = GraphINN([*nodes, *ends])

    def loss() -> Tensor:
        zs, log_det = inn(x)
        return -(sum(standard_normal(z) for z in zs) + log_det).mean()

    return training_step(inn, loss, fused=True)


def main() -> int:
    torch.manual_seed(0)
    warnings.filterwarnings("ignore", module="torch")  # nflows calls what torch has renamed
    x = torch.rand(BATCH, *SHAPE)
    ours, theirs = Glow(SHAPE, n_levels=LEVELS, n_steps=STEPS, hidden_channels=HIDDEN), nflows_glow(x)
    rows: dict[str, Workload | None] = {
        "gmcourse": training_step(ours, lambda: ours.loss(x), fused=True),
        "nflows": theirs and training_step(theirs, lambda: -theirs.log_prob(x).mean(), fused=True),
        "normflows": with_normflows(x),
        "FrEIA": with_freia(x),
    }
    size = "×".join(map(str, SHAPE))
    kept = compare(
        f"Glow, {size}, {LEVELS} levels of {STEPS} steps, hidden width {HIDDEN}, batch {BATCH}: training step",
        rows,
        reference="nflows",
        limits={"gmcourse": 0.85},
    )
    draws: dict[str, Workload | None] = {
        "gmcourse": torch.no_grad()(partial(ours.sample, DRAWN)),
        "nflows": theirs and torch.no_grad()(partial(theirs.sample, DRAWN)),
    }
    compare(f"the same: {DRAWN} samples", draws, reference="nflows")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
