"""Answers to the exercises of chapter 07."""

from tests.exercises.answers import right, wrong


def _actnorm(
    start: str = "b.copy_(-mean); s.copy_(-std.log())",
    z: str = "(x + b[:, None, None]) * s[:, None, None].exp()",
    log_det: str = "(height * width * s.sum()).expand(len(x))",
    first: str = "self.first",
) -> str:
    return f"""
        class ActNorm(nn.Module):
            def __init__(self, channels):
                super().__init__()
                self.b = nn.Parameter(torch.zeros(channels))
                self.s = nn.Parameter(torch.zeros(channels))
                self.first = True

            def forward(self, x):
                b, s, (height, width) = self.b, self.s, x.shape[2:]
                std, mean = torch.std_mean(x, (0, 2, 3), correction=0)
                if {first}:
                    with torch.no_grad():
                        {start}
                    self.first = False
                return {z}, {log_det}
        """


def _plu(matrix: str, log_det: str = "log_s.sum()") -> str:
    return f"""
        def plu(permutation, lower, upper, log_s, sign):
            eye = torch.eye(len(log_s))
            diagonal = torch.diag(sign * log_s.exp())
            left, right = lower.tril(-1) + eye, upper.triu(1) + diagonal
            W = {matrix}
            return W, {log_det}
        """


def _multiscale(
    split: str = "x, stays = x.chunk(2, dim=1)",
    squeeze: str = "F.pixel_unshuffle(x, 2)",
    result: str = "[*latents, x], sum(log_dets)",
) -> str:
    return f"""
        def multiscale(x, flows):
            latents, log_dets = [], []
            for i, flow in enumerate(flows):
                (b, c, h, w), last = x.shape, i == len(flows) - 1
                x, log_det = flow({squeeze})
                log_dets.append(log_det)
                if not last:
                    {split}
                    latents.append(stays)
            return {result}
        """


def _tempered(line: str) -> str:
    return f"""
        def tempered_log_prob(x, flow, temperature):
            z, log_det = flow(x)
            D, T = z.shape[1], temperature
            constant = 0.5 * D * math.log(2 * math.pi)
            half = 0.5 * z.square().sum(1)
            return {line}
        """


def _conv(
    log_det: str = "(height * width * log_abs).expand(len(x))",
    back: str = "torch.linalg.inv(weight)",
    there: str = "weight",
) -> str:
    return f"""
        def conv(x, weight, inverse=False):
            height, width = x.shape[2:]
            log_abs = torch.linalg.slogdet(weight).logabsdet
            if inverse:
                return torch.einsum("oc,bchw->bohw", {back}, x)
            return torch.einsum("oc,bchw->bohw", {there}, x), {log_det}
        """


_LONG = "It is what I saw, and this goes on until it has words enough to be a reason for whoever reads it."


def _surprise(picture: str, why: str = _LONG) -> str:
    return f"""
        from gmcourse.data import load

        picture = {picture}
        why = "{why}"
        """


ANSWERS = [
    # 1 · actnorm
    wrong("actnorm", "no H·W", _actnorm(log_det="s.sum().expand(len(x))"), expects="H·W is forgotten"),
    wrong("actnorm", "only H", _actnorm(log_det="(height * s.sum()).expand(len(x))"), expects="only H"),
    wrong(
        "actnorm",
        "Σ exp(s)",
        _actnorm(log_det="(height * width * s.exp().sum()).expand(len(x))"),
        expects="sums exp(s)",
    ),
    wrong("actnorm", "a scalar", _actnorm(log_det="height * width * s.sum()"), expects="no batch dimension"),
    wrong(
        "actnorm",
        "the sign",
        _actnorm(log_det="(-height * width * s.sum()).expand(len(x))"),
        expects="the sign is wrong",
    ),
    wrong(
        "actnorm",
        "detached",
        _actnorm(log_det="(height * width * s.sum()).expand(len(x)).detach()"),
        expects="detached",
    ),
    wrong(
        "actnorm",
        "z detached from s",
        _actnorm(z="(x + b[:, None, None]) * s[:, None, None].exp().detach()"),
        expects="self.s",
    ),
    wrong(
        "actnorm",
        "z detached from x",
        _actnorm(z="(x.detach() + b[:, None, None]) * s[:, None, None].exp()"),
        expects="`x`",
    ),
    wrong(
        "actnorm",
        "scaled first",
        _actnorm("s.copy_(-std.log()); b.copy_(-mean / std)", "x * s[:, None, None].exp() + b[:, None, None]"),
        expects="b after the first batch: the scale comes first",
    ),
    wrong(
        "actnorm",
        "scaled first, with the other's b",
        _actnorm(z="x * s[:, None, None].exp() + b[:, None, None]"),
        expects="z of the first batch: the scale comes first",
    ),
    wrong("actnorm", "never set", _actnorm("pass"), expects="comes out as it came in"),
    wrong("actnorm", "set by every batch", _actnorm(first="True"), expects="its own statistics"),
    wrong("actnorm", "not shifted", _actnorm("s.copy_(-std.log())"), expects="b is missing"),
    wrong("actnorm", "not scaled", _actnorm("b.copy_(-mean)"), expects="s is missing"),
    wrong(
        "actnorm",
        "the variance",
        _actnorm("b.copy_(-mean); s.copy_(-2 * std.log())"),
        expects="by the variance",
    ),
    wrong("actnorm", "widened", _actnorm("b.copy_(-mean); s.copy_(std.log())"), expects="multiplied by the dev"),
    wrong("actnorm", "the mean added", _actnorm("b.copy_(mean); s.copy_(-std.log())"), expects="mean is added"),
    wrong(
        "actnorm",
        "one less",
        _actnorm("b.copy_(-mean); s.copy_(-x.std((0, 2, 3)).log())"),
        expects="not by one less",
    ),
    wrong(
        "actnorm",
        "one for all channels",
        _actnorm("b.fill_(-x.mean()); s.fill_(-x.std(correction=0).log())"),
        expects="all channels have the same",
    ),
    wrong(
        "actnorm",
        "new parameters",
        _actnorm("self.b = b = nn.Parameter(-mean); self.s = s = nn.Parameter(-std.log())"),
        expects="new Parameter",
    ),
    wrong(
        "actnorm",
        "no parameters",
        """
        class ActNorm(nn.Module):
            def __init__(self, channels):
                super().__init__()
                self.b = None

            def forward(self, x):
                if self.b is None:
                    self.b, self.s = -x.mean((0, 2, 3)), -x.std((0, 2, 3), correction=0).log()
                z = (x + self.b[:, None, None]) * self.s[:, None, None].exp()
                return z, (x[0, 0].numel() * self.s.sum()).expand(len(x))
        """,
        expects="must stay parameters",
    ),
    wrong(
        "actnorm",
        "set without `no_grad`",
        """
        class ActNorm(nn.Module):
            def __init__(self, channels):
                super().__init__()
                self.b, self.s = nn.Parameter(torch.zeros(channels)), nn.Parameter(torch.zeros(channels))

            def forward(self, x):
                self.b.copy_(-x.mean((0, 2, 3)))
        """,
        expects="in place overwrites",
    ),
    right("actnorm", "as written", _actnorm()),
    right("actnorm", "through `.data`", _actnorm("self.b.data = -mean; self.s.data = -std.log()")),
    right(
        "actnorm",
        "counted, not multiplied",
        _actnorm(
            "b -= mean; s -= 0.5 * x.var((0, 2, 3), correction=0).log()",
            "(x + b.view(1, -1, 1, 1)) * s.view(1, -1, 1, 1).exp()",
            "s.view(1, -1, 1, 1).expand_as(x).sum((1, 2, 3))",
        ),
    ),
    right(
        "actnorm",
        "with the package's layer",
        """
        from gmcourse import flows

        class ActNorm(nn.Module):
            def __init__(self, channels):
                super().__init__()
                self.layer = flows.ActNorm(channels)
                self.b, self.s = self.layer.bias, self.layer.log_scale

            def forward(self, x):
                return self.layer(x)
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
        _plu("permutation @ left @ right", "right.diagonal().log().sum()"),
        expects="NaN",
    ),
    wrong("plu", "Σ s", _plu("permutation @ left @ right", "log_s.exp().sum()"), expects="this is Σ s"),
    right("plu", "as written", _plu("permutation @ left @ right")),
    wrong(
        "plu",
        "by slogdet all the same",
        _plu("permutation @ left @ right", "torch.linalg.slogdet(W.double()).logabsdet"),
        expects="a determinant or a decomposition",
    ),
    wrong(
        "plu",
        "by an old name of the determinant",
        _plu("permutation @ left @ right", "W.det().abs().log()"),
        expects="a determinant or a decomposition",
    ),
    wrong("plu", "P transposed", _plu("permutation.T @ left @ right"), expects="P is transposed"),
    wrong("plu", "L detached", _plu("permutation @ left.detach() @ right"), expects="`lower`"),
    wrong("plu", "U detached", _plu("permutation @ left @ right.detach()"), expects="`upper`"),
    wrong(
        "plu",
        "exp(ℓ) detached",
        _plu("permutation @ left @ (upper.triu(1) + diagonal.detach())"),
        expects="`log_s`",
    ),
    wrong(
        "plu",
        "log |det| detached",
        _plu("permutation @ left @ right", "log_s.detach().sum()"),
        expects="detached",
    ),
    wrong(
        "plu",
        "ℓ on the diagonal",
        _plu("permutation @ left @ (upper.triu(1) + torch.diag(sign * log_s))"),
        expects="the diagonal of U is log_s",
    ),
    wrong("plu", "no diagonal", _plu("permutation @ left @ upper.triu(1)"), expects="diagonal of U is missing"),
    wrong("plu", "entry by entry", _plu("permutation * left * right"), expects="entry by entry"),
    wrong(
        "plu",
        "the raw diagonals",
        _plu("permutation @ (lower.tril() + eye) @ (upper.triu() + diagonal)"),
        expects="diagonals of the raw",
    ),
    wrong(
        "plu",
        "the triangles exchanged",
        _plu("permutation @ (upper.tril(-1) + eye) @ (lower.triu(1) + diagonal)"),
        expects="L and U are exchanged",
    ),
    wrong("plu", "the sign", _plu("permutation @ left @ right", "-log_s.sum()"), expects="the sign is wrong"),
    wrong(
        "plu",
        "signs counted",
        _plu("permutation @ left @ right", "(sign * log_s).sum()"),
        expects="signs are counted",
    ),
    wrong("plu", "the mean", _plu("permutation @ left @ right", "log_s.mean()"), expects="averaged"),
    wrong("plu", "|det W|", _plu("permutation @ left @ right", "log_s.exp().prod()"), expects="this is |det W|"),
    right(
        "plu",
        "from the diagonal",
        _plu("permutation @ (left @ right)", "right.diagonal().abs().log().sum()"),
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
    # 3 · multiscale
    wrong(
        "multiscale",
        "not squeezed",
        _multiscale(squeeze="x"),
        expects="squeeze at every level",
    ),
    wrong(
        "multiscale",
        "squeezed once",
        _multiscale(squeeze="F.pixel_unshuffle(x, 2) if i == 0 else x"),
        expects="squeeze at every level",
    ),
    wrong("multiscale", "all goes on", _multiscale("stays = x"), expects="only the first half"),
    wrong(
        "multiscale",
        "dx before dy",
        _multiscale(
            squeeze="x.reshape(b, c, h//2, 2, w//2, 2).permute(0, 1, 5, 3, 2, 4).reshape(b, 4*c, h//2, w//2)"
        ),
        expects="dx before dy",
    ),
    wrong(
        "multiscale",
        "corners first",
        _multiscale(squeeze="torch.cat([x[:, :, i::2, j::2] for i in (0, 1) for j in (0, 1)], 1)"),
        expects="corners first",
    ),
    wrong(
        "multiscale",
        "a reshape",
        _multiscale(squeeze="x.reshape(b, 4*c, h//2, w//2)"),
        expects="plain reshape",
    ),
    wrong(
        "multiscale",
        "quarters",
        _multiscale(
            squeeze="x.reshape(b, c, 2, h//2, 2, w//2).permute(0, 1, 2, 4, 3, 5).reshape(b, 4*c, h//2, w//2)"
        ),
        expects="quarters",
    ),
    wrong("multiscale", "halves exchanged", _multiscale("stays, x = x.chunk(2, dim=1)"), expects="exchanged"),
    wrong(
        "multiscale",
        "cut along the rows",
        _multiscale("x, stays = x.chunk(2, dim=2)"),
        expects="only the first half of the channels",
    ),
    wrong(
        "multiscale",
        "from the last level on",
        _multiscale(result="[x, *latents[::-1]], sum(log_dets)"),
        expects="reverse order",
    ),
    wrong("multiscale", "the last latent only", _multiscale(result="[x], sum(log_dets)"), expects="one latent"),
    wrong("multiscale", "the last one lost", _multiscale(result="latents, sum(log_dets)"), expects="one latent"),
    wrong(
        "multiscale",
        "split at the last level too",
        _multiscale(result="[*latents, *x.chunk(2, dim=1)], sum(log_dets)"),
        expects="one latent",
    ),
    wrong("multiscale", "one tensor", _multiscale(result="x, sum(log_dets)"), expects="come as a list"),
    wrong(
        "multiscale",
        "only the last log-determinant",
        _multiscale(result="[*latents, x], log_det"),
        expects="only the last",
    ),
    wrong(
        "multiscale",
        "only the first",
        _multiscale(result="[*latents, x], log_dets[0]"),
        expects="only the first",
    ),
    wrong(
        "multiscale",
        "the mean of the levels",
        _multiscale(result="[*latents, x], sum(log_dets) / len(flows)"),
        expects="averaged over the levels",
    ),
    wrong(
        "multiscale",
        "multiplied",
        _multiscale(result="[*latents, x], torch.stack(log_dets).prod(0)"),
        expects="multiplied",
    ),
    wrong("multiscale", "the sign", _multiscale(result="[*latents, x], -sum(log_dets)"), expects="sign"),
    wrong(
        "multiscale",
        "the whole batch",
        _multiscale(result="[*latents, x], sum(log_dets).sum()"),
        expects="summed over everything",
    ),
    wrong("multiscale", "no log-determinant", _multiscale(result="[*latents, x]"), expects="latents"),
    wrong(
        "multiscale",
        "what stays is detached",
        _multiscale("x, stays = x.chunk(2, dim=1); stays = stays.detach()"),
        expects="latent 1 has the right value",
    ),
    wrong(
        "multiscale",
        "what goes on is detached",
        _multiscale("x, stays = x.chunk(2, dim=1); x = x.detach()"),
        expects="latent 2 has the right value",
    ),
    wrong(
        "multiscale",
        "the sum detached",
        _multiscale(result="[*latents, x], sum(log_dets).detach()"),
        expects="detached",
    ),
    right("multiscale", "as written", _multiscale()),
    right(
        "multiscale",
        "squeezed by slices",
        _multiscale(
            squeeze="torch.stack([x[:, :, dy::2, dx::2] for dy in (0, 1) for dx in (0, 1)], 2).flatten(1, 2)"
        ),
    ),
    right(
        "multiscale",
        "squeezed by a strided convolution, latents as a tuple",
        _multiscale(
            squeeze="F.conv2d(x, torch.eye(4).view(4, 1, 2, 2).repeat(c, 1, 1, 1), stride=2, groups=c)",
            result="((*latents, x), torch.stack(log_dets).sum(0))",
        ),
    ),
    right(
        "multiscale",
        "recursively",
        """
        def multiscale(x, flows):
            h, log_det = flows[0](F.pixel_unshuffle(x, 2))
            if len(flows) == 1:
                return [h], log_det
            half = h.shape[1] // 2
            latents, below = multiscale(h[:, :half], flows[1:])
            return [h[:, half:]] + latents, log_det + below
        """,
    ),
    # 4 · tempered_log_prob
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
    # 5 · conv
    wrong("conv", "no H·W", _conv("log_abs.expand(len(x))"), expects="H·W is forgotten"),
    wrong("conv", "only H", _conv("(height * log_abs).expand(len(x))"), expects="only H"),
    wrong(
        "conv",
        "times the batch",
        _conv("(len(x) * height * width * log_abs).expand(len(x))"),
        expects="once for each sample",
    ),
    wrong("conv", "a scalar", _conv("height * width * log_abs"), expects="no batch dimension"),
    wrong(
        "conv",
        "clamped",
        _conv("(height * width * torch.where(weight.det() > 0, log_abs, 0 * log_abs)).expand(len(x))"),
        expects="counts as 0",
    ),
    wrong(
        "conv",
        "the sign kept",
        _conv("(height * width * weight.det().sign() * log_abs).expand(len(x))"),
        expects="sign of det W",
    ),
    wrong("conv", "detached", _conv("(height * width * log_abs.detach()).expand(len(x))"), expects="detached"),
    wrong("conv", "z detached", _conv(there="weight.detach()"), expects="`weight`"),
    wrong("conv", "only the way forward", _conv(back="weight.T"), expects="still the transpose"),
    wrong(
        "conv",
        "only the way back",
        _conv("(height * width * weight.det().log()).expand(len(x))"),
        expects="still NaN",
    ),
    wrong("conv", "W again", _conv(back="weight"), expects="acts once more"),
    wrong("conv", "turned twice", _conv(back="torch.linalg.inv(weight).T"), expects="W⁻¹ is transposed"),
    wrong("conv", "number by number", _conv(back="(1 / weight)"), expects="each number of W"),
    wrong(
        "conv",
        "W turned both ways",
        _conv(there="weight.T", back="torch.linalg.inv(weight.T)"),
        expects="z: W is",
    ),
    wrong(
        "conv",
        "|det W|",
        _conv("(height * width * weight.det().abs()).expand(len(x))"),
        expects="its logarithm is wanted",
    ),
    right("conv", "slogdet", _conv()),
    right(
        "conv",
        "the absolute value, and a system of equations",
        """
        def conv(x, weight, inverse=False):
            if inverse:
                return torch.linalg.solve(weight, x.flatten(2)).reshape(x.shape)
            places = torch.full((len(x),), float(x[0, 0].numel()))
            return F.conv2d(x, weight[:, :, None, None]), places * weight.det().abs().log()
        """,
    ),
    right(
        "conv",
        "by singular values",
        _conv("height * width * torch.linalg.svdvals(weight).log().sum().repeat(len(x))"),
    ),
    right(
        "conv",
        "back by NumPy",
        _conv(back="torch.as_tensor(__import__('numpy').linalg.inv(weight.detach().numpy()))"),
    ),
    # 6 · surprise
    wrong(
        "surprise",
        "a face",
        _surprise('load("faces", "test", n=1).pixels[0]'),
        expects="some face is more probable",
    ),
    wrong(
        "surprise",
        "noise",
        _surprise("torch.randint(0, 256, (3, 32, 32))"),
        expects="some face is more probable",
    ),
    wrong("surprise", "black", _surprise("torch.zeros(3, 32, 32)"), expects="some face is more probable"),
    wrong("surprise", "in [0, 1]", _surprise("torch.full((3, 32, 32), 0.5)"), expects="whole numbers"),
    wrong("surprise", "too bright", _surprise("torch.full((3, 32, 32), 300)"), expects="whole numbers"),
    wrong("surprise", "a batch", _surprise("torch.full((1, 3, 32, 32), 128)"), expects="of shape (3, 32, 32)"),
    wrong("surprise", "no reason", _surprise("torch.full((3, 32, 32), 128)", "It is grey."), expects="too short"),
    right("surprise", "grey", _surprise("torch.full((3, 32, 32), 128, dtype=torch.uint8)")),
    right("surprise", "NumPy", _surprise("torch.full((3, 32, 32), 128).numpy()")),
    right("surprise", "the mean face", _surprise('load("faces", n=500).pixels.float().mean(0).round()')),
]

ANSWERS += [
    # what was tried later: what an answer leaves behind, draws that are tied, other ways to be right
    wrong(
        "actnorm",
        "the first batch detached",
        """
        class ActNorm(nn.Module):
            def __init__(self, channels):
                super().__init__()
                self.b = nn.Parameter(torch.zeros(channels))
                self.s = nn.Parameter(torch.zeros(channels))
                self.started = False

            def forward(self, x):
                if not self.started:
                    with torch.no_grad():
                        self.b.copy_(-x.mean((0, 2, 3)))
                        self.s.copy_(-x.std((0, 2, 3), correction=0).log())
                    self.started = True
                    z = ((x + self.b[:, None, None]) * self.s[:, None, None].exp()).detach()
                    return z, (x.shape[2] * x.shape[3] * self.s.sum()).expand(len(x))
                z = (x + self.b[:, None, None]) * self.s[:, None, None].exp()
                ld = (x.shape[2] * x.shape[3] * self.s.sum()).expand(len(x))
                return z, ld
        """,
        expects="z of the first batch has the right value but no gradient",
    ),
    wrong(
        "actnorm",
        "left evaluating",
        """
        class ActNorm(nn.Module):
            def __init__(self, channels):
                super().__init__()
                self.b = nn.Parameter(torch.zeros(channels))
                self.s = nn.Parameter(torch.zeros(channels))
                self.started = False

            def forward(self, x):
                if not self.started:
                    with torch.no_grad():
                        self.b.copy_(-x.mean((0, 2, 3)))
                        self.s.copy_(-x.std((0, 2, 3), correction=0).log())
                    self.started = True
                    self.eval()
                z = (x + self.b[:, None, None]) * self.s[:, None, None].exp()
                ld = (x.shape[2] * x.shape[3] * self.s.sum()).expand(len(x))
                return z, ld
        """,
        expects="leaves itself in another mode",
    ),
    wrong(
        "actnorm",
        "frozen after the first batch",
        """
        class ActNorm(nn.Module):
            def __init__(self, channels):
                super().__init__()
                self.b = nn.Parameter(torch.zeros(channels))
                self.s = nn.Parameter(torch.zeros(channels))
                self.started = False

            def forward(self, x):
                if not self.started:
                    with torch.no_grad():
                        self.b.copy_(-x.mean((0, 2, 3)))
                        self.s.copy_(-x.std((0, 2, 3), correction=0).log())
                    self.started = True
                    self.requires_grad_(False)
                z = (x + self.b[:, None, None]) * self.s[:, None, None].exp()
                ld = (x.shape[2] * x.shape[3] * self.s.sum()).expand(len(x))
                return z, ld
        """,
        expects="leaves itself frozen",
    ),
    wrong(
        "actnorm",
        "in place",
        """
        class ActNorm(nn.Module):
            def __init__(self, channels):
                super().__init__()
                self.b = nn.Parameter(torch.zeros(channels))
                self.s = nn.Parameter(torch.zeros(channels))
                self.started = False

            def forward(self, x):
                if not self.started:
                    with torch.no_grad():
                        self.b.copy_(-x.mean((0, 2, 3)))
                        self.s.copy_(-x.std((0, 2, 3), correction=0).log())
                    self.started = True
                    pass
                x += self.b[:, None, None].detach()
                z = x * self.s[:, None, None].exp()
                ld = (x.shape[2] * x.shape[3] * self.s.sum()).expand(len(x))
                return z, ld
        """,
        expects="writes to its input",
    ),
    right(
        "actnorm",
        "by variances, float64",
        """
        class ActNorm(nn.Module):
            def __init__(self, channels):
                super().__init__()
                self.b = nn.Parameter(torch.zeros(channels))
                self.s = nn.Parameter(torch.zeros(channels))
                self.register_buffer("done", torch.tensor(False))

            def forward(self, x):
                if not self.done:
                    flat = x.detach().double().transpose(0, 1).flatten(1)
                    self.b.data = -flat.mean(1).float()
                    self.s.data = (-0.5 * flat.var(1, correction=0).log()).float()
                    self.done.fill_(True)
                e = self.s.exp()
                z = torch.einsum("bchw,c->bchw", x, e) + (self.b * e).reshape(1, -1, 1, 1)
                return z, x.new_ones(len(x)) * (x[0, 0].numel() * self.s).sum()
        """,
    ),
    wrong(
        "plu",
        "by LU",
        """
        def _elim(W):
            t = 0.0
            while len(W):
                i = int(W[:, 0].abs().argmax())
                W = torch.cat([W[i : i + 1], W[:i], W[i + 1 :]])
                t = t + W[0, 0].abs().log()
                W = W[1:, 1:] - W[1:, :1] * W[:1, 1:] / W[0, 0]
            return t

        def plu(permutation, lower, upper, log_s, sign):
            left = lower.tril(-1) + torch.eye(len(log_s))
            right = upper.triu(1) + torch.diag(sign * log_s.exp())
            W = permutation @ left @ right
            return W, torch.linalg.lu_factor_ex(W)[0].diagonal().abs().log().sum()
        """,
        expects="costs the cube",
    ),
    wrong(
        "plu",
        "eliminated by hand",
        """
        def _elim(W):
            t = 0.0
            while len(W):
                i = int(W[:, 0].abs().argmax())
                W = torch.cat([W[i : i + 1], W[:i], W[i + 1 :]])
                t = t + W[0, 0].abs().log()
                W = W[1:, 1:] - W[1:, :1] * W[:1, 1:] / W[0, 0]
            return t

        def plu(permutation, lower, upper, log_s, sign):
            left = lower.tril(-1) + torch.eye(len(log_s))
            right = upper.triu(1) + torch.diag(sign * log_s.exp())
            W = permutation @ left @ right
            return W, _elim(W)
        """,
        expects="costs the cube",
    ),
    wrong(
        "plu",
        "eigenvalues of W Wᵀ",
        """
        def _elim(W):
            t = 0.0
            while len(W):
                i = int(W[:, 0].abs().argmax())
                W = torch.cat([W[i : i + 1], W[:i], W[i + 1 :]])
                t = t + W[0, 0].abs().log()
                W = W[1:, 1:] - W[1:, :1] * W[:1, 1:] / W[0, 0]
            return t

        def plu(permutation, lower, upper, log_s, sign):
            left = lower.tril(-1) + torch.eye(len(log_s))
            right = upper.triu(1) + torch.diag(sign * log_s.exp())
            W = permutation @ left @ right
            return W, torch.linalg.eigvalsh(W @ W.T).log().sum() / 2
        """,
        expects="costs the cube",
    ),
    wrong(
        "plu",
        "Cholesky of W Wᵀ",
        """
        def _elim(W):
            t = 0.0
            while len(W):
                i = int(W[:, 0].abs().argmax())
                W = torch.cat([W[i : i + 1], W[:i], W[i + 1 :]])
                t = t + W[0, 0].abs().log()
                W = W[1:, 1:] - W[1:, :1] * W[:1, 1:] / W[0, 0]
            return t

        def plu(permutation, lower, upper, log_s, sign):
            left = lower.tril(-1) + torch.eye(len(log_s))
            right = upper.triu(1) + torch.diag(sign * log_s.exp())
            W = permutation @ left @ right
            return W, torch.linalg.cholesky_ex(W @ W.T)[0].diagonal().log().sum()
        """,
        expects="costs the cube",
    ),
    wrong(
        "plu",
        "cut in place",
        """
        def plu(permutation, lower, upper, log_s, sign):
            lower.data.tril_(-1)
            left = lower + torch.eye(len(log_s))
            right = upper.triu(1) + torch.diag(sign * log_s.exp())
            return permutation @ left @ right, log_s.sum()
        """,
        expects="writes to its input",
    ),
    right(
        "plu",
        "einsum, a list",
        """
        def plu(permutation, lower, upper, log_s, sign):
            c = len(log_s)
            i = torch.arange(c)
            L = torch.where(i[:, None] > i, lower, 0.0) + (i[:, None] == i).float()
            U = torch.where(i[:, None] < i, upper, 0.0) + torch.diag_embed(sign * torch.exp(log_s))
            return [torch.einsum("ab,bc,cd->ad", permutation, L, U), torch.dot(log_s, torch.ones(c))]
        """,
    ),
    right(
        "plu",
        "rows chosen by index",
        """
        def plu(permutation, lower, upper, log_s, sign):
            L = torch.tril(lower, -1) + torch.eye(len(sign))
            W = L @ torch.triu(upper, 1) + L * (sign * log_s.exp())
            return W[permutation.argmax(1)], sum(log_s)
        """,
    ),
    wrong(
        "multiscale",
        "flows taken out of the list",
        """
        def multiscale(x, flows):
            out, ld = [], 0.0
            while flows:
                f = flows.pop(0)
                x, d = f(F.pixel_unshuffle(x, 2))
                ld = ld + d
                if flows:
                    x, s = x.chunk(2, 1)
                    out.append(s)
            return [*out, x], ld
        """,
        expects="changes the list `flows`",
    ),
    wrong(
        "multiscale",
        "the first level detached",
        """
        def multiscale(x, flows):
            out, ld = [], 0.0
            for f in flows:
                x, d = f(F.pixel_unshuffle(x, 2))
                ld = ld + d
                if f is flows[0] and len(flows) > 1:
                    x, s = x.chunk(2, 1)
                    x = x.detach().requires_grad_()
                    out.append(s)
                elif f is not flows[-1]:
                    x, s = x.chunk(2, 1)
                    out.append(s)
            return [*out, x], ld
        """,
        expects="latent 2 has the right value",
    ),
    right(
        "multiscale",
        "squeezed by unfold",
        """
        def multiscale(x, flows):
            out, total = (), []
            for i, f in enumerate(flows, 1):
                b, ch, h, w = x.shape
                x = F.unfold(x, 2, stride=2).reshape(b, 4 * ch, h // 2, w // 2)
                x, d = f(x)
                total.append(d)
                if i < len(flows):
                    out += (x[:, x.shape[1] // 2 :],)
                    x = x[:, : x.shape[1] // 2]
            return (*out, x), torch.stack(total, 1).sum(1)
        """,
    ),
    right(
        "tempered_log_prob",
        "a multivariate normal, NumPy",
        """
        def tempered_log_prob(x, flow, T):
            z, ld = flow(x.double())
            d = z.shape[1]
            law = torch.distributions.MultivariateNormal(
                torch.zeros(d).double(), T**2 * torch.eye(d).double()
            )
            return (law.log_prob(z) + ld).detach().numpy()
        """,
    ),
    right(
        "tempered_log_prob",
        "lists",
        """
        def tempered_log_prob(x, flow, T):
            z, ld = flow(x)
            return [
                float(l)
                - sum(v * v for v in row) / (2 * T * T)
                - len(row) * math.log(T * math.sqrt(2 * math.pi))
                for row, l in zip(z.tolist(), ld)
            ]
        """,
    ),
    wrong(
        "conv",
        "NaN made 0",
        """
        def conv(x, weight, inverse=False):
            if inverse:
                return torch.einsum("oc,bchw->bohw", torch.linalg.inv(weight), x)
            h, w = x.shape[2:]
            ld = h * w * torch.nan_to_num(torch.log(torch.det(weight)))
            return torch.einsum("oc,bchw->bohw", weight, x), ld.expand(len(x))
        """,
        expects="counts as 0",
    ),
    wrong(
        "conv",
        "the square of the determinant",
        """
        def conv(x, weight, inverse=False):
            if inverse:
                return torch.einsum("oc,bchw->bohw", torch.linalg.inv(weight), x)
            h, w = x.shape[2:]
            ld = h * w * weight.det().square().log()
            return torch.einsum("oc,bchw->bohw", weight, x), ld.expand(len(x))
        """,
        expects="twice the right value",
    ),
    right(
        "conv",
        "least squares back, half of log det W Wᵀ",
        """
        def conv(x, weight, inverse=False):
            if inverse:
                return (
                    torch.linalg.lstsq(weight, x.transpose(0, 1).flatten(1))
                    .solution.reshape(len(weight), len(x), *x.shape[2:])
                    .transpose(0, 1)
                )
            h, w = x.shape[2:]
            ld = h * w * 0.5 * torch.logdet(weight @ weight.T)
            return torch.einsum("oc,bchw->bohw", weight, x), ld.expand(len(x))
        """,
    ),
    right(
        "conv",
        "by eigenvalues",
        """
        def conv(x, weight, inverse=False):
            m = weight.inverse() if inverse else weight
            z = F.conv2d(x, m[:, :, None, None])
            if inverse:
                return z
            return z, x[0, 0].numel() * torch.linalg.eigvals(weight).abs().log().sum() * torch.ones(
                len(x)
            )
        """,
    ),
]
