"""Paths between data and noise, x_t = α_t x + σ_t ε, and what is known on them exactly if the data are a mixture."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from gmcourse import expect
from gmcourse.precision import at_least_single

OfTime = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Path:
    """x_t = α_t x + σ_t ε with data x, noise ε ~ N(0, I) and times t in [0, 1].

    `alpha`, `sigma` and their derivatives by t are functions of a tensor of times. The time at which
    σ_t = 0 is 0 or 1: diffusion counts from data to noise, flow matching from noise to data.
    """

    alpha: OfTime
    sigma: OfTime
    alpha_rate: OfTime
    sigma_rate: OfTime

    def at(self, t: Tensor | float, like: Tensor) -> tuple[Tensor, Tensor]:
        """Compute α_t and σ_t so that they multiply `like` (B, …), for one time or one of each sample (B,)."""
        time = _over(t, like)
        return self.alpha(time), self.sigma(time)

    def mix(self, x: Tensor, noise: Tensor, t: Tensor | float) -> Tensor:
        """Return x_t = α_t x + σ_t ε: the noised data."""
        alpha, sigma = self.at(t, x)
        return alpha * x + sigma * noise

    def velocity(self, x: Tensor, noise: Tensor, t: Tensor | float) -> Tensor:
        """Return dx_t/dt = α̇_t x + σ̇_t ε; with the posterior means of x and ε, the velocity of the whole density."""
        time = _over(t, x)
        return self.alpha_rate(time) * x + self.sigma_rate(time) * noise

    def log_snr(self, t: Tensor) -> Tensor:
        """Compute log(α_t² / σ_t²), signal over noise, for times of any shape; +∞ at the data."""
        return 2 * (self.alpha(t).log() - self.sigma(t).log())


def _over(t: Tensor | float, x: Tensor) -> Tensor:
    """Give times as many dimensions as x has."""
    time = torch.as_tensor(t, dtype=x.dtype, device=x.device)
    return time.reshape(-1, *[1] * (x.ndim - 1))


# log SNR = −10 at the end, α_1² = 4.5e-5, where the 1,000 steps of Ho et al. 2020 end, too.
_TURN = math.atan(math.exp(5.0))

# α_t = cos ωt, σ_t = sin ωt: a quarter turn but for its last 0.4 degrees, so that one can divide by α_1
# (Nichol & Dhariwal 2021, section 3.2, have an offset and cut β for that).
COSINE = Path(
    lambda t: (_TURN * t).cos(),
    lambda t: (_TURN * t).sin(),
    lambda t: -_TURN * (_TURN * t).sin(),
    lambda t: _TURN * (_TURN * t).cos(),
)


def _fading(t: Tensor) -> Tensor:
    """Compute −log α_t² = ∫ β, of a β that grows linearly from 0.1 to 20."""
    return 0.1 * t + 9.95 * t.square()


def _linear_alpha(t: Tensor) -> Tensor:
    return (-0.5 * _fading(t)).exp()


def _linear_sigma(t: Tensor) -> Tensor:
    return (-(-_fading(t)).expm1()).sqrt()


# Ho et al. 2020 (arXiv:2006.11239) for ever smaller steps, as in Song et al. 2021 (arXiv:2011.13456), appendix C.
# The derivative of σ_t has no bound as t → 0.
LINEAR = Path(
    _linear_alpha,
    _linear_sigma,
    lambda t: -0.5 * (0.1 + 19.9 * t) * _linear_alpha(t),
    lambda t: 0.5 * (0.1 + 19.9 * t) * _linear_alpha(t).square() / _linear_sigma(t),
)

# Flow matching's: straight lines, from noise at 0 to data at 1 (Lipman et al. 2023; Liu et al. 2023).
STRAIGHT = Path(lambda t: t, lambda t: 1 - t, torch.ones_like, lambda t: -torch.ones_like(t))


@dataclass(frozen=True)
class NoisedMixture:
    """p_t of data that are an equal mixture of N(c_k, s² I), all along a path, in closed form.

    With width s = 0 the data are the finite set of the centres itself; then all of it holds where σ_t > 0. Points
    x_t are (N, D), and t is one time or has one for each point (N,).

    `centres` are c_k, (K, D), such as `toy.load("two_moons").centres` or flat training pictures.
    """

    centres: Tensor
    width: float
    path: Path = COSINE

    def __post_init__(self) -> None:
        expect.fields(self, centres="K D; full", width=">= 0")

    @expect.door(x="N D", t="N; >= 0 <= 1")
    @at_least_single
    def log_prob(self, x: Tensor, t: Tensor | float) -> Tensor:
        """Compute log p_t(x) in nats, (N,), for p_t = (1/K) Σ_k N(α_t c_k, (α_t² s² + σ_t²) I)."""
        _, variance, logits = self._parts(x, t)
        constant = math.log(len(self.centres)) + 0.5 * x.shape[1] * (2 * math.pi * variance).log()[:, 0]
        return logits.logsumexp(1) - (0.5 * x.square().sum(1, keepdim=True) / variance)[:, 0] - constant

    @expect.door(x="N D", t="N; >= 0 <= 1")
    @at_least_single
    def score(self, x: Tensor, t: Tensor | float) -> Tensor:
        """Compute ∇ log p_t(x), (N, D)."""
        return -self._pull(x, t)[1]

    @expect.door(x="N D", t="N; >= 0 <= 1")
    @at_least_single
    def posterior_mean(self, x: Tensor, t: Tensor | float) -> Tensor:
        """Compute E[data | x_t], (N, D): what the best denoiser returns."""
        alpha, _ = self.path.at(t, x)
        centre, pull = self._pull(x, t)
        return centre + alpha * self.width**2 * pull

    @expect.door(x="N D", t="N; >= 0 <= 1")
    @at_least_single
    def velocity(self, x: Tensor, t: Tensor | float) -> Tensor:
        """Compute E[dx_t/dt | x_t], (N, D): the field along which p_t is carried."""
        _, sigma = self.path.at(t, x)
        return self.path.velocity(self.posterior_mean(x, t), sigma * self._pull(x, t)[1], t)

    def _parts(self, x: Tensor, t: Tensor | float) -> tuple[Tensor, Tensor, Tensor]:
        """Compute α_t, the variance of each part, and (N, K) log-weights up to what depends on x alone."""
        expect.tensor("x", x, f"N {self.centres.shape[1]}", filled=False)
        alpha, sigma = self.path.at(t, x)
        variance = (alpha * self.width).square() + sigma.square()
        if not bool((variance > 0).all()):
            expect.refuse("t", "a time without noise", "one with σ_t > 0, where the width is 0")
        centres = self.centres.to(x)
        scaled = alpha * (x @ centres.T) - 0.5 * alpha.square() * centres.square().sum(1)
        return alpha, variance, scaled / variance

    def _pull(self, x: Tensor, t: Tensor | float) -> tuple[Tensor, Tensor]:
        """Compute the mean centre of x_t's posterior, and (x_t − α_t · that centre) / variance."""
        alpha, variance, logits = self._parts(x, t)
        centre = logits.softmax(1) @ self.centres.to(x)
        return centre, (x - alpha * centre) / variance


@torch.enable_grad()
@expect.door(x="N D", sigma=">= 0")
def posterior_mean(log_prob: Callable[[Tensor], Tensor], x: Tensor, sigma: float) -> Tensor:
    """Compute E[clean | noisy x] = x + σ² ∇ log p_σ(x): what a denoiser trained on the squared error tends to.

    p_σ is the density of the noisy data, clean + σ ε. Tweedie's formula (Robbins 1956; Vincent 2011 and Alain &
    Bengio 2014 for autoencoders): a denoiser knows the gradient of the log-density.
    `log_prob` is log p_σ in nats, (N, D) → (N,), differentiable.
    """
    x = x.detach().requires_grad_(True)
    found = expect.tensor("log_prob(x)", log_prob(x), str(len(x)))
    (score,) = torch.autograd.grad(found.sum(), x)
    return x.detach() + sigma**2 * score
