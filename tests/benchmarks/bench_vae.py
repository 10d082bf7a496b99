"""A training step of a VAE, and of `training.fit` on a tiny network, beside bare loops that compute the same.

The VAE is 784-400-20 with batches of 128 and fused Adam. The bare loops have the same layers and optimiser, nothing
that is checked or kept. What `Minimize` and `fit` add is the way back to the last good step, and that is a fixed
price a tensor: the smaller the network, the larger its share.
"""

import sys

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from gmcourse.models.vae import VAE
from gmcourse.nn.networks import mlp
from gmcourse.training import Minimize, fit
from tests.benchmarks.timing import Workload, compare, training_step

STEPS = 200  # of the tiny network, in one repetition


def bare_vae(x: Tensor) -> Workload:
    encoder, decoder = mlp([784, 400, 40]), mlp([20, 400, 784])

    def loss() -> Tensor:
        mean, log_var = encoder(x.flatten(1)).chunk(2, 1)
        z = mean + (0.5 * log_var).exp() * torch.randn_like(mean)
        bits = F.binary_cross_entropy_with_logits(decoder(z), x.flatten(1), reduction="sum")
        kl = 0.5 * (mean.square() + log_var.exp() - 1 - log_var).sum()
        return (bits + kl) / len(x)

    return training_step(nn.ModuleList([encoder, decoder]), loss, fused=True)


def vae_rows() -> dict[str, Workload | None]:
    x = torch.rand(128, 1, 28, 28)
    model, other = (VAE([1, 28, 28], 20, hidden=[400]) for _ in range(2))
    step = Minimize(other.loss, other, torch.optim.Adam(other.parameters(), 1e-4, fused=True))
    ours = training_step(model, lambda: model.loss(x)["loss"], fused=True)
    return {"a bare loop": bare_vae(x), "VAE.loss": ours, "VAE.loss in Minimize": lambda: step(x)}


def tiny_rows() -> dict[str, Workload | None]:
    x = torch.randn(4096, 2)
    data = x, x.sum(1, keepdim=True)
    bare, fitted = (mlp([2, 64, 64, 1]) for _ in range(2))

    def loss_of(network: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
        return (network(batch[0]) - batch[1]).square().mean()

    optimizer = torch.optim.Adam(bare.parameters(), 1e-3)
    step = Minimize(lambda b: loss_of(fitted, b), fitted, torch.optim.Adam(fitted.parameters(), 1e-3))

    def loop() -> list[float]:
        losses = []
        for now in range(STEPS):
            if now % 32 == 0:
                order = torch.randperm(len(x)).split(128)
            optimizer.zero_grad(set_to_none=True)
            loss = loss_of(bare, tuple(part[order[now % 32]] for part in data))
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses

    return {
        "a bare loop": loop,
        "training.fit": lambda: fit(step, data, steps=STEPS, batch_size=128, progress=False),
    }


def main() -> int:
    torch.manual_seed(0)
    kept = compare("a step of a VAE", vae_rows(), reference="a bare loop", limits={"VAE.loss": 1.03}, warm_up=5)
    compare(f"{STEPS} steps of a tiny network", tiny_rows(), reference="a bare loop")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
