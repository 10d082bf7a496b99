"""Chapter 07: Glow, Kingma & Dhariwal 2018 (arXiv:1807.03039)."""

from collections.abc import Callable, Sequence

from gmcourse import expect, flows
from gmcourse.flows import Bijection, Compose, Flow, Multiscale
from gmcourse.flows.invertible_conv import Conv1x1
from gmcourse.flows.multiscale import levels_of
from gmcourse.nn.conv import CouplingNet, ZeroConv2d

MIXINGS: dict[str, Callable[[int], Conv1x1]] = {"plain": flows.PlainConv1x1, "plu": flows.PLUConv1x1}


class Glow(Flow):
    """L levels of K steps, with half of the channels split off after each level but the last (figure 2b).

    Pixels come as a density on [0, 1); the first layer subtracts ½. Both learned priors, of the halves that are
    split off and of the last level, are bijections, so that the base distribution is N(0, I) throughout.

    Images are (C, H, W), or with `any_size` of any other size that 2^L divides; `n_levels` is L, and `n_steps` is K.
    The couplings are affine (the paper's results) or additive, with `hidden_channels` wide networks (512 in the
    paper); the 1×1 convolution is "plu" or "plain". `edge` marks the image's edge for the zero-initialised
    convolutions, as the authors' code does; for `recompute` see `gmcourse.flows.reversible`. With `grey_levels` above
    0 the first layer is a `Gaussianization` by a table of so many levels.

    Differs from the paper: nothing in the maps unless `grey_levels` is given; hidden layers have no actnorm of their
    own (the text does not ask for it, the authors' code has it).
    """

    of_pictures = True

    @expect.door(
        shape="3: >= 1", n_steps=">= 1", hidden_channels=">= 1", mixing="|".join(MIXINGS), grey_levels=">= 0"
    )
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
        grey_levels: int = 0,
    ) -> None:
        chain = flows.Recomputing if recompute else Compose

        def step(channels: int) -> list[Bijection]:
            """Build one step: actnorm, mixing of channels, coupling (figure 2a)."""
            mixer, first = MIXINGS[mixing](channels), channels // 2
            mixed = flows.ActNormConv(flows.ActNorm(channels), mixer) if actnorm else mixer
            changed = (channels - first) * (2 if affine else 1)
            network = CouplingNet(first, changed, hidden_channels, edge=edge)
            coupling = flows.AffineCoupling if affine else flows.AdditiveCoupling
            return [mixed, coupling(network, first=first)]

        level: Bijection | None = None
        for channels, _, _ in reversed(levels_of(shape, n_levels)):
            # flat, so that the recomputing backward pass holds one small member at a time
            steps = [part for _ in range(n_steps) for part in step(channels)]
            if level is None:
                prior = flows.ConstantAffine(ZeroConv2d(channels, 2 * channels, edge=edge))
                level = Multiscale(Compose([chain(steps), prior]))
            else:
                last = ZeroConv2d(channels // 2, channels, edge=edge)
                level = Multiscale(chain(steps), level, split=flows.AffineCoupling(last, scale_map="exp"))
        assert level is not None
        first = flows.Gaussianization(grey_levels) if grey_levels else flows.Offset(-0.5)
        super().__init__(Compose([first, level]), shape, any_size=any_size)
