"""Answers to the exercises of chapter 03."""

from tests.exercises.answers import right, wrong

ANSWERS = [
    # 1 · reconstruction_loss
    wrong(
        "reconstruction_loss",
        "F.mse_loss as it comes",
        """
        def reconstruction_loss(x, x_hat):
            return torch.nn.functional.mse_loss(x_hat, x)
        """,
        expects="averaged over the pixels",
    ),
    wrong(
        "reconstruction_loss",
        "summed over the batch",
        """
        def reconstruction_loss(x, x_hat):
            return (x - x_hat).square().sum()
        """,
        expects="summed over the batch",
    ),
    wrong(
        "reconstruction_loss",
        "one number a picture",
        """
        def reconstruction_loss(x, x_hat):
            return (x - x_hat).square().flatten(1).sum(1)
        """,
        expects="one number a picture came back",
    ),
    wrong(
        "reconstruction_loss",
        "the norm",
        """
        def reconstruction_loss(x, x_hat):
            return (x - x_hat).flatten(1).norm(dim=1).mean()
        """,
        expects="not its square",
    ),
    wrong(
        "reconstruction_loss",
        "absolute differences",
        """
        def reconstruction_loss(x, x_hat):
            return (x - x_hat).abs().flatten(1).sum(1).mean()
        """,
        expects="not squared",
    ),
    wrong(
        "reconstruction_loss",
        "summed over the channels only",
        """
        def reconstruction_loss(x, x_hat):
            return (x - x_hat).square().sum(1).mean()
        """,
        expects="over the channels",
    ),
    wrong(
        "reconstruction_loss",
        "with a half",
        """
        def reconstruction_loss(x, x_hat):
            return 0.5 * (x - x_hat).square().flatten(1).sum(1).mean()
        """,
        expects="½",
    ),
    wrong(
        "reconstruction_loss",
        "detached",
        """
        def reconstruction_loss(x, x_hat):
            return (x - x_hat.detach()).square().flatten(1).sum(1).mean()
        """,
        expects="detached",
    ),
    right(
        "reconstruction_loss",
        "mse_loss, scaled",
        """
        def reconstruction_loss(x, x_hat):
            return torch.nn.functional.mse_loss(x_hat, x) * x[0].numel()
        """,
    ),
    right(
        "reconstruction_loss",
        "einsum",
        """
        def reconstruction_loss(x, x_hat):
            d = (x - x_hat).flatten(1)
            return torch.einsum('bi,bi->', d, d) / len(x)
        """,
    ),
    right(
        "reconstruction_loss",
        "a loop, in float64",
        """
        def reconstruction_loss(x, x_hat):
            total = 0.0
            for a, b in zip(x.double(), x_hat.double()):
                total = total + ((a - b) ** 2).sum()
            return total / len(x)
        """,
    ),
    # 2 · best_linear_error
    wrong(
        "best_linear_error",
        "not centred",
        """
        def best_linear_error(x, m):
            return torch.linalg.svdvals(x)[m:].square().sum() / len(x)
        """,
        expects="not centred",
    ),
    wrong(
        "best_linear_error",
        "what is kept",
        """
        def best_linear_error(x, m):
            s = torch.linalg.svdvals(x - x.mean(0))
            return s[:m].square().sum() / len(x)
        """,
        expects="variance that is kept",
    ),
    wrong(
        "best_linear_error",
        "N − 1",
        """
        def best_linear_error(x, m):
            return torch.linalg.svdvals(torch.cov(x.T))[m:].sum()
        """,
        expects="divided by N − 1",
    ),
    wrong(
        "best_linear_error",
        "summed over the pictures",
        """
        def best_linear_error(x, m):
            return torch.linalg.svdvals(x - x.mean(0))[m:].square().sum()
        """,
        expects="summed over the pictures",
    ),
    wrong(
        "best_linear_error",
        "averaged over everything",
        """
        def best_linear_error(x, m):
            s = torch.linalg.svdvals(x - x.mean(0))
            return s[m:].square().sum() / x.numel()
        """,
        expects="averaged over the dimensions",
    ),
    wrong(
        "best_linear_error",
        "eigh's order",
        """
        def best_linear_error(x, m):
            c = torch.cov(x.T, correction=0)
            return torch.linalg.eigvalsh(c)[m:].sum()
        """,
        expects="the smallest eigenvalues come first",
    ),
    wrong(
        "best_linear_error",
        "singular values not squared",
        """
        def best_linear_error(x, m):
            return torch.linalg.svdvals(x - x.mean(0))[m:].sum()
        """,
        expects="must be squared",
    ),
    wrong(
        "best_linear_error",
        "a share",
        """
        def best_linear_error(x, m):
            s = torch.linalg.svdvals(x - x.mean(0)) ** 2
            return s[m:].sum() / s.sum()
        """,
        expects="the share of the variance",
    ),
    right(
        "best_linear_error",
        "project and look",
        """
        def best_linear_error(x, m):
            c = x - x.mean(0)
            v = torch.linalg.svd(c, full_matrices=False).Vh[:m]
            return ((c - c @ v.T @ v) ** 2).sum(1).mean()
        """,
    ),
    right(
        "best_linear_error",
        "eigenvalues of the covariance",
        """
        def best_linear_error(x, m):
            c = torch.cov(x.double().T, correction=0)
            return torch.linalg.eigvalsh(c)[: x.shape[1] - m].sum()
        """,
    ),
    right(
        "best_linear_error",
        "the package's PCA",
        """
        def best_linear_error(x, m):
            from gmcourse.nn.pca import PCA

            p = PCA.fit(x, m)
            return float((x - p.decode(p.encode(x))).square().sum(1).mean())
        """,
    ),
    # 3 · code_bits
    wrong(
        "code_bits",
        "nats",
        """
        def code_bits(symbols, tables):
            return -tables[torch.arange(len(tables)), symbols].log().sum(1)
        """,
        expects="in nats",
    ),
    wrong(
        "code_bits",
        "the sign",
        """
        def code_bits(symbols, tables):
            return tables[torch.arange(len(tables)), symbols].log2().sum(1)
        """,
        expects="the sign is wrong",
    ),
    wrong(
        "code_bits",
        "a mean",
        """
        def code_bits(symbols, tables):
            return -tables[torch.arange(len(tables)), symbols].log2().mean(1)
        """,
        expects="averaged over the numbers",
    ),
    wrong(
        "code_bits",
        "the wrong axis",
        """
        def code_bits(symbols, tables):
            return -tables[torch.arange(len(tables)), symbols].log2().sum(0)
        """,
        expects="summed over the pictures",
    ),
    wrong(
        "code_bits",
        "one table for all",
        """
        def code_bits(symbols, tables):
            return -tables[0][symbols].log2().sum(1)
        """,
        expects="the first is used for all",
    ),
    wrong(
        "code_bits",
        "the entropy",
        """
        def code_bits(symbols, tables):
            h = -(tables * tables.log2()).sum()
            return h.expand(len(symbols))
        """,
        expects="the entropy",
    ),
    wrong(
        "code_bits",
        "a sum of probabilities",
        """
        def code_bits(symbols, tables):
            return -tables[torch.arange(len(tables)), symbols].sum(1).log2()
        """,
        expects="probabilities are added",
    ),
    wrong(
        "code_bits",
        "the product underflows",
        """
        def code_bits(symbols, tables):
            return -tables[torch.arange(len(tables)), symbols].prod(1).log2()
        """,
        expects="underflows",
    ),
    right(
        "code_bits",
        "gather",
        """
        def code_bits(symbols, tables):
            p = tables.expand(len(symbols), -1, -1).gather(2, symbols[..., None])[..., 0]
            return -p.log2().sum(-1)
        """,
    ),
    right(
        "code_bits",
        "a loop over the tables",
        """
        def code_bits(symbols, tables):
            bits = torch.zeros(len(symbols))
            for column, table in zip(symbols.T, tables):
                bits -= table.log2()[column]
            return bits
        """,
    ),
    right(
        "code_bits",
        "Categorical",
        """
        def code_bits(symbols, tables):
            import math

            nats = torch.distributions.Categorical(probs=tables).log_prob(symbols)
            return -nats.sum(1) / math.log(2)
        """,
    ),
    # 4 · denoise
    wrong(
        "denoise",
        "down the slope",
        """
        def denoise(log_prob, x, sigma):
            x = x.detach().requires_grad_()
            (s,) = torch.autograd.grad(log_prob(x).sum(), x)
            return x - sigma**2 * s
        """,
        expects="the sign of the gradient",
    ),
    wrong(
        "denoise",
        "σ for σ²",
        """
        def denoise(log_prob, x, sigma):
            x = x.detach().requires_grad_()
            (s,) = torch.autograd.grad(log_prob(x).sum(), x)
            return x + sigma * s
        """,
        expects="it must be σ²",
    ),
    wrong(
        "denoise",
        "no σ",
        """
        def denoise(log_prob, x, sigma):
            x = x.detach().requires_grad_()
            (s,) = torch.autograd.grad(log_prob(x).sum(), x)
            return x + s
        """,
        expects="not multiplied by σ²",
    ),
    wrong(
        "denoise",
        "without the point",
        """
        def denoise(log_prob, x, sigma):
            x = x.detach().requires_grad_()
            (s,) = torch.autograd.grad(log_prob(x).sum(), x)
            return sigma**2 * s
        """,
        expects="itself is missing",
    ),
    wrong(
        "denoise",
        "the mean over the batch",
        """
        def denoise(log_prob, x, sigma):
            x = x.detach().requires_grad_()
            (s,) = torch.autograd.grad(log_prob(x).mean(), x)
            return x + sigma**2 * s
        """,
        expects="N times too small",
    ),
    wrong(
        "denoise",
        "the density's gradient",
        """
        def denoise(log_prob, x, sigma):
            x = x.detach().requires_grad_()
            (s,) = torch.autograd.grad(log_prob(x).exp().sum(), x)
            return x + sigma**2 * s
        """,
        expects="not of its logarithm",
    ),
    wrong(
        "denoise",
        "nothing done",
        """
        def denoise(log_prob, x, sigma):
            return x
        """,
        expects="as it was",
    ),
    right(
        "denoise",
        "backward",
        """
        def denoise(log_prob, x, sigma):
            y = x.detach().clone().requires_grad_()
            log_prob(y).sum().backward()
            return y.detach() + sigma * sigma * y.grad
        """,
    ),
    right(
        "denoise",
        "row by row",
        """
        def denoise(log_prob, x, sigma):
            rows = []
            for row in x.detach():
                y = row[None].clone().requires_grad_()
                (s,) = torch.autograd.grad(log_prob(y)[0], y)
                rows.append((y + sigma**2 * s)[0])
            return torch.stack(rows).detach()
        """,
    ),
    right(
        "denoise",
        "the package's",
        """
        def denoise(log_prob, x, sigma):
            from gmcourse.models.autoencoder import posterior_mean

            return posterior_mean(log_prob, x, sigma)
        """,
    ),
    # 5 · draw_codes
    wrong(
        "draw_codes",
        "an axis, but no covariance",
        """
        def draw_codes(codes, n):
            return codes.mean(0) + codes.std(0) * torch.randn(n, codes.shape[1])
        """,
        expects="the covariances are missing",
    ),
    wrong(
        "draw_codes",
        "the prior of a VAE",
        """
        def draw_codes(codes, n):
            return torch.randn(n, codes.shape[1])
        """,
        expects="nothing was fitted",
    ),
    wrong(
        "draw_codes",
        "the factor transposed",
        """
        def draw_codes(codes, n):
            L = torch.linalg.cholesky(torch.cov(codes.T))
            return codes.mean(0) + torch.randn(n, codes.shape[1]) @ L
        """,
        expects="the factor is transposed",
    ),
    wrong(
        "draw_codes",
        "Σ for its factor",
        """
        def draw_codes(codes, n):
            return codes.mean(0) + torch.randn(n, codes.shape[1]) @ torch.cov(codes.T)
        """,
        expects="it must be a factor",
    ),
    wrong(
        "draw_codes",
        "around zero",
        """
        def draw_codes(codes, n):
            L = torch.linalg.cholesky(torch.cov(codes.T))
            return torch.randn(n, codes.shape[1]) @ L.T
        """,
        expects="the mean of the codes is missing",
    ),
    wrong(
        "draw_codes",
        "the data drawn again",
        """
        def draw_codes(codes, n):
            return codes[torch.randint(len(codes), (n,))]
        """,
        expects="drawn again",
    ),
    wrong(
        "draw_codes",
        "a seed inside",
        """
        def draw_codes(codes, n):
            torch.manual_seed(0)
            L = torch.linalg.cholesky(torch.cov(codes.T))
            return codes.mean(0) + torch.randn(n, codes.shape[1]) @ L.T
        """,
        expects="fresh each time",
    ),
    wrong(
        "draw_codes",
        "one draw too few",
        """
        def draw_codes(codes, n):
            L = torch.linalg.cholesky(torch.cov(codes.T))
            return codes.mean(0) + torch.randn(codes.shape[1]) @ L.T
        """,
        expects="shape",
    ),
    wrong(
        "draw_codes",
        "uniform noise of the right spread",
        """
        def draw_codes(codes, n):
            L = torch.linalg.cholesky(torch.cov(codes.T))
            u = (torch.rand(n, codes.shape[1]) - 0.5) * 12**0.5
            return codes.mean(0) + u @ L.T
        """,
        expects="not normal",
    ),
    right(
        "draw_codes",
        "torch.distributions",
        """
        def draw_codes(codes, n):
            q = torch.distributions.MultivariateNormal(codes.mean(0), torch.cov(codes.T))
            return q.sample((n,))
        """,
    ),
    right(
        "draw_codes",
        "the symmetric root",
        """
        def draw_codes(codes, n):
            values, vectors = torch.linalg.eigh(torch.cov(codes.T, correction=0))
            root = vectors @ values.sqrt().diag() @ vectors.T
            return codes.mean(0) + torch.randn(n, len(root)) @ root
        """,
    ),
    right(
        "draw_codes",
        "random sums of the codes",
        """
        def draw_codes(codes, n):
            centred = codes - codes.mean(0)
            return codes.mean(0) + torch.randn(n, len(codes)) @ centred / len(codes) ** 0.5
        """,
    ),
]
