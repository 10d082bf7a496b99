"""Answers to the exercises of chapter 06."""

from tests.exercises.answers import right, wrong


def _coupling(second: str, first: str = "x1", before: str = "") -> str:
    return f"""
        def coupling(x, m, inverse=False):
            x1, x2 = x.chunk(2, dim=1)
            sign = -1 if inverse else 1
            {before}
            return torch.cat([{first}, {second}], dim=1)
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


_LONG = "It is what I saw, and this goes on until it has words enough to be a reason for whoever reads it."


def _flow(
    build: str = "NICE(64, couplings=6, hidden=(48, 48), affine=True)", saved: str = "saved", why: str = _LONG
) -> str:
    return f"""
        from gmcourse.flows import AffineCoupling, Compose, Flow, Scale
        from gmcourse.flows.bijection import Bijection
        from gmcourse.models.nice import NICE

        class Louder(Bijection):
            def __init__(self, inner):
                super().__init__()
                self.inner = inner

            def forward(self, x, context=None):
                z, log_det = self.inner(x)
                return z, log_det + 64

            def inverse(self, z, context=None):
                return self.inner.inverse(z)

        def build():
            return {build}

        saved = once("06_flow", dict)
        saved = {saved}
        why = "{why}"
        """


ANSWERS = [
    # 1 · coupling
    wrong("coupling", "one way for both", _coupling("x2 + m(x1)"), expects="added once more"),
    wrong("coupling", "the ways exchanged", _coupling("x2 - sign * m(x1)"), expects="it is added"),
    wrong("coupling", "fed with the changed half", _coupling("x2 + sign * m(x2)"), expects="half that changes"),
    wrong(
        "coupling",
        "fed with the changed half, on the way back only",
        _coupling("x2 + sign * m(x2 if inverse else x1)"),
        expects="the inverse: m is fed with the half that changes",
    ),
    wrong(
        "coupling",
        "both halves",
        _coupling("x2 + sign * m(x1)", "x1 + sign * m(x1)"),
        expects="first half never changes",
    ),
    wrong("coupling", "the wrong half", _coupling("x2", "x1 + sign * m(x2)"), expects="in place of the second"),
    wrong("coupling", "swapped", _coupling("x1", "x2 + sign * m(x1)"), expects="wrong order"),
    wrong("coupling", "nothing done", "def coupling(x, m, inverse):\n    return x", expects="unchanged"),
    wrong("coupling", "x₂ forgotten", _coupling("sign * m(x1)"), expects="takes the place of"),
    wrong("coupling", "the network detached", _coupling("x2 + sign * m(x1).detach()"), expects="gradient"),
    wrong("coupling", "its input detached", _coupling("x2 + sign * m(x1.detach())"), expects="`x`"),
    wrong("coupling", "detached altogether", _coupling("(x2 + sign * m(x1)).detach()"), expects="gradient"),
    wrong(
        "coupling",
        "the log-determinant as well",
        "def coupling(x, m, inverse):\n    return x, torch.zeros(len(x))",
        expects="tuple",
    ),
    right("coupling", "in one line", _coupling("x2 + sign * m(x1)")),
    right(
        "coupling",
        "in place on a copy",
        """
        def coupling(x, m, inverse):
            out, half = x.clone(), x.shape[1] // 2
            out[:, half:] += (-1) ** inverse * m(x[:, :half])
            return out
        """,
    ),
    right(
        "coupling",
        "row by row",
        """
        def coupling(x, m, inverse):
            half, rows = x.shape[1] // 2, []
            for row in x:
                shift = m(row[None, :half])[0]
                rows.append(torch.cat([row[:half], row[half:] - shift if inverse else row[half:] + shift]))
            return torch.stack(rows)
        """,
    ),
    right(
        "coupling",
        "with the package's layer",
        """
        from gmcourse.flows import AdditiveCoupling

        def coupling(x, m, inverse):
            layer = AdditiveCoupling(m)
            return layer.inverse(x) if inverse else layer(x)[0]
        """,
    ),
    # 2 · affine_coupling
    wrong(
        "affine_coupling",
        "scaled first",
        _affine("x2 * r.exp() + t", "r.sum(1)"),
        expects="shift comes first",
    ),
    wrong("affine_coupling", "no exponential", _affine("(x2 + t) * r", "r.abs().log().sum(1)"), expects="exp(r)"),
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
        expects="the sign is wrong",
    ),
    wrong("affine_coupling", "Σ s", _affine("(x2 + t) * r.exp()", "r.exp().sum(1)"), expects="this is Σ s"),
    wrong("affine_coupling", "the mean", _affine("(x2 + t) * r.exp()", "r.mean(1)"), expects="averaged"),
    wrong(
        "affine_coupling",
        "the whole batch",
        _affine("(x2 + t) * r.exp()", "r.sum()"),
        expects="summed over everything",
    ),
    wrong(
        "affine_coupling",
        "the log-determinant detached",
        _affine("(x2 + t) * r.exp()", "r.detach().sum(1)"),
        expects="detached",
    ),
    wrong(
        "affine_coupling",
        "y detached",
        _affine("((x2 + t) * r.exp()).detach()", "r.sum(1)"),
        expects="y has the right value, but its gradient",
    ),
    wrong(
        "affine_coupling",
        "the scale detached",
        _affine("(x2 + t) * r.exp().detach()", "r.sum(1)"),
        expects="gradient with respect to `x`",
    ),
    wrong(
        "affine_coupling",
        "the shift detached",
        _affine("(x2 + t.detach()) * r.exp()", "r.sum(1)"),
        expects="gradient with respect to `x`",
    ),
    wrong(
        "affine_coupling",
        "computed without gradients",
        """
        @torch.no_grad()
        def affine_coupling(x, network):
            x1, x2 = x.chunk(2, dim=1)
            r, t = network(x1).chunk(2, dim=1)
            return torch.cat([x1, (x2 + t) * r.exp()], dim=1), r.sum(1)
        """,
        expects="no gradient",
    ),
    wrong("affine_coupling", "no shift", _affine("x2 * r.exp()", "r.sum(1)"), expects="shift is missing"),
    wrong("affine_coupling", "Σ t", _affine("(x2 + t) * r.exp()", "t.sum(1)"), expects="sums the shifts"),
    wrong("affine_coupling", "in bits", _affine("(x2 + t) * r.exp()", "r.exp().log2().sum(1)"), expects="log"),
    wrong(
        "affine_coupling",
        "one copy of Σ r",
        _affine("(x2 + t) * r.exp()", "r.sum(1, keepdim=True)"),
        expects="not their shape",
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
        "overflows in float64 too",
        _one_line("logistic_log_prob", "(z.double() - 2 * (1 + z.double().exp()).log()).sum(1)"),
        expects="overflows",
    ),
    wrong(
        "logistic_log_prob",
        "through the sigmoid",
        _one_line("logistic_log_prob", "(z.sigmoid() * (-z).sigmoid()).log().sum(1)"),
        expects="overflows",
    ),
    wrong(
        "logistic_log_prob",
        "clamped",
        """
        def logistic_log_prob(z):
            z = z.clamp(-80, 80)
            return (z - 2 * torch.log(1 + torch.exp(z))).sum(1)
        """,
        expects="cut off",
    ),
    wrong(
        "logistic_log_prob",
        "a small number inside the logarithm",
        _one_line("logistic_log_prob", "(z.sigmoid() * (-z).sigmoid() + 1e-30).log().sum(1)"),
        expects="cut off",
    ),
    wrong(
        "logistic_log_prob",
        "one shift for the whole batch",
        """
        def logistic_log_prob(z):
            top = z.abs().max()
            return -2 * (torch.log(torch.exp((z - top) / 2) + torch.exp(-(z + top) / 2)) + top / 2).sum(1)
        """,
        expects="shift of its own",
    ),
    wrong(
        "logistic_log_prob",
        "where, with a gradient that is NaN",
        """
        def logistic_log_prob(z):
            size = z.abs()
            return -torch.where(size > 80, size, 2 * torch.log(1 + size.exp()) - size).sum(1)
        """,
        expects="gradient",
    ),
    wrong(
        "logistic_log_prob",
        "the square forgotten",
        _one_line("logistic_log_prob", "(z - F.softplus(z)).sum(1)"),
        expects="half of it",
    ),
    wrong(
        "logistic_log_prob",
        "the density",
        _one_line("logistic_log_prob", "(z.sigmoid() * (-z).sigmoid()).prod(1)"),
        expects="logarithm of this is wanted",
    ),
    wrong(
        "logistic_log_prob",
        "bits",
        _one_line("logistic_log_prob", "-(F.softplus(z) + F.softplus(-z)).sum(1) / torch.tensor(2.0).log()"),
        expects="log",
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
    wrong("scaled_log_prob", "Σ exp(s)", _scaled("logistic(s.exp() * h) + s.exp().sum()"), expects="Σ exp(s)"),
    wrong("scaled_log_prob", "not scaled", _scaled("logistic(h) + s.sum()"), expects="not scaled"),
    wrong("scaled_log_prob", "the way back", _scaled("logistic(h / s.exp()) + s.sum()"), expects="the way back"),
    wrong("scaled_log_prob", "times s", _scaled("logistic(s * h) + s.sum()"), expects="scale is exp(s)"),
    wrong(
        "scaled_log_prob",
        "averaged",
        _scaled("(logistic(s.exp() * h) + s.sum()).mean()"),
        expects="averaged over",
    ),
    wrong("scaled_log_prob", "no prior", _scaled("s.sum().expand(len(h))"), expects="prior is missing"),
    wrong(
        "scaled_log_prob",
        "the normal for the logistic",
        _scaled("torch.distributions.Normal(0.0, 1.0).log_prob(s.exp() * h).sum(1) + s.sum()"),
        expects="not the normal",
    ),
    wrong("scaled_log_prob", "the mean of s", _scaled("logistic(s.exp() * h) + s.mean()"), expects="mean of s"),
    wrong(
        "scaled_log_prob",
        "once a row",
        _scaled("logistic(s.exp() * h) + len(h) * s.sum()"),
        expects="once for each row",
    ),
    wrong("scaled_log_prob", "s detached", _scaled("logistic(s.detach().exp() * h) + s.sum()"), expects="`s`"),
    wrong("scaled_log_prob", "h detached", _scaled("logistic(s.exp() * h.detach()) + s.sum()"), expects="`h`"),
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
    wrong(
        "mixed",
        "detached after each coupling",
        """
        def mixed(x, networks):
            a, b = x.chunk(2, dim=1)
            b = (b + networks[0](a)).detach()
            a = a + networks[1](b)
            return torch.cat([a, b + networks[2](a)], dim=1)
        """,
        expects="gradient",
    ),
    wrong(
        "mixed",
        "networks from the back",
        """
        def mixed(x, networks):
            a, b = x.chunk(2, dim=1)
            for i, m in enumerate(reversed(networks)):
                a, b = (a + m(b), b) if i % 2 else (a, b + m(a))
            return torch.cat([a, b], dim=1)
        """,
        expects="reverse order",
    ),
    wrong(
        "mixed",
        "the old second half at the end",
        """
        def mixed(x, networks):
            a, b = x.chunk(2, dim=1)
            a = a + networks[1](b + networks[0](a))
            return torch.cat([a, b + networks[2](a)], dim=1)
        """,
        expects="begins again",
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
    # 6 · small_flow
    wrong("small_flow", "no flow", _flow("torch.nn.Linear(64, 64)"), expects="must make a `Flow`"),
    wrong("small_flow", "of another size", _flow("NICE(32)"), expects="must make a `Flow`"),
    wrong("small_flow", "another network", _flow("NICE(64, hidden=(9,))"), expects="does not fit"),
    wrong(
        "small_flow",
        "a log-determinant that is too large",
        _flow(
            'Flow(Louder(NICE(64, couplings=6, hidden=(48, 48), affine=True).bijection), (64,), "logistic")',
            '{k.replace("bijection.", "bijection.inner.", 1): v for k, v in saved.items()}',
        ),
        expects="one of the laws",
    ),
    wrong(
        "small_flow",
        "not trained",
        _flow(saved="build().state_dict()"),
        expects="does not beat",
    ),
    wrong("small_flow", "half a reason", _flow(why="It is better."), expects="too short"),
    right("small_flow", "as saved", _flow()),
    right(
        "small_flow",
        "the same without NICE around it",
        _flow('Flow(NICE(64, couplings=6, hidden=(48, 48), affine=True).bijection, (64,), "logistic")'),
    ),
    right("small_flow", "in float64", _flow("NICE(64, couplings=6, hidden=(48, 48), affine=True).double()")),
]

ANSWERS += [
    # what was tried later: what an answer leaves behind, draws that are tied, other ways to be right
    wrong(
        "coupling",
        "no gradient on the way back",
        """
        def coupling(x, m, inverse=False):
            a, b = x.chunk(2, 1)
            if inverse:
                with torch.no_grad():
                    s = m(a)
                return torch.cat([a, b - s], 1)
            return torch.cat([a, b + m(a)], 1)
        """,
        expects="the inverse has the right value, but",
    ),
    wrong(
        "coupling",
        "in place",
        """
        def coupling(x, m, inverse=False):
            d = x.shape[1] // 2
            x[:, d:] += -m(x[:, :d]) if inverse else m(x[:, :d])
            return x
        """,
        expects="writes to its input",
    ),
    wrong(
        "coupling",
        "gradients cleared",
        """
        def coupling(x, m, inverse=False):
            m.zero_grad()
            a, b = x.chunk(2, 1)
            return torch.cat([a, b - m(a) if inverse else b + m(a)], 1)
        """,
        expects="or clears them",
    ),
    wrong(
        "coupling",
        "the network moved",
        """
        def coupling(x, m, inverse=False):
            a, b = x.chunk(2, 1)
            out = torch.cat([a, b - m(a) if inverse else b + m(a)], 1)
            with torch.no_grad():
                for p in m.parameters():
                    p.mul_(1.0001)
            return out
        """,
        expects="changes the weights",
    ),
    right(
        "coupling",
        "padded shift",
        """
        def coupling(x, m, inverse=False):
            d = x.shape[1] // 2
            s = F.pad(m(x[:, :d]), (d, 0))
            return x - s if inverse else x + s
        """,
    ),
    right(
        "coupling",
        "a sign for the way",
        """
        def coupling(x, m, inverse=False):
            a, b = torch.tensor_split(x, 2, dim=1)
            return torch.hstack((a, b + (1 - 2 * inverse) * m(a)))
        """,
    ),
    wrong(
        "affine_coupling",
        "a log-determinant of a detached half",
        """
        def affine_coupling(x, network):
            a, b = x.chunk(2, 1)
            r, t = network(a).chunk(2, 1)
            q, _ = network(a.detach()).chunk(2, 1)
            return torch.cat([a, (b + t) * r.exp()], 1), q.sum(1)
        """,
        expects="log_det has the right value",
    ),
    right(
        "affine_coupling",
        "by Jacobians",
        """
        def affine_coupling(x, network):
            def f(row):
                a, b = row.chunk(2)
                r, t = network(a[None])[0].chunk(2)
                return torch.cat([a, (b + t) * r.exp()])

            ys = torch.stack([f(row) for row in x])
            js = torch.stack(
                [torch.autograd.functional.jacobian(f, row, create_graph=True) for row in x]
            )
            return ys, torch.linalg.slogdet(js).logabsdet
        """,
    ),
    wrong(
        "logistic_log_prob",
        "each row's largest number alone",
        """
        def logistic_log_prob(z):
            m = z.max(1, keepdim=True).values.clamp(min=0)
            return (z - 2 * (((-m).exp() + (z - m).exp()).log() + m)).sum(1)
        """,
        expects="overflows at z = ±1000",
    ),
    right(
        "logistic_log_prob",
        "logaddexp",
        """
        def logistic_log_prob(z):
            return -(2 * torch.logaddexp(z / 2, -z / 2)).sum(1)
        """,
    ),
    right(
        "logistic_log_prob",
        "cosh, float64",
        """
        def logistic_log_prob(z):
            z = z.double()
            return (-(2 * (z / 2).cosh()).log() * 2).sum(1)
        """,
    ),
    right(
        "scaled_log_prob",
        "torch.distributions, float64",
        """
        def scaled_log_prob(h, s):
            from torch.distributions import (
                TransformedDistribution,
                Uniform,
                SigmoidTransform,
                AffineTransform,
            )

            base = Uniform(
                torch.zeros_like(s).double(), torch.ones_like(s).double(), validate_args=False
            )
            law = TransformedDistribution(
                base, [SigmoidTransform().inv, AffineTransform(0.0, (-s.double()).exp())]
            )
            return law.log_prob(h.double()).sum(1)
        """,
    ),
    wrong(
        "scaled_log_prob",
        "s detached in the prior",
        """
        def scaled_log_prob(h, s):
            z = s.detach().exp() * h
            return s.sum() - (F.softplus(z) + F.softplus(-z)).sum(1)
        """,
        expects="`s` is wrong",
    ),
    wrong(
        "mixed",
        "the list turned round",
        """
        def mixed(x, networks):
            a, b = x.chunk(2, 1)
            networks.reverse()
            b = b + networks[2](a)
            a = a + networks[1](b)
            b = b + networks[0](a)
            return torch.cat([a, b], 1)
        """,
        expects="changes the list `networks`",
    ),
    wrong(
        "mixed",
        "networks left evaluating",
        """
        def mixed(x, networks):
            a, b = x.chunk(2, 1)
            b = b + networks[0](a)
            a = a + networks[1](b)
            b = b + networks[2](a)
            for n in networks:
                n.eval()
            return torch.cat([a, b], 1)
        """,
        expects="another mode",
    ),
    wrong(
        "mixed",
        "gradients left on the networks",
        """
        def mixed(x, networks):
            a, b = x.chunk(2, 1)
            b = b + networks[0](a)
            a = a + networks[1](b)
            b = b + networks[2](a)
            out = torch.cat([a, b], 1)
            out.sum().backward(retain_graph=True, inputs=[p for n in networks for p in n.parameters()])
            return out
        """,
        expects="leaves gradients on the weights of `networks`",
    ),
    wrong(
        "mixed",
        "the second coupling detached",
        """
        def mixed(x, networks):
            a, b = x.chunk(2, 1)
            b = b + networks[0](a)
            a = a + networks[1](b).detach()
            b = b + networks[2](a)
            return torch.cat([a, b], 1)
        """,
        expects="gradient with respect to `x`",
    ),
    right(
        "mixed",
        "halves in a list",
        """
        def mixed(x, networks):
            h = list(x.chunk(2, 1))
            for i, m in enumerate(networks):
                k = 1 - i % 2
                h[k] = h[k] + m(h[1 - k])
            return torch.cat(h, 1).double()
        """,
    ),
]
