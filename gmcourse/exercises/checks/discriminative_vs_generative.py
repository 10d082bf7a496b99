"""Checks of chapter 01: Bayes' rule in logarithms, normals fitted to classes, the linear boundary, refusing."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.distributions import MultivariateNormal, Normal

from gmcourse.data import load
from gmcourse.exercises.checks import ask, by_cases, found_and_why, mistake, teaches
from gmcourse.exercises.compare import Case, Draw, tensor
from gmcourse.models.discriminative_vs_generative import fit_gaussians
from gmcourse.nn.pca import PCA

Row = Sequence[float]


def _shares(classes: int, draw: Draw) -> Tensor:
    """Class shares that are far from equal, and far from each other."""
    raw = draw.uniform(classes, low=0.2, high=1.2) + torch.arange(classes)
    return raw / raw.sum()


@teaches("Every generative classifier is this line.")
@by_cases(
    "log p(y|x)",
    [(5, 3), (2, 4), (1, 2)],
    edges={
        "densities near exp(−2000), as pictures have, give 0/0: stay in logarithms": (4, 3, (-2e3,)),
        "densities near exp(2000) overflow: stay in logarithms": (4, 3, (2e3,)),
        "one shift for all rows: each row needs its own largest number": (4, 3, (-2e3, 0, 900, -700)),
        "log 0 of a class that is far less likely: log p(y|x) may be −1500": (4, 3, (0,), (0, -1500, -900)),
    },
    at_edges={"atol": 1e-3},
)
def log_posterior(draw: Draw, points: int, classes: int, rows: Row = (0,), columns: Row = (0,)) -> Case:
    """Check Bayes' rule: log p(y|x) from log p(x|y), (N, K), and p(y), (K,)."""
    a = draw.normal(points, classes, std=2.0) + torch.tensor(rows)[:, None] + torch.tensor(columns)
    p = _shares(classes, draw)
    joint = a + p.log()
    evidence = joint.logsumexp(1, keepdim=True)
    suspects = {
        "the prior is missing": a.log_softmax(1),
        "the prior is added without its logarithm": (a + p).log_softmax(1),
        "the log-likelihood is multiplied by the prior; logarithms are added": (a * p).log_softmax(1),
        "the prior is subtracted: its logarithm is added": (a - p.log()).log_softmax(1),
        "this is log p(x, y): the evidence, log p(x), is not subtracted": joint,
        "the evidence is added; dividing is subtracting the logarithm": joint + evidence,
        "it is normalised over the points; for each point the classes must sum to one": joint.log_softmax(0),
        "it is normalised over the points and the classes together": joint - joint.logsumexp((0, 1)),
        "the evidence lacks the prior": joint - a.logsumexp(1, keepdim=True),
        "this is the evidence alone; the posterior of each class is wanted": evidence[:, 0],
    }
    return Case((a, p), joint - evidence, suspects)


@teaches("Training is counting and averaging here: no gradient, no step size, and the best that normals can do.")
@by_cases(("the shares", "the means", "the covariances"), [(11, 3, 2), (9, 2, 3), (8, 5, 4)], atol=1e-4, rtol=1e-3)
def fit_classes(which: int, draw: Draw, points: int, dims: int, classes: int) -> Case:
    """Check the shares, means and covariances that make labelled points most likely."""
    # labelled points in no order, more of each class than of the one before
    y = torch.arange(classes).repeat_interleave(points + 3 * torch.arange(classes))
    y = y[torch.randperm(len(y), generator=draw)]
    factors = draw.normal(classes, dims, dims) + torch.eye(dims)
    x = torch.einsum("nij,nj->ni", factors[y], draw.normal(len(y), dims))
    x = x + draw.normal(classes, dims, std=3.0)[y] + 1
    groups = [x[y == k] for k in range(classes)]
    counts = torch.tensor([len(each) for each in groups]).double()
    means = torch.stack([each.mean(0) for each in groups])
    covs = torch.stack([torch.cov(each.T, correction=0) for each in groups])
    shares, every = counts / len(x), x.mean(0)
    pooled = (shares[:, None, None] * covs).sum(0)
    of_all = torch.cov(x.T, correction=0).expand_as(covs)
    around_0, around_all = (covs + each[:, :, None] * each[:, None] for each in (means, means - every))
    sample_covs = covs * (counts / (counts - 1))[:, None, None]
    variances = torch.diag_embed(covs.diagonal(dim1=1, dim2=2))
    suspects: list[dict[str, Tensor | float]] = [
        {
            "these are the counts; a share is a count over N": counts,
            "all classes get the same share; count them": torch.full_like(shares, 1 / classes),
        },
        {
            "the mean of all points is given to each class": every.expand(classes, dims),
            "the sums are divided by N, not by the number of points of the class": means * shares[:, None],
            "the sums are not divided by the number of points": means * counts[:, None],
        },
        {
            "it is divided by N_k − 1; the likelihood is largest with N_k": sample_covs,
            "one covariance for all classes: each is to have its own": pooled.expand_as(covs),
            "the covariance of all points together is given to each class": of_all,
            "the mean is not taken off: this is E[x xᵀ]": around_0,
            "the mean of all points is taken off; it must be that of the class": around_all,
            "only the variances are there; the covariances matter too": variances,
            "it is divided by N, not by the number of points of the class": covs * shares[:, None, None],
            "it is not divided by the number of points": covs * counts[:, None, None],
        },
    ]
    return Case((x, y, classes), (shares, means, covs)[which], suspects[which])


@teaches("Two normals with one covariance draw the same kind of line as logistic regression.")
@by_cases(("w", "b"), [(2, 0.15), (3, 0.65), (5, 0.15)], atol=1e-3, rtol=2e-3)
def linear_boundary(which: int, draw: Draw, dims: int, low: float) -> Case:
    """Check w and b of log p(1|x)/p(0|x) = wᵀx + b for two normals with one covariance."""
    (m0, m1), factor = draw.normal(2, dims, std=2.0), draw.normal(dims, dims)
    c = factor @ factor.T + 0.5 * torch.eye(dims)
    share = low + 0.2 * float(torch.rand((), generator=draw))
    prior = math.log(share / (1 - share))
    x = draw.normal(dims + 1, dims, std=2.0)
    odds = MultivariateNormal(m1, c).log_prob(x) - MultivariateNormal(m0, c).log_prob(x) + prior
    # the odds at dims + 1 points determine w and b, with no formula
    found = torch.linalg.solve(torch.cat([x, torch.ones(dims + 1, 1).double()], 1), odds)
    w, b, gap, middle = found[:-1], found[-1], m1 - m0, (m0 + m1) / 2
    of_w: dict[str, Tensor | float] = {
        "the sign is wrong: positive odds belong to class 1": -w,
        "the covariance is multiplied; its inverse is needed": c @ gap,
        "the covariance is missing": gap,
        "only the variances are used; the covariances matter too": gap / c.diagonal(),
        "each entry of the covariance is inverted; the inverse of the matrix is needed": gap @ (1 / c),
        "the factor ½ belongs to b, not to w": w / 2,
        "the sum of the means stands where their difference belongs": torch.linalg.solve(c, m0 + m1),
    }
    of_b: dict[str, Tensor | float] = {
        "the prior is missing: a rare class needs more evidence": b - prior,
        "the sign of the prior's log-odds is wrong": b - 2 * prior,
        "the prior's odds are share/(1 − share), not share": b - prior + math.log(share),
        "the prior's odds are added without their logarithm": b - prior + share / (1 - share),
        "the sign of (μ₀ + μ₁)ᵀw / 2 is wrong": middle @ w + prior,
        "the factor ½ is missing": -2 * middle @ w + prior,
        "the difference of the means stands where their sum belongs": -gap @ w / 2 + prior,
        "only one of the means is used; the boundary of equal classes runs half-way": prior - m0 @ w,
        "only μ₁ is used; the boundary of equal classes runs half-way": prior - m1 @ w,
        "it is zero: the boundary need not run through the origin": torch.zeros(()),
    }
    return Case((m0, m1, c, share), (w, b)[which], (of_w, of_b)[which])


@teaches("Terms that differ from class to class are no constants, and they decide the close cases.")
@by_cases("log p(y|x)", [(4, 5, 3), (2, 3, 4), (1, 7, 2)])
def naive_bayes(draw: Draw, points: int, dims: int, classes: int) -> Case:
    """Find the mistakes: the posterior of naive Bayes, from means, variances and prior."""
    x, m = (draw.normal(n, dims) for n in (points, classes))
    v, p = draw.uniform(classes, dims, low=0.3, high=2.3), _shares(classes, draw)
    log_p, of_fourth = (Normal(m, width).log_prob(x[:, None]).sum(2) for width in (v.sqrt(), v))
    square = -0.5 * ((x[:, None] - m) ** 2 / v).sum(2)
    norm, log_prior = v.log().sum(1), p.log()
    joints = {
        "the prior is there, but −½ Σ log σ² is not: it differs from class to class": square + log_prior,
        "−½ Σ log σ² is there, but the prior is missing": square - 0.5 * norm,
        "the sign of ½ Σ log σ² is wrong: a wide density is a low one": square + 0.5 * norm + log_prior,
        "the factor ½ before Σ log σ² is missing: the density has σ, not σ²": square - norm + log_prior,
        "the prior is added without its logarithm": square - 0.5 * norm + p,
        "it is averaged over the dimensions; independent dimensions multiply": log_p / dims + log_prior,
        "the ½ before the square is gone": 2 * square - 0.5 * norm + log_prior,
        "σ⁴ stands below the square: `variances` are σ² already": log_prior + of_fourth,
    }
    want = (log_p + log_prior).log_softmax(1)
    suspects = {words: joint.log_softmax(1) for words, joint in joints.items()} | {
        "it is no longer normalised over the classes": log_p + log_prior,
        "it is no longer normalised over the classes, log 2π apart": square - 0.5 * norm + log_prior,
        "it is normalised over the points": (log_p + log_prior).log_softmax(0),
    }
    return Case((x, m, v, p), want, suspects, handed=square.log_softmax(1))


@teaches("A classifier moves to a world with other shares of the classes without being trained again.")
@by_cases("the posterior", [(4, 3), (3, 2), (1, 5)])
def recalibrated(draw: Draw, points: int, classes: int) -> Case:
    """Find the mistake: from a posterior under resampled class shares to one under the true shares."""
    p = draw.normal(points, classes).softmax(1)
    t, u = _shares(classes, draw), _shares(classes, draw).flip(0)

    def normalised(joint: Tensor, dim: int = 1) -> Tensor:
        return joint / joint.sum(dim, keepdim=True)

    joint = p * u / t
    suspects = {
        "the ratio is upside down: divide by the shares of training": normalised(p * t / u),
        "it is divided by the shares of training, but not multiplied by the true ones": normalised(p / t),
        "it is multiplied by both shares; the shares of training are in it already": normalised(p * u * t),
        "it does not sum to one for each point any more": joint,
        "it is normalised over the points; for each point the classes must sum to one": normalised(joint, 0),
        "the posterior came back as it was": p,
        "the shares are added; odds are multiplied": normalised(p + u - t),
    }
    return Case((p, t, u), normalised(joint), suspects, handed=normalised(p * u))


MISTAKE, REFUSAL = 10.0, 1.0  # what each costs


@teaches("A density knows two ways not to know: two classes that fit alike, and a picture that fits none.")
def say_no(answer: Any, draw: Draw) -> None:
    """Compute the cost of a rule that refuses, on digits that nobody has fitted and on pictures that are none."""
    rule = found_and_why(answer)
    train, test = load("digits"), load("digits", "test")
    pixels, unseen = (each.unit().flatten(1).double() for each in (train, test))
    pca = PCA.fit(pixels, 40)
    model = fit_gaussians(pca.encode(pixels), train.labels, 10, ridge=3e-3)
    strange = torch.cat([torch.rand(30, 64, generator=draw).double(), 1 - unseen[:30]])
    order = torch.randperm(len(unseen) + len(strange), generator=draw)
    pictures = torch.cat([unseen, strange])[order]
    seen, shown = (model.log_joint(pca.encode(each)) for each in (pixels, pictures))
    refused = tensor(ask(rule, shown, seen), "the refusals").bool()
    if refused.shape != (len(shown),):
        mistake(f"one yes or no a picture is wanted, of shape {(len(shown),)}", f"got {tuple(refused.shape)}")
    labels = torch.cat([test.labels, torch.full((len(strange),), -1)])[order]
    wrong = shown.argmax(1) != labels
    cost = float((REFUSAL * refused + MISTAKE * (wrong & ~refused)).mean())
    never = float(MISTAKE * wrong.double().mean())
    print(f"{refused.double().mean():.0%} refused; {cost:.2f} a picture. Never: {never:.2f}, always: {REFUSAL:.2f}")
    if cost >= min(never, REFUSAL):
        mistake("your rule costs no less than to refuse always, or never", f"it costs {cost:.2f} a picture")
