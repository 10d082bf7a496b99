"""Test error against the number of examples: the experiment of Ng & Jordan 2001.

Their claim: the generative model comes to its (possibly worse) best error with of the order of log D
examples, the discriminative one needs of the order of D, and is at least as good in the end.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, Self, runtime_checkable

import torch
from torch import Tensor

from gmcourse import expect
from gmcourse.reproducible import generator, mixed_seed


@runtime_checkable
class Predictor(Protocol):
    """Either kind of classifier."""

    def predict(self, x: Tensor, /) -> Tensor:
        """Predict the classes (N,) of points (N, D)."""
        ...


Fit = Callable[[Tensor, Tensor], Predictor]
Draw = Callable[[int, torch.Generator], tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class GaussianWorld:
    """Two equally frequent classes N(±δ/2, L Lᵀ).

    Both share one covariance, so the true boundary is a plane, which logistic regression can find. With a diagonal
    covariance naive Bayes is right as well, and then nothing beats it, however many the examples (Efron 1975). With
    correlations its assumption is wrong, and logistic regression is ahead in the end. `shift` is δ, the difference of
    the means, (D,), and `chol` is L, the lower Cholesky factor of the covariance, (D, D).
    """

    shift: Tensor
    chol: Tensor

    def __post_init__(self) -> None:
        expect.fields(self, shift="D", chol="D D")

    @classmethod
    @expect.door(dims=">= 1", bayes_error="> 0 < 0.5", correlation=">= 0 < 1", seed=">= 0")
    def make(cls, dims: int = 50, *, bayes_error: float = 0.05, correlation: float = 0.0, seed: int = 0) -> Self:
        """Draw a random world of two normals.

        The means are moved apart until even the best classifier gets `bayes_error` wrong. Any two dimensions have a
        correlation, with the sign of the means' differences: noise that all share looks like evidence to each, and
        naive Bayes counts it every time. 0 makes it right.
        """
        g = generator(seed)
        shift = torch.randn(dims, generator=g, dtype=torch.float64)
        scale = 0.5 + torch.rand(dims, generator=g, dtype=torch.float64)
        factor = correlation**0.5 * shift.sign() * scale
        cov = factor[:, None] * factor + (1 - correlation) * scale.square().diag()
        world = cls(shift, torch.linalg.cholesky(cov))
        wanted = -2 * torch.special.ndtri(torch.tensor(bayes_error, dtype=torch.float64))
        return cls(shift * wanted / world.distance(), world.chol)

    def distance(self) -> Tensor:
        """Between the means in units of the noise, √(δᵀ Σ⁻¹ δ) (Mahalanobis), a scalar."""
        return torch.linalg.solve_triangular(self.chol, self.shift[:, None], upper=False).norm()

    def bayes_error(self) -> float:
        """Compute Φ(−distance/2): the error of the best classifier."""
        return float(torch.special.ndtr(-0.5 * self.distance()))

    @expect.door(n=">= 1")
    def sample(self, n: int, g: torch.Generator) -> tuple[Tensor, Tensor]:
        """Draw n points (n, D) and their classes (n,), as many of the one as of the other.

        With random shares a small draw would sometimes miss a class, and no density can be fitted to nothing.
        """
        y = torch.arange(n) % 2
        noise = torch.randn(n, len(self.shift), generator=g, dtype=torch.float64)
        return (y[:, None] - 0.5) * self.shift + noise @ self.chol.T, y


@expect.door(x="N D", y="N; integer")
def draws_from(x: Tensor, y: Tensor) -> Draw:
    """A function that draws n of these examples without replacement, as evenly over the classes as n allows."""
    classes = y.unique().tolist()

    def draw(n: int, g: torch.Generator) -> tuple[Tensor, Tensor]:
        if not len(classes) <= n <= len(y):
            raise ValueError(f"n is {n}; expected {len(classes)} (one of each class) … {len(y)}")
        shuffled = torch.randperm(len(y), generator=g)
        # the i-th example of its class gets the key i: the n smallest keys are spread over all classes
        turn = torch.zeros(len(y), dtype=torch.int64)
        for k in classes:
            mine = y[shuffled] == k
            turn[mine] = torch.arange(int(mine.sum()))
        chosen = shuffled[turn.argsort(stable=True)[:n]]
        return x[chosen], y[chosen]

    return draw


@expect.door(x="N …", y="N; integer")
def error_rate(model: Predictor, x: Tensor, y: Tensor) -> float:
    """The share of points (N, D) of the classes y (N,) that are classified wrongly."""
    predicted = expect.tensor("what the model predicts", model.predict(x), str(len(y)), dtype="integer")
    return float((predicted != y).double().mean())


@expect.door(test="N …; full / N; integer", sizes=">= 2", repeats=">= 1")
def learning_curve(
    draw: Draw, test: tuple[Tensor, Tensor], fits: dict[str, Fit], sizes: Sequence[int], *, repeats: int
) -> dict[str, Tensor]:
    """Test errors of several classifiers, each trained on the same draws.

    Returns name → errors (repeats, len(sizes)). `draw(n, generator)` gives n labelled examples, some of each class;
    `fits` has for each name a function from (x, y) to a trained classifier.
    """
    errors = {name: torch.zeros(repeats, len(sizes)) for name in fits}
    for r in range(repeats):
        for i, n in enumerate(sizes):
            drawn = draw(n, generator(mixed_seed("learning curve", 0, r, n)))
            if not isinstance(drawn, tuple) or len(drawn) != 2:
                expect.refuse(f"draw({n}, generator)", expect.described(drawn), "a pair, points and their classes")
            for name, fit in fits.items():
                errors[name][r, i] = error_rate(fit(*drawn), *test)
    return errors


@expect.door(first="R S", second="R S", sizes="S: >= 1")
def crossing(sizes: Sequence[int], first: Tensor, second: Tensor) -> int | None:
    """The least size from which on `second` has the smaller mean error, of (repeats, S); None if it never has."""
    better = (second.mean(0) < first.mean(0)).tolist()
    if not better[-1]:
        return None
    last_worse = max((i for i, is_better in enumerate(better) if not is_better), default=-1)
    return sizes[last_worse + 1]
