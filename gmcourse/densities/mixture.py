"""Mixtures of normals, fitted by expectation maximisation (Dempster, Laird & Rubin 1977)."""

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from gmcourse import expect
from gmcourse.densities.normal import Structure, check_factor, covariance, log_normals, randn

TOLERANCE = 1e-4  # nats a point: EM ends with the step that gains less


@dataclass(frozen=True)
class Mixture:
    """p(x) = Σ_k π_k N(x; μ_k, L_k L_kᵀ).

    `log_weights` has log π_k, (K,), `means` μ_k, (K, D), and `chols` L_k, lower Cholesky factors, (K, D, D).
    """

    log_weights: Tensor
    means: Tensor
    chols: Tensor

    def __post_init__(self) -> None:
        expect.fields(self, log_weights="K; full, -inf", means="K D; full", chols="K D D; full")
        check_factor("chols", self.chols)
        expect.number("Σ exp(log_weights)", float(self.log_weights.detach().exp().sum()), least=0.99, most=1.01)

    @classmethod
    @expect.door(x="N D; full", components=">= 1 <= N", ridge=">= 0", steps=">= 1")
    def fit(
        cls,
        x: Tensor,
        components: int,
        *,
        structure: Structure = "full",
        ridge: float = 1e-3,
        steps: int = 100,
        generator: torch.Generator | None = None,
    ) -> "Mixture":
        """EM from a k-means++ start, until a step gains less than 1e-4 nats a point.

        K `components` are at most N. `ridge` is added to every variance, as a share of the data's mean variance:
        without it a component can close in on a single point, where the likelihood has no bound.
        """
        floor = ridge * float(x.var(0, correction=0).mean())
        centres = spread_out(x, components, generator)
        nearest = torch.cdist(x, centres, compute_mode="donot_use_mm_for_euclid_dist").argmin(1)
        mixture = _maximise(x, torch.nn.functional.one_hot(nearest, components).to(x), structure, floor)
        before = -math.inf
        for _ in range(steps):
            mixture, now = em_step(x, mixture, structure=structure, floor=floor)
            if now - before < TOLERANCE:
                break
            before = now
        return mixture

    def log_joint(self, x: Tensor) -> Tensor:
        """Compute log π_k + log N(x; μ_k, Σ_k) in nats for points (N, D), shape (N, K)."""
        return self.log_weights + log_normals(x, self.means, self.chols)

    def log_prob(self, x: Tensor) -> Tensor:
        """Compute log p(x) in nats for points (N, D), shape (N,)."""
        return self.log_joint(x).logsumexp(1)

    def responsibilities(self, x: Tensor) -> Tensor:
        """Compute p(k|x) by Bayes' rule, shape (N, K)."""
        return self.log_joint(x).softmax(1)

    @expect.door(n=">= 1")
    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """Draw a component for each of n points, then a point from it, (n, D)."""
        noise = randn(n, self.means.shape[1], self.means, generator)
        weights = self.log_weights.exp().cpu()
        on = generator.device if generator is not None else weights.device
        which = torch.multinomial(weights.to(on), n, replacement=True, generator=generator)
        which = which.to(self.means.device)
        return self.means[which] + (self.chols[which] @ noise[..., None])[..., 0]


def spread_out(x: Tensor, count: int, generator: torch.Generator | None = None) -> Tensor:
    """Draw points far apart: each ∝ its squared distance to those before (Arthur & Vassilvitskii 2007, k-means++)."""
    on = generator.device if generator is not None else torch.device("cpu")
    chosen = [int(torch.randint(len(x), (1,), generator=generator, device=on))]
    squared = (x - x[chosen[0]]).square().sum(1)
    for _ in range(count - 1):
        # equal points everywhere leave nothing to draw from: then any will do
        share = squared.to(on) if bool(squared.sum() > 0) else torch.ones(len(x), device=on)
        chosen.append(int(torch.multinomial(share, 1, generator=generator)))
        squared = torch.minimum(squared, (x - x[chosen[-1]]).square().sum(1))
    return x[chosen]


def _maximise(x: Tensor, responsibilities: Tensor, structure: Structure, floor: float) -> Mixture:
    """The M-step: weighted counts, means and covariances."""
    # a component that lost all its points keeps a trace of weight, so that nothing is divided by zero
    counts = responsibilities.sum(0).clamp_min(1e-8)
    means = responsibilities.T @ x / counts[:, None]
    pairs = zip(means, (responsibilities.T + 1e-12).contiguous(), strict=True)
    covs = torch.stack([covariance(x, mean, weights=each, structure=structure) for mean, each in pairs])
    eye = torch.eye(x.shape[1], dtype=x.dtype, device=x.device)
    chols = expect.cholesky("the covariance of a component", covs + floor * eye)
    return Mixture((counts / counts.sum()).log(), means, chols)


@expect.door(x="N D; full", floor=">= 0")
def em_step(
    x: Tensor, mixture: Mixture, *, structure: Structure = "full", floor: float = 0.0
) -> tuple[Mixture, float]:
    """Make one step of EM: the next mixture, and the mean log-likelihood of the one given, in nats a point.

    The floor, in units of the data's squared, is added to every variance. Where it is 0, no step loses likelihood.
    """
    log_joint = mixture.log_joint(x)
    return _maximise(x, log_joint.softmax(1), structure, floor), float(log_joint.logsumexp(1).mean())
