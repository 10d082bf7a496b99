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
        expects="summed over the batch too",
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
        expects="shared by the whole batch",
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
        expects="neighbouring rows share",
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
        expects="set no seed inside",
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
        expects="one number a row",
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
    # 4 · importance_bound
    wrong(
        "importance_bound",
        "mean of the logarithms",
        """
        def importance_bound(log_weights):
            return log_weights.mean(0)
        """,
        expects="the ELBO",
    ),
    wrong(
        "importance_bound",
        "no log K",
        """
        def importance_bound(log_weights):
            return torch.logsumexp(log_weights, dim=0)
        """,
        expects="log K is missing",
    ),
    wrong(
        "importance_bound",
        "the wrong axis",
        """
        def importance_bound(log_weights):
            return torch.logsumexp(log_weights, dim=1) - math.log(log_weights.shape[1])
        """,
        expects="wrong axis",
    ),
    wrong(
        "importance_bound",
        "exp underflows",
        """
        def importance_bound(log_weights):
            return log_weights.exp().mean(0).log()
        """,
        expects="underflows",
    ),
    wrong(
        "importance_bound",
        "an ε against log 0",
        """
        def importance_bound(log_weights):
            return (log_weights.exp().mean(0) + 1e-30).log()
        """,
        expects="a constant in the logarithm",
    ),
    wrong(
        "importance_bound",
        "float64 does not save it",
        """
        def importance_bound(log_weights):
            return log_weights.double().exp().mean(0).log()
        """,
        expects="log-sum-exp",
    ),
    wrong(
        "importance_bound",
        "divided outside the logarithm",
        """
        def importance_bound(log_weights):
            return torch.logsumexp(log_weights, 0) / len(log_weights)
        """,
        expects="outside the logarithm",
    ),
    wrong(
        "importance_bound",
        "averaged over the batch",
        """
        def importance_bound(log_weights):
            return (torch.logsumexp(log_weights, 0) - math.log(len(log_weights))).mean()
        """,
        expects="averaged over the batch",
    ),
    wrong(
        "importance_bound",
        "weights detached",
        """
        def importance_bound(log_weights):
            return torch.logsumexp(log_weights.detach(), 0) - math.log(len(log_weights))
        """,
        expects="detached",
    ),
    right(
        "importance_bound",
        "the largest taken out by hand",
        """
        def importance_bound(log_weights):
            largest = log_weights.max(dim=0).values
            return largest + (log_weights - largest).exp().mean(0).log()
        """,
    ),
    right(
        "importance_bound",
        "logaddexp in a loop, float64",
        """
        def importance_bound(log_weights):
            rows = list(log_weights.double())
            total = rows[0]
            for row in rows[1:]:
                total = torch.logaddexp(total, row)
            return total - math.log(len(rows))
        """,
    ),
    right(
        "importance_bound",
        "log K under the sum, transposed, in place",
        """
        def importance_bound(log_weights):
            w = log_weights.T.clone()
            w -= math.log(w.shape[1])
            return torch.logsumexp(w, -1)
        """,
    ),
    # 5 · slide_kl
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
    # 6 · hidden_beta
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
        expects="other way round",
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
