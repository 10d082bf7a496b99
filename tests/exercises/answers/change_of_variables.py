"""Answers to the exercises of chapter 05."""

from tests.exercises.answers import right, wrong


def _density(line: str) -> str:
    return f"""
        def log_density(x, f):
            x = x.clone().requires_grad_(True)
            z = f(x)
            slope = torch.autograd.grad(z.sum(), x)[0]
            base = torch.distributions.Normal(0.0, 1.0).log_prob(z)
            {line}
        """


def _area(line: str) -> str:
    return f"""
        def area_factor(x, f):
            J = torch.stack([torch.autograd.functional.jacobian(f, p) for p in x])
            {line}
        """


ANSWERS = [
    # 1 · log_density
    wrong("log_density", "no slope", _density("return base"), expects="slope is missing"),
    wrong("log_density", "subtracted", _density("return base - slope.abs().log()"), expects="it is added"),
    wrong(
        "log_density", "no logarithm", _density("return base + slope.abs()"), expects="without its logarithm"
    ),
    wrong(
        "log_density", "no absolute value", _density("return base + slope.log()"), expects="absolute value"
    ),
    wrong(
        "log_density",
        "a density",
        _density("return (base + slope.abs().log()).exp()"),
        expects="this is the density",
    ),
    wrong(
        "log_density",
        "averaged",
        _density("return (base + slope.abs().log()).mean()"),
        expects="averaged over the batch",
    ),
    wrong(
        "log_density",
        "the base at x",
        _density("return torch.distributions.Normal(0.0, 1.0).log_prob(x) + slope.abs().log()"),
        expects="base density is taken at x",
    ),
    right("log_density", "as in the lesson", _density("return base + slope.abs().log()")),
    right(
        "log_density",
        "by hand, one sample at a time",
        """
        def log_density(x, f):
            out = []
            for value in x:
                v = value.clone().requires_grad_(True)
                z = f(v)
                z.backward()
                out.append(-0.5 * z.detach() ** 2 - 0.5 * math.log(2 * math.pi) + math.log(abs(v.grad)))
            return torch.stack(out)
        """,
    ),
    right(
        "log_density",
        "forward mode, float64",
        """
        def log_density(x, f):
            x = x.double()
            z, slope = torch.func.jvp(f, (x,), (torch.ones_like(x),))
            return -(z**2) / 2 - math.log(math.sqrt(2 * math.pi)) + torch.log(torch.abs(slope))
        """,
    ),
    # 2 · area_factor
    wrong(
        "area_factor",
        "the determinant",
        _area("return torch.linalg.det(J)"),
        expects="this is the determinant",
    ),
    wrong(
        "area_factor",
        "no logarithm",
        _area("return torch.linalg.det(J).abs()"),
        expects="its logarithm is wanted",
    ),
    wrong(
        "area_factor",
        "no absolute value",
        _area("return torch.logdet(J)"),
        expects="absolute value is missing",
    ),
    wrong(
        "area_factor", "the inverse's", _area("return -torch.linalg.slogdet(J)[1]"), expects="of the inverse"
    ),
    wrong(
        "area_factor",
        "the diagonal",
        _area("return J.diagonal(dim1=1, dim2=2).abs().log().sum(1)"),
        expects="only the diagonal",
    ),
    wrong(
        "area_factor",
        "ad + bc",
        _area("return (J[:, 0, 0] * J[:, 1, 1] + J[:, 0, 1] * J[:, 1, 0]).abs().log()"),
        expects="ad + bc",
    ),
    wrong(
        "area_factor",
        "summed",
        _area("return torch.linalg.slogdet(J)[1].sum()"),
        expects="summed over the points",
    ),
    right("area_factor", "slogdet", _area("return torch.linalg.slogdet(J)[1]")),
    right(
        "area_factor",
        "two gradients and ad − bc",
        """
        def area_factor(x, f):
            x = x.clone().requires_grad_(True)
            z = f(x)
            a, b = torch.autograd.grad(z[:, 0].sum(), x, retain_graph=True)[0].T
            c, d = torch.autograd.grad(z[:, 1].sum(), x)[0].T
            return torch.log(torch.abs(a * d - b * c))
        """,
    ),
    right(
        "area_factor",
        "vmap and jacrev",
        """
        def area_factor(x, f):
            J = torch.func.vmap(torch.func.jacrev(f))(x.double())
            return torch.linalg.svdvals(J).log().sum(-1)
        """,
    ),
    # 3 · triangular_log_det
    wrong(
        "triangular_log_det",
        "no absolute value",
        "def triangular_log_det(L):\n    return L.diagonal(dim1=1, dim2=2).log().sum(1)",
        expects="absolute value is missing",
    ),
    wrong(
        "triangular_log_det",
        "the determinant",
        "def triangular_log_det(L):\n    return L.diagonal(dim1=1, dim2=2).prod(1)",
        expects="this is the determinant",
    ),
    wrong(
        "triangular_log_det",
        "the trace",
        "def triangular_log_det(L):\n    return L.diagonal(dim1=1, dim2=2).sum(1).abs().log()",
        expects="trace",
    ),
    wrong(
        "triangular_log_det",
        "the mean",
        "def triangular_log_det(L):\n    return L.diagonal(dim1=1, dim2=2).abs().log().mean(1)",
        expects="averaged",
    ),
    wrong(
        "triangular_log_det",
        "the batch as well",
        "def triangular_log_det(L):\n    return L.diagonal(dim1=1, dim2=2).abs().log().sum()",
        expects="over the batch too",
    ),
    wrong(
        "triangular_log_det",
        "a product that underflows",
        "def triangular_log_det(L):\n    return L.diagonal(dim1=1, dim2=2).prod(1).abs().log()",
        expects="add logarithms",
    ),
    right(
        "triangular_log_det",
        "the diagonal",
        "def triangular_log_det(L):\n    return L.diagonal(dim1=-2, dim2=-1).abs().log().sum(-1)",
    ),
    right(
        "triangular_log_det",
        "a loop",
        """
        def triangular_log_det(L):
            total = torch.zeros(len(L))
            for i in range(L.shape[1]):
                total += L[:, i, i].abs().log()
            return total
        """,
    ),
    right(
        "triangular_log_det",
        "half the log of squares",
        "def triangular_log_det(L):\n    return 0.5 * (torch.einsum('bii->bi', L.double()) ** 2).log().sum(1)",
    ),
    # 4 · inverse_cdf
    wrong(
        "inverse_cdf",
        "falls with u",
        "def inverse_cdf(u, rate):\n    return -u.log() / rate",
        expects="falls with u",
    ),
    wrong(
        "inverse_cdf",
        "negative",
        "def inverse_cdf(u, rate):\n    return (1 - u).log() / rate",
        expects="sign is wrong",
    ),
    wrong(
        "inverse_cdf",
        "times the rate",
        "def inverse_cdf(u, rate):\n    return -(1 - u).log() * rate",
        expects="multiplied",
    ),
    wrong(
        "inverse_cdf",
        "no rate",
        "def inverse_cdf(u, rate):\n    return -(1 - u).log()",
        expects="rate is missing",
    ),
    wrong(
        "inverse_cdf",
        "the CDF",
        "def inverse_cdf(u, rate):\n    return 1 - torch.exp(-rate * u)",
        expects="CDF itself",
    ),
    right("inverse_cdf", "log1p", "def inverse_cdf(u, rate):\n    return -torch.log1p(-u) / rate"),
    right(
        "inverse_cdf",
        "torch's own",
        "def inverse_cdf(u, rate):\n    return torch.distributions.Exponential(rate).icdf(u)",
    ),
    right(
        "inverse_cdf",
        "by bisection",
        """
        def inverse_cdf(u, rate):
            low, high = torch.zeros_like(u).double(), torch.full_like(u, 60.0).double()
            for _ in range(80):
                middle = (low + high) / 2
                below = 1 - torch.exp(-rate * middle) < u
                low, high = torch.where(below, middle, low), torch.where(below, high, middle)
            return middle
        """,
    ),
    # 5 · repaired_bits
    wrong(
        "repaired_bits",
        "the sign of the density",
        "def repaired_bits(log_density, dims, grey_levels):\n"
        "    return (dims * math.log(grey_levels) + log_density) / (dims * math.log(2))",
        expects="sign of the density",
    ),
    wrong(
        "repaired_bits",
        "the constant subtracted",
        "def repaired_bits(log_density, dims, grey_levels):\n"
        "    return -(log_density + dims * math.log(grey_levels)) / (dims * math.log(2))",
        expects="must be added",
    ),
    wrong(
        "repaired_bits",
        "nats",
        "def repaired_bits(log_density, dims, grey_levels):\n"
        "    return (dims * math.log(grey_levels) - log_density) / dims",
        expects="divide by log 2",
    ),
    wrong(
        "repaired_bits",
        "not per dimension",
        "def repaired_bits(log_density, dims, grey_levels):\n"
        "    return (dims * math.log(grey_levels) - log_density) / math.log(2)",
        expects="number of dimensions",
    ),
    wrong(
        "repaired_bits",
        "no constant",
        "def repaired_bits(log_density, dims, grey_levels):\n    return -log_density / (dims * math.log(2))",
        expects="constant is missing",
    ),
    right(
        "repaired_bits",
        "one fraction",
        "def repaired_bits(log_density, dims, grey_levels):\n"
        "    return (dims * math.log(grey_levels) - log_density) / (dims * math.log(2))",
    ),
    right(
        "repaired_bits",
        "bits of the levels less bits of the density",
        "def repaired_bits(log_density, dims, grey_levels):\n"
        "    return math.log2(grey_levels) - log_density.double() / dims / math.log(2)",
    ),
    right(
        "repaired_bits",
        "by the package",
        """
        def repaired_bits(log_density, dims, grey_levels):
            from gmcourse.metrics.likelihood import bits_per_dim
            return bits_per_dim(log_density - dims * math.log(grey_levels), dims)
        """,
    ),
]
