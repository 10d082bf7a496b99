"""The generative side: a density for every class, and everything else by Bayes' rule."""

from typing import Literal

import torch
from torch import Tensor

from gmcourse import expect
from gmcourse.densities import FiniteMixture, Mixture, Normal
from gmcourse.densities.finite_mixture import Density
from gmcourse.densities.normal import Structure
from gmcourse.models.discriminative_vs_generative.classifier import check_labelled


@expect.door(log_joint="N K; -inf")
def log_posterior(log_joint: Tensor) -> Tensor:
    """Apply Bayes' rule: log p(y|x) = log p(x, y) − log Σ_y′ p(x, y′), (N, K) → (N, K), in nats.

    The sum is a log-sum-exp: in 64 dimensions densities are below the smallest float, and 0/0 has no posterior.
    """
    return log_joint - log_joint.logsumexp(1, keepdim=True)


class GenerativeClassifier(FiniteMixture[Density]):
    """p(x, y) = p(y) p(x|y): a mixture whose parts are the classes.

    So `log_weights` has log p(y), (K,), and `parts` p(x|y), one for every class; `log_joint` gives log p(x, y), and
    `draw` pairs (x, y). `log_prob` gives log p(x) = log Σ_y p(x, y): what no discriminative model can say.
    """

    def log_posterior(self, x: Tensor) -> Tensor:
        """Compute log p(y|x) in nats, (N, K)."""
        return log_posterior(self.log_joint(x))

    def predict(self, x: Tensor) -> Tensor:
        """Predict the most probable class, (N,)."""
        return self.log_joint(x).argmax(1)


def _prior(y: Tensor, classes: int, dtype: torch.dtype) -> Tensor:
    """The log of each class's share; a class without a single example has no density."""
    counts = torch.bincount(y.long(), minlength=classes)
    if (counts == 0).any():
        missing = (counts == 0).nonzero().flatten().tolist()
        expect.refuse("y", f"without an example of the classes {missing}", "some of each, to fit a density")
    return (counts.to(dtype) / len(y)).log()


@expect.door(y="N; integer", ridge=">= 0")
def fit_gaussians(
    x: Tensor,
    y: Tensor,
    classes: int,
    *,
    covariance: Literal["own", "shared"] = "own",
    structure: Structure = "full",
    ridge: float = 0.0,
) -> GenerativeClassifier:
    """Fit one normal for every class, by maximum likelihood.

    covariance="shared" gives linear boundaries (Fisher's discriminant, the twin of logistic regression), "own"
    quadratic ones; structure="diagonal" is naive Bayes. The ridge is added to every variance, in units of x squared.
    """
    check_labelled(x, y, classes)
    prior = _prior(y, classes, x.dtype)
    if covariance == "own":
        fitted = [Normal.fit(x[y == k], structure=structure, ridge=ridge) for k in range(classes)]
        return GenerativeClassifier(prior, fitted)
    means = torch.stack([x[y == k].mean(0) for k in range(classes)])
    pooled = Normal.fit(x - means[y.long()], structure=structure, ridge=ridge)
    return GenerativeClassifier(prior, [Normal(mean, pooled.chol) for mean in means])


@expect.door(y="N; integer", components=">= 1")
def fit_mixtures(
    x: Tensor, y: Tensor, classes: int, components: int, *, generator: torch.Generator | None = None
) -> GenerativeClassifier:
    """Fit a mixture of normals for every class, by EM; see `gmcourse.densities.Mixture.fit`."""
    check_labelled(x, y, classes)
    prior = _prior(y, classes, x.dtype)
    fitted = [Mixture.fit(x[y == k], components, generator=generator) for k in range(classes)]
    return GenerativeClassifier(prior, fitted)
