"""What a low resolution leaves open, computed with the renderer that drew it: the truth to hold SRFlow against."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from gmcourse.data import faces
from gmcourse.data.low_resolution import downsample
from gmcourse.reproducible import generator, mixed_seed

FIRST_DETAIL = 1 << 44  # seeds that no set of faces has


@dataclass(frozen=True)
class Posterior:
    """Candidates of a rejection sampler.

    Attributes:
        candidates: drawn from the prior, (N, 18).
        weights: their likelihoods, scaled to sum 1, (N,) float64.
        accepted: draws from the posterior, (K, 18): each candidate was kept with probability L / max L.
    """

    candidates: Tensor
    weights: Tensor
    accepted: Tensor

    def below(self, name: str, value: float) -> float:
        """P(attribute < value | y) + ½ P(attribute = value | y): uniform over faces if this is the truth."""
        values = self.candidates[:, faces.column(name)]
        return float((self.weights * ((values < value) + 0.5 * (values == value))).sum())


@torch.no_grad()
def attribute_posterior(
    low: Tensor,
    attributes: Tensor,
    hidden: Sequence[str],
    *,
    scale: int = 4,
    candidates: int = 6000,
    details: int = 1000,
    noise: float = 2 / 255,
    seed: int = 0,
) -> Posterior:
    """p(hidden attributes | y, the other attributes) for one face, by rejection sampling.

    The prior of the hidden ones is that of the natural crowd. Given all attributes, y still varies with the
    detail that no attribute names; its mean and its full covariance are measured at this face, from `details`
    renderings, and taken as those of a normal distribution. So

        log L(a) = −½ (y − μ(a))ᵀ Σ⁻¹ (y − μ(a)),   μ(a) = down(render(a)) + mean effect of detail

    The attributes that are not hidden are given. A low resolution shows them nearly exactly (colours, turn of
    the head), so this is close to p(hidden | y), and never wider.

    Args:
        low: y, (3, h, w) in [0, 1].
        attributes: of the face, (18,).
        hidden: names of those to infer.
        scale: how many times smaller y is than the face.
        candidates: N.
        details: renderings for the mean and the covariance.
        noise: standard deviation of independent noise on each number of y, beside the rounding to 8 bits.
        seed: of the draws.

    Raises:
        ValueError: shapes that do not fit, or an unknown name.
    """
    if low.ndim != 3 or low.shape[0] != 3 or attributes.shape != (len(faces.NAMES),):
        raise ValueError(
            f"low has shape {tuple(low.shape)}, attributes {tuple(attributes.shape)}; "
            f"expected (3, h, w) and ({len(faces.NAMES)},)"
        )
    unknown = [name for name in hidden if name not in faces.NAMES]
    if unknown or not hidden:
        raise ValueError(f"hidden attributes are {list(hidden)}; expected some of {', '.join(faces.NAMES)}")
    size = low.shape[1] * scale

    def small(a: Tensor, detail: Tensor | None = None) -> Tensor:
        parts = zip(a.split(500), detail.split(500) if detail is not None else [None] * len(a), strict=False)
        return torch.cat(
            [downsample(faces.render(x, size, detail=d), scale).flatten(1) for x, d in parts]
        ).double()

    detailed = small(attributes.expand(details, -1), FIRST_DETAIL + torch.arange(details))
    effect = detailed.mean(0) - small(attributes[None])[0]
    variance = noise**2 + 1 / (12 * 255**2)
    root = torch.linalg.cholesky(
        torch.cov(detailed.T) + variance * torch.eye(low.numel(), dtype=torch.float64)
    )

    drawn = attributes.expand(candidates, -1).clone()
    columns = [faces.column(name) for name in hidden]
    drawn[:, columns] = faces.sample(candidates, seed=mixed_seed("posterior", seed))[:, columns]
    residual = low.flatten().double() - (small(drawn) + effect)
    log_l = -0.5 * torch.linalg.solve_triangular(root, residual.T, upper=False).square().sum(0)
    likelihood = (log_l - log_l.max()).exp()
    kept = torch.rand(candidates, generator=generator(seed), dtype=torch.float64) < likelihood
    return Posterior(drawn, likelihood / likelihood.sum(), drawn[kept])
