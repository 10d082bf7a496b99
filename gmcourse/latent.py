"""Walks in a latent space: from one code to another, and along the direction that changes an attribute.

A code may have any shape (*shape): a VAE's vector, a flow's tensor, StyleGAN's styles. A batch has B of them.
"""

import torch
from torch import Tensor

from gmcourse import expect


def _column(t: Tensor, like: Tensor) -> Tensor:
    """Reshape (T,) to (T, 1, …, 1), to be broadcast over codes (B, *shape)."""
    return t.to(like).reshape(-1, *[1] * like.ndim)


@expect.door(a="B D …", b="B D …", t="T; anywhere")
def lerp(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """Walk straight, (1 − t) a + t b, between codes (B, *shape), at places t (T,); (T, B, *shape).

    Between two independent draws from N(0, I) in D dimensions the middle has length √(D/2), not √D: it is
    shorter than nearly every code that the decoder was trained on. Beyond 0 and 1 is extrapolation.

    >>> lerp(torch.zeros(1, 2), torch.ones(1, 2), torch.tensor([0.0, 0.5])).tolist()
    [[[0.0, 0.0]], [[0.5, 0.5]]]
    """
    t = _column(t, a)
    return (1 - t) * a + t * b


@expect.door(a="B D …; full", b="B D …; full", t="T; anywhere")
def slerp(a: Tensor, b: Tensor, t: Tensor) -> Tensor:
    """Walk along a sphere, sin((1 − t)Ω)/sin Ω · a + sin(tΩ)/sin Ω · b, with Ω the angle between a and b.

    Shoemake 1985, section 3.3; White 2016 (arXiv:1609.04468), section 2.1, for codes drawn from N(0, I), nearly all
    of which have length √D. Codes of equal length keep it; others do not wander near the origin. Codes in nearly the
    same direction are joined by `lerp`, the limit for Ω → 0. Shapes are those of `lerp`. A code that is zero has no
    direction, and between opposite codes no way along the sphere is the shortest: both are refused.
    """
    directions = [x.flatten(1) / x.flatten(1).norm(dim=1, keepdim=True) for x in (a, b)]
    if not all(torch.isfinite(x).all() for x in directions):
        raise ValueError("a or b has a code that is zero; expected codes with a direction: use lerp")
    # the arc cosine loses half of the digits near 0 and π; half the angle's tangent does not
    u, v = directions
    half = torch.atan2((u - v).norm(dim=1), (u + v).norm(dim=1))
    angle = (2 * half).reshape(-1, *[1] * (a.ndim - 1))
    if (torch.pi - angle < 1e-3).any():
        raise ValueError("a and b are opposite; expected codes with one shortest arc between them: use lerp")
    near = angle < 1e-4
    angle, t = angle.masked_fill(near, 1.0), _column(t, a)
    along = (((1 - t) * angle).sin() * a + (t * angle).sin() * b) / angle.sin()
    return torch.where(near, (1 - t) * a + t * b, along)


@expect.door(codes="N D …", present="N; bool")
def attribute_direction(codes: Tensor, present: Tensor) -> Tensor:
    """Mean code of the images that have an attribute, minus the mean code of those that have not: (*shape).

    Radford et al. 2016 (arXiv:1511.06434), section 6.3.2; so does Glow (arXiv:1807.03039), section 6. Whatever else
    differs between the two groups comes along: if moustaches are worn by the old, the direction ages. `present` is
    (N,) bool; of a graded attribute, `values > values.median()`.
    """
    expect.whole("the number of present codes", int(present.sum()), least=1, most=len(codes) - 1)
    return codes[present].mean(0) - codes[~present].mean(0)


@expect.door(codes="B D …", direction="D …", amounts="T; anywhere")
def walk(codes: Tensor, direction: Tensor, amounts: Tensor) -> Tensor:
    """Go from codes z (B, *shape) to z + amount · direction (*shape), for amounts (T,); (T, B, *shape)."""
    return codes + _column(amounts, codes) * direction
