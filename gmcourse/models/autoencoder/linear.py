"""The autoencoder without nonlinearities: it finds PCA's subspace, and no more (Baldi & Hornik 1989)."""

import torch
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.expect.door import door
from gmcourse.reproducible import generator


class LinearAutoencoder(nn.Module):
    """x̂ = μ + W V (x − μ): two matrices with a narrow place between them.

    At the minimum the columns of W span the directions of largest variance. They need be neither orthogonal
    nor in order: W A and A⁻¹ V give the same x̂ for every invertible A.

    μ is the mean of the data, (D,): without centring the minimum is another one. The seed is that of the first
    weights.
    """

    mean: Tensor

    @door(mean="D", latent_dim=">= 1 <= D", seed=">= 0")
    def __init__(self, mean: Tensor, latent_dim: int, seed: int = 0) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        first = torch.randn(len(mean), latent_dim, generator=generator(seed), dtype=torch.float64)
        first = (first / len(mean) ** 0.5).to(mean)
        self.decoder_weight = nn.Parameter(first)  # W, (D, K)
        self.encoder_weight = nn.Parameter(first.T.clone(memory_format=torch.contiguous_format))  # V, (K, D)

    def encode(self, x: Tensor) -> Tensor:
        """Compute codes (N, K) of data (N, D)."""
        expect.tensor("x", x, f"N {len(self.mean)}")
        return (x - self.mean) @ self.encoder_weight.T

    def decode(self, z: Tensor) -> Tensor:
        """Compute data (N, D) from codes (N, K)."""
        expect.tensor("z", z, f"N {len(self.encoder_weight)}")
        return z @ self.decoder_weight.T + self.mean

    def squared_error(self, x: Tensor) -> Tensor:
        """Compute ‖x − x̂‖², shape (N,)."""
        return (x - self.decode(self.encode(x))).square().sum(1)


@door(x="N D", latent_dim=">= 1 <= D", steps=">= 1", seed=">= 0")
def fit_linear(x: Tensor, latent_dim: int, *, steps: int = 1000, seed: int = 0) -> LinearAutoencoder:
    """Train a linear autoencoder to the bottom, by L-BFGS in float64.

    With Adam, in float32 or on data that is not centred, the last directions, whose variances hardly differ,
    are not found in any patience, and the comparison with PCA says nothing.
    """
    expect.whole("the number of points in x", len(x), least=2)
    x = x.double()
    model = LinearAutoencoder(x.mean(0), latent_dim, seed)
    optimizer = torch.optim.LBFGS(
        model.parameters(),
        max_iter=steps,
        max_eval=2 * steps,
        tolerance_grad=1e-10,
        tolerance_change=1e-13,
        history_size=50,
        line_search_fn="strong_wolfe",
    )

    # X − μ = Q R with orthonormal Q, which no error changes: D rows tell as much as N
    rows = torch.linalg.qr(x - model.mean, mode="r").R + model.mean

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = model.squared_error(rows).sum() / len(x)
        loss.backward()
        return loss

    optimizer.step(closure)
    return model
