"""Answers to the exercises of chapter 06."""

from tests.exercises.answers import right, wrong


def _uncouple(line: str) -> str:
    return f"""
        def uncouple(y, m):
            y1, y2 = y.chunk(2, dim=1)
            return torch.cat({line}, dim=1)
        """


def _affine(second: str, log_det: str) -> str:
    return f"""
        def affine_coupling(x, network):
            x1, x2 = x.chunk(2, dim=1)
            r, t = network(x1).chunk(2, dim=1)
            return torch.cat([x1, {second}], dim=1), {log_det}
        """


def _one_line(name: str, line: str, arguments: str = "z") -> str:
    return f"def {name}({arguments}):\n    return {line}"


def _scaled(line: str) -> str:
    return f"""
        def logistic(z):
            return (F.logsigmoid(z) + F.logsigmoid(-z)).sum(1)

        def scaled_log_prob(h, s):
            return {line}
        """


ANSWERS = [
    # 1 · uncouple
    wrong("uncouple", "added again", _uncouple("[y1, y2 + m(y1)]"), expects="added once more"),
    wrong(
        "uncouple",
        "fed with the changed half",
        _uncouple("[y1, y2 - m(y2)]"),
        expects="half that was changed",
    ),
    wrong("uncouple", "both halves", _uncouple("[y1 - m(y1), y2 - m(y1)]"), expects="never changed"),
    wrong("uncouple", "the wrong half", _uncouple("[y1 - m(y2), y2]"), expects="in place of the second"),
    wrong("uncouple", "swapped", _uncouple("[y2 - m(y1), y1]"), expects="wrong order"),
    wrong("uncouple", "nothing done", "def uncouple(y, m):\n    return y", expects="unchanged"),
    right("uncouple", "in one line", _uncouple("[y1, y2 - m(y1)]")),
    right(
        "uncouple",
        "in place on a copy",
        """
        def uncouple(y, m):
            x = y.clone()
            half = y.shape[1] // 2
            x[:, half:] -= m(y[:, :half])
            return x
        """,
    ),
    right(
        "uncouple",
        "row by row",
        """
        def uncouple(y, m):
            half = y.shape[1] // 2
            return torch.stack([torch.cat([row[:half], row[half:] - m(row[None, :half])[0]]) for row in y])
        """,
    ),
    # 2 · affine_coupling
    wrong(
        "affine_coupling",
        "scaled first",
        _affine("x2 * r.exp() + t", "r.sum(1)"),
        expects="shift comes first",
    ),
    wrong(
        "affine_coupling", "no exponential", _affine("(x2 + t) * r", "r.abs().log().sum(1)"), expects="exp(r)"
    ),
    wrong("affine_coupling", "swapped", _affine("(x2 + r) * t.exp()", "t.sum(1)"), expects="swapped"),
    wrong(
        "affine_coupling",
        "the inverse",
        _affine("x2 / r.exp() - t", "-r.sum(1)"),
        expects="that is the inverse",
    ),
    wrong(
        "affine_coupling",
        "the sign",
        _affine("(x2 + t) * r.exp()", "-r.sum(1)"),
        expects="sign of the log-det",
    ),
    wrong("affine_coupling", "Σ s", _affine("(x2 + t) * r.exp()", "r.exp().sum(1)"), expects="this is Σ s"),
    wrong("affine_coupling", "the mean", _affine("(x2 + t) * r.exp()", "r.mean(1)"), expects="averaged"),
    wrong(
        "affine_coupling",
        "the whole batch",
        _affine("(x2 + t) * r.exp()", "r.sum()"),
        expects="over the batch",
    ),
    wrong(
        "affine_coupling",
        "the log-determinant detached",
        _affine("(x2 + t) * r.exp()", "r.detach().sum(1)"),
        expects="detached",
    ),
    right("affine_coupling", "as written", _affine("(x2 + t) * r.exp()", "r.sum(1)")),
    right(
        "affine_coupling",
        "log of the product of scales",
        """
        def affine_coupling(x, network):
            half = x.shape[1] // 2
            out = network(x[:, :half])
            scale = torch.exp(out[:, :half])
            second = scale * x[:, half:] + scale * out[:, half:]
            return torch.hstack([x[:, :half], second]), scale.prod(1).log()
        """,
    ),
    right(
        "affine_coupling",
        "by a list",
        """
        def affine_coupling(x, network):
            a, b = x.tensor_split(2, dim=-1)
            r, t = network(a).tensor_split(2, dim=-1)
            return [torch.cat((a, b * r.exp() + t * r.exp()), -1), torch.einsum("bd->b", r)]
        """,
    ),
    # 3 · logistic_log_prob
    wrong(
        "logistic_log_prob",
        "overflows",
        _one_line("logistic_log_prob", "(z - 2 * torch.log(1 + torch.exp(z))).sum(1)"),
        expects="overflows",
    ),
    wrong(
        "logistic_log_prob",
        "half of it",
        _one_line("logistic_log_prob", "F.logsigmoid(z).sum(1)"),
        expects="half of it",
    ),
    wrong(
        "logistic_log_prob",
        "the sign",
        _one_line("logistic_log_prob", "(F.softplus(z) + F.softplus(-z)).sum(1)"),
        expects="sign is wrong",
    ),
    wrong(
        "logistic_log_prob",
        "the normal",
        _one_line("logistic_log_prob", "torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(1)"),
        expects="normal density",
    ),
    wrong(
        "logistic_log_prob",
        "the mean",
        _one_line("logistic_log_prob", "-(F.softplus(z) + F.softplus(-z)).mean(1)"),
        expects="averaged over the dimensions",
    ),
    wrong(
        "logistic_log_prob",
        "not summed",
        _one_line("logistic_log_prob", "-(F.softplus(z) + F.softplus(-z))"),
        expects="not summed",
    ),
    right(
        "logistic_log_prob",
        "softplus",
        _one_line("logistic_log_prob", "-(F.softplus(z) + F.softplus(-z)).sum(1)"),
    ),
    right(
        "logistic_log_prob",
        "logsigmoid in float64",
        _one_line("logistic_log_prob", "(F.logsigmoid(z.double()) * 2 - z).sum(-1)"),
    ),
    right(
        "logistic_log_prob",
        "through |z|",
        """
        def logistic_log_prob(z):
            total = torch.zeros(len(z))
            for j in range(z.shape[1]):
                size = z[:, j].abs()
                total = total - size - 2 * torch.log1p(torch.exp(-size))
            return total
        """,
    ),
    # 4 · scaled_log_prob
    wrong("scaled_log_prob", "no Σ s", _scaled("logistic(s.exp() * h)"), expects="Σ s is missing"),
    wrong("scaled_log_prob", "subtracted", _scaled("logistic(s.exp() * h) - s.sum()"), expects="subtracted"),
    wrong(
        "scaled_log_prob", "Σ exp(s)", _scaled("logistic(s.exp() * h) + s.exp().sum()"), expects="Σ exp(s)"
    ),
    wrong("scaled_log_prob", "not scaled", _scaled("logistic(h) + s.sum()"), expects="not scaled"),
    wrong(
        "scaled_log_prob", "the way back", _scaled("logistic(h / s.exp()) + s.sum()"), expects="the way back"
    ),
    wrong("scaled_log_prob", "times s", _scaled("logistic(s * h) + s.sum()"), expects="scale is exp(s)"),
    wrong(
        "scaled_log_prob",
        "averaged",
        _scaled("(logistic(s.exp() * h) + s.sum()).mean()"),
        expects="averaged over",
    ),
    right("scaled_log_prob", "as written", _scaled("logistic(h * s.exp()) + s.sum()")),
    right(
        "scaled_log_prob",
        "inside the sum",
        """
        def scaled_log_prob(h, s):
            z = h * torch.exp(s)
            return (s - F.softplus(z) - F.softplus(-z)).sum(dim=1)
        """,
    ),
    right(
        "scaled_log_prob",
        "with a diagonal matrix",
        """
        def scaled_log_prob(h, s):
            S = torch.diag(torch.exp(s.double()))
            z = h.double() @ S
            return F.logsigmoid(z).sum(1) + F.logsigmoid(-z).sum(1) + torch.logdet(S)
        """,
    ),
    # 5 · mixed
    wrong(
        "mixed",
        "the old second half",
        """
        def mixed(x, networks):
            a, b = x.chunk(2, dim=1)
            new_b = b + networks[0](a)
            a = a + networks[1](b)
            return torch.cat([a, new_b + networks[2](a)], dim=1)
        """,
        expects="old second half",
    ),
    wrong(
        "mixed",
        "the old first half",
        """
        def mixed(x, networks):
            a, b = x.chunk(2, dim=1)
            b = b + networks[0](a)
            return torch.cat([a + networks[1](b), b + networks[2](a)], dim=1)
        """,
        expects="old first half",
    ),
    wrong(
        "mixed",
        "left swapped",
        """
        def mixed(x, networks):
            a, b = x.chunk(2, dim=1)
            for m in networks:
                a, b = b + m(a), a
            return torch.cat([a, b], dim=1)
        """,
        expects="swapped",
    ),
    wrong(
        "mixed",
        "two of three",
        """
        def mixed(x, networks):
            a, b = x.chunk(2, dim=1)
            b = b + networks[0](a)
            return torch.cat([a + networks[1](b), b], dim=1)
        """,
        expects="third coupling is missing",
    ),
    wrong(
        "mixed",
        "begins with the other half",
        """
        def mixed(x, networks):
            a, b = x.chunk(2, dim=1)
            a = a + networks[0](b)
            b = b + networks[1](a)
            a = a + networks[2](b)
            return torch.cat([a, b], dim=1)
        """,
        expects="first coupling must change the second half",
    ),
    right(
        "mixed",
        "three lines",
        """
        def mixed(x, networks):
            a, b = x.chunk(2, dim=1)
            b = b + networks[0](a)
            a = a + networks[1](b)
            b = b + networks[2](a)
            return torch.cat([a, b], dim=1)
        """,
    ),
    right(
        "mixed",
        "swap each time, and once at the end",
        """
        def mixed(x, networks):
            a, b = x.chunk(2, dim=1)
            for m in networks:
                a, b = b + m(a), a
            return torch.cat([b, a], dim=1)
        """,
    ),
    right(
        "mixed",
        "with the package's layers",
        """
        from gmcourse.flows import AdditiveCoupling, Compose

        def mixed(x, networks):
            layers = [AdditiveCoupling(m, flip=i % 2 == 1) for i, m in enumerate(networks)]
            return Compose(layers)(x)[0]
        """,
    ),
]
