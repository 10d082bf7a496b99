"""Whether noise is what it is called: fresh at each call, another number for each row and place, and normal."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from gmcourse.exercises.mistakes import mistake

N = 40_000  # draws of a Monte Carlo estimate


def near(estimate: float, truth: float, standard_error: float) -> bool:
    """Compare to six standard errors: a right answer fails once in five hundred million comparisons."""
    return math.isfinite(estimate) and abs(estimate - truth) <= 6 * standard_error


def independent(noise: Tensor, again: Tensor, axes: Sequence[str], *, what: str = "the noise") -> None:
    """Raise the mistake that was made with this noise, if one was: shared, mirrored, repeated, no normal at all.

    The words hold no number that changes from run to run.

    Args:
        noise: what should be independent standard normal numbers, `(N, …)` with some thousand rows of at least
            three numbers and at most some hundred.
        again: the same of a second call.
        axes: what each axis counts, in the singular: ("row", "latent").
        what: the subject of the sentence.
    """
    noise, again = noise.detach().double(), again.detach().double()
    for axis, name in enumerate(axes):
        spread = noise.abs() - noise.abs().select(axis, 0).unsqueeze(axis)
        if noise.shape[axis] > 1 and bool((spread.abs() < 1e-4).all()):
            mistake(f"{what}: one draw is shared by all {name}s; each {name} needs its own")
    rows = noise.flatten(1)
    kept = rows[:, :6].abs().mul(1e3).round()
    if len(torch.unique(kept, dim=0)) < len(rows) - 20:
        told = "repeats itself, or its mirror image, from row to row; each row needs a draw of its own"
        mistake(f"{what} {told}")
    both = torch.cat([kept, again.flatten(1)[:, :6].abs().mul(1e3).round()])
    if len(torch.unique(both, dim=0)) < len(both) - 20:
        mistake(f"{what} is the same at each call: it must be fresh, so set no seed and keep no pool")
    count, width = rows.shape
    columns = rows[:, torch.linspace(0, width - 1, min(width, 24)).round().long().unique()]
    six = 6 / math.sqrt(count)
    for size, words in ((columns, "noise"), (columns.abs(), "size of the noise")):
        scaled = (size - size.mean(0)) / size.std(0)
        between = (scaled.T @ scaled / count).fill_diagonal_(0)
        if bool((between.abs() > six).any()):
            mistake(
                f"{what}: the {words} of one {axes[-1]} tells that of another; each needs a draw of its own"
            )
        for lag in (1, count // 2):
            if bool(((scaled[lag:] * scaled[:-lag]).mean(0).abs() > 6 / math.sqrt(count - lag)).any()):
                mistake(f"{what}: the {words} of one row tells that of another; each needs a draw of its own")
    standard_normal(columns.flatten(), what)


def standard_normal(noise: Tensor, what: str = "the noise") -> None:
    """Raise a mistake unless these numbers have the mean, the spread and the shape of a standard normal."""
    noise, n = noise.detach().double(), noise.numel()
    if not near(float(noise.mean()), 0, n**-0.5):
        mistake(f"{what} has another mean than 0")
    if not near(float(noise.var()), 1, (2 / n) ** 0.5):
        mistake(f"{what} has another spread than 1")
    steps = (torch.arange(n, dtype=torch.float64) + 0.5) / n
    furthest = (
        (torch.special.ndtr(noise.sort().values) - steps).abs().max()
    )  # Kolmogorov and Smirnov's distance
    if float(furthest) > 3.5 / math.sqrt(n) or not near(float((noise**4).mean()), 3, (96 / n) ** 0.5):
        mistake(f"{what} is not normal: it has the right mean and spread, and another shape")
