"""The mistakes that people make with any formula, by what they do to its value: a logarithm's base, a ½, an axis.

A check names the mistakes of its chapter; these come after them.
"""

import math
from collections.abc import Iterator, Mapping
from itertools import combinations

import torch
from torch import Tensor

from gmcourse.exercises.closeness import ATOL, RTOL, matches

Sizes = Mapping[str, int]


def usual(got: Tensor, want: Tensor, sizes: Sizes, rtol: float = RTOL, atol: float = ATOL) -> list[str]:
    """List the words of every usual mistake that leads from the right value to this one, the likeliest first.

    Sums or means run over the sizes, which are given by what is counted: {"latents": 7}.
    """

    def alike(a: Tensor, b: Tensor) -> bool:
        return matches(a, b, rtol=rtol, atol=atol)

    wrongs = ((words, wrong) for words, wrong in _wrong_values(want, sizes) if not alike(wrong, want))
    found = [words for words, wrong in wrongs if alike(got, wrong)]
    if got.shape != want.shape and got.numel() == want.numel() and alike(got.flatten(), want.flatten()):
        found.append("the numbers are right, but not their shape")
    axes = range(got.dim())
    rank = want.dim()
    if got.dim() > rank == 0:
        ways = {"averaged": got.mean(), "summed": got.sum(), "reduced": got.sum() / got.shape[0]}
        found += [f"it is not {way}: one number is wanted" for way, value in ways.items() if alike(value, want)]
    elif got.dim() == rank + 1:
        for way, reduced in (("summed", torch.sum), ("averaged", torch.mean)):
            if any(alike(reduced(got, d), want) for d in axes):
                found.append(f"it is not {way}: one axis too many is left")
    if got.shape == want.shape and got.numel() > 2 and not _constant(want):
        if _constant(got):
            found.append("the same number comes back for every entry")
        elif _constant(got - want, float(want.detach().abs().max())):
            found.append("every entry is off by the same number: a constant is missing, or one too many")
        elif not bool((want == 0).any()) and _constant(got / want - 1):
            found.append("every entry is off by the same factor: is a size or a number hard-coded, or missing?")
    return found


def _constant(value: Tensor, size: float = 1.0) -> bool:
    """Whether all entries are one finite number, up to rounding."""
    first = value.detach().flatten()[0].expand(value.shape)
    tolerance = 10 * ATOL * max(1.0, size)
    return bool(value.isfinite().all()) and torch.allclose(value.detach(), first, rtol=1e-3, atol=tolerance)


def _wrong_values(want: Tensor, sizes: Sizes) -> Iterator[tuple[str, Tensor]]:
    want = want.detach()
    for each, n in sizes.items():
        yield f"it is averaged over the {each}; a sum is wanted", want / n
        yield f"it is summed over the {each}; a mean is wanted", want * n
    two, ten = math.log(2), math.log(10)
    yield "the sign is wrong", -want
    yield "a factor ½ is missing, or a 2 too many: it is twice the right value", 2 * want
    yield "a factor 2 is missing, or a ½ too many: it is half the right value", want / 2
    yield "the logarithm has base 2 (bits); the natural one is wanted (nats)", want / two
    yield "that is in nats; a bit is log 2 nats", want * two
    yield "the logarithm has base 10", want / ten
    yield "the logarithm has base 10; bits have base 2", want * two / ten
    yield "this is the logarithm of what is wanted", want.log()
    yield "the logarithm of this is wanted", want.exp()
    yield "this is the square root of what is wanted (σ for σ²)", want.sqrt()
    yield "this is the square of what is wanted (σ² for σ)", want.square()
    yield "it is upside down: one over this is wanted", 1 / want
    if want.dim():
        yield "it is averaged over everything, the batch too", want.mean()
        yield "it is summed over everything, the batch too", want.sum()
    for d in range(want.dim()):
        yield f"the order along axis {d} is reversed", want.flip(d)
        if want.dim() > 1:
            yield f"it is summed over axis {d} too", want.sum(d)
            yield f"it is averaged over axis {d} too", want.mean(d)
    for a, b in combinations(range(want.dim()), 2):
        swapped = want.transpose(a, b)
        yield f"axes {a} and {b} are swapped", swapped
        yield f"a reshape stands where axes {a} and {b} are to be swapped", swapped.reshape(want.shape)
