"""Chapter 07: Glow, Kingma & Dhariwal 2018 (arXiv:1807.03039)."""

from collections.abc import Callable, Sequence

from gmcourse.expect.door import door
from gmcourse.flows import (
    ActNorm,
    ActNormConv,
    AdditiveCoupling,
    AffineCoupling,
    Bijection,
    Compose,
    ConstantAffine,
    Flow,
    Multiscale,
    Offset,
    PlainConv1x1,
    PLUConv1x1,
    Recomputing,
    reverse,
)
from gmcourse.flows.invertible_conv import Conv1x1
from gmcourse.flows.multiscale import levels_of
from gmcourse.nn.conv import CouplingNet, ZeroConv2d

MIXINGS: dict[str, Callable[[int], Bijection]] = {
    "plain": PlainConv1x1,
    "plu": PLUConv1x1,
    "reverse": reverse,
}


def step_of_flow(
    channels: int,
    *,
    hidden_channels: int,
    affine: bool,
    mixing: str,
    actnorm: bool = True,
    edge: bool = False,
) -> Bijection:
    """Build one step on images of so many channels: actnorm, mixing of channels, coupling (figure 2a); see `Glow`."""
    mixer = MIXINGS[mixing](channels)
    parts: list[Bijection] = [*([ActNorm(channels)] if actnorm else []), mixer]
    if actnorm and isinstance(mixer, Conv1x1):
        parts = [ActNormConv(ActNorm(channels), mixer)]
    first = channels // 2
    changed = channels - first
    network = CouplingNet(first, changed * (2 if affine else 1), hidden_channels, edge=edge)
    coupling = AffineCoupling(network, first=first) if affine else AdditiveCoupling(network, first=first)
    return Compose([*parts, coupling])


class Glow(Flow):
    """L levels of K steps, with half of the channels split off after each level but the last (figure 2b).

    Pixels come as a density on [0, 1); the first layer subtracts ½. Both learned priors, of the halves that are
    split off and of the last level, are bijections, so that the base distribution is N(0, I) throughout.

    Args:
        shape: (C, H, W) of the images.
        n_levels: L.
        n_steps: K.
        hidden_channels: width of the couplings' networks (512 in the paper).
        affine: affine couplings (the paper's results), else additive ones.
        mixing: "plu" or "plain" 1×1 convolution, or "reverse", the fixed permutation it replaced.
        edge: mark the image's edge for the zero-initialised convolutions, as the authors' code does.
        recompute: keep no activations for the backward pass; see `gmcourse.flows.reversible`.
        any_size: take images of any other size that 2^L divides, too.

    Differs from the paper: nothing in the maps; hidden layers have no actnorm of their own (the text does not
    ask for it, the authors' code has it).
    """

    of_pictures = True

    @door(shape="3: >= 1", n_steps=">= 1", hidden_channels=">= 1", mixing="|".join(MIXINGS))
    def __init__(
        self,
        shape: Sequence[int],
        *,
        n_levels: int = 3,
        n_steps: int = 32,
        hidden_channels: int = 512,
        affine: bool = True,
        mixing: str = "plu",
        actnorm: bool = True,
        edge: bool = False,
        recompute: bool = False,
        any_size: bool = False,
    ) -> None:
        chain = Recomputing if recompute else Compose
        level: Bijection | None = None
        for channels, _, _ in reversed(levels_of(shape, n_levels)):
            steps: list[Bijection] = []
            for _ in range(n_steps):
                step = step_of_flow(
                    channels,
                    hidden_channels=hidden_channels,
                    affine=affine,
                    mixing=mixing,
                    actnorm=actnorm,
                    edge=edge,
                )
                # flat, so that the recomputing backward pass holds one small member at a time
                assert isinstance(step, Compose)
                steps += list(step.members)  # type: ignore[arg-type]
            if level is None:
                prior = ConstantAffine(ZeroConv2d(channels, 2 * channels, edge=edge))
                level = Multiscale(Compose([chain(steps), prior]))
            else:
                split = AffineCoupling(ZeroConv2d(channels // 2, channels, edge=edge), scale_map="exp")
                level = Multiscale(chain(steps), level, split=split)
        assert level is not None
        super().__init__(Compose([Offset(-0.5), level]), shape, any_size=any_size)
