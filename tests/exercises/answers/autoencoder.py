"""Answers to the exercises of chapter 03."""

from tests.exercises.answers import right, wrong

ANSWERS = [
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
            from gmcourse.densities import posterior_mean

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
        expects="changes torch's seed",
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


def _loss(
    noise: str = "torch.randn_like(x)",
    end: str = "squared.flatten(1).sum(1).mean()",
    target: str = "x",
    before: str = "pass",
) -> str:
    return f"""
        pool = torch.randn(4000, 3, 9, 9)

        def denoising_loss(network, x, sigma):
            {before}
            noise = sigma * {noise}
            noisy = x + noise
            squared = ({target} - network(noisy)) ** 2
            return {end}
        """


def _draw(noise: str, before: str = "n, m = n, codes.shape[1]") -> str:
    return f"""
        pool = torch.randn(50_000, 3)

        def draw_codes(codes, n):
            {before}
            L = torch.linalg.cholesky(torch.cov(codes.T))
            return codes.mean(0) + ({noise}) @ L.T
        """


def _kde(h: str = "1.0", constant: str = "math.log(len(codes) * 2 * math.pi * h * h)", words: int = 30) -> str:
    return f"""
        why = 'word ' * {words}
        def fit_density(codes):
            h = {h}
            return lambda z: (-torch.cdist(z, codes) ** 2 / (2 * h * h)).logsumexp(1) - {constant}
        """


ANSWERS += [
    # 1 · denoising_loss
    *(
        wrong("denoising_loss", name, _loss(**kwargs), expects=expects)
        for name, kwargs, expects in (
            ("no noise", {"noise": "0 * x"}, "the noise is missing"),
            ("the noisy target", {"target": "noisy"}, "its target is the noisy picture"),
            ("the noise as a target", {"target": "noise"}, "its target is the noise"),
            ("mean of pixels", {"end": "squared.mean()"}, "averaged over the pixels"),
            ("sum of all", {"end": "squared.sum()"}, "summed over the batch"),
            ("one a picture", {"end": "squared.flatten(1).sum(1)"}, "one number is wanted"),
            ("the norm", {"end": "squared.flatten(1).sum(1).sqrt().mean()"}, "not its square"),
            ("not reduced", {"end": "squared"}, "not reduced"),
            ("half", {"end": "squared.flatten(1).sum(1).mean() / 2"}, "half the right value"),
            ("the sign", {"end": "-squared.flatten(1).sum(1).mean()"}, "sign is wrong"),
            ("detached", {"end": "squared.flatten(1).sum(1).mean().detach()"}, "detached"),
            ("uniform", {"noise": "torch.rand_like(x)"}, "uniform"),
            ("uniform around 0", {"noise": "12**0.5 * (torch.rand_like(x) - 0.5)"}, "not normal"),
            ("σ²", {"noise": "sigma * torch.randn_like(x)"}, "multiplied by σ²"),
            ("no σ", {"noise": "torch.randn_like(x) / sigma"}, "not multiplied by σ"),
            ("one for all pictures", {"noise": "torch.randn(x.shape[1:])"}, "shared by all pictures"),
            ("one a channel", {"noise": "torch.randn(*x.shape[:2], 1, 1)"}, "shared by all lines"),
            ("one a place", {"noise": "torch.randn(len(x), 1, *x.shape[2:])"}, "shared by all channels"),
            (
                "antithetic",
                {"noise": "(e := torch.randn_like(x[::2]), torch.cat([e, -e]))[1]"},
                "mirror image",
            ),
            (
                "a pool",
                {"noise": "pool[: len(x), : x.shape[1], : x.shape[2], : x.shape[3]]"},
                "same at each call",
            ),
            ("a seed inside", {"before": "torch.manual_seed(0)"}, "changes torch's seed"),
            (
                "a generator with a seed",
                {"noise": "torch.randn(x.shape, generator=torch.Generator().manual_seed(0))"},
                "same at each call",
            ),
            ("in place", {"noise": "x.add_(torch.randn_like(x))"}, "writes to its input `x`"),
            ("seen twice", {"before": "network(x)"}, "once"),
        )
    ),
    right("denoising_loss", "as hinted", _loss()),
    right(
        "denoising_loss",
        "by F.mse_loss",
        _loss(end="torch.nn.functional.mse_loss(network(noisy), x, reduction='sum') / len(x)").replace(
            "squared = (x - network(noisy)) ** 2", "pass"
        ),
    ),
    right(
        "denoising_loss",
        "picture by picture",
        """
        def denoising_loss(network, x, sigma):
            total = 0
            for each in x:
                noise = torch.normal(0.0, sigma, each.shape)
                total = total + torch.linalg.vector_norm(each - network((each + noise)[None])[0]) ** 2
            return total / len(x)
        """,
    ),
    # 3 · code_bits
    *(
        wrong(
            "code_bits",
            name,
            f"def code_bits(symbols, tables):\n    p = tables[torch.arange(len(tables)), symbols]\n    return {body}",
            expects=expects,
        )
        for name, body, expects in (
            ("a product, float64", "-p.double().prod(1).log2()", "underflows"),
            ("base ten", "-p.log10().sum(1)", "base 10"),
            ("an ε", "-(p.prod(1) + 1e-30).log2()", "underflows"),
            ("clamped", "-p.clamp(min=0.001).log2().sum(1)", "underflows"),
        )
    ),
    right(
        "code_bits",
        "NumPy",
        """
        def code_bits(symbols, tables):
            import numpy as np

            return -np.log2(tables.numpy()[np.arange(len(tables)), symbols.numpy()]).sum(1)
        """,
    ),
    # 4 · denoise
    wrong(
        "denoise",
        "the flag stays",
        """
        def denoise(log_prob, x, sigma):
            x.requires_grad_()
            (score,) = torch.autograd.grad(log_prob(x).sum(), x)
            return x + sigma**2 * score
        """,
        expects="changed on its input `x`",
    ),
    wrong(
        "denoise",
        "no start",
        """
        def denoise(log_prob, x, sigma):
            (score,) = torch.autograd.grad(log_prob(x).sum(), x)
            return x + sigma**2 * score
        """,
        expects="nothing to differentiate",
    ),
    # 5 · draw_codes
    *(
        wrong("draw_codes", name, _draw(noise), expects=expects)
        for name, noise, expects in (
            ("antithetic", "torch.cat([e := torch.randn(n // 2, 3), -e])", "mirror image"),
            ("a small pool", "torch.randn(500, 3).repeat(n // 500, 1)", "repeats itself"),
            ("a large pool", "pool[:n]", "same at each call"),
            ("a pool, shuffled", "pool[torch.randperm(50_000)[:n]]", "same at each call"),
            ("one noise for all numbers", "torch.randn(n, 1).expand(n, 3)", "shared by all numbers"),
            (
                "neighbours share",
                "(e := torch.randn(n + 1, 3), (e[1:] + e[:-1]) / 2**0.5)[1]",
                "one row tells",
            ),
            ("heavy tails", "torch.distributions.StudentT(5.0).sample((n, 3)) * 0.6**0.5", "not normal"),
        )
    ),
    wrong(
        "draw_codes",
        "the data, smoothed",
        """
        def draw_codes(codes, n):
            chosen = codes[torch.randint(len(codes), (n,))]
            return chosen + 0.05 * torch.randn(n, codes.shape[1])
        """,
        expects="not normal",
    ),
    right(
        "draw_codes",
        "NumPy",
        """
        import numpy as np

        def draw_codes(codes, n):
            codes = codes.numpy()
            return np.random.default_rng().multivariate_normal(codes.mean(0), np.cov(codes.T), n)
        """,
    ),
    # 6 · density_of_codes
    wrong(
        "density_of_codes",
        "one normal",
        """
        why = 'word ' * 30
        def fit_density(codes):
            return torch.distributions.MultivariateNormal(codes.mean(0), torch.cov(codes.T)).log_prob
        """,
        expects="not half a nat better",
    ),
    wrong("density_of_codes", "no constant", _kde(constant="0"), expects="its mass is not 1"),
    wrong(
        "density_of_codes",
        "N forgotten",
        _kde(constant="math.log(2 * math.pi * h * h)"),
        expects="its mass is not 1",
    ),
    wrong("density_of_codes", "by heart", _kde("0.35"), expects="not half a nat better"),
    wrong(
        "density_of_codes",
        "a density, no logarithm",
        _kde().replace("lambda z: (", "lambda z: (0 * z[:, :1] + ").replace(".logsumexp(1)", ".exp().mean(1)"),
        expects="mass is not 1",
    ),
    wrong("density_of_codes", "few words", _kde(words=4), expects="reasons are too short"),
    wrong(
        "density_of_codes",
        "one number",
        _kde().replace("return lambda z: (", "return lambda z: (").replace(".logsumexp(1)", ".sum()"),
        expects="of each code",
    ),
    right("density_of_codes", "kernels", _kde()),
    right("density_of_codes", "kernels, wider", _kde("1.5")),
    right(
        "density_of_codes",
        "a mixture",
        """
        from gmcourse.densities import Mixture
        why = 'word ' * 30
        def fit_density(codes):
            mixture = Mixture.fit(codes.double(), 20, generator=torch.Generator().manual_seed(0))
            return lambda z: mixture.log_prob(z.double())
        """,
    ),
]

ANSWERS += [
    # what was tried later: what an answer leaves behind, draws that are tied, other ways to be right
    wrong(
        "denoising_loss",
        "the noisy picture cut to [0, 1]",
        """
        def denoising_loss(f, x, s):
            y = (x + s * torch.randn_like(x)).clamp(0, 1)
            return (x - f(y)).square().flatten(1).sum(1).mean()
        """,
        expects="cut to [0, 1]",
    ),
    wrong(
        "denoising_loss",
        "without gradients",
        """
        def denoising_loss(f, x, s):
            y = x + s * torch.randn_like(x)
            with torch.no_grad():
                g = f(y)
            return (x - g).square().flatten(1).sum(1).mean()
        """,
        expects="no gradient",
    ),
    wrong(
        "denoising_loss",
        "one half of the noise mirrors the other",
        """
        def denoising_loss(f, x, s):
            e = torch.randn_like(x[..., : x.shape[3] // 2])
            y = x + s * torch.cat([e, e.flip(3)], 3)
            return (x - f(y)).square().flatten(1).sum(1).mean()
        """,
        expects="one place tells that of another",
    ),
    wrong(
        "denoising_loss",
        "one noise, rolled",
        """
        def denoising_loss(f, x, s):
            e = torch.randn(1, *x.shape[1:]).flatten()
            y = x + s * torch.stack([e.roll(i) for i in range(len(x))]).reshape(x.shape)
            return (x - f(y)).square().flatten(1).sum(1).mean()
        """,
        expects="repeats itself",
    ),
    wrong(
        "denoising_loss",
        "the generator put back",
        """
        def denoising_loss(f, x, s):
            state = torch.get_rng_state()
            e = torch.randn_like(x)
            torch.set_rng_state(state)
            return (x - f(x + s * e)).square().flatten(1).sum(1).mean()
        """,
        expects="same at each call",
    ),
    wrong(
        "denoising_loss",
        "one noise for all lines",
        """
        def denoising_loss(f, x, s):
            e = torch.randn_like(x[:, :, :1]).expand_as(x)
            return (x - f(x + s * e)).square().flatten(1).sum(1).mean()
        """,
        expects="shared by all lines",
    ),
    right(
        "denoising_loss",
        "a generator of its own",
        """
        def denoising_loss(network, x, s):
            g = torch.Generator()
            g.seed()
            y = torch.normal(x, s, generator=g)
            gap = x - network(y)
            return torch.einsum("bchw,bchw->b", gap, gap).mean()
        """,
    ),
    wrong(
        "best_linear_error",
        "a root too many",
        """
        def best_linear_error(x, m):
            s = torch.linalg.svdvals(x - x.mean(0))
            return (s[m:].square().sum() / len(x)).sqrt()
        """,
        expects="square root",
    ),
    right(
        "best_linear_error",
        "NumPy",
        """
        def best_linear_error(x, m):
            import numpy as np

            x = x.numpy().astype(float)
            v = np.linalg.eigvalsh(np.cov(x.T, bias=True))
            return float(v[: x.shape[1] - m].sum()) if m < x.shape[1] else 0
        """,
    ),
    right(
        "best_linear_error",
        "all less what is kept, float64",
        """
        def best_linear_error(x, m):
            x = x.double()
            z = x - x.mean(0)
            u, s, vh = torch.linalg.svd(z)
            return (z.square().sum() - s[:m].square().sum()) / len(z)
        """,
    ),
    wrong(
        "code_bits",
        "products of a hundred",
        """
        def code_bits(s, t):
            p = t[torch.arange(len(t)), s].double()
            return -sum(c.prod(1).log2() for c in p.split(100, 1))
        """,
        expects="underflows",
    ),
    right(
        "code_bits",
        "one-hot, a list",
        """
        def code_bits(s, t):
            h = torch.nn.functional.one_hot(s, t.shape[1]).double()
            return (-torch.einsum("nms,ms->n", h, t.double().log()) / math.log(2)).tolist()
        """,
    ),
    right(
        "code_bits",
        "Python's own numbers",
        """
        def code_bits(s, t):
            return [sum(-math.log2(t[d, k]) for d, k in enumerate(row)) for row in s.tolist()]
        """,
    ),
    right(
        "denoise",
        "differences, float64, NumPy",
        """
        def denoise(lp, x, sigma):
            x = x.double()
            h = 1e-4
            g = torch.stack(
                [(lp(x + h * e) - lp(x - h * e)) / (2 * h) for e in torch.eye(x.shape[1]).double()], 1
            )
            return (x + sigma**2 * g).numpy()
        """,
    ),
    right(
        "denoise",
        "torch.func",
        """
        def denoise(lp, x, sigma):
            from torch.func import grad

            return x + sigma**2 * grad(lambda y: lp(y).sum())(x)
        """,
    ),
    wrong(
        "draw_codes",
        "a fifth less variance",
        """
        def draw_codes(codes, n):
            f = torch.linalg.cholesky(0.8 * codes.T.cov())
            return codes.mean(0) + torch.randn(n, codes.shape[1]) @ f.T
        """,
        expects="another covariance",
    ),
    wrong(
        "draw_codes",
        "between two codes",
        """
        def draw_codes(codes, n):
            i, j = torch.randint(len(codes), (2, n))
            a = torch.rand(n, 1)
            return a * codes[i] + (1 - a) * codes[j]
        """,
        expects="another covariance",
    ),
    wrong(
        "draw_codes",
        "kernels of the right covariance",
        """
        def draw_codes(codes, n):
            i = torch.randint(len(codes), (n,))
            h = 0.3
            c = codes.T.cov()
            f = torch.linalg.cholesky(c)
            m = codes.mean(0)
            return m + (codes[i] - m) * (1 - h * h) ** 0.5 + h * torch.randn(n, codes.shape[1]) @ f.T
        """,
        expects="not normal",
    ),
    right(
        "draw_codes",
        "by singular values, float64",
        """
        def draw_codes(codes, n):
            z = codes.double() - codes.double().mean(0)
            u, s, vh = torch.linalg.svd(z, full_matrices=False)
            return (
                codes.mean(0) + torch.randn(n, len(s), dtype=torch.float64) * s / len(codes) ** 0.5 @ vh
            )
        """,
    ),
    right(
        "draw_codes",
        "NumPy's normal",
        """
        def draw_codes(codes, n):
            import numpy as np

            return np.random.multivariate_normal(
                codes.mean(0).numpy().astype(float), np.cov(codes.T.numpy()), n
            )
        """,
    ),
]
