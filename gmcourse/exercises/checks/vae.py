"""Checks of chapter 04: the KL divergence, reparameterisation, and the two bounds on the evidence."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Bernoulli, Normal, kl_divergence
from torch.nn import functional as F

from gmcourse.exercises.asking import ask
from gmcourse.exercises.closeness import matches, show
from gmcourse.exercises.compare import agree, apart, finite, normal, tensor, untouched
from gmcourse.exercises.exercise import exercise
from gmcourse.exercises.gradients import gradients
from gmcourse.exercises.independence import near
from gmcourse.exercises.mistakes import mistake

N = 40_000  # draws of a Monte Carlo estimate


@exercise
def kl(answer: Any, generator: torch.Generator) -> None:
    """Check KL(N(mean, diag exp(log_var)) ‖ N(0, I)), one number a row.

    This is the price, in nats, of telling the decoder more than the prior knows.
    """
    for rows, latents in ((4, 2), (3, 7), (1, 20)):
        mean, log_var = (normal(rows, latents, generator=generator) for _ in range(2))
        m, lv = mean.double(), log_var.double()
        want = kl_divergence(Normal(m, (lv / 2).exp()), Normal(0.0, 1.0)).sum(1)
        value, leaves = ask(answer, mean, log_var), {"mean": mean, "log_var": log_var}
        agree(value, want, "the KL", _kl_suspects(m, lv, want), inputs=leaves)


def _kl_suspects(m: Tensor, lv: Tensor, want: Tensor) -> dict[str, Tensor]:
    v, std = lv.exp(), (lv / 2).exp()
    each = 0.5 * (m**2 + v - 1 - lv)
    return {
        "the sign is that of the lecture's slide: a KL divergence is never negative": -want,
        "the sign is wrong and it was averaged over the latents": -each.mean(1),
        "σ stands where σ² belongs": 0.5 * (m**2 + std - 1 - lv).sum(1),
        "σ stands where σ² belongs, in the logarithm too": 0.5 * (m**2 + std - 1 - lv / 2).sum(1),
        "log_var is taken for log σ; it is log σ²": 0.5 * (m**2 + v**2 - 1 - 2 * lv).sum(1),
        "exp(log_var) is σ² already, and was squared again": 0.5 * (m**2 + v**2 - 1 - lv).sum(1),
        "log_var is log σ², without a factor 2": 0.5 * (m**2 + v - 1 - 2 * lv).sum(1),
        "it is averaged over the latents; the KL of independent latents is a sum": each.mean(1),
        "it is averaged over the whole array; sum over the latents, one number a row": each.mean(),
        "it is summed over the batch too; one number a row is wanted": want.sum(),
        "it is averaged over the batch too; one number a row is wanted": want.mean(),
        "it is not summed over the latents": each,
        "it is summed over the batch (axis 0) and not over the latents (axis 1)": each.sum(0),
        "the factor ½ is missing": 2 * want,
        "the number of the example comes back, whatever the input": torch.full_like(want, 0.818),
        "the −1 is missing: the KL of N(0, I) to itself must be 0": want + 0.5 * m.shape[1],
        "the mean is not squared": 0.5 * (m + v - 1 - lv).sum(1),
        "the mean is missing": 0.5 * (v - 1 - lv).sum(1),
        "it is the KL the other way round, KL(p‖q)": 0.5 * ((1 + m**2) / v - 1 + lv).sum(1),
    }


@exercise
def sample(answer: Any, generator: torch.Generator) -> None:
    """Check one reparameterised draw from N(mean, diag exp(log_var)) a row.

    The noise comes from outside, so the gradient reaches the encoder.
    """
    for rows, latents in ((5, 3), (1, 8)):
        mean, log_var = (normal(rows, latents, generator=generator) for _ in range(2))
        z = tensor(ask(answer, mean, log_var), "the draw")
        if z.shape != mean.shape:
            mistake(f"the draw has shape {tuple(z.shape)}; expected that of the mean, {tuple(mean.shape)}")
        if torch.equal(z, tensor(ask(answer, mean, log_var), "the draw")):
            if torch.allclose(z, mean.double()):
                mistake("the draw is the mean: there is no noise in it")
            mistake("two calls give the same draw: the noise must be fresh each time, so set no seed inside")
    _sample_moments(answer, generator)
    _sample_gradients(answer, generator)


def _sample_moments(answer: Any, generator: torch.Generator) -> None:
    """Test mean, spread, independence and shape of the noise, over many rows of one distribution."""
    # Signs and sizes differ and keep away from 0, where wrong formulas coincide with the right one.
    log_var = torch.tensor([-1.4, 0.8, 1.3]) + 0.1 * torch.rand(3, generator=generator)
    mean = torch.tensor([2.0, -1.0, 3.0]) + 0.5 * torch.rand(3, generator=generator)
    z = tensor(ask(answer, mean.expand(N, 3), log_var.expand(N, 3)), "the draw").detach()
    m, lv = mean.double(), log_var.double()
    std = (lv / 2).exp()
    noise = (z - m) / std

    if float(z.std(0).max()) < 1e-6:
        mistake("one draw of noise is shared by the whole batch: every row needs its own")
    spreads = {
        "ε is multiplied by exp(log_var) = σ²; it must be σ = exp(log_var / 2)": lv.exp(),
        "ε is multiplied by exp(2 log_var)": (2 * lv).exp(),
        "ε is multiplied by log_var": lv.abs(),
        "ε is multiplied by log_var / 2; the exponential is missing": lv.abs() / 2,
        "ε is not multiplied by σ": torch.ones_like(lv),
        "the noise is uniform (`rand`); it must be normal (`randn`)": std / math.sqrt(12),
        "σ is exp(+log_var / 2), not exp(−log_var / 2)": 1 / std,
    }
    agree(z.std(0), std, "the draw", spreads, otherwise="the draw has the wrong spread", rtol=0.05, atol=0.0)
    if not all(near(value, 0, N**-0.5) for value in noise.mean(0).tolist()):
        numbers = f"got a mean of {show(z.mean(0))}, expected {show(m)}"
        if torch.allclose(z.mean(0), m * std, rtol=0.1):
            mistake("the draw: the mean is multiplied by σ as well; z = μ + σ ε", numbers)
        mistake("the draw has the wrong mean; z = μ + σ ε", numbers)
    pairs = ((noise[:, 0] * noise[:, 1]).mean(), (noise[:, 1] * noise[:, 2]).mean())
    if not all(near(float(pair), 0, N**-0.5) for pair in pairs):
        mistake("one ε is shared by all latents of a row: each latent needs its own")
    if not near(float((noise[1:] * noise[:-1]).mean()), 0, N**-0.5):
        mistake("neighbouring rows share their noise: every row needs its own")
    if not near(float((noise**4).mean()), 3, (96 / N / 3) ** 0.5):
        mistake("the noise is not normal: its fourth moment is not 3", f"got {show((noise**4).mean())}")


def _sample_gradients(answer: Any, generator: torch.Generator) -> None:
    """∂z/∂μ = 1 and ∂z/∂log σ² = (z − μ)/2: that is what the trick is for."""
    mean, log_var = (normal(6, 4, generator=generator) for _ in range(2))
    z = tensor(ask(answer, mean, log_var), "the draw")
    found = gradients(z, [mean, log_var], "the draw")
    want = (torch.ones_like(mean), ((z - mean) / 2).detach())
    for name, theirs, ours in zip(("mean", "log_var"), found, want, strict=True):
        if not matches(theirs.double(), ours.double(), rtol=1e-3, atol=1e-4):
            reason = f"its gradient with respect to `{name}` is wrong: something is detached"
            mistake(f"the draw is right, but {reason}", f"got {show(theirs)}, expected {show(ours)}")


@exercise
def elbo(answer: Any, generator: torch.Generator) -> None:
    """Mean over the batch of Σ log p(x|z) − KL, for a Bernoulli decoder that gives logits.

    A lower bound on log p(x) that can be differentiated: all that a VAE is trained with.
    """
    for batch, side, latents in ((4, 3, 2), (3, 5, 6), (1, 8, 4)):
        logits = normal(batch, 1, side, side, generator=generator, std=2.0)
        x = (torch.rand(batch, 1, side, side, generator=generator) < 0.4).float()
        mean, log_var = (normal(batch, latents, generator=generator) for _ in range(2))
        m, lv = mean.double(), log_var.double()
        log_p = Bernoulli(logits=logits.double()).log_prob(x.double()).flatten(1)
        divergence = kl_divergence(Normal(m, (lv / 2).exp()), Normal(0.0, 1.0))
        want = (log_p.sum(1) - divergence.sum(1)).mean()
        suspects = _elbo_suspects(logits.double(), x.double(), log_p, divergence)
        inputs = {"logits": logits, "mean": mean, "log_var": log_var}
        agree(ask(answer, logits, x, mean, log_var), want, "the ELBO", suspects, inputs=inputs)

    # A sure decoder: log(sigmoid(±200)) must not become log 0.
    sure, zeros = torch.full((2, 1, 3, 3), 200.0), torch.zeros(2, 2)
    value = ask(answer, sure, torch.zeros_like(sure), zeros, zeros)
    suspects = {"log(sigmoid(…)) underflows; compute with the logits": torch.tensor(-math.inf)}
    agree(value, -9 * 200.0, "the ELBO of a decoder that is sure and wrong (logits of 200)", suspects)


def _elbo_suspects(logits: Tensor, x: Tensor, log_p: Tensor, divergence: Tensor) -> dict[str, Tensor]:
    likelihood, kl_sum, kl_mean = log_p.sum(1), divergence.sum(1), divergence.mean(1)
    probabilities = logits.sigmoid()

    def cross_entropy(logits: Tensor) -> Tensor:
        return F.binary_cross_entropy_with_logits(logits, x, reduction="none").flatten(1).sum(1)

    squared = (x - probabilities).square().flatten(1).sum(1)
    rows = {
        "this is the loss, −ELBO; the ELBO itself is wanted": kl_sum - likelihood,
        "the KL is added; it must be subtracted": likelihood + kl_sum,
        "the sign of the log-likelihood is wrong": -likelihood - kl_sum,
        "the KL is missing": likelihood,
        "the log-likelihood is averaged over the pixels; independent pixels add up": log_p.mean(1) - kl_sum,
        "the KL is averaged over the latents; independent latents add up": likelihood - kl_mean,
        "both terms are averaged over their dimensions; both are sums": log_p.mean(1) - kl_mean,
        "the sigmoid is applied twice: the inputs are logits, and the loss on logits was fed probabilities": (
            -cross_entropy(probabilities) - kl_sum
        ),
        "the squared error is not the log-likelihood of a Bernoulli decoder": -squared - kl_sum,
        "x and 1 − x are swapped": -cross_entropy(-logits) - kl_sum,
    }
    return {words: each.mean() for words, each in rows.items()} | {
        "it is summed over the batch; the mean over the batch is wanted": (likelihood - kl_sum).sum(),
        "the KL is summed over the batch, the log-likelihood averaged": likelihood.mean() - kl_sum.sum(),
        "one number a row came back; the mean over the batch is wanted": likelihood - kl_sum,
    }


@exercise
def importance_bound(answer: Any, generator: torch.Generator) -> None:
    """Check the bound log (1/K) Σ_k w_k for log-weights (K, B), one number an image.

    With one draw this is the ELBO; with more it comes closer to log p(x).
    """
    for draws, batch in ((5, 3), (8, 2), (1, 4)):
        weights = normal(draws, batch, generator=generator, std=1.5)
        w = weights.double()
        want, total, other_axis = w.exp().mean(0).log(), w.logsumexp(0), w.logsumexp(1)
        over_images = "the wrong axis: the mean is over the K draws (axis 0), not over the images (axis 1)"
        by_batch = "the wrong axis, and log of the wrong number: sum over the K draws, axis 0"
        suspects = {
            "this is the mean of the logarithms, the ELBO; the logarithm of the mean is wanted": w.mean(0),
            "log K is missing: it is the mean of the weights, not their sum": total,
            "log K is added; it must be subtracted": total + math.log(draws),
            "it divides by K outside the logarithm": total / draws,
            "this is the mean of the weights; its logarithm is missing": w.exp().mean(0),
            over_images: w.exp().mean(1).log(),
            "the wrong axis: sum over the K draws, axis 0": other_axis - math.log(draws),
            by_batch: other_axis - math.log(batch),
            "it is averaged over the batch too; one number an image is wanted": want.mean(),
            "one bound for the whole batch; one number an image is wanted": w.exp().mean().log(),
            "this is the largest log-weight alone": w.amax(0),
            "the log-weights are normalised first, which takes the answer away": torch.zeros(batch),
        }
        agree(ask(answer, weights), want, "the bound", suspects, inputs={"log_weights": weights})

    # A real image has log p(x, z) in the hundreds below zero, where exp gives 0.
    far = normal(6, 3, generator=generator).detach() - 2000
    want = far.double().logsumexp(0) - math.log(6)
    hint = "take the largest log-weight out of the sum first (log-sum-exp)"
    low = "exp underflows for log-weights near −2000"
    got = finite(ask(answer, far), "the bound", f"{low}: {hint}")
    if bool((got - want > 500).all()):
        agree(got, want, "the bound", otherwise=f"{low}, and a constant in the logarithm hides it: {hint}")
    agree(got, want, "the bound for log-weights near −2000")
    got = finite(ask(answer, far + 4000), "the bound", f"exp overflows for log-weights near 2000: {hint}")
    agree(got, want + 4000, "the bound for log-weights near 2000")


@exercise
def slide_kl(answer: Any, generator: torch.Generator) -> None:
    """Find the mistakes: the slide's KL, for a mean and a standard deviation.

    A KL divergence is never negative: a formula can be caught without knowing the right one.
    """
    for rows, latents in ((4, 2), (3, 7)):
        mean = normal(rows, latents, generator=generator)
        std = (0.4 + 2 * torch.rand(rows, latents, generator=generator)).requires_grad_()
        m, s = mean.double(), std.double()
        want = kl_divergence(Normal(m, s), Normal(0.0, 1.0)).sum(1)
        slide = 0.5 * (s + m**2 - 1 - s.log()).sum(1)
        half = 0.5 * (s**2 + m**2 - 1 - s.log()).sum(1)
        other = 0.5 * (s + m**2 - 1 - 2 * s.log()).sum(1)
        value = ask(answer, mean, std)
        untouched(value, -slide, "this is still the formula of the slide")
        suspects = {
            "the sign is repaired, but σ_j must be σ_j² in both places": slide,
            "σ_j is repaired, but the sign is not: it can be negative": -want,
            "the sign is repaired and the first σ_j, but not the one in the logarithm": half,
            "the sign is repaired and the logarithm, but not the first σ_j": other,
            "the first σ_j is repaired; the one in the logarithm and the sign are not": -half,
            "the logarithm is repaired; the first σ_j and the sign are not": -other,
            "an absolute value hides the sign; the terms themselves are still wrong": slide.abs(),
            "clamping at 0 hides the sign; the terms themselves are still wrong": (-slide).clamp(min=0),
            "it is averaged over the latents; the slide's sum was right": want / latents,
            "it is averaged over the latents, and σ_j must be σ_j²": slide / latents,
            "the ½ was right": 2 * want,
        }
        agree(value, want, "the KL", suspects, inputs={"mean": mean, "std": std})
    zeros = torch.zeros(2, 3)
    agree(ask(answer, zeros, zeros + 1), torch.zeros(2), "the KL of N(0, I) to itself")


@exercise
def hidden_beta(answer: Any, generator: torch.Generator) -> None:
    """Which β is hidden in `mse_loss(…) + kl.mean()`?

    An average hides a weight: this VAE was trained with another β than its author thought.
    """
    for _ in range(3):
        while True:  # until no two mistakes lead to nearly the same number
            pixels = int(torch.randint(30, 900, (), generator=generator))
            latents = int(torch.randint(2, 25, (), generator=generator))
            variance = float(0.05 + torch.rand((), generator=generator))
            suspects = _beta_suspects(pixels, latents, variance)
            truth = pixels / (2 * variance * latents)
            if apart([truth, *suspects.values()]):
                break
        value = tensor(ask(answer, pixels, latents, variance), "β")
        agree(value.reshape(()) if value.numel() == 1 else value, truth, "β", suspects, rtol=1e-3)


def _beta_suspects(pixels: int, latents: int, variance: float) -> dict[str, float]:
    ratio = pixels / latents
    return {
        "the number of the example comes back, whatever the input": 39.2,
        "that is the other way round, 1/β": 2 * variance / ratio,
        "that counts the latents and the pixels, but not σ²": ratio,
        "the 2 of 2σ² is missing": ratio / variance,
        "σ² is on the wrong side: β = 1 needs the squared error divided by 2σ²": 2 * variance * ratio,
        "D and d are swapped": 1 / (2 * variance * ratio),
        "that is β when both terms are summed; here both are averaged": 2 * variance,
        "that is β when both terms are summed, upside down; here both are averaged": 1 / (2 * variance),
        "only the average over the latents is counted; the squared error is averaged too": 1 / latents,
        "σ stands where σ² belongs": ratio / (2 * variance**0.5),
        "σ² is the variance already, and was squared": ratio / (2 * variance**2),
        "only the average over the pixels is counted; the KL is averaged too": pixels / (2 * variance),
    }
