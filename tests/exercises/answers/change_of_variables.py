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
    wrong("log_density", "no logarithm", _density("return base + slope.abs()"), expects="without its logarithm"),
    wrong("log_density", "no absolute value", _density("return base + slope.log()"), expects="absolute value"),
    wrong(
        "log_density",
        "a density",
        _density("return (base + slope.abs().log()).exp()"),
        expects="logarithm of this is wanted",
    ),
    wrong(
        "log_density",
        "averaged",
        _density("return (base + slope.abs().log()).mean()"),
        expects="averaged over everything",
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
        expects="logarithm of this is wanted",
    ),
    wrong(
        "area_factor",
        "no absolute value",
        _area("return torch.logdet(J)"),
        expects="absolute value is missing",
    ),
    wrong("area_factor", "the inverse's", _area("return -torch.linalg.slogdet(J)[1]"), expects="of the inverse"),
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
        expects="summed over everything",
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
        expects="summed over everything",
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
    # 6 · repaired_bits
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
        expects="that is in nats",
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


def _chain(loop: str = "total = total + log_det(h); h = f(h)", end: str = "base + total", turn: str = "") -> str:
    return f"""
        def composed_log_prob(x, layers):
            h, total, dets = x, 0.0, []
            for f, log_det in layers{turn}:
                {loop}
            base = torch.distributions.Normal(0.0, 1.0).log_prob(h).sum(1)
            return {end}
        """


def _cell(
    noise: str = "torch.rand(n, d)",
    y: str = "(pixels + u) / levels",
    end: str = "log_p - d * math.log(levels)",
) -> str:
    return f"""
        pool = torch.rand(9000, 9)

        def dequantised_bound(log_density, pixels, levels):
            n, d = pixels.shape
            u = {noise}
            log_p = log_density({y})
            return {end}
        """


def _flow(name: str = "two_moons", couplings: int = 8, words: int = 30, load: str = "read") -> str:
    return f"""
        from pathlib import Path
        import sys
        from safetensors.torch import load
        from gmcourse.models.change_of_variables import PlaneFlow
        read = load((Path(sys.path[-1]) / "05_flow.safetensors").read_bytes())
        fresh = dict(PlaneFlow(couplings=8).state_dict())
        why = 'word ' * {words}
        density, couplings, weights = "{name}", {couplings}, {load}
        """


ANSWERS += [
    # 1 · log_density
    wrong(
        "log_density",
        "no constant",
        _density("return -z**2 / 2 + slope.abs().log()"),
        expects="½ log 2π is missing",
    ),
    wrong(
        "log_density",
        "summed slopes",
        _density("return base + slope.sum().abs().log()"),
        expects="averaged or summed",
    ),
    wrong("log_density", "bits", _density("return (base + slope.abs().log()) / math.log(2)"), expects="base 2"),
    wrong(
        "log_density",
        "the flag stays",
        _density("return base + slope.abs().log()").replace("x.clone()", "x"),
        expects="changed on its input `x`",
    ),
    wrong(
        "log_density",
        "for rising maps",
        _density("return base + slope.clamp(min=1e-6).log()"),
        expects="hard-coded",
    ),
    right("log_density", "NumPy at the end", _density("return (base + slope.abs().log()).detach().numpy()")),
    # 2 · area_factor
    wrong("area_factor", "backwards", _area("return torch.linalg.slogdet(J)[1].flip(0)"), expects="reversed"),
    wrong(
        "area_factor",
        "the trace",
        _area("return J.diagonal(dim1=1, dim2=2).sum(1).abs().log()"),
        expects="trace is not",
    ),
    wrong("area_factor", "four points", _area("return torch.linalg.slogdet(J)[1][:4]"), expects="shape"),
    wrong("area_factor", "base 2", _area("return torch.linalg.slogdet(J)[1] / math.log(2)"), expects="base 2"),
    # 3 · triangular_log_det
    wrong(
        "triangular_log_det",
        "a determinant",
        "def triangular_log_det(L):\n    return torch.linalg.slogdet(L)[1]",
        expects="more than the diagonal is read",
    ),
    wrong(
        "triangular_log_det",
        "eigenvalues",
        "def triangular_log_det(L):\n    return torch.linalg.eigvals(L).abs().log().sum()",
        expects="summed",
    ),
    wrong(
        "triangular_log_det",
        "masked",
        "def triangular_log_det(L):\n    return (L * torch.eye(L.shape[1])).sum(1).abs().log().sum(1)",
        expects="more than the diagonal is read",
    ),
    wrong(
        "triangular_log_det",
        "squares in place",
        "def triangular_log_det(L):\n    return L.pow_(2).diagonal(dim1=1, dim2=2).log().sum(1) / 2",
        expects="writes to its input `L`",
    ),
    wrong(
        "triangular_log_det",
        "float64 does not save it",
        "def triangular_log_det(L):\n    return L.diagonal(dim1=1, dim2=2).double().prod(1).abs().log()",
        expects="add logarithms",
    ),
    # 4 · composed_log_prob
    *(
        wrong("composed_log_prob", name, _chain(**kwargs), expects=expects)
        for name, kwargs, expects in (
            ("all at x", {"loop": "total = total + log_det(x); h = f(h)"}, "taken at x"),
            ("after the map", {"loop": "h = f(h); total = total + log_det(h)"}, "after its map"),
            (
                "all at the end",
                {"loop": "h = f(h); dets.append(log_det)", "end": "base + sum(each(h) for each in dets)"},
                "at the end, z",
            ),
            ("subtracted", {"end": "base - total"}, "they are added"),
            ("missing", {"end": "base"}, "are missing"),
            ("the last alone", {"loop": "total = log_det(h); h = f(h)"}, "only the last"),
            (
                "the first alone",
                {"loop": "dets.append(log_det(h)); h = f(h)", "end": "base + dets[0]"},
                "only the first",
            ),
            ("averaged", {"end": "base + total / len(layers)"}, "averaged over the maps"),
            (
                "multiplied",
                {"loop": "dets.append(log_det(h)); h = f(h)", "end": "base + torch.stack(dets).prod(0)"},
                "are multiplied",
            ),
            ("in reverse", {"turn": "[::-1]"}, "wrong order"),
            (
                "the base at x",
                {"end": "torch.distributions.Normal(0.0, 1.0).log_prob(x).sum(1) + total"},
                "base density is taken at x",
            ),
            ("a mean in the base", {"end": "base / x.shape[1] + total"}, "averaged over the dimensions"),
            ("no base", {"end": "total"}, "log p(z) is missing"),
            ("no constant", {"end": "-0.5 * (h**2).sum(1) + total"}, "½ log 2π"),
            ("detached", {"end": "base + total.detach()"}, "part of it is detached"),
            ("all detached", {"end": "(base + total).detach()"}, "no gradient"),
            ("the points detached", {"loop": "total = total + log_det(h); h = f(h).detach()"}, "wrong"),
            ("three maps", {"turn": "[:3]"}, "hard-coded"),
        )
    ),
    right("composed_log_prob", "as hinted", _chain()),
    right(
        "composed_log_prob",
        "all points first",
        """
        def composed_log_prob(x, layers):
            points = [x]
            for f, _ in layers:
                points.append(f(points[-1]))
            dets = [log_det(h) for (_, log_det), h in zip(layers, points)]
            return torch.stack(dets).sum(0) - 0.5 * (points[-1] ** 2 + math.log(2 * math.pi)).sum(-1)
        """,
    ),
    right(
        "composed_log_prob",
        "recursion, float64",
        """
        def composed_log_prob(x, layers):
            if not layers:
                return torch.distributions.Normal(0.0, 1.0).log_prob(x.double()).sum(1)
            (f, log_det), *rest = layers
            return log_det(x.double()) + composed_log_prob(f(x.double()), rest)
        """,
    ),
    # 5 · dequantised_bound
    *(
        wrong("dequantised_bound", name, _cell(**kwargs), expects=expects)
        for name, kwargs, expects in (
            ("no constant", {"end": "log_p"}, "D log(levels) is missing"),
            ("added", {"end": "log_p + d * math.log(levels)"}, "is added"),
            ("once", {"end": "log_p - math.log(levels)"}, "D of them"),
            ("a code length", {"end": "d * math.log(levels) - log_p"}, "code length"),
            ("log₂ of the levels", {"end": "log_p - d * math.log2(levels)"}, "does not go with nats"),
            (
                "bits per dimension",
                {"end": "(d * math.log(levels) - log_p) / (d * math.log(2))"},
                "bits per dimension",
            ),
            ("bits", {"end": "(log_p - d * math.log(levels)) / math.log(2)"}, "base 2"),
            ("averaged", {"end": "(log_p - d * math.log(levels)).mean()"}, "averaged over everything"),
            ("no noise", {"noise": "0"}, "the noise is missing"),
            ("not divided", {"y": "pixels + u"}, "divide by the number of levels"),
            ("levels − 1", {"y": "(pixels + u) / (levels - 1)"}, "levels − 1"),
            ("noise after the division", {"y": "pixels / levels + u"}, "divide"),
            ("around zero", {"noise": "torch.rand(n, d) - 0.5"}, "leaves [0, 1)"),
            ("normal noise", {"noise": "torch.randn(n, d)"}, "leaves [0, 1)"),
            ("half a cell", {"noise": "0.5 * torch.rand(n, d)"}, "another mean"),
            ("the middle of the cell", {"noise": "0.5"}, "the noise is missing"),
            ("one for all pictures", {"noise": "torch.rand(1, d)"}, "shared by all pictures"),
            ("one a picture", {"noise": "torch.rand(n, 1)"}, "shared by all pixels"),
            ("a pool", {"noise": "pool[:n, :d]"}, "same at each call"),
            ("a seed inside", {"noise": "torch.manual_seed(0) and torch.rand(n, d)"}, "changes torch's seed"),
            ("u and 1 − u", {"noise": "torch.cat([e := torch.rand(n // 2, d), 1 - e])"}, "mirror image"),
            ("triangular", {"noise": "(torch.rand(n, d) + torch.rand(n, d)) / 2"}, "another spread"),
            ("256 levels", {"y": "(pixels + u) / 256"}, "leaves [0, 1)"),
            (
                "the mean of eight draws",
                {"end": "(log_p + log_density((pixels + torch.rand(n, d)) / levels)) / 2 - d * math.log(levels)"},
                "once for each picture",
            ),
        )
    ),
    right("dequantised_bound", "as hinted", _cell()),
    right("dequantised_bound", "float64", _cell("torch.rand(n, d, dtype=torch.float64)")),
    right(
        "dequantised_bound",
        "picture by picture, NumPy's noise",
        """
        import numpy as np

        def dequantised_bound(log_density, pixels, levels):
            rows = []
            for row in pixels:
                y = (row + torch.from_numpy(np.random.default_rng().random(len(row)))) / levels
                rows.append(log_density(y[None])[0] - len(row) * math.log(levels))
            return torch.stack(rows)
        """,
    ),
    # 6 · repaired_bits
    wrong(
        "repaired_bits",
        "no logarithm",
        "def repaired_bits(log_p, dims, levels):\n    return (dims * levels - log_p) / (dims * math.log(2))",
        expects="without their logarithm",
    ),
    wrong(
        "repaired_bits",
        "for 256 levels",
        "def repaired_bits(log_density, dims, grey_levels):\n    return 8 - log_density / (dims * math.log(2))",
        expects="off by the same number",
    ),
    # 7 · my_flow
    wrong("my_flow", "not trained", _flow(load="fresh"), expects="not twice as near"),
    wrong("my_flow", "another density", _flow("checkerboard"), expects="not twice as near"),
    wrong("my_flow", "other couplings", _flow(couplings=6), expects="not those of a flow with 6 couplings"),
    wrong("my_flow", "few words", _flow(words=3), expects="reasons are too short"),
    wrong(
        "my_flow",
        "weights of something else",
        _flow(load="{'weight': torch.ones(2)}"),
        expects="not those of a flow",
    ),
    right("my_flow", "as saved", _flow()),
    right("my_flow", "many words", _flow(words=300)),
    right(
        "my_flow",
        "copied weights",
        _flow(load="{key: value.clone() for key, value in read.items()}"),
    ),
]

ANSWERS += [
    # what was tried later: what an answer leaves behind, draws that are tied, other ways to be right
    right(
        "log_density",
        "forward mode, a list",
        """
        def log_density(x, f):
            z, s = torch.func.jvp(f, (x,), (torch.ones_like(x),))
            return (-0.5 * z**2 - 0.5 * math.log(2 * math.pi) + s.abs().log()).tolist()
        """,
    ),
    right(
        "log_density",
        "through backward, float64",
        """
        def log_density(x, f):
            y = x.detach().double().requires_grad_()
            z = f(y)
            z.backward(torch.ones_like(z))
            return -0.5 * z**2 - 0.5 * math.log(2 * math.pi) + 0.5 * y.grad.square().log()
        """,
    ),
    wrong(
        "area_factor",
        "log det JᵀJ without the half",
        """
        def area_factor(x, f):
            j = torch.stack([torch.autograd.functional.jacobian(f, p) for p in x])
            return torch.logdet(j.mT @ j)
        """,
        expects="twice the right value",
    ),
    right(
        "area_factor",
        "half of log det JᵀJ",
        """
        def area_factor(x, f):
            j = torch.stack([torch.autograd.functional.jacobian(f, p.double()) for p in x])
            return 0.5 * torch.logdet(j.mT @ j)
        """,
    ),
    right(
        "area_factor",
        "differences, NumPy",
        """
        def area_factor(x, f):
            import numpy as np

            x = x.double()
            h = 1e-5
            e = torch.eye(2).double()
            a, b = ((f(x + h * v) - f(x - h * v)) / (2 * h) for v in e)
            a, b = a.numpy(), b.numpy()
            return np.log(np.abs(a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]))
        """,
    ),
    right(
        "triangular_log_det",
        "NumPy's einsum",
        """
        def triangular_log_det(L):
            import numpy as np

            return np.log(np.abs(np.einsum("bii->bi", L.numpy()))).sum(1)
        """,
    ),
    right(
        "triangular_log_det",
        "Python's own numbers",
        """
        def triangular_log_det(L):
            return [math.fsum(math.log(abs(float(m[i, i]))) for i in range(len(m))) for m in L]
        """,
    ),
    wrong(
        "repaired_bits",
        "averaged over the batch",
        """
        def repaired_bits(n, dims, levels):
            return ((dims * math.log(levels) - n) / (dims * math.log(2))).mean()
        """,
        expects="averaged over everything",
    ),
    right(
        "repaired_bits",
        "NumPy",
        """
        def repaired_bits(n, dims, levels):
            import numpy as np

            return np.log2(levels) - n.numpy() / dims / np.log(2)
        """,
    ),
    wrong(
        "composed_log_prob",
        "layers taken out of the list",
        """
        def composed_log_prob(x, layers):
            total = 0
            while layers:
                f, ld = layers.pop(0)
                total = total + ld(x)
                x = f(x)
            return torch.distributions.Normal(0.0, 1.0).log_prob(x).sum(1) + total
        """,
        expects="changes the list `layers`",
    ),
    wrong(
        "composed_log_prob",
        "the backward pass inside",
        """
        def composed_log_prob(x, layers):
            total = 0
            for f, ld in layers:
                total = total + ld(x)
                x = f(x)
            out = torch.distributions.Normal(0.0, 1.0).log_prob(x).sum(1) + total
            (-out.mean()).backward(retain_graph=True)
            return out
        """,
        expects="leaves a gradient on",
    ),
    wrong(
        "composed_log_prob",
        "the base detached",
        """
        def composed_log_prob(x, layers):
            total = 0
            for f, ld in layers:
                total = total + ld(x)
                x = f(x)
            return torch.distributions.Normal(0.0, 1.0).log_prob(x.detach()).sum(1) + total
        """,
        expects="maps' parameters",
    ),
    right(
        "composed_log_prob",
        "a multivariate normal at the end",
        """
        def composed_log_prob(x, layers):
            dets = []
            for f, ld in layers:
                dets.append(ld(x))
                x = f(x)
            base = torch.distributions.MultivariateNormal(
                torch.zeros(x.shape[1]), torch.eye(x.shape[1])
            )
            return base.log_prob(x) + torch.stack(dets).sum(0)
        """,
    ),
    right(
        "composed_log_prob",
        "row by row",
        """
        def composed_log_prob(x, layers):
            rows = []
            for row in x:
                p, t = row[None], 0
                for f, ld in layers:
                    t = t + ld(p)[0]
                    p = f(p)
                rows.append(t - 0.5 * p.square().sum() - 0.5 * p.numel() * math.log(2 * math.pi))
            return torch.stack(rows)
        """,
    ),
    wrong(
        "dequantised_bound",
        "asked twice",
        """
        def dequantised_bound(ld, pixels, L):
            y = (pixels + torch.rand(pixels.shape)) / L
            ld(y)
            return ld(y) - pixels.shape[1] * math.log(L)
        """,
        expects="asked once",
    ),
    wrong(
        "dequantised_bound",
        "spread evenly over the cell",
        """
        def dequantised_bound(ld, pixels, L):
            n = len(pixels)
            u = torch.stack(
                [(torch.randperm(n) + torch.rand(n)) / n for _ in range(pixels.shape[1])], 1
            )
            y = (pixels + u) / L
            return ld(y) - pixels.shape[1] * math.log(L)
        """,
        expects="too evenly",
    ),
    wrong(
        "dequantised_bound",
        "the second pixel mirrors the first",
        """
        def dequantised_bound(ld, pixels, L):
            u = torch.rand(pixels.shape)
            u[:, 1] = 1 - u[:, 0]
            return ld((pixels + u) / L) - pixels.shape[1] * math.log(L)
        """,
        expects="one pixel tells that of another",
    ),
    wrong(
        "dequantised_bound",
        "pixels overwritten",
        """
        def dequantised_bound(ld, pixels, L):
            y = (pixels + torch.rand(pixels.shape)) / L
            pixels.clamp_(0, L - 2)
            return ld(y) - pixels.shape[1] * math.log(L)
        """,
        expects="writes to its input",
    ),
    right(
        "dequantised_bound",
        "in pieces, float64",
        """
        def dequantised_bound(ld, pixels, L):
            out = []
            for part in pixels.split(700):
                y = part.double().add_(torch.rand(part.shape, dtype=torch.float64)).div_(L)
                out.append(ld(y))
            return torch.cat(out) - math.log(L) * pixels[0].numel()
        """,
    ),
    right(
        "dequantised_bound",
        "torch.distributions",
        """
        def dequantised_bound(ld, pixels, L):
            y = torch.distributions.Uniform(pixels / L, (pixels + 1) / L).sample()
            return ld(y).numpy() - pixels.shape[1] * math.log(L)
        """,
    ),
]
