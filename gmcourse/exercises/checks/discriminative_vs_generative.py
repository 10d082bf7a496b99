"""Checks of chapter 01: Bayes' rule in logarithms, the linear boundary, weights for the rare."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal, Normal

from gmcourse.exercises.asking import ask
from gmcourse.exercises.compare import agree, normal, pair, untouched
from gmcourse.exercises.exercise import exercise


def _shares(classes: int, generator: torch.Generator) -> Tensor:
    """Class shares that are far from equal, and far from each other."""
    raw = 0.2 + torch.rand(classes, generator=generator) + torch.arange(classes)
    return raw / raw.sum()


@exercise
def log_sum_exp(answer: Any, generator: torch.Generator) -> None:
    """Check log Σ_k exp(a_k) of each row, for numbers of any size.

    With it the probabilities of this course can be added up, however small they are.
    """
    for rows, columns in ((4, 3), (2, 6), (1, 5)):
        a = normal(rows, columns, generator=generator, std=1.5)
        v = a.double()
        want = v.exp().sum(1).log()
        largest = v.amax(1)
        suspects = {
            "this is the largest of each row alone": largest,
            "the largest was taken out of the sum and not put back": want - largest,
            "the largest is subtracted at the end; it must be added": want - 2 * largest,
            "this is the logarithm of the mean; the sum is wanted": want - math.log(columns),
            "this is the sum of the exponentials; its logarithm is missing": v.exp().sum(1),
            "the logarithm of an exponential is the number itself: this is the plain sum": v.sum(1),
            "the wrong axis: sum over the columns of each row": v.logsumexp(0),
            "one number for the whole table; one a row is wanted": v.flatten().logsumexp(0),
        }
        agree(ask(answer, a), want, "log-sum-exp", suspects, inputs={"a": a})
    for shift, verb in ((-2000.0, "underflows"), (2000.0, "overflows")):
        far = normal(3, 4, generator=generator).detach() + shift
        reason = f"exp {verb} for numbers near {shift:g}: take the largest of each row out of the sum first"
        agree(ask(answer, far), far.double().logsumexp(1), "log-sum-exp", otherwise=reason)
    far = torch.tensor([[0.0, -1500.0], [-1500.0, 0.0], [-700.0, -2200.0]])
    agree(ask(answer, far), far.double().amax(1), "log-sum-exp of rows that differ much in size")
    impossible = torch.tensor([[0.0, -math.inf], [-3.0, -math.inf]])
    agree(ask(answer, impossible), torch.tensor([0.0, -3.0]), "log-sum-exp with a −∞ in each row")


@exercise
def log_posterior(answer: Any, generator: torch.Generator) -> None:
    """Check Bayes' rule: log p(y|x) from log p(x|y), (N, K), and p(y), (K,).

    Every generative classifier is this line.
    """
    for points, classes in ((5, 3), (2, 4), (1, 2)):
        log_likelihood = normal(points, classes, generator=generator, std=2.0)
        prior = _shares(classes, generator)
        a, p = log_likelihood.double(), prior.double()
        joint = a + p.log()
        evidence, over_points = joint.logsumexp(1, keepdim=True), joint.log_softmax(0)
        want = joint.log_softmax(1)
        suspects = {
            "the prior is missing": a.log_softmax(1),
            "the prior is added without its logarithm": (a + p).log_softmax(1),
            "the log-likelihood is multiplied by the prior; logarithms are added": (a * p).log_softmax(1),
            "the prior is subtracted: its logarithm is added": (a - p.log()).log_softmax(1),
            "this is log p(x, y): the evidence, log p(x), is not subtracted": joint,
            "the evidence is added; dividing is subtracting the logarithm": joint + evidence,
            "it is normalised over the points; for each point the classes must sum to one": over_points,
            "this is p(y|x); its logarithm is wanted": want.exp(),
            "the evidence lacks the prior": joint - a.logsumexp(1, keepdim=True),
        }
        value = ask(answer, log_likelihood, prior)
        agree(value, want, "log p(y|x)", suspects, inputs={"log_likelihood": log_likelihood})
    far = normal(4, 3, generator=generator).detach() - 2000
    prior = _shares(3, generator)
    want = (far.double() + prior.double().log()).log_softmax(1)
    reason = "densities near exp(−2000), as pictures have, give 0/0: stay in logarithms to the end"
    agree(ask(answer, far, prior), want, "log p(y|x)", otherwise=reason)


@exercise
def linear_boundary(answer: Any, generator: torch.Generator) -> None:
    """Check w and b of log p(1|x)/p(0|x) = wᵀx + b for two normals with one covariance.

    Two normals with one covariance draw the same kind of line as logistic regression.
    """
    for dims in (2, 3, 5):
        means = 2 * torch.randn(2, dims, generator=generator)
        factor = torch.randn(dims, dims, generator=generator)
        cov = factor @ factor.T + 0.5 * torch.eye(dims)
        share = 0.15 + 0.2 * float(torch.rand((), generator=generator))
        m0, m1, c = means[0].double(), means[1].double(), cov.double()
        x = 2 * torch.randn(dims + 1, dims, generator=generator, dtype=torch.float64)
        odds = MultivariateNormal(m1, c).log_prob(x) - MultivariateNormal(m0, c).log_prob(x)
        odds = odds + math.log(share / (1 - share))
        # the odds at dims + 1 points determine w and b, with no formula
        found = torch.linalg.solve(torch.cat([x, torch.ones(dims + 1, 1).double()], 1), odds)
        w, b = found[:-1], found[-1]
        gap, middle, prior = m1 - m0, (m0 + m1) / 2, math.log(share / (1 - share))
        value = pair(ask(answer, means[0], means[1], cov, share), "w and b")
        suspects = {
            "the sign is wrong: positive odds belong to class 1": -w,
            "the covariance is multiplied; its inverse is needed": c @ gap,
            "the covariance is missing": gap,
            "only the variances are used; the covariances matter too": gap / c.diagonal(),
            "each entry of the covariance is inverted; the inverse of the matrix is needed": gap @ (1 / c),
            "the factor ½ belongs to b, not to w": w / 2,
            "the sum of the means stands where their difference belongs": torch.linalg.solve(c, m0 + m1),
        }
        agree(value[0], w, "w", suspects, rtol=2e-3, atol=1e-3)
        suspects = {
            "the prior is missing: a rare class needs more evidence": b - prior,
            "the sign of the prior's log-odds is wrong": b - 2 * prior,
            "the prior's odds are share/(1 − share), not share": b - prior + math.log(share),
            "the sign of (μ₀ + μ₁)ᵀw / 2 is wrong": middle @ w + prior,
            "the factor ½ is missing": -2 * middle @ w + prior,
            "the difference of the means stands where their sum belongs": -gap @ w / 2 + prior,
            "only one of the means is used; the boundary of equal classes runs half-way": prior - m0 @ w,
            "only μ₁ is used; the boundary of equal classes runs half-way": prior - m1 @ w,
            "it is zero: the boundary need not run through the origin": torch.zeros(()),
        }
        agree(value[1], b, "b", suspects, rtol=2e-3, atol=1e-3)


@exercise
def rare_weights(answer: Any, generator: torch.Generator) -> None:
    """Check the weights w ∝ 1/p(x), of mean 1, from log p(x).

    What a density finds improbable can be drawn more often: the share of rare things is yours to choose.
    """
    for n in (5, 8, 3):
        log_prob = normal(n, generator=generator, std=1.2).detach() - 1.5
        a = log_prob.double()
        w = (-a).exp()
        want = w / w.mean()
        suspects = {
            "this is ∝ p(x): the common ones get more weight": a.softmax(0) * n,
            "they sum to 1; their mean is to be 1": want / n,
            "they are not normalised: their mean is to be 1": w,
            "this is 1/log p(x); 1/p(x) is wanted": (1 / a) / (1 / a).mean(),
            "this is −log p(x); 1/p(x) is wanted": -a / (-a).mean(),
            "the largest weight is 1; their mean is to be 1": w / w.amax(),
            "this is the logarithm of the weights": want.log(),
        }
        agree(ask(answer, log_prob), want, "the weights", suspects)
    for shift, why in ((-2000.0, "exp(2000) overflows"), (2000.0, "exp(−2000) is 0, and 0/0 has no value")):
        far = normal(6, generator=generator).detach() + shift
        want = (-far.double()).softmax(0) * 6
        reason = f"for log p(x) near {shift:g}, {why}: shift before you exponentiate"
        agree(ask(answer, far), want, "the weights", otherwise=reason, rtol=2e-3)


@exercise
def naive_bayes(answer: Any, generator: torch.Generator) -> None:
    """Find the mistakes: the posterior of naive Bayes, from means, variances and prior.

    Terms that differ from class to class are no constants, and they decide the close cases.
    """
    for points, dims, classes in ((4, 5, 3), (2, 3, 2), (1, 7, 4)):
        x = normal(points, dims, generator=generator).detach()
        means = normal(classes, dims, generator=generator).detach()
        variances = 0.3 + 2 * torch.rand(classes, dims, generator=generator)
        prior = _shares(classes, generator)
        m, v, p = means.double(), variances.double(), prior.double()
        log_p = Normal(m, v.sqrt()).log_prob(x.double()[:, None]).sum(2)
        want = (log_p + p.log()).log_softmax(1)
        square = -0.5 * ((x.double()[:, None] - m) ** 2 / v).sum(2)
        norm, log_prior = v.log().sum(1), p.log()
        value = ask(answer, x, means, variances, prior)
        untouched(value, square.log_softmax(1), "this is still the published line", want)
        averaged = "it is averaged over the dimensions; independent dimensions multiply, logarithms add"
        joints = {
            "the prior is there, but −½ Σ log σ² is not: it differs from class to class": square + log_prior,
            "−½ Σ log σ² is there, but the prior is missing": square - 0.5 * norm,
            "the sign of ½ Σ log σ² is wrong: a wide density is a low one": square + 0.5 * norm + log_prior,
            "the factor ½ before Σ log σ² is missing: the density has σ, not σ²": square - norm + log_prior,
            "the prior is added without its logarithm": square - 0.5 * norm + p,
            averaged: log_p / dims + log_prior,
        }
        suspects = {words: joint.log_softmax(1) for words, joint in joints.items()} | {
            "it is no longer normalised over the classes": log_p + log_prior,
            "this is p(y|x); its logarithm is wanted": want.exp(),
            "it is normalised over the points": (log_p + log_prior).log_softmax(0),
        }
        agree(value, want, "log p(y|x)", suspects)


@exercise
def recalibrated(answer: Any, generator: torch.Generator) -> None:
    """Find the mistake: from a posterior under resampled class shares to one under the true shares.

    A classifier moves to a world with other shares of the classes without being trained again.
    """
    for points, classes in ((4, 3), (2, 2), (1, 4)):
        posterior = normal(points, classes, generator=generator).detach().softmax(1)
        trained = _shares(classes, generator)
        true = _shares(classes, generator).flip(0)
        p, t, u = posterior.double(), trained.double(), true.double()

        def normalised(joint: Tensor, dim: int = 1) -> Tensor:
            return joint / joint.sum(dim, keepdim=True)

        joint = p * u / t
        want, over_points, both = normalised(joint), normalised(joint, 0), normalised(p * u * t)
        value = ask(answer, posterior, trained, true)
        untouched(value, normalised(p * u), "this is still the published line")
        suspects = {
            "the ratio is upside down: divide by the shares of training": normalised(p * t / u),
            "it is divided by the shares of training, but not multiplied by the true ones": normalised(p / t),
            "it is multiplied by both shares; the model has the shares of training in it already": both,
            "it does not sum to one for each point any more": joint,
            "it is normalised over the points; for each point the classes must sum to one": over_points,
            "the posterior came back as it was": p,
            "the shares are added; odds are multiplied": normalised(p + u - t),
            "this is its logarithm; the probability is wanted": want.log(),
        }
        agree(value, want, "the posterior", suspects)
