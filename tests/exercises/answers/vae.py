"""Answers to the exercises of chapter 04."""

from tests.exercises.answers import right, wrong

ANSWERS = [
    # 1 · kl
    wrong(
        "kl",
        "the sign of the slide",
        """
        def kl(mean, log_var):
            return -0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum(1)
        """,
        expects="never negative",
    ),
    wrong(
        "kl",
        "σ for σ²",
        """
        def kl(mean, log_var):
            std = torch.exp(0.5 * log_var)
            return 0.5 * (mean**2 + std - 1 - log_var).sum(1)
        """,
        expects="σ stands where σ² belongs",
    ),
    wrong(
        "kl",
        "log σ² taken for log σ",
        """
        def kl(mean, log_std):
            return 0.5 * (mean**2 + (2 * log_std).exp() - 1 - 2 * log_std).sum(1)
        """,
        expects="log_var is taken for log σ",
    ),
    wrong(
        "kl",
        "mean over the latents",
        """
        def kl(mean, log_var):
            return 0.5 * (mean**2 + log_var.exp() - 1 - log_var).mean(1)
        """,
        expects="averaged over the latents",
    ),
    wrong(
        "kl",
        "summed over the batch too",
        """
        def kl(mean, log_var):
            return -0.5 * torch.sum(1 + log_var - mean.pow(2) - log_var.exp())
        """,
        expects="summed over everything",
    ),
    wrong(
        "kl",
        "the wrong axis",
        """
        def kl(mean, log_var):
            return 0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum(0)
        """,
        expects="axis 0",
    ),
    wrong(
        "kl",
        "no ½",
        """
        def kl(mean, log_var):
            return (mean**2 + log_var.exp() - 1 - log_var).sum(1)
        """,
        expects="½ is missing",
    ),
    wrong(
        "kl",
        "the −1 forgotten",
        """
        def kl(mean, log_var):
            return 0.5 * (mean**2 + log_var.exp() - log_var).sum(1)
        """,
        expects="−1 is missing",
    ),
    wrong(
        "kl",
        "the other way round",
        """
        def kl(mean, log_var):
            q = torch.distributions.Normal(mean, (log_var / 2).exp())
            return torch.distributions.kl_divergence(torch.distributions.Normal(0.0, 1.0), q).sum(1)
        """,
        expects="the other way round",
    ),
    wrong(
        "kl",
        "right on the example only",
        """
        def kl(mean, log_var):
            return torch.full((len(mean),), 0.818)
        """,
        expects="number of the example",
    ),
    wrong(
        "kl",
        "the variance detached",
        """
        def kl(mean, log_var):
            variance = log_var.exp().detach()
            return 0.5 * (mean**2 + variance - 1 - log_var).sum(1)
        """,
        expects="detached",
    ),
    wrong(
        "kl",
        "through numpy",
        """
        import numpy as np

        def kl(mean, log_var):
            m, v = mean.detach().numpy(), log_var.detach().numpy()
            return torch.from_numpy(0.5 * (m**2 + np.exp(v) - 1 - v).sum(1))
        """,
        expects="detached",
    ),
    wrong(
        "kl",
        "no return",
        """
        def kl(mean, log_var):
            result = 0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum(1)
        """,
        expects="return",
    ),
    wrong(
        "kl",
        "in place where the gradient needs the value",
        """
        def kl(mean, log_var):
            terms = log_var.exp()
            terms += mean**2 - 1 - log_var
            return terms.sum(1) / 2
        """,
        expects="in place",
    ),
    right(
        "kl",
        "loops",
        """
        def kl(mean, log_var):
            rows = []
            for m, l in zip(mean, log_var):
                total = 0.0
                for j in range(len(m)):
                    total = total + (m[j] * m[j] + math.exp(1) ** l[j] - 1 - l[j]) / 2
                rows.append(total)
            return torch.stack(rows)
        """,
    ),
    right(
        "kl",
        "torch.distributions in float64",
        """
        from torch.distributions import Independent, Normal, kl_divergence

        def kl(mean, log_var):
            mean, log_var = mean.double(), log_var.double()
            q = Independent(Normal(mean, log_var.exp().sqrt()), 1)
            p = Independent(Normal(torch.zeros_like(mean), torch.ones_like(mean)), 1)
            return kl_divergence(q, p)
        """,
    ),
    right(
        "kl",
        "einsum, the paper's −KL",
        """
        def kl(mean, log_var):
            squares = torch.einsum("bd,bd->b", mean, mean)
            minus_kl = 0.5 * ((1 + log_var - log_var.exp()).sum(-1) - squares)
            return -minus_kl
        """,
    ),
    right(
        "kl",
        "in place, on the GPU if there is one",
        """
        def kl(mean, log_var):
            where = "cuda" if torch.cuda.is_available() else "cpu"
            mean, log_var = mean.to(where), log_var.to(where)
            terms = mean**2
            terms += log_var.exp()
            terms -= 1 + log_var
            return terms.sum(dim=-1).mul_(0.5)
        """,
    ),
    # 2 · sample
    wrong(
        "sample",
        "σ² for σ",
        """
        def sample(mean, log_var):
            return mean + log_var.exp() * torch.randn_like(mean)
        """,
        expects="it must be σ",
    ),
    wrong(
        "sample",
        "no exponential",
        """
        def sample(mean, log_var):
            return mean + log_var * torch.randn_like(mean)
        """,
        expects="multiplied by log_var",
    ),
    wrong(
        "sample",
        "no σ",
        """
        def sample(mean, log_var):
            return mean + torch.randn_like(mean)
        """,
        expects="not multiplied by σ",
    ),
    wrong(
        "sample",
        "one draw for the whole batch",
        """
        def sample(mean, log_var):
            noise = torch.randn(mean.shape[1])
            return mean + (log_var / 2).exp() * noise
        """,
        expects="shared by all rows",
    ),
    wrong(
        "sample",
        "one draw for all latents of a row",
        """
        def sample(mean, log_var):
            noise = torch.randn(mean.shape[0], 1)
            return mean + (log_var / 2).exp() * noise
        """,
        expects="shared by all latents",
    ),
    wrong(
        "sample",
        "uniform noise",
        """
        def sample(mean, log_var):
            return mean + (log_var / 2).exp() * torch.rand_like(mean)
        """,
        expects="uniform",
    ),
    wrong(
        "sample",
        "the mean scaled too",
        """
        def sample(mean, log_var):
            return (mean + torch.randn_like(mean)) * (log_var / 2).exp()
        """,
        expects="multiplied by σ as well",
    ),
    wrong(
        "sample",
        "mirrored pairs of rows",
        """
        def sample(mean, log_var):
            half = torch.randn((len(mean) + 1) // 2, mean.shape[1])
            noise = torch.stack([half, -half], dim=1).flatten(0, 1)[: len(mean)]
            return mean + (log_var / 2).exp() * noise
        """,
        expects="mirror image",
    ),
    wrong(
        "sample",
        "a distribution's sample has no gradient",
        """
        def sample(mean, log_var):
            return torch.distributions.Normal(mean, (log_var / 2).exp()).sample()
        """,
        expects="no gradient",
    ),
    wrong(
        "sample",
        "σ detached",
        """
        def sample(mean, log_var):
            with torch.no_grad():
                std = (log_var / 2).exp()
            return mean + std * torch.randn_like(std)
        """,
        expects="gradient with respect to `log_var`",
    ),
    wrong(
        "sample",
        "a seed inside",
        """
        def sample(mean, log_var):
            torch.manual_seed(0)
            return mean + (log_var / 2).exp() * torch.randn_like(mean)
        """,
        expects="changes torch's seed",
    ),
    wrong(
        "sample",
        "no noise",
        """
        def sample(mean, log_var):
            return mean
        """,
        expects="no noise",
    ),
    right(
        "sample",
        "rsample",
        """
        def sample(mean, log_var):
            return torch.distributions.Normal(mean, torch.exp(0.5 * log_var)).rsample()
        """,
    ),
    right(
        "sample",
        "in place, float64",
        """
        def sample(mean, log_var):
            z = torch.empty_like(mean, dtype=torch.float64).normal_()
            z = z * log_var.double().exp().sqrt()
            z += mean
            return z
        """,
    ),
    right(
        "sample",
        "addcmul, noise drawn on the GPU if there is one",
        """
        def sample(mean, log_var):
            where = "cuda" if torch.cuda.is_available() else "cpu"
            noise = torch.randn(*mean.shape, device=where)
            return torch.addcmul(mean.to(where), torch.exp(log_var / 2).to(where), noise)
        """,
    ),
    right(
        "sample",
        "latent by latent",
        """
        def sample(mean, log_var):
            columns = []
            for m, l in zip(mean.unbind(1), log_var.unbind(1)):
                columns.append(m + torch.exp(l / 2) * torch.randn(len(m)))
            return torch.stack(columns, dim=1)
        """,
    ),
    # 3 · elbo
    wrong(
        "elbo",
        "the loss, not the bound",
        """
        def elbo(logits, x, mean, log_var):
            bce = F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
            return bce + 0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum(1).mean()
        """,
        expects="−ELBO",
    ),
    wrong(
        "elbo",
        "the KL added",
        """
        def elbo(logits, x, mean, log_var):
            log_p = -F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
            return log_p + 0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum(1).mean()
        """,
        expects="subtracted",
    ),
    wrong(
        "elbo",
        "mean over the pixels",
        """
        def elbo(logits, x, mean, log_var):
            log_p = -F.binary_cross_entropy_with_logits(logits, x)
            return log_p - 0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum(1).mean()
        """,
        expects="averaged over the pixels",
    ),
    wrong(
        "elbo",
        "mean over the latents",
        """
        def elbo(logits, x, mean, log_var):
            log_p = -F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
            return log_p - 0.5 * (mean**2 + log_var.exp() - 1 - log_var).mean()
        """,
        expects="averaged over the latents",
    ),
    wrong(
        "elbo",
        "sum over the batch",
        """
        def elbo(logits, x, mean, log_var):
            log_p = -F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
            return log_p - 0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum()
        """,
        expects="mean over the batch",
    ),
    wrong(
        "elbo",
        "one number a row",
        """
        def elbo(logits, x, mean, log_var):
            log_p = -F.binary_cross_entropy_with_logits(logits, x, reduction="none").sum((1, 2, 3))
            return log_p - 0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum(1)
        """,
        expects="one number is wanted",
    ),
    wrong(
        "elbo",
        "the sigmoid twice",
        """
        def elbo(logits, x, mean, log_var):
            p = torch.sigmoid(logits)
            log_p = -F.binary_cross_entropy_with_logits(p, x, reduction="sum") / len(x)
            return log_p - 0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum(1).mean()
        """,
        expects="applied twice",
    ),
    wrong(
        "elbo",
        "squared error",
        """
        def elbo(logits, x, mean, log_var):
            error = ((x - torch.sigmoid(logits)) ** 2).flatten(1).sum(1)
            return (-error - 0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum(1)).mean()
        """,
        expects="squared error",
    ),
    wrong(
        "elbo",
        "log of a sigmoid",
        """
        def elbo(logits, x, mean, log_var):
            p = torch.sigmoid(logits.double())
            log_p = torch.where(x > 0, p.log(), (1 - p).log()).flatten(1).sum(1)
            return (log_p - 0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum(1)).mean()
        """,
        expects="underflows",
    ),
    wrong(
        "elbo",
        "the KL detached",
        """
        def elbo(logits, x, mean, log_var):
            log_p = -F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / len(x)
            kl = 0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum(1).mean()
            return log_p - kl.item()
        """,
        expects="detached",
    ),
    right(
        "elbo",
        "torch.distributions",
        """
        from torch.distributions import Bernoulli, Normal, kl_divergence

        def elbo(logits, x, mean, log_var):
            log_p = Bernoulli(logits=logits).log_prob(x).sum((1, 2, 3))
            kl = kl_divergence(Normal(mean, (log_var / 2).exp()), Normal(0.0, 1.0)).sum(1)
            return (log_p - kl).mean()
        """,
    ),
    right(
        "elbo",
        "softplus, float64, one picture at a time",
        """
        def elbo(logits, x, mean, log_var):
            total = 0.0
            for a, b, m, l in zip(logits.double(), x.double(), mean.double(), log_var.double()):
                total += (a * b - F.softplus(a)).sum()
                total -= (m.square() + l.exp() - 1 - l).sum() / 2
            return total / len(x)
        """,
    ),
    right(
        "elbo",
        "reduction='sum', divided by the batch",
        """
        def elbo(logits, x, mean, log_var):
            bce = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
            kl = -0.5 * torch.sum(1 + log_var - mean.pow(2) - log_var.exp())
            return -(bce + kl) / x.shape[0]
        """,
    ),
    # 6 · slide_kl
    wrong(
        "slide_kl",
        "only the sign repaired",
        """
        def slide_kl(mean, std):
            return 0.5 * (std + mean**2 - 1 - std.log()).sum(1)
        """,
        expects="sign is repaired",
    ),
    wrong(
        "slide_kl",
        "only σ repaired",
        """
        def slide_kl(mean, std):
            return -0.5 * (std**2 + mean**2 - 1 - (std**2).log()).sum(1)
        """,
        expects="the sign is not",
    ),
    wrong(
        "slide_kl",
        "the logarithm overlooked",
        """
        def slide_kl(mean, std):
            return 0.5 * (std**2 + mean**2 - 1 - std.log()).sum(1)
        """,
        expects="not the one in the logarithm",
    ),
    wrong(
        "slide_kl",
        "only the logarithm repaired",
        """
        def slide_kl(mean, std):
            return 0.5 * (std + mean**2 - 1 - 2 * std.log()).sum(1)
        """,
        expects="not the first σ_j",
    ),
    wrong(
        "slide_kl",
        "clamped at 0",
        """
        def slide_kl(mean, std):
            total = -0.5 * (std + mean**2 - 1 - std.log()).sum(1)
            return total.clamp(min=0)
        """,
        expects="clamping",
    ),
    wrong(
        "slide_kl",
        "the sum made a mean",
        """
        def slide_kl(mean, std):
            return 0.5 * (std**2 + mean**2 - 1 - 2 * std.log()).mean(1)
        """,
        expects="averaged over the latents",
    ),
    right(
        "slide_kl",
        "2 log σ",
        """
        def slide_kl(mean, std):
            return (0.5 * (mean * mean + std * std - 1) - std.log()).sum(-1)
        """,
    ),
    right(
        "slide_kl",
        "torch.distributions, float64",
        """
        from torch.distributions import Normal, kl_divergence

        def slide_kl(mean, std):
            return kl_divergence(Normal(mean.double(), std.double()), Normal(0.0, 1.0)).sum(1)
        """,
    ),
    right(
        "slide_kl",
        "the minus kept, the bracket turned",
        """
        def slide_kl(mean, std):
            variance = torch.einsum("bd,bd->bd", std, std)
            return -0.5 * (1 + variance.log() - mean.pow(2) - variance).sum(1)
        """,
    ),
    # 7 · hidden_beta
    wrong(
        "hidden_beta",
        "σ² forgotten",
        """
        def hidden_beta(n_pixels, n_latents, variance):
            return n_pixels / n_latents
        """,
        expects="not σ²",
    ),
    wrong(
        "hidden_beta",
        "upside down",
        """
        def hidden_beta(n_pixels, n_latents, variance):
            return 2 * variance * n_latents / n_pixels
        """,
        expects="upside down",
    ),
    wrong(
        "hidden_beta",
        "β of the sums",
        """
        def hidden_beta(n_pixels, n_latents, variance):
            return 2 * variance
        """,
        expects="both terms are summed",
    ),
    wrong(
        "hidden_beta",
        "only the latents counted",
        """
        def hidden_beta(n_pixels, n_latents, variance):
            return 1 / n_latents
        """,
        expects="the squared error is averaged too",
    ),
    wrong(
        "hidden_beta",
        "the 2 lost",
        """
        def hidden_beta(n_pixels, n_latents, variance):
            return n_pixels / (variance * n_latents)
        """,
        expects="the 2 of 2σ²",
    ),
    wrong(
        "hidden_beta",
        "right on the example only",
        """
        def hidden_beta(n_pixels, n_latents, variance):
            return 39.2
        """,
        expects="number of the example",
    ),
    right(
        "hidden_beta",
        "a tensor",
        """
        def hidden_beta(n_pixels, n_latents, variance):
            return torch.tensor(n_pixels / n_latents) * 0.5 / variance
        """,
    ),
    right(
        "hidden_beta",
        "read off the gradients",
        """
        def hidden_beta(n_pixels, n_latents, variance):
            x_hat = torch.ones(n_pixels, dtype=torch.float64, requires_grad=True)
            kl_each = torch.ones(n_latents, dtype=torch.float64, requires_grad=True)
            ((x_hat**2).mean() + kl_each.mean()).backward()
            wanted = x_hat.detach()[0] / variance
            return (kl_each.grad[0] * wanted / x_hat.grad[0]).item()
        """,
    ),
    right(
        "hidden_beta",
        "in steps",
        """
        def hidden_beta(n_pixels, n_latents, variance):
            weight_of_error, weight_of_kl = 1 / n_pixels, 1 / n_latents
            constant = (1 / (2 * variance)) / weight_of_error
            return constant * weight_of_kl
        """,
    ),
]


def _normals(
    trace: str = "torch.linalg.solve(cov_p, cov_q).trace()",
    square: str = "gap @ torch.linalg.solve(cov_p, gap)",
    ratio: str = "torch.logdet(cov_p) - torch.logdet(cov_q)",
    end: str = "0.5 * (trace + square - len(gap) + ratio)",
) -> str:
    return f"""
        def kl_normals(mean_q, cov_q, mean_p, cov_p):
            gap = mean_p - mean_q
            trace, square, ratio = {trace}, {square}, {ratio}
            return {end}
        """


def _bound(
    weights: str = "like + prior - q",
    end: str = "w.logsumexp(0) - math.log(len(w))",
    std: str = "(log_var / 2).exp()",
    before: str = "pass",
) -> str:
    return f"""
        def importance_bound(logits, x, z, mean, log_var):
            {before}
            like = torch.distributions.Bernoulli(logits=logits).log_prob(x).sum(2)
            each = torch.distributions.Bernoulli(logits=logits).log_prob(x)
            prior = torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(2)
            q = torch.distributions.Normal(mean, {std}).log_prob(z).sum(2)
            w = {weights}
            return {end}
        """


def _beta(
    beta: str = "1.0", betas: str = "(0.1, 0.5, 1.0, 4.0)", spread: str = "1 / (1 + beta)", words: int = 30
) -> str:
    return f"""
        why = 'word ' * {words}
        my_beta, measured = {beta}, {{}}
        for beta in {betas}:
            measured[f"mean {{beta:g}}"] = torch.ones(64, 8) * {spread}
            measured[f"log_var {{beta:g}}"] = torch.zeros(64, 8)
            measured[f"x_hat {{beta:g}}"] = torch.zeros(64, 1, 8, 8)
        """


_SAMPLE = """pool = torch.randn(60_000, 9)
def sample(mean, log_var):
    std, n, d = (log_var / 2).exp(), *mean.shape
    return """
_KL = "0.5 * (mean**2 + log_var.exp() - 1 - log_var)"

ANSWERS += [
    # 1 · kl
    *(
        wrong("kl", name, f"def kl(mean, log_var):\n    {body}", expects=expects)
        for name, body, expects in (
            ("bits", f"return {_KL}.sum(1) / math.log(2)", "base 2"),
            ("two latents", f"return {_KL}[:, :2].sum(1)", "hard-coded"),
            ("backwards", f"return {_KL}.sum(1).flip(0)", "reversed"),
            ("in place", f"log_var.exp_()\n    return {_KL}.sum(1)", "writes to its input `log_var`"),
            ("numbers", f"return ({_KL}).sum(1).tolist()", "detached"),
            ("NumPy at once", "return mean.numpy().sum(1)", "NumPy cuts the gradient"),
            ("a column", f"return {_KL}.sum(1, keepdim=True)", "not their shape"),
            (
                "clamped",
                f"return {_KL.replace('log_var.exp()', 'log_var.clamp(max=1.0).exp()')}.sum(1)",
                "wrong",
            ),
            (
                "the backward pass inside",
                f"out = {_KL}.sum(1)\n    out.sum().backward(retain_graph=True)\n    return out",
                "leaves a gradient",
            ),
        )
    ),
    # 2 · sample
    *(
        wrong(
            "sample",
            name,
            _SAMPLE + body,
            expects=expects,
        )
        for name, body, expects in (
            (
                "half and half mirrored",
                "mean + std * torch.cat([e := torch.randn(-(-n // 2), d), -e])[:n]",
                "mirror image",
            ),
            ("a pool", "mean + std * pool[:n, :d]", "same at each call"),
            ("a pool, shuffled", "mean + std * pool[torch.randperm(60_000)[:n], :d]", "same at each call"),
            ("a small pool", "mean + std * pool[torch.randint(500, (n,)), :d]", "repeats itself"),
            (
                "heavy tails",
                "mean + std * 0.6**0.5 * torch.distributions.StudentT(5.0).sample((n, d))",
                "not normal",
            ),
            ("signs", "mean + std * torch.randn(n, d).sign()", "only its sign"),
            (
                "latents that share",
                "mean + std * (torch.randn(n, d) + torch.randn(n, 1)) / 2**0.5",
                "one latent tells",
            ),
            (
                "rows that share",
                "mean + std * (e := torch.randn(n + 1, d), e[1:] + e[:-1])[1] / 2**0.5",
                "one row tells",
            ),
            (
                "one size a row",
                "mean + std * torch.randn(n, d).sign() * torch.randn(n, 1)",
                "shared by all latents",
            ),
            ("clipped", "mean + std * torch.randn(n, d).clamp(-2.5, 2.5) * 1.0063", "not normal"),
            ("the mean detached", "mean.detach() + std * torch.randn(n, d)", "`mean` is zero"),
        )
    ),
    # 3 · elbo
    wrong(
        "elbo",
        "the sigmoid, clamped",
        """
        def elbo(logits, x, mean, log_var):
            p = logits.sigmoid().clamp(1e-6, 1 - 1e-6)
            each = x * p.log() + (1 - x) * (1 - p).log()
            return (each.flatten(1).sum(1) - 0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum(1)).mean()
        """,
        expects="±200",
    ),
    wrong(
        "elbo",
        "logits detached",
        """
        def elbo(logits, x, mean, log_var):
            likelihood = -F.binary_cross_entropy_with_logits(logits.detach(), x, reduction="sum") / len(x)
            return likelihood - 0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum(1).mean()
        """,
        expects="`logits` is zero",
    ),
    # 4 · kl_normals
    *(
        wrong("kl_normals", name, _normals(**kwargs), expects=expects)
        for name, kwargs, expects in (
            ("no half", {"end": "trace + square - len(gap) + ratio"}, "½ is missing"),
            ("no D", {"end": "0.5 * (trace + square + ratio)"}, "−D is missing"),
            ("no trace", {"trace": "0"}, "trace is missing"),
            ("no means", {"square": "0"}, "difference of the means is missing"),
            ("no determinants", {"ratio": "0"}, "is missing"),
            (
                "determinants upside down",
                {"ratio": "torch.logdet(cov_q) - torch.logdet(cov_p)"},
                "sign of the log-determinants",
            ),
            ("means by q", {"square": "gap @ torch.linalg.solve(cov_q, gap)"}, "by the covariance of q"),
            ("plain distance", {"square": "gap @ gap"}, "without a covariance"),
            ("trace upside down", {"trace": "torch.linalg.solve(cov_q, cov_p).trace()"}, "must be Σ_p⁻¹ Σ_q"),
            (
                "multiplied",
                {"trace": "(cov_p @ cov_q).trace()", "square": "gap @ cov_p @ gap"},
                "its inverse is needed",
            ),
            ("no logarithm", {"ratio": "torch.det(cov_p) - torch.det(cov_q)"}, "not put into logarithms"),
            (
                "a quotient of determinants",
                {"ratio": "(torch.det(cov_p) / torch.det(cov_q)).log()"},
                "150 small variances",
            ),
            (
                "variances only",
                {
                    "trace": "(cov_q.diagonal() / cov_p.diagonal()).sum()",
                    "square": "(gap**2 / cov_p.diagonal()).sum()",
                    "ratio": "(cov_p.diagonal() / cov_q.diagonal()).log().sum()",
                },
                "only the variances",
            ),
            ("bits", {"end": "0.5 * (trace + square - len(gap) + ratio) / math.log(2)"}, "base 2"),
            ("two dimensions", {"end": "0.5 * (trace + square - 2 + ratio)"}, "hard-coded"),
        )
    ),
    wrong(
        "kl_normals",
        "the other way round",
        """
        from torch.distributions import MultivariateNormal, kl_divergence

        def kl_normals(mean_q, cov_q, mean_p, cov_p):
            return kl_divergence(MultivariateNormal(mean_p, cov_p), MultivariateNormal(mean_q, cov_q))
        """,
        expects="the other way round",
    ),
    right("kl_normals", "as hinted", _normals()),
    right(
        "kl_normals",
        "torch.distributions, float64",
        """
        from torch.distributions import MultivariateNormal, kl_divergence

        def kl_normals(mean_q, cov_q, mean_p, cov_p):
            q = MultivariateNormal(mean_q.double(), cov_q.double())
            return kl_divergence(q, MultivariateNormal(mean_p.double(), cov_p.double()))
        """,
    ),
    right(
        "kl_normals",
        "NumPy",
        """
        def kl_normals(mean_q, cov_q, mean_p, cov_p):
            import numpy as np

            m, s, k, t = (each.double().numpy() for each in (mean_q, cov_q, mean_p, cov_p))
            inverse, gap = np.linalg.inv(t), k - m
            ratio = np.linalg.slogdet(t)[1] - np.linalg.slogdet(s)[1]
            return 0.5 * (np.trace(inverse @ s) + gap @ inverse @ gap - len(m) + ratio)
        """,
    ),
    # 5 · importance_bound
    *(
        wrong("importance_bound", name, _bound(**kwargs), expects=expects)
        for name, kwargs, expects in (
            ("no prior", {"weights": "like - q"}, "prior log p(z) is missing"),
            ("no q", {"weights": "like + prior"}, "log q(z|x) is missing"),
            ("q added", {"weights": "like + prior + q"}, "below the line"),
            ("swapped", {"weights": "like - prior + q"}, "are swapped"),
            ("no likelihood", {"weights": "prior - q"}, "likelihood is missing"),
            ("mean of pixels", {"weights": "each.mean(2) + prior - q"}, "averaged over the pixels"),
            ("σ² for σ", {"std": "log_var.exp()"}, "σ² stands where σ belongs"),
            (
                "no constant in the prior",
                {"weights": "like - 0.5 * (z**2).sum(2) - q"},
                "missing in the prior",
            ),
            (
                "no constant in q",
                {"weights": "like + prior + 0.5 * ((z - mean) ** 2 / log_var.exp() + log_var).sum(2)"},
                "missing in log q",
            ),
            ("no log σ", {"weights": "like + prior - (q + log_var.sum(1) / 2)"}, "log σ is missing"),
            ("mean of the logarithms", {"end": "w.mean(0)"}, "the ELBO"),
            ("no log K", {"end": "w.logsumexp(0)"}, "log K is missing"),
            ("log K added", {"end": "w.logsumexp(0) + math.log(len(w))"}, "log K is added"),
            ("divided outside", {"end": "w.logsumexp(0) / len(w)"}, "outside the logarithm"),
            ("the wrong axis", {"end": "w.logsumexp(1) - math.log(w.shape[1])"}, "wrong axis"),
            ("the weights", {"end": "w"}, "these are the log-weights"),
            ("averaged", {"end": "(w.logsumexp(0) - math.log(len(w))).mean()"}, "averaged over everything"),
            ("exp underflows", {"end": "w.exp().mean(0).log()"}, "underflows"),
            ("float64 does not save it", {"end": "w.double().exp().mean(0).log()"}, "underflows"),
            ("an ε against log 0", {"end": "(w.exp().mean(0) + 1e-40).log()"}, "underflows"),
            (
                "one shift for all",
                {"end": "w.max() + (w - w.max()).exp().mean(0).log()"},
                "its own log-sum-exp",
            ),
            ("q detached", {"weights": "like + prior - q.detach()"}, "detached"),
            ("all detached", {"end": "(w.logsumexp(0) - math.log(len(w))).detach()"}, "detached"),
            (
                "own draws",
                {"before": "z = mean + (log_var / 2).exp() * torch.randn_like(z)"},
                "something is drawn inside",
            ),
            ("five draws", {"end": "w.logsumexp(0) - math.log(5)"}, "hard-coded"),
            ("bits", {"end": "(w.logsumexp(0) - math.log(len(w))) / math.log(2)"}, "base 2"),
        )
    ),
    right("importance_bound", "as hinted", _bound()),
    right(
        "importance_bound",
        "the largest taken out by hand",
        _bound(end="w.max(0).values + (w - w.max(0).values).exp().mean(0).log()"),
    ),
    right(
        "importance_bound",
        "constants cancelled, logaddexp in a loop",
        """
        def importance_bound(logits, x, z, mean, log_var):
            total = None
            for k in range(len(z)):
                like = -F.binary_cross_entropy_with_logits(logits[k], x, reduction="none").sum(1)
                w = like + 0.5 * ((z[k] - mean) ** 2 / log_var.exp() + log_var - z[k] ** 2).sum(1)
                total = w if total is None else torch.logaddexp(total, w)
            return total - math.log(len(z))
        """,
    ),
    # 8 · choose_beta
    wrong("choose_beta", "three values", _beta(betas="(0.5, 1.0, 4.0)"), expects="at least four values"),
    wrong("choose_beta", "one that was not measured", _beta("2.0"), expects="none of those"),
    wrong("choose_beta", "upside down", _beta(spread="beta"), expects="no smaller KL"),
    wrong("choose_beta", "few words", _beta(words=2), expects="reasons are too short"),
    wrong("choose_beta", "nothing chosen", _beta("None"), expects="none of those"),
    right("choose_beta", "one", _beta()),
    right("choose_beta", "a small one", _beta("0.1")),
    right("choose_beta", "six values", _beta(betas="(0.01, 0.1, 0.5, 1.0, 2.0, 4.0)")),
]

ANSWERS += [
    # what was tried later: what an answer leaves behind, draws that are tied, other ways to be right
    wrong(
        "kl",
        "gradients left switched off",
        """
        def kl(mean, log_var):
            torch.set_grad_enabled(False)
            return 0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum(1)
        """,
        expects="whether gradients are computed",
    ),
    wrong(
        "kl",
        "the logarithm detached",
        """
        def kl(mean, log_var):
            return (0.5 * (mean**2 + log_var.exp() - 1 - log_var.detach())).sum(1)
        """,
        expects="`log_var` is wrong",
    ),
    right(
        "kl",
        "cross-entropy less entropy",
        """
        def kl(mean, log_var):
            h = 0.5 * (log_var + math.log(2 * math.pi * math.e)).sum(1)
            ce = 0.5 * (mean.square() + log_var.exp() + math.log(2 * math.pi)).sum(1)
            return ce - h
        """,
    ),
    wrong(
        "sample",
        "noise kept from the first call",
        """
        cache = {}

        def sample(mean, log_var):
            e = cache.setdefault(mean.shape, torch.randn_like(mean))
            return mean + (log_var / 2).exp() * e
        """,
        expects="same at each call",
    ),
    wrong(
        "sample",
        "a seed in a fork",
        """
        def sample(mean, log_var):
            with torch.random.fork_rng():
                torch.manual_seed(0)
                e = torch.randn_like(mean)
            return mean + (log_var / 2).exp() * e
        """,
        expects="same at each call",
    ),
    wrong(
        "sample",
        "logistic noise",
        """
        def sample(mean, log_var):
            u = torch.rand_like(mean).clamp(1e-6, 1 - 1e-6)
            return mean + (log_var / 2).exp() * torch.logit(u) * math.sqrt(3) / math.pi
        """,
        expects="not normal",
    ),
    wrong(
        "sample",
        "sorted noise",
        """
        def sample(mean, log_var):
            e = torch.randn_like(mean).sort(0).values
            return mean + (log_var / 2).exp() * e
        """,
        expects="from row to row",
    ),
    wrong(
        "sample",
        "one noise a row, each latent a row later",
        """
        def sample(mean, log_var):
            e = torch.randn(len(mean), 1).expand_as(mean)
            e = torch.stack([e[:, i].roll(i) for i in range(e.shape[1])], 1)
            return mean + (log_var / 2).exp() * e
        """,
        expects="one row tells that of another",
    ),
    right(
        "sample",
        "by Box and Muller, float64",
        """
        def sample(mean, log_var):
            u, v = torch.rand(2, *mean.shape, dtype=torch.float64)
            e = (-2 * (1 - u).log()).sqrt() * (2 * math.pi * v).cos()
            return mean + (0.5 * log_var).exp() * e
        """,
    ),
    right(
        "sample",
        "by a multivariate normal",
        """
        def sample(mean, log_var):
            return torch.distributions.MultivariateNormal(
                mean, scale_tril=(log_var / 2).exp().diag_embed()
            ).rsample()
        """,
    ),
    wrong(
        "elbo",
        "one mean over everything",
        """
        def elbo(logits, x, mean, log_var):
            ll = -F.binary_cross_entropy_with_logits(logits, x, reduction="sum") / x.numel()
            kl = 0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum(1).mean()
            return ll - kl
        """,
        expects="averaged over the pixels",
    ),
    wrong(
        "elbo",
        "logits clamped",
        """
        def elbo(logits, x, mean, log_var):
            l = logits.clamp(-100, 100)
            ll = -F.binary_cross_entropy_with_logits(l, x, reduction="none").flatten(1).sum(1)
            return (ll - 0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum(1)).mean()
        """,
        expects="logits of ±200",
    ),
    wrong(
        "elbo",
        "probabilities in float64",
        """
        def elbo(logits, x, mean, log_var):
            ll = (
                -F.binary_cross_entropy(logits.double().sigmoid(), x.double(), reduction="none")
                .flatten(1)
                .sum(1)
            )
            return (ll - 0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum(1)).mean()
        """,
        expects="logits of ±200",
    ),
    right(
        "elbo",
        "logsigmoid both ways",
        """
        def elbo(logits, x, mean, log_var):
            ll = torch.einsum("bchw->b", x * F.logsigmoid(logits) + (1 - x) * F.logsigmoid(-logits))
            return ll.mean() - 0.5 * torch.sum(mean**2 + log_var.exp() - 1 - log_var) / len(x)
        """,
    ),
    wrong(
        "slide_kl",
        "in place",
        """
        def slide_kl(mean, std):
            std *= std
            return 0.5 * (std + mean**2 - 1 - std.log()).sum(1)
        """,
        expects="writes to its input",
    ),
    right(
        "slide_kl",
        "NumPy",
        """
        def slide_kl(mean, std):
            import numpy as np

            m, s = mean.numpy().astype(float), std.numpy().astype(float)
            return 0.5 * (s**2 + m**2 - 1 - 2 * np.log(s)).sum(1)
        """,
    ),
    right(
        "slide_kl",
        "lists",
        """
        def slide_kl(mean, std):
            return [
                sum(0.5 * (s * s + m * m - 1) - math.log(s) for m, s in zip(a, b))
                for a, b in zip(mean.tolist(), std.tolist())
            ]
        """,
    ),
    right(
        "hidden_beta",
        "NumPy, of shape (1,)",
        """
        def hidden_beta(n_pixels, n_latents, variance):
            import numpy as np

            return np.float32(0.5) * n_pixels / (n_latents * np.array([variance]))
        """,
    ),
    wrong(
        "kl_normals",
        "determinants in float64",
        """
        def kl_normals(mq, cq, mp, cp):
            mq, cq, mp, cp = (e.double() for e in (mq, cq, mp, cp))
            g = mp - mq
            return 0.5 * (
                torch.linalg.solve(cp, cq).trace()
                + g @ torch.linalg.solve(cp, g)
                - len(g)
                + (cp.det() / cq.det()).log()
            )
        """,
        expects="determinant of 150",
    ),
    wrong(
        "kl_normals",
        "a little added to the diagonals",
        """
        def kl_normals(mq, cq, mp, cp):
            e = 1e-6 * torch.eye(len(mq))
            g = mp - mq
            return 0.5 * (
                torch.linalg.solve(cp + e, cq + e).trace()
                + g @ torch.linalg.solve(cp + e, g)
                - len(g)
                + torch.logdet(cp + e)
                - torch.logdet(cq + e)
            )
        """,
        expects="determinant of 150",
    ),
    wrong(
        "kl_normals",
        "in place",
        """
        def kl_normals(mq, cq, mp, cp):
            mp -= mq
            return 0.5 * (
                torch.linalg.solve(cp, cq).trace()
                + mp @ torch.linalg.solve(cp, mp)
                - len(mp)
                + torch.logdet(cp)
                - torch.logdet(cq)
            )
        """,
        expects="writes to its input",
    ),
    right(
        "kl_normals",
        "by Cholesky factors",
        """
        def kl_normals(mq, cq, mp, cp):
            a, b = torch.linalg.cholesky(cq), torch.linalg.cholesky(cp)
            m = torch.linalg.solve_triangular(b, a, upper=False)
            g = torch.linalg.solve_triangular(b, (mp - mq)[:, None], upper=False)
            return (
                0.5 * (m.square().sum() + g.square().sum() - len(mq))
                + b.diagonal().log().sum()
                - a.diagonal().log().sum()
            )
        """,
    ),
    wrong(
        "importance_bound",
        "shifted by the mean, float64",
        """
        def importance_bound(logits, x, z, mean, log_var):
            N = torch.distributions.Normal
            lw = (
                (x * logits - F.softplus(logits)).sum(2)
                + N(0.0, 1.0).log_prob(z).sum(2)
                - N(mean, (log_var / 2).exp()).log_prob(z).sum(2)
            ).double()
            m = lw.mean(0)
            return (lw - m).exp().mean(0).log() + m
        """,
        expects="log-sum-exp",
    ),
    wrong(
        "importance_bound",
        "z detached",
        """
        def importance_bound(logits, x, z, mean, log_var):
            N = torch.distributions.Normal
            z = z.detach()
            lw = (
                (x * logits - F.softplus(logits)).sum(2)
                + N(0.0, 1.0).log_prob(z).sum(2)
                - N(mean, (log_var / 2).exp()).log_prob(z).sum(2)
            )
            return lw.logsumexp(0) - math.log(len(z))
        """,
        expects="`z` is zero",
    ),
    right(
        "importance_bound",
        "by `Independent`, float64",
        """
        def importance_bound(logits, x, z, mean, log_var):
            from torch.distributions import Bernoulli, Independent, Normal

            p = Independent(Bernoulli(logits=logits.double()), 1).log_prob(x.double())
            prior = Independent(Normal(torch.zeros_like(z).double(), 1.0), 1).log_prob(z.double())
            q = Independent(Normal(mean.double(), (log_var.double() / 2).exp()), 1).log_prob(z.double())
            w = p + prior - q
            return torch.logsumexp(w - math.log(w.shape[0]), dim=0)
        """,
    ),
]
