"""Answers to the exercises of chapter 01."""

from tests.exercises.answers import right, wrong


def _bayes(body: str) -> str:
    return f"def log_posterior(log_likelihood, prior):\n    {body}"


def _linear(w: str = "torch.linalg.solve(cov, mean1 - mean0)", b: str = "") -> str:
    b = b or "-0.5 * (mean0 + mean1) @ w + math.log(share1 / (1 - share1))"
    return f"def linear_boundary(mean0, mean1, cov, share1):\n    w = {w}\n    return w, {b}"


def _naive(scores: str, end: str = "scores.log_softmax(1)") -> str:
    return f"""
        def naive_bayes(x, means, variances, prior):
            squares = -0.5 * ((x[:, None] - means) ** 2 / variances)
            scores = {scores}
            return {end}
        """


def _again(joint: str, end: str = "joint / joint.sum(1, keepdim=True)") -> str:
    return f"def recalibrated(posterior, trained, true):\n    joint = {joint}\n    return {end}"


ANSWERS = [
    # 1 · log_posterior
    wrong(
        "log_posterior",
        "no prior",
        _bayes("return log_likelihood.log_softmax(1)"),
        expects="prior is missing",
    ),
    wrong(
        "log_posterior",
        "the prior without a logarithm",
        _bayes("return (log_likelihood + prior).log_softmax(1)"),
        expects="without its logarithm",
    ),
    wrong(
        "log_posterior",
        "the joint",
        _bayes("return log_likelihood + prior.log()"),
        expects="evidence, log p(x), is not subtracted",
    ),
    wrong(
        "log_posterior",
        "normalised over the points",
        _bayes("return (log_likelihood + prior.log()).log_softmax(0)"),
        expects="over the points",
    ),
    wrong(
        "log_posterior",
        "a probability",
        _bayes("return (log_likelihood + prior.log()).softmax(1)"),
        expects="logarithm of this is wanted",
    ),
    wrong(
        "log_posterior",
        "out of the logarithms",
        _bayes("joint = log_likelihood.exp() * prior\n    return (joint / joint.sum(1, keepdim=True)).log()"),
        expects="stay in logarithms",
    ),
    wrong(
        "log_posterior",
        "the prior multiplied on",
        _bayes("return (log_likelihood * prior).log_softmax(1)"),
        expects="logarithms are added",
    ),
    right("log_posterior", "one line", _bayes("return torch.log_softmax(log_likelihood + prior.log(), dim=-1)")),
    right(
        "log_posterior",
        "by PyTorch's categorical, float64",
        _bayes(
            "return torch.distributions.Categorical(logits=log_likelihood.double() + prior.double().log()).logits"
        ),
    ),
    right(
        "log_posterior",
        "a loop over the points",
        """
        def log_posterior(log_likelihood, prior):
            rows = []
            for row in log_likelihood:
                joint = torch.stack([a + torch.log(p) for a, p in zip(row, prior)])
                top = joint.max()
                rows.append(joint - top - (joint - top).exp().sum().log())
            return torch.stack(rows)
        """,
    ),
    # 3 · linear_boundary
    wrong(
        "linear_boundary",
        "the sign",
        _linear("torch.linalg.solve(cov, mean0 - mean1)"),
        expects="sign is wrong",
    ),
    wrong("linear_boundary", "no inverse", _linear("cov @ (mean1 - mean0)"), expects="inverse is needed"),
    wrong("linear_boundary", "no covariance", _linear("mean1 - mean0"), expects="covariance is missing"),
    wrong(
        "linear_boundary",
        "variances only",
        _linear("(mean1 - mean0) / cov.diagonal()"),
        expects="only the variances",
    ),
    wrong("linear_boundary", "entry by entry", _linear("(1 / cov) @ (mean1 - mean0)"), expects="each entry"),
    wrong("linear_boundary", "no prior", _linear(b="-0.5 * (mean0 + mean1) @ w"), expects="prior is missing"),
    wrong(
        "linear_boundary",
        "log share for log-odds",
        _linear(b="-0.5 * (mean0 + mean1) @ w + math.log(share1)"),
        expects="not share",
    ),
    wrong(
        "linear_boundary",
        "no ½",
        _linear(b="-(mean0 + mean1) @ w + math.log(share1 / (1 - share1))"),
        expects="½ is missing",
    ),
    right("linear_boundary", "as in the lesson", _linear("torch.linalg.inv(cov) @ (mean1 - mean0)")),
    right(
        "linear_boundary",
        "two quadratic forms, float64",
        """
        def linear_boundary(mean0, mean1, cov, share1):
            inverse = torch.linalg.pinv(cov.double())
            m0, m1 = mean0.double(), mean1.double()
            b = 0.5 * (m0 @ inverse @ m0 - m1 @ inverse @ m1) + math.log(share1) - math.log1p(-share1)
            return inverse @ (m1 - m0), b
        """,
    ),
    right(
        "linear_boundary",
        "read off the two densities by autograd",
        """
        def linear_boundary(mean0, mean1, cov, share1):
            from torch.distributions import MultivariateNormal

            zero = torch.zeros_like(mean0).double().requires_grad_(True)
            first, second = (MultivariateNormal(m.double(), cov.double()) for m in (mean0, mean1))
            odds = second.log_prob(zero) - first.log_prob(zero) + math.log(share1 / (1 - share1))
            return torch.autograd.grad(odds, zero)[0], odds.detach()
        """,
    ),
    # 4 · naive_bayes
    wrong(
        "naive_bayes",
        "only the prior repaired",
        _naive("squares.sum(2) + prior.log()"),
        expects="prior is there, but",
    ),
    wrong(
        "naive_bayes",
        "only the widths repaired",
        _naive("squares.sum(2) - 0.5 * variances.log().sum(1)"),
        expects="but the prior is missing",
    ),
    wrong(
        "naive_bayes",
        "the sign of the widths",
        _naive("squares.sum(2) + 0.5 * variances.log().sum(1) + prior.log()"),
        expects="sign of ½",
    ),
    wrong(
        "naive_bayes",
        "no ½ before the logarithm",
        _naive("squares.sum(2) - variances.log().sum(1) + prior.log()"),
        expects="factor ½ before",
    ),
    wrong(
        "naive_bayes",
        "averaged over the dimensions",
        _naive("(squares - 0.5 * variances.log()).mean(2) + prior.log()"),
        expects="averaged over the dimensions",
    ),
    wrong(
        "naive_bayes",
        "the prior without a logarithm",
        _naive("squares.sum(2) - 0.5 * variances.log().sum(1) + prior"),
        expects="without its logarithm",
    ),
    right("naive_bayes", "two terms added", _naive("(squares - 0.5 * variances.log()).sum(2) + prior.log()")),
    right(
        "naive_bayes",
        "torch.distributions, float64",
        """
        def naive_bayes(x, means, variances, prior):
            normals = torch.distributions.Normal(means.double(), variances.double().sqrt())
            joint = normals.log_prob(x.double()[:, None]).sum(-1) + prior.double().log()
            return joint - joint.logsumexp(1, keepdim=True)
        """,
    ),
    right(
        "naive_bayes",
        "class by class",
        """
        def naive_bayes(x, means, variances, prior):
            columns = []
            for mean, variance, share in zip(means, variances, prior):
                z = (x - mean) / variance.sqrt()
                columns.append(torch.log(share) - 0.5 * z.pow(2).sum(1) - variance.sqrt().log().sum())
            return torch.log_softmax(torch.stack(columns, 1), 1)
        """,
    ),
    # 5 · recalibrated
    wrong("recalibrated", "upside down", _again("posterior * trained / true"), expects="upside down"),
    wrong("recalibrated", "divided only", _again("posterior / trained"), expects="not multiplied by the true"),
    wrong("recalibrated", "both multiplied", _again("posterior * trained * true"), expects="both shares"),
    wrong(
        "recalibrated",
        "not normalised",
        _again("posterior * true / trained", "joint"),
        expects="does not sum to one",
    ),
    wrong(
        "recalibrated",
        "normalised over the points",
        _again("posterior * true / trained", "joint / joint.sum(0)"),
        expects="over the points",
    ),
    wrong("recalibrated", "left alone", _again("posterior"), expects="as it was"),
    right("recalibrated", "odds by odds", _again("posterior * (true / trained)")),
    right(
        "recalibrated",
        "a softmax of logarithms, float64",
        _again("posterior.double().log() + true.log() - trained.log()", "joint.softmax(1)"),
    ),
    right(
        "recalibrated",
        "back to the likelihood, then Bayes' rule",
        """
        def recalibrated(posterior, trained, true):
            likelihood = torch.einsum("nk,k->nk", posterior, 1 / trained)  # up to a factor for each point
            evidence = likelihood @ true
            return torch.stack([likelihood[:, k] * true[k] / evidence for k in range(len(true))], dim=1)
        """,
    ),
]


def _fit(shares: str = "", means: str = "", covs: str = "", before: str = "pass") -> str:
    return f"""
        def fit_classes(x, y, classes):
            groups = [x[y == k] for k in range(classes)]
            {before}
            shares = {shares or "torch.bincount(y) / len(x)"}
            means = {means or "torch.stack([each.mean(0) for each in groups])"}
            covs = {covs or "torch.stack([torch.cov(each.T, correction=0) for each in groups])"}
            return shares, means, covs
        """


def _no(rule: str, words: int = 30) -> str:
    return f"why = 'word ' * {words}\ndef refuse(shown, seen):\n    return {rule}"


_STRANGE = "shown.logsumexp(1) < seen.logsumexp(1).min()"

_POOLED = "torch.stack([sum(len(g) / len(x) * torch.cov(g.T, correction=0) for g in groups)] * classes)"

ANSWERS += [
    # 1 · log_posterior
    *(
        wrong(
            "log_posterior",
            name,
            _bayes(f"joint = log_likelihood + prior.log()\n    {body}"),
            expects=expects,
        )
        for name, body, expects in (
            (
                "one shift for all rows",
                "m = joint.max()\n    return joint - m - (joint - m).exp().sum(1, keepdim=True).log()",
                "one shift for all rows",
            ),
            (
                "float64 does not save it",
                "e = joint.double().exp()\n    return (e / e.sum(1, keepdim=True)).log()",
                "near exp(−2000)",
            ),
            (
                "a shift by the mean",
                "e = (joint - joint.mean(1, keepdim=True)).exp()\n    return (e / e.sum(1, keepdim=True)).log()",
                "log 0",
            ),
            ("an ε against log 0", "return (joint.softmax(1) + 1e-30).log()", "log 0"),
            ("a softmax, then a logarithm", "return joint.double().softmax(1).log()", "log 0"),
            ("clamped", "return joint.log_softmax(1).clamp(min=-100)", "log 0"),
            ("bits", "return joint.log_softmax(1) / math.log(2)", "base 2"),
            ("the sign", "return -joint.log_softmax(1)", "sign is wrong"),
            ("transposed", "return joint.log_softmax(1).T", "axes 0 and 1 are swapped"),
            ("classes in the wrong order", "return joint.log_softmax(1).flip(1)", "order along axis 1"),
            (
                "three classes",
                "return torch.cat([joint[:, :3].log_softmax(1), joint[:, 3:]], 1)",
                "hard-coded",
            ),
            ("the evidence alone", "return joint.logsumexp(1)", "evidence alone"),
            (
                "in place",
                "log_likelihood += prior.log()\n    return log_likelihood.log_softmax(1)",
                "writes to its input `log_likelihood`",
            ),
            (
                "a seed inside",
                "torch.manual_seed(0)\n    return joint.log_softmax(1)",
                "changes torch's seed",
            ),
        )
    ),
    right(
        "log_posterior",
        "NumPy",
        """
        def log_posterior(log_likelihood, prior):
            import numpy as np

            joint = log_likelihood.numpy() + np.log(prior.numpy())
            return joint - np.logaddexp.reduce(joint, axis=1, keepdims=True)
        """,
    ),
    right("log_posterior", "lists", _bayes("return (log_likelihood + prior.log()).log_softmax(1).tolist()")),
    right(
        "log_posterior",
        "in place on a copy, no gradient",
        """
        @torch.no_grad()
        def log_posterior(log_likelihood, prior):
            joint = log_likelihood.clone()
            joint += prior.log()
            joint -= joint.logsumexp(1, keepdim=True)
            return joint
        """,
    ),
    # 2 · fit_classes
    *(
        wrong("fit_classes", name, _fit(**kwargs), expects=expects)
        for name, kwargs, expects in (
            ("counts", {"shares": "torch.bincount(y)"}, "these are the counts"),
            ("equal shares", {"shares": "torch.ones(classes) / classes"}, "all classes get the same share"),
            ("log-shares", {"shares": "(torch.bincount(y) / len(x)).log()"}, "this is the logarithm"),
            (
                "shares in the wrong order",
                {"shares": "(torch.bincount(y) / len(x)).flip(0)"},
                "order along axis 0",
            ),
            ("one mean", {"means": "x.mean(0).expand(classes, -1)"}, "mean of all points"),
            (
                "sums over N",
                {"means": "torch.stack([each.sum(0) / len(x) for each in groups])"},
                "divided by N",
            ),
            ("sums", {"means": "torch.stack([each.sum(0) for each in groups])"}, "not divided"),
            (
                "means transposed",
                {"means": "torch.stack([each.mean(0) for each in groups], 1)"},
                "axes 0 and 1 are swapped",
            ),
            ("N − 1", {"covs": "torch.stack([torch.cov(each.T) for each in groups])"}, "N_k − 1"),
            (
                "one covariance",
                {"covs": "torch.cov(x.T, correction=0).expand(classes, -1, -1)"},
                "all points together",
            ),
            (
                "pooled",
                {"covs": _POOLED},
                "each is to have its own",
            ),
            (
                "not centred",
                {"covs": "torch.stack([each.T @ each / len(each) for each in groups])"},
                "not taken off",
            ),
            (
                "centred once for all",
                {"covs": "torch.stack([(g - x.mean(0)).T @ (g - x.mean(0)) / len(g) for g in groups])"},
                "that of the class",
            ),
            (
                "variances",
                {"covs": "torch.stack([each.var(0, correction=0).diag() for each in groups])"},
                "covariances matter too",
            ),
            (
                "over N",
                {"covs": "torch.stack([torch.cov(g.T, correction=0) * len(g) / len(x) for g in groups])"},
                "divided by N",
            ),
            ("three classes", {"before": "groups = [x[y == k] for k in range(3)]"}, "not finite"),
            ("points sorted in place", {"before": "x.copy_(x[y.argsort()])"}, "writes to its input `x`"),
        )
    ),
    wrong("fit_classes", "two things", _fit().replace("return shares, ", "return "), expects="three things"),
    right("fit_classes", "as handed in", _fit()),
    right(
        "fit_classes",
        "by one-hot labels, float64",
        """
        def fit_classes(x, y, classes):
            hot = torch.nn.functional.one_hot(y, classes).double()
            counts = hot.sum(0)
            means = hot.T @ x.double() / counts[:, None]
            centred = x.double() - means[y]
            covs = torch.einsum("nk,ni,nj->kij", hot, centred, centred) / counts[:, None, None]
            return counts / len(x), means, covs
        """,
    ),
    right(
        "fit_classes",
        "NumPy and lists",
        """
        def fit_classes(x, y, classes):
            import numpy as np

            x, y = x.numpy(), y.numpy()
            groups = [x[y == k] for k in range(classes)]
            shares = [len(each) / len(x) for each in groups]
            covs = np.stack([np.cov(each.T, bias=True) for each in groups])
            return shares, [each.mean(0).tolist() for each in groups], covs
        """,
    ),
    # 3 · linear_boundary
    wrong(
        "linear_boundary",
        "odds without a logarithm",
        _linear(b="-0.5 * (mean0 + mean1) @ w + share1 / (1 - share1)"),
        expects="without their logarithm",
    ),
    wrong(
        "linear_boundary",
        "for a rare class only",
        _linear(b="-0.5 * (mean0 + mean1) @ w - abs(math.log(share1 / (1 - share1)))"),
        expects="sign of the prior",
    ),
    # 4 · naive_bayes
    wrong(
        "naive_bayes",
        "joint",
        _naive("(squares - 0.5 * variances.log()).sum(2) + prior.log()", "scores"),
        expects="no longer normalised",
    ),
    wrong(
        "naive_bayes",
        "variances squared",
        _naive("torch.distributions.Normal(means, variances).log_prob(x[:, None]).sum(2) + prior.log()"),
        expects="σ⁴",
    ),
    # 6 · say_no
    wrong("say_no", "never", _no("torch.zeros(len(shown))"), expects="no less than"),
    wrong("say_no", "always", _no("torch.ones(len(shown))"), expects="no less than"),
    wrong("say_no", "the posterior alone", _no("shown.softmax(1).amax(1) < 0.9"), expects="no less than"),
    wrong(
        "say_no",
        "which to keep",
        _no("shown.logsumexp(1) >= seen.logsumexp(1).min()"),
        expects="no less than",
    ),
    wrong("say_no", "one for each class", _no("shown < -100"), expects="one yes or no a picture"),
    wrong("say_no", "few words", _no(_STRANGE, 5), expects="reasons are too short"),
    wrong("say_no", "no rule", "why = 'word ' * 30\nrefuse = 0.9", expects="expected something to call"),
    right("say_no", "density", _no(_STRANGE)),
    right("say_no", "both", _no(f"(shown.softmax(1).amax(1) < 0.8) | ({_STRANGE})")),
    right("say_no", "a list", _no(f"({_STRANGE}).tolist()")),
]

ANSWERS += [
    # what was tried later: what an answer leaves behind, draws that are tied, other ways to be right
    wrong(
        "log_posterior",
        "one evidence for all points",
        """
        def log_posterior(a, p):
            j = a + p.log()
            return j - j.logsumexp((0, 1))
        """,
        expects="points and the classes together",
    ),
    wrong(
        "log_posterior",
        "the default dtype changed",
        """
        def log_posterior(a, p):
            torch.set_default_dtype(torch.float64)
            return (a + p.log()).log_softmax(1)
        """,
        expects="changes the default dtype",
    ),
    right(
        "log_posterior",
        "in inference mode, float64",
        """
        @torch.inference_mode()
        def log_posterior(a, p):
            return (a.double() + p.double().log()).log_softmax(1)
        """,
    ),
    right(
        "log_posterior",
        "Python's own numbers",
        """
        def log_posterior(a, p):
            rows = []
            for row in a.tolist():
                j = [v + math.log(q) for v, q in zip(row, p.tolist())]
                m = max(j)
                z = m + math.log(math.fsum(math.exp(v - m) for v in j))
                rows.append([v - z for v in j])
            return rows
        """,
    ),
    wrong(
        "fit_classes",
        "labels overwritten",
        """
        def fit_classes(x, y, classes):
            g = [x[y == k] for k in range(classes)]
            y.zero_()
            return (
                [len(e) / len(x) for e in g],
                torch.stack([e.mean(0) for e in g]),
                torch.stack([e.T.cov(correction=0) for e in g]),
            )
        """,
        expects="writes to its input `y`",
    ),
    wrong(
        "fit_classes",
        "the shares alone",
        """
        def fit_classes(x, y, classes):
            return torch.bincount(y) / len(x)
        """,
        expects="three things",
    ),
    right(
        "fit_classes",
        "sums by index",
        """
        def fit_classes(x, y, classes):
            n = torch.zeros(classes).scatter_add_(0, y, torch.ones(len(y)))
            m = torch.zeros(classes, x.shape[1]).index_add_(0, y, x) / n[:, None]
            o = torch.einsum("ni,nj->nij", x, x)
            s = torch.zeros(classes, *o.shape[1:]).index_add_(0, y, o) / n[:, None, None]
            return n / n.sum(), m, s - m[:, :, None] * m[:, None, :]
        """,
    ),
    right(
        "linear_boundary",
        "NumPy and a number",
        """
        def linear_boundary(m0, m1, cov, s):
            import numpy as np

            m0, m1, cov = (e.double().numpy() for e in (m0, m1, cov))
            w = np.linalg.solve(cov, m1 - m0)
            return w, float(-0.5 * (m0 + m1) @ w + np.log(s) - np.log(1 - s))
        """,
    ),
    right(
        "linear_boundary",
        "by Cholesky, a list",
        """
        def linear_boundary(m0, m1, cov, s):
            w = torch.cholesky_solve((m1 - m0)[:, None], torch.linalg.cholesky(cov))[:, 0]
            return w.tolist(), torch.logit(torch.tensor(s)) - torch.dot(m0 + m1, w) / 2
        """,
    ),
    wrong(
        "naive_bayes",
        "a posterior, no logarithm",
        """
        def naive_bayes(x, means, variances, prior):
            sq = (x[:, None] - means) ** 2 / variances
            d = (-0.5 * sq).exp() / (2 * math.pi * variances).sqrt()
            j = d.prod(2) * prior
            return j / j.sum(1, keepdim=True)
        """,
        expects="logarithm of this is wanted",
    ),
    right(
        "naive_bayes",
        "by `Independent` and `Categorical`",
        """
        def naive_bayes(x, means, variances, prior):
            from torch.distributions import Independent, Normal, Categorical

            law = Independent(Normal(means, variances.sqrt()), 1)
            j = law.log_prob(x[:, None]) + Categorical(prior).logits
            return j - torch.logsumexp(j, 1)[:, None]
        """,
    ),
    wrong(
        "recalibrated",
        "a logarithm",
        """
        def recalibrated(p, t, u):
            return (p.log() - t.log() + u.log()).log_softmax(1)
        """,
        expects="this is the logarithm",
    ),
    wrong(
        "recalibrated",
        "in place",
        """
        def recalibrated(p, t, u):
            p *= u / t
            return p / p.sum(1, keepdim=True)
        """,
        expects="writes to its input",
    ),
    right(
        "recalibrated",
        "lists",
        """
        def recalibrated(p, t, u):
            out = []
            for row in p.tolist():
                j = [a / b * c for a, b, c in zip(row, t.tolist(), u.tolist())]
                out.append([v / sum(j) for v in j])
            return out
        """,
    ),
    right(
        "recalibrated",
        "NumPy",
        """
        def recalibrated(p, t, u):
            j = p.numpy() * (u / t).numpy()
            return j / j.sum(1)[:, None]
        """,
    ),
]
