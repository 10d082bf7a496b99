"""Answers to the exercises of chapter 07."""

from tests.exercises.answers import right, wrong


def _actnorm(z: str, log_det: str) -> str:
    return f"""
        def actnorm(x, b, s):
            height, width = x.shape[2:]
            b, scale = b[:, None, None], s[:, None, None].exp()
            return {z}, {log_det}
        """


_Z = "(x + b) * scale"
_HW = "(height * width * s.sum()).expand(len(x))"


def _plu(matrix: str, log_det: str = "log_s.sum()") -> str:
    return f"""
        def plu(permutation, lower, upper, log_s, sign):
            eye = torch.eye(len(log_s))
            diagonal = torch.diag(sign * log_s.exp())
            left, right = lower.tril(-1) + eye, upper.triu(1) + diagonal
            W = {matrix}
            return W, {log_det}
        """


def _squeeze(body: str) -> str:
    return f"""
        def squeeze(x):
            b, c, h, w = x.shape
            return {body}
        """


def _coupling(second: str, log_det: str) -> str:
    return f"""
        def coupling(x, network):
            x1, x2 = x.chunk(2, dim=1)
            r, t = network(x1).chunk(2, dim=1)
            s = torch.sigmoid(r + 2)
            return torch.cat([x1, {second}], dim=1), {log_det}
        """


_SECOND, _SUM = "(x2 + t) * s", "F.logsigmoid(r + 2).flatten(1).sum(1)"


def _tempered(line: str) -> str:
    return f"""
        def tempered_log_prob(x, flow, temperature):
            z, log_det = flow(x)
            D, T = z.shape[1], temperature
            constant = 0.5 * D * math.log(2 * math.pi)
            half = 0.5 * z.square().sum(1)
            return {line}
        """


def _conv(line: str) -> str:
    return f"""
        def conv_log_det(x, weight):
            height, width = x.shape[2:]
            log_abs = torch.linalg.slogdet(weight).logabsdet
            return {line}
        """


ANSWERS = [
    # 1 · actnorm
    wrong("actnorm", "no H·W", _actnorm(_Z, "s.sum().expand(len(x))"), expects="H·W is forgotten"),
    wrong("actnorm", "only H", _actnorm(_Z, "(height * s.sum()).expand(len(x))"), expects="only H"),
    wrong("actnorm", "scaled first", _actnorm("x * scale + b", _HW), expects="scale comes first"),
    wrong("actnorm", "the inverse", _actnorm("x / scale - b", _HW), expects="this is the inverse"),
    wrong(
        "actnorm",
        "Σ exp(s)",
        _actnorm(_Z, "(height * width * scale.sum()).expand(len(x))"),
        expects="sums exp(s)",
    ),
    wrong("actnorm", "a scalar", _actnorm(_Z, "height * width * s.sum()"), expects="no batch dimension"),
    wrong("actnorm", "the sign", _actnorm(_Z, f"-{_HW}"), expects="sign of the log-determinant"),
    wrong("actnorm", "detached", _actnorm(_Z, f"{_HW}.detach()"), expects="detached"),
    right("actnorm", "as written", _actnorm(_Z, _HW)),
    right(
        "actnorm",
        "counted, not multiplied",
        """
        def actnorm(x, b, s):
            log_scale = s.view(1, -1, 1, 1).expand_as(x)
            return (x + b.view(1, -1, 1, 1)) * torch.exp(log_scale), log_scale.sum((1, 2, 3))
        """,
    ),
    right(
        "actnorm",
        "with the package's layer",
        """
        from torch.func import functional_call
        from gmcourse.flows import ActNorm

        def actnorm(x, b, s):
            layer = ActNorm(len(b))
            layer.initialised.fill_(True)
            return functional_call(layer, {"bias": b, "log_scale": s}, (x,))
        """,
    ),
    # 2 · plu
    wrong("plu", "U first", _plu("permutation @ right @ left"), expects="order of the factors"),
    wrong("plu", "P on the right", _plu("left @ right @ permutation"), expects="wrong side"),
    wrong("plu", "no P", _plu("left @ right"), expects="P is missing"),
    wrong("plu", "no ones", _plu("permutation @ lower.tril(-1) @ right"), expects="no ones on its diagonal"),
    wrong(
        "plu",
        "no signs",
        _plu("permutation @ left @ (upper.triu(1) + torch.diag(log_s.exp()))"),
        expects="without its sign",
    ),
    wrong(
        "plu",
        "not cut to triangles",
        _plu("permutation @ (lower + eye) @ (upper + diagonal)"),
        expects="not cut to triangles",
    ),
    wrong(
        "plu",
        "the bars lost",
        _plu("permutation @ left @ right", "(W.det() * W.det().sign() * -1).log()"),
        expects="NaN",
    ),
    wrong("plu", "Σ s", _plu("permutation @ left @ right", "log_s.exp().sum()"), expects="this is Σ s"),
    right("plu", "as written", _plu("permutation @ left @ right")),
    right(
        "plu",
        "by slogdet all the same",
        _plu("permutation @ left @ right", "torch.linalg.slogdet(W.double()).logabsdet"),
    ),
    right(
        "plu",
        "row by row",
        """
        def plu(permutation, lower, upper, log_s, sign):
            n = len(log_s)
            L = torch.tril(lower, diagonal=-1) + torch.eye(n)
            U = torch.triu(upper, diagonal=1) + torch.eye(n) * (sign * torch.exp(log_s))
            product = torch.stack([sum(L[i, k] * U[k] for k in range(n)) for i in range(n)])
            return torch.einsum("ij,jk->ik", permutation, product), torch.log(torch.exp(log_s).prod())
        """,
    ),
    # 3 · squeeze
    wrong(
        "squeeze",
        "dx before dy",
        _squeeze("x.reshape(b, c, h//2, 2, w//2, 2).permute(0, 1, 5, 3, 2, 4).reshape(b, 4*c, h//2, w//2)"),
        expects="order of channels",
    ),
    wrong(
        "squeeze",
        "corners first",
        _squeeze("torch.cat([x[:, :, i::2, j::2] for i in (0, 1) for j in (0, 1)], 1)"),
        expects="corners come first",
    ),
    wrong("squeeze", "a reshape", _squeeze("x.reshape(b, 4*c, h//2, w//2)"), expects="plain reshape"),
    wrong(
        "squeeze",
        "quarters",
        _squeeze("x.reshape(b, c, 2, h//2, 2, w//2).permute(0, 1, 2, 4, 3, 5).reshape(b, 4*c, h//2, w//2)"),
        expects="four quarters",
    ),
    wrong("squeeze", "the mean", _squeeze("F.avg_pool2d(x, 2)"), expects="averaged"),
    wrong("squeeze", "every other pixel", _squeeze("x[:, :, ::2, ::2]"), expects="only one pixel"),
    right(
        "squeeze",
        "six dimensions",
        _squeeze("x.reshape(b, c, h//2, 2, w//2, 2).permute(0, 1, 3, 5, 2, 4).reshape(b, 4*c, h//2, w//2)"),
    ),
    right(
        "squeeze",
        "by slices",
        """
        def squeeze(x):
            corners = [x[:, :, dy::2, dx::2] for dy in range(2) for dx in range(2)]
            return torch.stack(corners, dim=2).flatten(1, 2)
        """,
    ),
    right(
        "squeeze",
        "by a strided convolution",
        """
        def squeeze(x):
            c = x.shape[1]
            weight = torch.eye(4).view(4, 1, 2, 2).repeat(c, 1, 1, 1)
            return F.conv2d(x, weight, stride=2, groups=c)
        """,
    ),
    # 4 · coupling
    wrong("coupling", "scaled first", _coupling("x2 * s + t", _SUM), expects="shift comes first"),
    wrong(
        "coupling",
        "without the 2",
        _coupling("(x2 + t) * r.sigmoid()", "F.logsigmoid(r).flatten(1).sum(1)"),
        expects="the 2 is missing",
    ),
    wrong(
        "coupling",
        "an exponential",
        _coupling("(x2 + t) * r.exp()", "r.flatten(1).sum(1)"),
        expects="RealNVP's",
    ),
    wrong("coupling", "swapped", _coupling("(x2 + r) * (t + 2).sigmoid()", _SUM), expects="swapped"),
    wrong("coupling", "Σ s", _coupling(_SECOND, "s.flatten(1).sum(1)"), expects="this is Σ s"),
    wrong("coupling", "Σ r", _coupling(_SECOND, "r.flatten(1).sum(1)"), expects="this is Σ r"),
    wrong("coupling", "channels only", _coupling(_SECOND, "s.log().sum(1)"), expects="only the channels"),
    wrong("coupling", "the whole batch", _coupling(_SECOND, "s.log().sum()"), expects="over the batch"),
    right("coupling", "as written", _coupling(_SECOND, _SUM)),
    right(
        "coupling",
        "with softplus",
        """
        def coupling(x, network):
            half = x.shape[1] // 2
            out = network(x[:, :half])
            log_s = -F.softplus(-(out[:, :half] + 2))
            moved = (x[:, half:] + out[:, half:]) * torch.exp(log_s)
            return torch.hstack([x[:, :half], moved]), torch.einsum("bchw->b", log_s)
        """,
    ),
    right(
        "coupling",
        "with the package's layer",
        """
        from gmcourse.flows import AffineCoupling

        def coupling(x, network):
            return AffineCoupling(network)(x)
        """,
    ),
    # 5 · tempered_log_prob
    wrong("tempered_log_prob", "no T", _tempered("-half - constant + log_det"), expects="T does nothing"),
    wrong(
        "tempered_log_prob",
        "not normalised",
        _tempered("-half / T**2 - constant + log_det"),
        expects="D log T is missing",
    ),
    wrong(
        "tempered_log_prob",
        "the sign",
        _tempered("-half / T**2 - constant + D * math.log(T) + log_det"),
        expects="sign of D log T",
    ),
    wrong(
        "tempered_log_prob",
        "one log T",
        _tempered("-half / T**2 - constant - math.log(T) + log_det"),
        expects="counted once",
    ),
    wrong(
        "tempered_log_prob",
        "as a variance",
        _tempered("-half / T - constant - D * math.log(T) + log_det"),
        expects="divided by √T",
    ),
    wrong(
        "tempered_log_prob",
        "times T",
        _tempered("-half * T**2 - constant - D * math.log(T) + log_det"),
        expects="multiplied by T",
    ),
    wrong(
        "tempered_log_prob",
        "the printed exponent",
        _tempered("T**2 * (-half - constant + log_det)"),
        expects="exponent is 1/T²",
    ),
    wrong(
        "tempered_log_prob",
        "no log-determinant",
        _tempered("-half / T**2 - constant - D * math.log(T)"),
        expects="log-determinant of the flow is missing",
    ),
    right(
        "tempered_log_prob",
        "as written",
        _tempered("-half / T**2 - constant - D * math.log(T) + log_det"),
    ),
    right(
        "tempered_log_prob",
        "by torch's normal",
        """
        def tempered_log_prob(x, flow, temperature):
            z, log_det = flow(x)
            return torch.distributions.Normal(0.0, temperature).log_prob(z).sum(1) + log_det
        """,
    ),
    right(
        "tempered_log_prob",
        "one more layer",
        """
        def tempered_log_prob(x, flow, temperature):
            z, log_det = flow(x)
            eps = z / temperature
            base = torch.distributions.Normal(torch.zeros(()), torch.ones(()))
            return base.log_prob(eps).sum(1) + log_det - z.shape[1] * math.log(temperature)
        """,
    ),
    # 6 · conv_log_det
    wrong("conv_log_det", "no H·W", _conv("log_abs.expand(len(x))"), expects="H·W is forgotten"),
    wrong("conv_log_det", "only H", _conv("(height * log_abs).expand(len(x))"), expects="only H"),
    wrong(
        "conv_log_det",
        "times the batch",
        _conv("(len(x) * height * width * log_abs).expand(len(x))"),
        expects="once for each sample",
    ),
    wrong("conv_log_det", "a scalar", _conv("height * width * log_abs"), expects="no batch dimension"),
    wrong(
        "conv_log_det",
        "clamped",
        _conv("(height * width * torch.where(weight.det() > 0, log_abs, 0 * log_abs)).expand(len(x))"),
        expects="counts as 0",
    ),
    wrong(
        "conv_log_det",
        "the sign kept",
        _conv("(height * width * weight.det().sign() * log_abs).expand(len(x))"),
        expects="sign of det W",
    ),
    wrong(
        "conv_log_det",
        "detached",
        _conv("(height * width * log_abs.detach()).expand(len(x))"),
        expects="detached",
    ),
    right("conv_log_det", "slogdet", _conv("(height * width * log_abs).expand(len(x))")),
    right(
        "conv_log_det",
        "the absolute value",
        _conv("torch.full((len(x),), float(height * width)) * weight.det().abs().log()"),
    ),
    right(
        "conv_log_det",
        "by singular values",
        _conv("height * width * torch.linalg.svdvals(weight).log().sum().repeat(len(x))"),
    ),
]
