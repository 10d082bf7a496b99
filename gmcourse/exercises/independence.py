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


def fresh_each(noise: Tensor, again: Tensor, axes: Sequence[str], what: str = "the noise") -> None:
    """Raise the mistake if one draw is shared along an axis, comes back in another row, or at the next call.

    The noise is (N, …), with some hundred rows of at least three numbers, and `again` the same of a second call.
    `axes` says what each axis counts, in the singular: ("row", "latent"); `what` is the subject of the sentence.
    """
    if noise.numel() and float(noise.abs().max() - noise.abs().min()) < 1e-4 and float(noise.std()) > 0.1:
        mistake(f"{what} is not normal: only its sign is drawn")
    for axis, name in enumerate(axes):
        spread = noise.abs() - noise.abs().select(axis, 0).unsqueeze(axis)
        if noise.shape[axis] > 1 and float((spread.abs() < 1e-3).double().mean()) > 0.99:
            mistake(f"{what}: one draw is shared by all {name}s; each {name} needs its own")
    first, second = (each.flatten(1)[:, :6].abs().mul(1e3).round() for each in (noise, again))
    # one number a row, by which it is known: rows themselves take many times as long to compare
    mixing = torch.randint(2**37, first.shape[1:], generator=torch.Generator().manual_seed(0)).double()
    first, second = ((each * mixing).sum(1) for each in (first, second))
    chance = max(20, len(first) // 100)  # rows agree by chance, or because one draw in a hundred is tied
    if len(first.unique()) < len(first) - chance:
        mistake(f"{what} repeats itself, or its mirror image, from row to row; each row needs a draw of its own")
    if len(torch.cat([first, second]).unique()) < 2 * len(first) - chance:
        mistake(f"{what} is the same at each call: it must be fresh, so set no seed and keep no pool")


def independent(noise: Tensor, again: Tensor, axes: Sequence[str], what: str = "the noise") -> None:
    """Raise the mistake if this should be independent standard normal noise, and is shared, tied, or not normal.

    The arguments are those of `fresh_each`; the words hold no number that changes from run to run.
    """
    noise, again = noise.detach().double(), again.detach().double()
    fresh_each(noise, again, axes, what)
    count, width = noise.flatten(1).shape
    columns = noise.flatten(1)[:, torch.linspace(0, width - 1, min(width, 24)).round().long().unique()]
    standard_normal(columns.flatten(), what)
    for size, words in ((columns, "noise"), (columns.abs(), "size of the noise")):
        if bool(tied(size, size).fill_diagonal_(False).any()):
            mistake(f"{what}: the {words} of one {axes[-1]} tells that of another; each needs a draw of its own")
        if any(bool(tied(size[lag:], size[:-lag]).any()) for lag in (1, 2, count // 2)):
            mistake(f"{what}: the {words} of one row tells that of another; each needs a draw of its own")


def tied(a: Tensor, b: Tensor) -> Tensor:
    """Which columns of `a` go with which of `b`: correlated by more than seven standard errors."""
    x, y = ((each - each.mean(0)) / each.std(0) for each in (a, b))
    return (x.T @ y / len(x)).abs() > 7 / math.sqrt(len(x))


def standard_normal(noise: Tensor, what: str = "the noise") -> None:
    """Raise a mistake unless these numbers have the mean, the spread and the shape of a standard normal."""
    noise, n = noise.detach().double(), noise.numel()
    if not near(float(noise.mean()), 0, n**-0.5):
        mistake(f"{what} has another mean than 0")
    tails = max(3.0, float((noise**4).mean() / noise.var() ** 2))  # heavy ones make the spread uncertain
    if not near(float(noise.var()), 1, ((tails - 1) / n) ** 0.5):
        mistake(f"{what} has another spread than 1")
    steps = (torch.arange(n, dtype=torch.float64) + 0.5) / n
    furthest = (torch.special.ndtr(noise.sort().values) - steps).abs().max()  # Kolmogorov and Smirnov's
    if float(furthest) < 0.25 / math.sqrt(n):
        mistake(f"{what} is spread too evenly: each number needs a draw that knows of no other")
    if float(furthest) > 3.5 / math.sqrt(n) or not near(float((noise**4).mean()), 3, (96 / n) ** 0.5):
        mistake(f"{what} is not normal: it has the right mean and spread, and another shape")
