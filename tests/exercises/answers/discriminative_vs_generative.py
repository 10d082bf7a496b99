"""Answers to the exercises of chapter 01."""

from tests.exercises.answers import right, wrong


def _lse(body: str) -> str:
    return f"def log_sum_exp(a):\n    {body}"


def _bayes(body: str) -> str:
    return f"def log_posterior(log_likelihood, prior):\n    {body}"


def _linear(w: str = "torch.linalg.solve(cov, mean1 - mean0)", b: str = "") -> str:
    b = b or "-0.5 * (mean0 + mean1) @ w + math.log(share1 / (1 - share1))"
    return f"def linear_boundary(mean0, mean1, cov, share1):\n    w = {w}\n    return w, {b}"


def _rare(body: str) -> str:
    return f"def rare_weights(log_prob):\n    {body}"


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
    # 1 · log_sum_exp
    wrong("log_sum_exp", "straight on", _lse("return a.exp().sum(1).log()"), expects="underflows"),
    wrong(
        "log_sum_exp",
        "an ε against log 0",
        _lse("return (a.exp().sum(1) + 1e-30).log()"),
        expects="underflows",
    ),
    wrong(
        "log_sum_exp",
        "float64 does not save it",
        _lse("return a.double().exp().sum(1).log()"),
        expects="flows",
    ),
    wrong(
        "log_sum_exp",
        "the largest not put back",
        _lse("return (a - a.amax(1, keepdim=True)).exp().sum(1).log()"),
        expects="not put back",
    ),
    wrong("log_sum_exp", "the largest alone", _lse("return a.amax(1)"), expects="largest of each row alone"),
    wrong(
        "log_sum_exp", "the mean", _lse("return a.logsumexp(1) - math.log(a.shape[1])"), expects="of the mean"
    ),
    wrong("log_sum_exp", "the wrong axis", _lse("return a.logsumexp(0)"), expects="wrong axis"),
    wrong(
        "log_sum_exp",
        "one largest for the whole table",
        _lse("m = a.max()\n    return m + (a - m).exp().sum(1).log()"),
        expects="differ much in size",
    ),
    right("log_sum_exp", "torch's own", _lse("return torch.logsumexp(a, dim=-1)")),
    right(
        "log_sum_exp",
        "pair by pair",
        """
        def log_sum_exp(a):
            total = a[:, 0]
            for column in a.T[1:]:
                total = torch.logaddexp(total, column)
            return total
        """,
    ),
    right(
        "log_sum_exp",
        "the largest by sorting, float64",
        """
        def log_sum_exp(a):
            ordered = a.double().sort(dim=1, descending=True).values
            first = ordered[:, :1]
            return first[:, 0] + torch.log1p((ordered[:, 1:] - first).exp().sum(1))
        """,
    ),
    # 2 · log_posterior
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
        expects="its logarithm is wanted",
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
    right(
        "log_posterior", "one line", _bayes("return torch.log_softmax(log_likelihood + prior.log(), dim=-1)")
    ),
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
    # 4 · rare_weights
    wrong("rare_weights", "∝ p", _rare("return log_prob.softmax(0) * len(log_prob)"), expects="more weight"),
    wrong("rare_weights", "sum to 1", _rare("return (-log_prob).softmax(0)"), expects="sum to 1"),
    wrong(
        "rare_weights",
        "straight on",
        _rare("w = 1 / log_prob.exp()\n    return w / w.mean()"),
        expects="shift before",
    ),
    wrong(
        "rare_weights",
        "float64 does not save it",
        _rare("w = (-log_prob.double()).exp()\n    return w / w.mean()"),
        expects="shift before",
    ),
    wrong("rare_weights", "not normalised", _rare("return (-log_prob).exp()"), expects="not normalised"),
    wrong(
        "rare_weights",
        "one over the logarithm",
        _rare("w = 1 / log_prob\n    return w / w.mean()"),
        expects="1/log p(x)",
    ),
    wrong(
        "rare_weights",
        "largest is 1",
        _rare("return (log_prob.min() - log_prob).exp()"),
        expects="largest weight is 1",
    ),
    right("rare_weights", "a softmax", _rare("return len(log_prob) * torch.softmax(-log_prob, dim=0)")),
    right(
        "rare_weights",
        "the smallest taken out",
        _rare("w = torch.exp(log_prob.min() - log_prob)\n    return w / w.mean()"),
    ),
    right(
        "rare_weights",
        "a log-mean-exp, float64",
        _rare(
            "a = -log_prob.double()\n    return (a - a.logsumexp(0) + math.log(len(a))).exp()",
        ),
    ),
    # 5 · naive_bayes
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
    # 6 · recalibrated
    wrong("recalibrated", "upside down", _again("posterior * trained / true"), expects="upside down"),
    wrong(
        "recalibrated", "divided only", _again("posterior / trained"), expects="not multiplied by the true"
    ),
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
