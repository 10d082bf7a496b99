"""Checks of chapter 04: KL divergences, reparameterisation, the bounds on the evidence, and two mistakes."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Bernoulli, MultivariateNormal, Normal, kl_divergence

from gmcourse.data import load
from gmcourse.exercises.checks import ask, by_cases, found_and_why, mistake, show, teaches
from gmcourse.exercises.closeness import agree_gradients
from gmcourse.exercises.compare import Case, Draw, agree, agree_always, tensor
from gmcourse.exercises.independence import N, fresh_each, independent, near


@teaches("This is the price, in nats, of telling the decoder more than the prior knows.")
@by_cases("the KL", [(4, 2), (3, 7), (1, 20)])
def kl(draw: Draw, rows: int, latents: int) -> Case:
    """Check KL(N(mean, diag exp(log_var)) ‖ N(0, I)), one number a row."""
    m, lv = (draw.leaf(rows, latents) for _ in range(2))
    v, std = lv.exp(), (lv / 2).exp()
    each = 0.5 * (m**2 + v - 1 - lv)
    want = kl_divergence(Normal(m, std), Normal(0.0, 1.0)).sum(1)
    suspects = {
        "the sign is that of the lecture's slide: a KL divergence is never negative": -want,
        "the sign is wrong and it was averaged over the latents": -each.mean(1),
        "σ stands where σ² belongs": 0.5 * (m**2 + std - 1 - lv).sum(1),
        "σ stands where σ² belongs, in the logarithm too": 0.5 * (m**2 + std - 1 - lv / 2).sum(1),
        "log_var is taken for log σ; it is log σ²": 0.5 * (m**2 + v**2 - 1 - 2 * lv).sum(1),
        "exp(log_var) is σ² already, and was squared again": 0.5 * (m**2 + v**2 - 1 - lv).sum(1),
        "log_var is log σ², without a factor 2": 0.5 * (m**2 + v - 1 - 2 * lv).sum(1),
        "it is averaged over the latents; the KL of independent latents is a sum": each.mean(1),
        "it is summed over the batch (axis 0) and not over the latents (axis 1)": each.sum(0),
        "the factor ½ is missing": 2 * want,
        "the number of the example comes back, whatever the input": torch.full_like(want, 0.818),
        "the −1 is missing: the KL of N(0, I) to itself must be 0": want + 0.5 * m.shape[1],
        "the mean is not squared": 0.5 * (m + v - 1 - lv).sum(1),
        "the mean is missing": 0.5 * (v - 1 - lv).sum(1),
        "it is the KL the other way round, KL(p‖q)": 0.5 * ((1 + m**2) / v - 1 + lv).sum(1),
    }
    return Case((m, lv), want, suspects, {"mean": m, "log_var": lv})


@teaches("The noise comes from outside, so the gradient reaches the encoder.")
def sample(answer: Any, draw: Draw) -> None:
    """Check one reparameterised draw from N(mean, diag exp(log_var)) a row."""
    for rows, latents in ((5, 3), (1, 8)):
        mean, log_var = (draw.leaf(rows, latents) for _ in range(2))
        z = tensor(ask(answer, mean, log_var), "the draw")
        if z.shape != mean.shape:
            mistake(f"the draw has shape {tuple(z.shape)}; expected that of the mean, {tuple(mean.shape)}")
        if torch.allclose(z, mean):
            mistake("the draw is the mean: there is no noise in it")
    # mean, spread, independence and shape of the noise, over many rows of one distribution
    # signs and sizes differ and keep away from 0, where wrong formulas coincide with the right one.
    lv = torch.tensor([-1.4, 0.8, 1.3]) + draw.uniform(3, high=0.1)
    m = torch.tensor([2.0, -1.0, 3.0]) + draw.uniform(3, high=0.5)
    inputs = [each.expand(N, 3).clone().requires_grad_() for each in (m, lv)]
    z, again = (tensor(ask(answer, *inputs), "the draw").detach() for _ in range(2))
    std = (lv / 2).exp()
    noise, other = (z - m) / std, (again - m) / std
    fresh_each(noise, other, ("row", "latent"))
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
    independent(noise, other, ("row", "latent"))
    # ∂z/∂μ = 1 and ∂z/∂log σ² = (z − μ)/2: that is what the trick is for
    mean, log_var = (draw.leaf(6, 4) for _ in range(2))
    z = tensor(ask(answer, mean, log_var), "the draw")
    noise = ((z - mean) / (log_var / 2).exp()).detach()
    want = mean + (log_var / 2).exp() * noise
    agree_gradients(z, want, {"mean": mean, "log_var": log_var}, "the draw")


@teaches("A lower bound on log p(x) that can be differentiated: all that a VAE is trained with.")
@by_cases(
    "the ELBO",
    [(4, 3, 5, 2), (3, 7, 2, 6), (1, 8, 3, 4)],
    edges={"the ELBO with logits of ±200: log(sigmoid(…)) underflows; compute with the logits": (3, 2, 4, 5, 200.0)},
)
def elbo(draw: Draw, batch: int, height: int, width: int, latents: int, far: float = 0.0) -> Case:
    """Mean over the batch of Σ log p(x|z) − KL, for a Bernoulli decoder that gives logits."""
    shape = (batch, 1, height, width)
    x = (torch.rand(shape, generator=draw) < 0.4).double()
    signs = far * torch.where(torch.rand(shape, generator=draw) < 0.5, 1.0, -1.0)
    logits = (draw.normal(*shape, std=2.0) + signs).requires_grad_()
    m, lv = (draw.leaf(batch, latents) for _ in range(2))
    fed = (logits, logits.sigmoid(), -logits)
    log_p, sigmoids, swapped = (Bernoulli(logits=each).log_prob(x).flatten(1) for each in fed)
    divergence = kl_divergence(Normal(m, (lv / 2).exp()), Normal(0.0, 1.0))
    likelihood, kl_sum, kl_mean = log_p.sum(1), divergence.sum(1), divergence.mean(1)
    twice, squared = sigmoids.sum(1) - kl_sum, (x - logits.sigmoid()).square().flatten(1).sum(1)
    rows = {
        "this is the loss, −ELBO; the ELBO itself is wanted": kl_sum - likelihood,
        "the KL is added; it must be subtracted": likelihood + kl_sum,
        "the sign of the log-likelihood is wrong": -likelihood - kl_sum,
        "the KL is missing": likelihood,
        "the log-likelihood is averaged over the pixels; independent pixels add up": log_p.mean(1) - kl_sum,
        "the KL is averaged over the latents; independent latents add up": likelihood - kl_mean,
        "both terms are averaged over their dimensions; both are sums": log_p.mean(1) - kl_mean,
        "the sigmoid is applied twice: the inputs are logits, and the loss on logits was fed probabilities": twice,
        "the squared error is not the log-likelihood of a Bernoulli decoder": -squared - kl_sum,
        "x and 1 − x are swapped": swapped.sum(1) - kl_sum,
    }
    suspects = {words: each.mean() for words, each in rows.items()} | {
        "it is summed over the batch; the mean over the batch is wanted": (likelihood - kl_sum).sum(),
        "the KL is summed over the batch, the log-likelihood averaged": likelihood.mean() - kl_sum.sum(),
    }
    leaves = {"logits": logits, "mean": m, "log_var": lv}
    return Case((logits, x, m, lv), (likelihood - kl_sum).mean(), suspects, leaves)


@teaches("The KL between neighbours, between layers and between models is this line, wherever both are normal.")
@by_cases(
    "the KL",
    [(2,), (5,), (3,)],
    edges={"the determinant of 150 small variances is 0, and its logarithm −∞: use `torch.logdet`": (150, 1e-3)},
    at_edges={"rtol": 1e-2},
    rtol=2e-3,
)
def kl_normals(draw: Draw, dims: int, size: float = 1.0) -> Case:
    """Check KL(N(m, S) ‖ N(k, T)) of two normals with any covariances."""
    factors = draw.normal(2, dims, dims)
    m, k = draw.normal(2, dims, std=size)
    s, t = size**2 * (factors @ factors.mT / dims + 0.5 * torch.eye(dims))
    gap, inverse, other = k - m, torch.linalg.inv(t), torch.linalg.inv(s)
    trace, square, ratio = (inverse @ s).trace(), gap @ inverse @ gap, torch.logdet(t) - torch.logdet(s)
    q, p = (MultivariateNormal(*each) for each in ((m, s), (k, t)))
    alone = (Normal(mean, cov.diagonal().sqrt()) for mean, cov in ((m, s), (k, t)))
    want = kl_divergence(q, p)
    suspects = {
        "it is the KL the other way round, KL(p ‖ q)": kl_divergence(p, q),
        "the −D is missing: the KL of a normal to itself must be 0": want + dims / 2,
        "the trace is missing": want - trace / 2,
        "the difference of the means is missing": want - square / 2,
        "log det Σ_p − log det Σ_q is missing": want - ratio / 2,
        "the sign of the log-determinants is wrong": want - ratio,
        "the means are compared by the covariance of q; it must be that of p": want
        + (gap @ other @ gap - square) / 2,
        "the means are compared without a covariance": want + (gap @ gap - square) / 2,
        "Σ_p is multiplied; its inverse is needed": want + ((t @ s).trace() + gap @ t @ gap - trace - square) / 2,
        "the trace has Σ_q⁻¹ Σ_p; it must be Σ_p⁻¹ Σ_q": want + ((other @ t).trace() - trace) / 2,
        "only the variances are used; the covariances matter too": kl_divergence(*alone).sum(),
        "the determinants are not put into logarithms": want + (t.det() - s.det() - ratio) / 2,
    }
    return Case((m, s, k, t), want, {} if size < 1 else suspects)


@teaches("With one draw this is the ELBO; with more it comes closer to log p(x).")
@by_cases(
    "the bound",
    [(5, 3, 6, 2), (4, 2, 7, 3), (1, 4, 5, 3)],
    edges={"exp underflows for log-weights near −2000; each picture needs its own log-sum-exp": (6, 4, 50, 3, 80.0)},
)
def importance_bound(draw: Draw, draws: int, batch: int, pixels: int, latents: int, far: float = 0.0) -> Case:
    """Check log (1/K) Σ_k w_k with w_k = p(x|z_k) p(z_k) / q(z_k|x), one number an image."""
    x = (torch.rand(batch, pixels, generator=draw) < 0.4).double()
    m, lv = (draw.leaf(batch, latents) for _ in range(2))
    s = (lv / 2).exp()
    z = (m + s * draw.normal(draws, batch, latents)).detach().requires_grad_()
    # with `far`, every other picture has a decoder that is sure and wrong, the more the later the draw
    off = far * (torch.arange(batch) % 2)[:, None] * (1 - 2 * x) * (1 + torch.arange(draws)[:, None, None])
    logits = (draw.normal(draws, batch, pixels) + off).requires_grad_()
    each, swapped = (Bernoulli(logits=sign * logits).log_prob(x) for sign in (1, -1))
    log_p, prior = each.sum(2), Normal(0.0, 1.0).log_prob(z).sum(2)
    posterior = Normal(m, s).log_prob(z).sum(2)
    rest = prior - posterior
    w = log_p + rest

    def bound(w: Tensor) -> Tensor:
        return w.logsumexp(0) - math.log(len(w))

    half = latents / 2 * math.log(2 * math.pi)
    suspects = {
        "the prior log p(z) is missing in the weights": bound(log_p - posterior),
        "log q(z|x) is missing in the weights": bound(log_p + prior),
        "log q(z|x) is added; the weights have it below the line": bound(log_p + prior + posterior),
        "prior and q are swapped": bound(log_p - prior + posterior),
        "the log-likelihood is averaged over the pixels; independent pixels add up": bound(each.mean(2) + rest),
        "the likelihood is missing": bound(rest),
        "σ² stands where σ belongs in q": bound(log_p + prior - Normal(m, s**2).log_prob(z).sum(2)),
        "log σ is missing in log q": bound(w - lv.sum(1) / 2),
        "½ log 2π is in log q only: it is missing in the prior": bound(w + half),
        "½ log 2π is in the prior only: it is missing in log q": bound(w - half),
        "q is taken at its mean, not at z": bound(log_p + prior + torch.log(s).sum(1) + half),
        "this is the mean of the logarithms, the ELBO; the logarithm of the mean is wanted": w.mean(0),
        "log K is missing: it is the mean of the weights, not their sum": w.logsumexp(0),
        "log K is added; it must be subtracted": w.logsumexp(0) + math.log(draws),
        "it divides by K outside the logarithm": w.logsumexp(0) / draws,
        "these are the log-weights; their bound is wanted": w,
        "the wrong axis: the mean is over the K draws (axis 0), not over the images": bound(w.T),
        "x and 1 − x are swapped": bound(swapped.sum(2) + rest),
    }
    leaves = {"logits": logits, "z": z, "mean": m, "log_var": lv}
    # near −4000 float32 rounds the log-weights by some 1e-3, and the gradient's shares of the draws with them
    return Case((logits, x, z, m, lv), bound(w), suspects, {} if far else leaves)


@teaches("A KL divergence is never negative: a formula can be caught without knowing the right one.")
@by_cases("the KL", [(4, 3), (3, 7)], edges={"the KL of N(0, I) to itself must be 0": (2, 3, 0.0)})
def slide_kl(draw: Draw, rows: int, latents: int, size: float = 1.0) -> Case:
    """Find the mistakes: the slide's KL, for a mean and a standard deviation."""
    m = draw.normal(rows, latents, std=size)
    s = draw.uniform(rows, latents, low=0.4, high=2.4) ** size
    want = kl_divergence(Normal(m, s), Normal(0.0, 1.0)).sum(1)
    slide = 0.5 * (s + m**2 - 1 - s.log()).sum(1)
    half = 0.5 * (s**2 + m**2 - 1 - s.log()).sum(1)
    other = 0.5 * (s + m**2 - 1 - 2 * s.log()).sum(1)
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
    return Case((m, s), want, suspects, handed=-slide if size else None)


def _hidden(draw: Draw) -> Case:
    pixels = int(torch.randint(30, 900, (), generator=draw))
    latents = int(torch.randint(2, 25, (), generator=draw))
    variance = float(0.05 + torch.rand((), generator=draw))
    ratio = pixels / latents
    suspects = {
        "the number of the example comes back, whatever the input": 39.2,
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
    return Case((pixels, latents, variance), ratio / (2 * variance), suspects)


@teaches("An average hides a weight: this VAE was trained with another β than its author thought.")
def hidden_beta(answer: Any, draw: Draw) -> None:
    """Which β is hidden in `mse_loss(…) + kl.mean()`?"""

    def one_number(*inputs: Any) -> Tensor:
        value = tensor(ask(answer, *inputs), "β")
        return value.reshape(()) if value.numel() == 1 else value

    agree_always(one_number, "β", _hidden, draw, (), rtol=1e-3)


@teaches("No loss chooses β: it is a decision about what the code is for.")
def choose_beta(answer: Any, draw: Draw) -> None:
    """Measure every saved β again, on the digits that were encoded, and look for the one that was chosen."""
    chosen, saved = found_and_why(answer)
    x, betas = load("digits", "test").unit(), sorted(float(each[5:]) for each in saved if each[:5] == "mean ")
    if len(betas) < 4:
        mistake("at least four values of β are wanted, as `mean β`, `log_var β` and `x_hat β`", f"got {betas}")
    kls = []
    for beta in betas:
        mean, log_var, x_hat = (tensor(saved[f"{each} {beta:g}"], each) for each in ("mean", "log_var", "x_hat"))
        kls.append(float(0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum(1).mean()))
        error = float((x[: len(x_hat)] - x_hat.reshape(-1, *x.shape[1:])).square().flatten(1).sum(1).mean())
        print(f"β = {beta:g}: squared error {error:.2f}, KL {kls[-1]:.2f} nats")
    if kls[-1] >= kls[0]:
        mistake("the largest β has no smaller KL than the smallest: these codes do not come from such models")
    if chosen is None or float(chosen) not in betas:
        mistake("the β that you chose is none of those that you measured")
