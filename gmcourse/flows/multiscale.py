"""The multi-scale architecture, said recursively: squeeze, steps, split, and the same again for what goes on."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import pixel_shuffle, pixel_unshuffle

from gmcourse import expect
from gmcourse.flows.bijection import Bijection, Context, constant
from gmcourse.flows.reshape import Squeeze


class Multiscale(Bijection):
    """One level and the levels below it (RealNVP, section 3.6; Glow, figure 2b).

    squeeze → steps → (split: the first half goes on to `rest`, the second stays) → unsqueeze

    so z has x's shape, and any image that can be halved often enough will do.

    The learned prior of the half that stays is an affine coupling: it standardises the second half given the first,
    (b − μ(a)) / σ(a). Then the base distribution is N(0, I) throughout, and nothing is thrown away. `steps` is what
    happens at this level, to (B, 4C, H/2, W/2), and `rest` the levels below, of (B, 2C, …) with a split and (B, 4C,
    …) without; None at the last level. `split` is that coupling, or None for no split. With `halve=False` the whole
    of z goes on.
    """

    @expect.door()
    def __init__(
        self, steps: Bijection, rest: Bijection | None = None, *, split: Bijection | None = None, halve: bool = True
    ) -> None:
        super().__init__()
        if rest is None and split is not None:
            raise ValueError("the last level has nothing to split off; leave `split` out")
        if split is not None and not halve:
            raise ValueError("`split` standardises the half that stays; without halving there is none")
        self.squeeze, self.steps, self.split, self.rest = Squeeze(), steps, split, rest
        self.halve = halve and rest is not None
        self.conditional = any(part is not None and part.conditional for part in (steps, split, rest))

    def forward(self, x: Tensor, context: Context = None) -> tuple[Tensor, Tensor]:
        """Data to latent; `context` has one tensor a level, this one's first."""
        self.check(x, context)
        here, below = self._contexts(context)
        x, _ = self.squeeze(x)
        x, log_det = self.steps(x, self.steps.own(here))
        if self.split is not None:
            x, of_split = self.split(x, self.split.own(here))
            log_det = log_det + of_split
        if self.rest is not None:
            on, stays = self._halves(x)
            on, of_rest = self.rest(on, self.rest.own(below))
            log_det = log_det + of_rest
            x = on if stays is None else torch.cat([on, stays], dim=1)
        return self.squeeze.inverse(x), log_det

    def inverse(self, z: Tensor, context: Context = None) -> Tensor:
        """Map latent to data."""
        self.check(z, context)
        here, below = self._contexts(context)
        z, _ = self.squeeze(z)
        if self.rest is not None:
            on, stays = self._halves(z)
            on = self.rest.inverse(on, self.rest.own(below))
            z = on if stays is None else torch.cat([on, stays], dim=1)
        if self.split is not None:
            z = self.split.inverse(z, self.split.own(here))
        return self.squeeze.inverse(self.steps.inverse(z, self.steps.own(here)))

    def _halves(self, x: Tensor) -> tuple[Tensor, Tensor | None]:
        if not self.halve:
            return x, None
        on, stays = x.chunk(2, dim=1)
        return on, stays

    def _contexts(self, context: Context) -> tuple[Tensor | None, Context]:
        """Return this level's context, and those of the levels below."""
        if context is None:
            return None, None
        if isinstance(context, Tensor):
            raise ValueError("a multi-scale flow got one context tensor; expected one for each level, in a sequence")
        if len(context) != self.n_levels:
            raise ValueError(f"got {len(context)} contexts; expected one for each of the {self.n_levels} levels")
        return context[0], context[1:] if len(context) > 1 else None

    @property
    def n_levels(self) -> int:
        """How many levels there are, this one included."""
        return 1 + (self.rest.n_levels if isinstance(self.rest, Multiscale) else 0)


class ConstantAffine(Bijection):
    """z = (x − μ) / σ with μ and σ from a network that sees only zeros: Glow's learned prior of the last level.

    A convolution of zeros gives its bias, one mean and one log σ a channel (and, if the convolution marks the
    image's edge, other ones there). The network gives the means first, then log σ.
    """

    @expect.door()
    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def _mean_and_log_sigma(self, x: Tensor) -> tuple[Tensor, Tensor]:
        mean, log_sigma = self.network(torch.zeros_like(x[:1])).chunk(2, dim=1)
        return mean, log_sigma

    def forward(self, x: Tensor, context: Context = None) -> tuple[Tensor, Tensor]:
        """Map x to (x − μ) / σ with log_det = −Σ log σ."""
        self.check(x, context)
        mean, log_sigma = self._mean_and_log_sigma(x)
        return (x - mean) * (-log_sigma).exp(), constant(-log_sigma.sum(), x)

    def inverse(self, z: Tensor, context: Context = None) -> Tensor:
        """Map z to σ ⊙ z + μ."""
        self.check(z, context)
        mean, log_sigma = self._mean_and_log_sigma(z)
        return z * log_sigma.exp() + mean


@expect.door(shape="3: >= 1", n_levels=">= 1")
def levels_of(shape: Sequence[int], n_levels: int) -> list[tuple[int, int, int]]:
    """List the shapes (C, H, W) at which the steps of each level work, for an image split at each level."""
    channels, height, width = shape
    if height % 2**n_levels or width % 2**n_levels:
        raise ValueError(
            f"shape has {height}×{width}, which cannot be halved {n_levels} times; expected fewer n_levels"
        )
    return [(channels * 2 ** (i + 2), height >> (i + 1), width >> (i + 1)) for i in range(n_levels)]


@expect.door(z="B C H W", n_levels=">= 1", n_splits=">= 0")
def split_latent(z: Tensor, n_levels: int, n_splits: int | None = None) -> list[Tensor]:
    """Split z in x's shape into the parts that stayed at each split, the largest first, and the last level's.

    Half of the channels stayed at `n_splits` levels, by default at all but the last.
    """
    splits = expect.whole("n_splits", n_levels - 1 if n_splits is None else n_splits, most=n_levels - 1)
    parts: list[Tensor] = []
    for number in range(n_levels):
        z = pixel_unshuffle(z, 2)
        if number < splits:
            z, stays = z.chunk(2, dim=1)
            parts.append(stays)
    return [*parts, z]


@expect.door(parts="B C H W", n_levels=">= 1")
def join_latent(parts: Sequence[Tensor], n_levels: int) -> Tensor:
    """Puts together what `split_latent` took apart."""
    z = parts[-1]
    for number in reversed(range(n_levels)):
        if number < len(parts) - 1:
            z = torch.cat([z, parts[number]], dim=1)
        z = pixel_shuffle(z, 2)
    return z


def normalised(z: Tensor, n_levels: int, n_splits: int | None = None) -> Tensor:
    """Normalise each feature map of each level of z to mean 0 and variance 1 over its positions.

    A feature map of a single position is left as it is. Arguments as in `split_latent`.
    """
    parts = []
    for part in split_latent(z, n_levels, n_splits):
        if part.shape[2] * part.shape[3] > 1:
            std, mean = torch.std_mean(part, (2, 3), unbiased=False, keepdim=True)
            part = (part - mean) / std.clamp_min(1e-6)
        parts.append(part)
    return join_latent(parts, n_levels)
