"""SRFlow: the density of all high resolutions that fit a low one (Lugmayr et al. 2020, arXiv:2006.14200)."""

from collections.abc import Sequence
from functools import partial

import torch
from torch import Tensor, nn

from gmcourse import expect
from gmcourse.flows import AffineCoupling, Bijection, Compose, Dequantized, Flow, Multiscale, normalised
from gmcourse.flows.coupling import SCALE_MAPS
from gmcourse.models.srflow.steps import conditional_step, transition_step
from gmcourse.nn.conv import ZeroConv2d
from gmcourse.nn.rrdb import RRDBEncoder


class SRFlow(nn.Module):
    """p(x | y): one conditional bijection z = f(x; y) of the high resolution x, given the low resolution y.

    log p(x | y) = log N(f(x; y); 0, I) + log |det ∂f(x; y)/∂x|

    An encoder reads y once. The flow has L levels, each with a few transition steps and K conditional steps;
    half of the channels stay at each level but the last.

    Args:
        scale: how many times larger x is than y along each side, a power of two.
        n_levels: L; by default log₂(scale) + 1, the paper's 3 for 4× and 4 for 8×.
        n_steps: K (16 in the paper), and `n_coarse_steps` at the last level; by default K there, too.
        n_transitions: transition steps at the beginning of each level (2).
        n_splits: at how many levels half of the channels stay; by default all but the last; published: one less.
        channels: width of the encoder; for `growth`, `n_blocks`, `stacked` and `long_skip` see `RRDBEncoder`.
        hidden_channels: width of the networks in injectors and couplings.
        coupling_scale: "exp" as in the paper's equations; the authors' code, and our recipes of faces, have
            "sigmoid_floor", whose density cannot explode, though its inverse can: there "bounded" is safer.

    Differs from the paper: the quantisation noise is that of 8-bit pixels, one bin wide, and its constant
    counts all three channels. In half precision its inverse explodes; it is refused there.
    """

    @expect.door(
        scale=">= 2",
        n_levels=">= 1",
        n_steps=">= 1",
        n_coarse_steps=">= 1",
        n_transitions=">= 0",
        n_splits=">= 0",
        stacked="empty",
        hidden_channels=">= 1",
        coupling_scale="|".join(SCALE_MAPS),
    )
    def __init__(
        self,
        scale: int = 4,
        *,
        n_levels: int | None = None,
        n_steps: int = 16,
        n_coarse_steps: int | None = None,
        n_transitions: int = 2,
        n_splits: int | None = None,
        channels: int = 64,
        growth: int = 32,
        n_blocks: int = 23,
        stacked: Sequence[int] = (1, 8, 15, 22),
        hidden_channels: int = 64,
        coupling_scale: str = "exp",
        long_skip: bool = True,
    ) -> None:
        super().__init__()
        self.scale, self.n_levels = scale, n_levels or int(scale).bit_length()
        self.n_splits = self.n_levels - 1 if n_splits is None else n_splits
        expect.whole("n_splits", self.n_splits, most=self.n_levels - 1)
        self.encoder = RRDBEncoder(
            scale,
            self.n_levels,
            channels=channels,
            growth=growth,
            n_blocks=n_blocks,
            stacked=stacked,
            long_skip=long_skip,
        )

        def level(number: int, channels: int) -> Multiscale:
            """Build level `number`, 0 … L − 1, of an image with that many channels, and those below it."""
            channels *= 4
            steps: list[Bijection] = [transition_step(channels) for _ in range(n_transitions)]
            last = number == self.n_levels - 1
            for _ in range((n_coarse_steps or n_steps) if last else n_steps):
                steps += conditional_step(
                    channels,
                    context_channels=self.encoder.out_channels,
                    hidden_channels=hidden_channels,
                    scale_map=coupling_scale,
                )
            if last:
                return Multiscale(Compose(steps))
            if number >= self.n_splits:
                return Multiscale(Compose(steps), level(number + 1, channels), halve=False)
            half = channels // 2
            split = AffineCoupling(ZeroConv2d(half, channels), scale_map="exp")
            return Multiscale(Compose(steps), level(number + 1, half), split=split)

        self.flow = Flow(level(0, 3), (3, 2**self.n_levels, 2**self.n_levels), any_size=True)

    @expect.one_dtype
    def contexts(self, low: Tensor) -> list[Tensor]:
        """What the flow needs of the low resolutions (B, 3, h, w) in [0, 1]: one tensor a level."""
        expect.tensor("low", low, "B 3 h w", dtype="full", within=(0, 1))
        return self._contexts(low)

    def _contexts(self, low: Tensor) -> list[Tensor]:
        needed = 2**self.n_levels
        if any(side * self.scale % needed for side in low.shape[2:]):
            height, width = (side * self.scale for side in low.shape[2:])
            raise ValueError(
                f"low resolutions of {low.shape[2]}×{low.shape[3]} give {height}×{width}; "
                f"expected sides that {needed} divides: crop the picture, or use fewer levels"
            )
        return self.encoder(low)

    @expect.one_dtype
    def encode(self, high: Tensor, low: Tensor) -> Tensor:
        """Map x (B, 3, scale·h, scale·w), given y (B, 3, h, w) or one for all, both in [0, 1], to z = f(x; y)."""
        self._check_pair(high, low)
        return self.flow(high, self.contexts(low))[0]

    @expect.one_dtype
    def decode(self, z: Tensor, low: Tensor) -> Tensor:
        """Compute x = f⁻¹(z; y), (B, 3, H, W), not cut to [0, 1]."""
        self._check_scale("z", z, low)
        return self.flow.inverse(z, self.contexts(low))

    @expect.one_dtype
    def log_prob(self, high: Tensor, low: Tensor) -> Tensor:
        """Compute log p(x | y), a density of x in [0, 1]^D, in nats, shape (B,). Arguments as in `encode`."""
        self._check_pair(high, low)
        return self.flow.log_prob(high, self.contexts(low))

    @expect.one_dtype
    def bound(self, pixels: Tensor, low: Tensor, noise: Tensor | None = None) -> Tensor:
        """Compute a bound on log P(pixels | y) in nats, (B,), of pixels 0 … 255, (B, 3, H, W); see `Dequantized`."""
        self._check_scale("pixels", pixels, low)
        # made here: as a part of the module it would put each weight of the flow twice into its state
        return Dequantized(self.flow).log_prob(pixels, self._contexts(low), noise)

    def loss(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        """Compute the mean negative bound in nats of (pixels, low), with fresh quantisation noise."""
        pixels, low = batch
        return -self.bound(pixels, low).mean()

    @torch.no_grad()
    @expect.door(temperature=">= 0", n=">= 1")
    def sample(self, low: Tensor, temperature: float = 1.0, n: int = 1) -> Tensor:
        """Draw n answers to each of B questions, (B, n, 3, scale·h, scale·w), cut to [0, 1].

        The low resolutions are read once, and for each of them whatever sees only them is computed once. The
        temperature τ is the standard deviation of the latents; 0 gives one answer, f⁻¹(0; y).
        """
        contexts = self.contexts(low)
        shape = (3, low.shape[2] * self.scale, low.shape[3] * self.scale)
        draw = partial(self.flow.sample, temperature=temperature, shape=shape)
        if n == 1:  # one batch: every low resolution is a question of its own
            return draw(len(low), contexts)[:, None].clamp(0, 1)
        # one low resolution at a time: a context of batch 1 serves its n answers
        each = ([c[i : i + 1] for c in contexts] for i in range(len(low)))
        return torch.stack([draw(n, one) for one in each]).clamp(0, 1)

    @torch.no_grad()
    @expect.door()
    def transfer(self, high: Tensor, low: Tensor, to_low: Tensor, *, normalise: bool = False) -> Tensor:
        """Lay the detail of x, encoded under its low resolution, over another one: f⁻¹(f(x; y); y′).

        `high` is x, whose detail is taken, and `low` its own low resolution y. The result is cut to [0, 1]. With
        `normalise` each feature map of the latent gets mean 0 and variance 1 first, as latents of the model have
        them, for pictures unlike the training data; the paper calls it latent space normalisation.
        """
        z = self.encode(high, low)
        expect.tensor("to_low", to_low, f"B {' '.join(map(str, low.shape[1:]))}")
        if normalise:
            z = normalised(z, self.n_levels, self.n_splits)
        return self.decode(z, to_low).clamp(0, 1)

    def _check_scale(self, name: str, high: Tensor, low: Tensor) -> None:
        """No value is looked at."""
        expect.tensor("low", low, "B 3 h w", dtype="full", finite=False)
        height, width = (side * self.scale for side in low.shape[2:])
        if isinstance(high, Tensor) and len(low) not in (1, len(high)):
            expect.refuse("the batch of low", len(low), f"1, or that of {name}, {len(high)}")
        kind = "integer" if name == "pixels" else "floating"
        expect.tensor(name, high, f"B 3 {height} {width}", dtype=kind, finite=False)

    def _check_pair(self, high: Tensor, low: Tensor) -> None:
        self._check_scale("high", high, low)
        expect.tensor("high", high, within=(0, 1))
