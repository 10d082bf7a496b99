"""Walks in a latent space: from one code to another, and along the direction that changes an attribute.

A code may have any shape (*shape): a vector of a VAE, the tensor of a flow, the styles of StyleGAN. The first
dimension of a batch is B, everything behind it is one code.
"""

from __future__ import annotations

import torch
from torch import Tensor


def _check_pair(a: Tensor, b: Tensor) -> None:
    if a.shape != b.shape or a.ndim < 2:
        raise ValueError(
            f"codes of shape {tuple(a.shape)} and {tuple(b.shape)}; expected two equal (B, *shape)"
        )
    if not (a.is_floating_point() and b.is_floating_point()):
        raise ValueError(f"codes of dtype {a.dtype} and {b.dtype}; expected floating point")


def _column(t: Tensor, like: Tensor) -> Tensor:
    """(T,) as (T, 1, …, 1), to be broadcast over codes (B, *shape)."""
    if t.ndim != 1:
        raise ValueError(f"t has shape {tuple(t.shape)}; expected (T,), as torch.linspace(0, 1, T) gives")
    return t.to(like).reshape(-1, *[1] * like.ndim)


def linear(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """(1 − t) a + t b: the straight way.

    Between two independent draws from N(0, I) in D dimensions the middle has length √(D/2), not √D: it is
    shorter than nearly every code that the decoder was trained on.

    Args:
        a: codes (B, *shape).
        b: codes to arrive at, of a's shape.
        t: places on the way, (T,); 0 is a, 1 is b, beyond is extrapolation.

    Returns:
        Codes (T, B, *shape).

    Raises:
        ValueError: shapes or dtypes that do not fit.

    >>> linear(torch.zeros(1, 2), torch.ones(1, 2), torch.tensor([0.0, 0.5])).tolist()
    [[[0.0, 0.0]], [[0.5, 0.5]]]
    """
    _check_pair(a, b)
    t = _column(t, a)
    return (1 - t) * a + t * b


def spherical(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """sin((1 − t)Ω)/sin Ω · a + sin(tΩ)/sin Ω · b, with Ω the angle between a and b: the way along a sphere.

    Shoemake 1985, section 3.3; White 2016 (arXiv:1609.04468), section 2.1, for codes drawn from N(0, I),
    nearly all of which have length √D. Codes of equal length keep it; others do not wander near the origin.

    Args:
        a: codes (B, *shape), each taken as one vector.
        b: codes to arrive at, of a's shape.
        t: places on the way, (T,).

    Returns:
        Codes (T, B, *shape). Codes in nearly the same direction are joined by `linear`, the limit for Ω → 0.

    Raises:
        ValueError: shapes or dtypes that do not fit; a code that is zero and has no direction; opposite
            codes, between which no way along the sphere is the shortest.
    """
    _check_pair(a, b)
    unit = [x.flatten(1) / x.flatten(1).norm(dim=1, keepdim=True) for x in (a, b)]
    if not all(torch.isfinite(x).all() for x in unit):
        raise ValueError("a code is zero or not finite, and has no direction; use linear")
    # the arc cosine loses half of the digits near 0 and π; half the angle's tangent does not
    half = torch.atan2((unit[0] - unit[1]).norm(dim=1), (unit[0] + unit[1]).norm(dim=1))
    angle = (2 * half).reshape(-1, *[1] * (a.ndim - 1))
    if (torch.pi - angle < 1e-3).any():
        raise ValueError("two codes are opposite: no arc between them is the shortest; use linear")
    near = angle < 1e-4
    angle, t = angle.masked_fill(near, 1.0), _column(t, a)
    along = (((1 - t) * angle).sin() * a + (t * angle).sin() * b) / angle.sin()
    return torch.where(near, (1 - t) * a + t * b, along)


def attribute_direction(codes: Tensor, present: Tensor) -> Tensor:
    """Mean code of the images that have an attribute, minus the mean code of those that have not.

    Radford et al. 2016 (arXiv:1511.06434), section 6.3.2; so does Glow (arXiv:1807.03039), section 6. Whatever
    else differs between the two groups comes along: if moustaches are worn by the old, the direction ages.

    Args:
        codes: (N, *shape).
        present: (N,) bool. Of a graded attribute, `values > values.median()`.

    Returns:
        The direction (*shape). Adding it once moves the mean of the one group to the mean of the other.

    Raises:
        ValueError: shapes or dtypes that do not fit, or a group that is empty.
    """
    if codes.ndim < 2 or not codes.is_floating_point():
        raise ValueError(
            f"codes of shape {tuple(codes.shape)} and {codes.dtype}; expected floats (N, *shape)"
        )
    if present.dtype != torch.bool or present.shape != codes.shape[:1]:
        raise ValueError(
            f"present has shape {tuple(present.shape)} and dtype {present.dtype}; expected ({len(codes)},) of "
            "torch.bool, as `labels > threshold` gives"
        )
    count = int(present.sum())
    if not 0 < count < len(codes):
        raise ValueError(f"{count} of {len(codes)} images have the attribute; both groups need at least one")
    return codes[present].mean(0) - codes[~present].mean(0)


def walk(codes: Tensor, direction: Tensor, amounts: Tensor) -> Tensor:
    """z + amount · direction, for every code and every amount.

    Args:
        codes: (B, *shape).
        direction: (*shape).
        amounts: (T,); 0 is the code itself.

    Returns:
        Codes (T, B, *shape).

    Raises:
        ValueError: shapes or dtypes that do not fit.
    """
    if codes.ndim < 2 or direction.shape != codes.shape[1:]:
        raise ValueError(
            f"codes of shape {tuple(codes.shape)} and a direction of {tuple(direction.shape)}; "
            "expected (B, *shape) and (*shape)"
        )
    _check_pair(codes, direction.expand_as(codes))
    return codes + _column(amounts, codes) * direction
