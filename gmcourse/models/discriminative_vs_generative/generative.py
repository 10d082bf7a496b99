"""The generative side: a density for every class, and everything else by Bayes' rule."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import torch
from torch import Tensor

from gmcourse.densities import Mixture, Normal
from gmcourse.densities.normal import Structure
from gmcourse.models.discriminative_vs_generative.labelled import check_labelled


class Density(Protocol):
    """What a class needs to have: `Normal`, `Mixture`, a toy density or a flow will do."""

    def log_prob(self, x: Tensor, /) -> Tensor:
        """log p(x|class) in nats, (N, D) → (N,)."""
        ...

    def sample(self, n: int, /, generator: torch.Generator | None = None) -> Tensor:
        """n draws, (n, D)."""
        ...


def log_posterior(log_joint: Tensor) -> Tensor:
    """Bayes' rule: log p(y|x) = log p(x, y) − log Σ_y′ p(x, y′), (N, K) → (N, K), in nats.

    The sum is taken as a log-sum-exp. The densities themselves are far below the smallest float in 64
    dimensions, and 0/0 has no posterior.

    Raises:
        ValueError: another shape.
    """
    if log_joint.ndim != 2:
        raise ValueError(f"got shape {tuple(log_joint.shape)}; expected log p(x, y) of (N, K)")
    return log_joint - log_joint.logsumexp(1, keepdim=True)


@dataclass(frozen=True)
class GenerativeClassifier:
    """p(x, y) = p(y) p(x|y).

    Attributes:
        log_prior: log p(y), shape (K,).
        densities: p(x|y), one for every class.
    """

    log_prior: Tensor
    densities: Sequence[Density]

    def __post_init__(self) -> None:
        if self.log_prior.shape != (len(self.densities),):
            raise ValueError(
                f"log_prior {tuple(self.log_prior.shape)} for {len(self.densities)} densities; expected as many"
            )

    def log_joint(self, x: Tensor) -> Tensor:
        """log p(x, y) in nats for points (N, D), shape (N, K)."""
        each = torch.stack([density.log_prob(x) for density in self.densities], dim=1)
        return each + self.log_prior.to(each)

    def log_posterior(self, x: Tensor) -> Tensor:
        """log p(y|x) in nats, (N, K)."""
        return log_posterior(self.log_joint(x))

    def log_prob(self, x: Tensor) -> Tensor:
        """log p(x) = log Σ_y p(x, y) in nats, (N,): what no discriminative model can say."""
        return self.log_joint(x).logsumexp(1)

    def predict(self, x: Tensor) -> Tensor:
        """The most probable class, (N,)."""
        return self.log_joint(x).argmax(1)

    def sample(self, n: int, generator: torch.Generator | None = None) -> tuple[Tensor, Tensor]:
        """n draws of (x, y): classes from the prior, then points from their densities; (n, D) and (n,).

        Raises:
            ValueError: n below 1.
        """
        if n < 1:
            raise ValueError(f"n is {n}; expected at least 1")
        on = generator.device if generator is not None else torch.device("cpu")
        prior = self.log_prior.exp().to(on)
        y = torch.multinomial(prior, n, replacement=True, generator=generator).to(self.log_prior.device)
        parts = {int(k): self.densities[int(k)].sample(int((y == k).sum()), generator) for k in y.unique()}
        first = next(iter(parts.values()))
        x = first.new_empty(n, first.shape[1])
        for k, points in parts.items():
            x[y == k] = points
        return x, y


def _prior(y: Tensor, classes: int, dtype: torch.dtype) -> Tensor:
    """log of each class's share.

    Raises:
        ValueError: a class without a single example: it has no density.
    """
    counts = torch.bincount(y, minlength=classes)
    if (counts == 0).any():
        missing = (counts == 0).nonzero().flatten().tolist()
        raise ValueError(f"no example of the classes {missing}; a generative model needs some of each")
    return (counts.to(dtype) / len(y)).log()


def fit_gaussians(
    x: Tensor,
    y: Tensor,
    classes: int,
    *,
    covariance: Literal["own", "shared"] = "own",
    structure: Structure = "full",
    ridge: float = 0.0,
) -> GenerativeClassifier:
    """One normal for every class, by maximum likelihood.

    covariance="shared" gives linear boundaries (Fisher's discriminant, the generative twin of logistic
    regression); "own" gives quadratic ones; structure="diagonal" is naive Bayes.

    Args:
        x: points (N, D).
        y: labels (N,) int64.
        classes: K.
        covariance: one for all classes, pooled around their means, or one for each.
        structure: "full", "diagonal" or "spherical".
        ridge: added to every variance, in units of x squared.

    Raises:
        ValueError: data that does not fit, a class without examples, a covariance that is singular.
    """
    check_labelled(x, y, classes)
    if covariance not in ("own", "shared"):
        raise ValueError(f"covariance is {covariance!r}; expected 'own' or 'shared'")
    prior = _prior(y, classes, x.dtype)
    if covariance == "own":
        fitted = [Normal.fit(x[y == k], structure=structure, ridge=ridge) for k in range(classes)]
        return GenerativeClassifier(prior, fitted)
    means = torch.stack([x[y == k].mean(0) for k in range(classes)])
    pooled = Normal.fit(x - means[y], structure=structure, ridge=ridge)
    return GenerativeClassifier(prior, [Normal(mean, pooled.chol) for mean in means])


def fit_mixtures(
    x: Tensor,
    y: Tensor,
    classes: int,
    components: int,
    *,
    structure: Structure = "full",
    ridge: float = 1e-3,
    generator: torch.Generator | None = None,
) -> GenerativeClassifier:
    """A mixture of normals for every class, by EM; see `gmcourse.densities.Mixture.fit`.

    Raises:
        ValueError: data that does not fit, or a class with fewer examples than components.
    """
    check_labelled(x, y, classes)
    prior = _prior(y, classes, x.dtype)
    fitted = [
        Mixture.fit(x[y == k], components, structure=structure, ridge=ridge, generator=generator)
        for k in range(classes)
    ]
    return GenerativeClassifier(prior, fitted)
