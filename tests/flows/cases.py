"""One small instance of every bijection of the course, with an input and, where it needs one, a context."""

import torch
from torch import nn

from gmcourse import flows
from gmcourse.flows import bijection as base
from gmcourse.flows.coupling import SCALE_MAPS
from gmcourse.models.change_of_variables import BoxMuller, PlaneFlow
from gmcourse.models.glow import Glow
from gmcourse.models.nice import NICE
from gmcourse.nn.conv import CouplingNet, ZeroConv2d
from gmcourse.nn.networks import mlp


class WithContext(nn.Module):
    """(a, context) → parameters, for couplings under test."""

    def __init__(self, sizes):
        super().__init__()
        self.net = mlp(sizes, nn.Tanh)

    def forward(self, a, context):
        return self.net(torch.cat([a, context.expand(len(a), -1)], dim=1))


def shake(module, amount=0.3, seed=0):
    """Random values everywhere: layers that begin as the identity would hide a wrong log-determinant."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in module.parameters():
            p.add_(amount * torch.randn(p.shape, generator=generator))
    return module


def vector(*shape):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(7))


def unit(*shape):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(7)) * 0.9 + 0.05


# Deep models multiply their layers' stretching: shaken by 0.3, two levels of Glow have a Jacobian of condition
# 1e13, and no round trip in float64 can hold to 1e-9. A third of that leaves every parameter away from zero.
MILD = dict.fromkeys(("glow", "glow, no actnorm", "multiscale, context", "nice, affine", "nice, whitened"), 0.1)


def whitening(dim, rank):
    """One that was given a normal, so that no scale of it is 1."""
    made = flows.Whitening(dim, rank)
    made.set_normal(vector(dim), vector(dim, rank), unit(dim))
    return made


def gaussianization():
    """One with a table of four levels of which none is as frequent as another."""
    made = flows.Gaussianization(4)
    made.set_histogram(torch.tensor([[0.4, 0.1, 0.3, 0.2]]).log())
    return made


def whitened_nice():
    made = NICE(6, hidden=(8,), codes=3)
    made.start_at(vector(6), vector(6, 3), unit(6))
    return made.bijection


def make_cases(seed=0):
    """Name → (bijection, x, context); the same on every machine."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _make_cases()


def _make_cases():
    image = vector(3, 2, 4, 4)
    cases = {
        "elementwise": (
            flows.Elementwise(torch.sinh, torch.asinh, lambda x: x.cosh().log()),
            vector(3, 4),
            None,
        ),
        "offset": (flows.Offset(0.3), vector(3, 4), None),
        "logit": (flows.Logit(), unit(3, 4), None),
        "normal quantile": (flows.NormalQuantile(), unit(3, 4), None),
        "gaussianization": (gaussianization(), unit(3, 4), None),
        "sinh": (flows.Sinh(), vector(3, 4), None),
        "scale": (flows.Scale(5), vector(3, 5), None),
        "permutation": (flows.Permutation([2, 0, 1]), vector(3, 3), None),
        "even odd": (flows.even_odd(5), vector(3, 5), None),
        "actnorm, vectors": (flows.ActNorm(4), vector(6, 4), None),
        "actnorm, images": (flows.ActNorm(2), image, None),
        "1×1 plain, vectors": (flows.PlainConv1x1(4), vector(3, 4), None),
        "1×1 plain, images": (flows.PlainConv1x1(2), image, None),
        "1×1 PLU": (flows.PLUConv1x1(4), vector(3, 4, 2, 2), None),
        "actnorm + 1×1": (flows.ActNormConv(flows.ActNorm(2), flows.PLUConv1x1(2)), image, None),
        "squeeze": (flows.Squeeze(), image, None),
        "additive": (flows.AdditiveCoupling(mlp([3, 8, 2], nn.Tanh), first=3), vector(3, 5), None),
        "additive, flipped": (
            flows.AdditiveCoupling(mlp([2, 8, 3], nn.Tanh), first=3, flip=True),
            vector(3, 5),
            None,
        ),
        "affine, images": (flows.AffineCoupling(CouplingNet(1, 2, 4, edge=True)), image, None),
        "affine, context": (
            flows.AffineCoupling(WithContext([4, 8, 4]), conditional=True),
            vector(3, 4),
            vector(3, 2),
        ),
        "affine, one context": (
            flows.AffineCoupling(WithContext([4, 8, 4]), conditional=True),
            vector(3, 4),
            vector(1, 2),
        ),
        "injector": (flows.AffineInjector(mlp([2, 8, 8])), vector(3, 4), vector(3, 2)),
        "constant affine": (flows.ConstantAffine(ZeroConv2d(2, 4, edge=True)), image, None),
        "inverse": (flows.Inverse(flows.AffineCoupling(mlp([2, 8, 4], nn.Tanh))), vector(3, 4), None),
        "box–muller": (BoxMuller(), vector(3, 2), None),
        "plane flow": (PlaneFlow(couplings=3, hidden=(8,)).bijection, vector(4, 2), None),
        "nice": (NICE(7, hidden=(8, 8)).bijection, vector(3, 7), None),
        "whitening": (whitening(4, 2), vector(3, 4), None),
        "nice, whitened": (whitened_nice(), vector(3, 6), None),
        "nice, affine": (NICE(6, hidden=(8,), affine=True).bijection, vector(3, 6), None),
        "glow": (Glow((2, 4, 4), n_levels=2, n_steps=2, hidden_channels=4).bijection, image, None),
        "glow, grey levels": (
            Glow((2, 4, 4), n_levels=1, n_steps=1, hidden_channels=4, grey_levels=8).bijection,
            unit(3, 2, 4, 4),
            None,
        ),
        "glow, recomputing": (
            Glow(
                (2, 4, 4),
                n_levels=1,
                n_steps=2,
                hidden_channels=4,
                affine=False,
                mixing="plain",
                recompute=True,
            ).bijection,
            image,
            None,
        ),
        "glow, no actnorm": (
            Glow((2, 4, 4), n_levels=2, n_steps=1, hidden_channels=4, actnorm=False).bijection,
            image,
            None,
        ),
        "multiscale, context": (
            flows.Multiscale(
                flows.AffineInjector(_PerPixel(1, 16)),
                flows.Multiscale(flows.AffineInjector(_PerPixel(1, 32))),
                split=flows.AffineCoupling(ZeroConv2d(4, 8), scale_map="exp"),
            ),
            image,
            [vector(3, 1, 2, 2), vector(3, 1, 1, 1)],
        ),
    }
    for scale_map in SCALE_MAPS:
        cases[f"affine, {scale_map}"] = (
            flows.AffineCoupling(mlp([2, 8, 4], nn.Tanh), scale_map=scale_map),
            vector(3, 4),
            None,
        )
    return {name: (shake(b, MILD.get(name, 0.3)), x, context) for name, (b, x, context) in cases.items()}


class _PerPixel(nn.Conv2d):
    """A 1×1 convolution of the context."""

    def __init__(self, channels, out):
        super().__init__(channels, out, 1)


def concrete_bijections(cls=base.Bijection):
    """Every subclass of the package that can be built."""
    found = set()
    for sub in cls.__subclasses__():
        found |= concrete_bijections(sub)
        if not getattr(sub, "__abstractmethods__", None) and sub.__module__.startswith("gmcourse."):
            found.add(sub)
    return found
