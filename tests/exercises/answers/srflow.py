"""Answers to the exercises of chapter 08."""

from tests.exercises.answers import right, wrong


def _consistency(line: str) -> str:
    return f"""
        def consistency(x, low, down):
            d = down(x) - low
            return {line}
        """


def _injector(output: str, log_det: str) -> str:
    return f"""
        def injector(h, raw, shift):
            s = torch.sigmoid(raw + 2)
            return {output}, {log_det}
        """


_OUT, _LOG_DET = "(h + shift) * s", "s.log().expand_as(h).flatten(1).sum(1)"


def _bits(log_p: str, last: str = "-log_p / (dims * math.log(2))") -> str:
    return f"""
        def conditional_bits(pixels, low, flow, noise):
            x = (pixels + noise) / 256
            z, log_det = flow(x, low)
            dims, positions = x[0].numel(), x.shape[2] * x.shape[3]
            base = torch.distributions.Normal(0.0, 1.0).log_prob(z).flatten(1).sum(1)
            log_p = {log_p}
            return {last}
        """


def _answers(latent: str, last: str = "inverse(z, context)") -> str:
    return f"""
        def answers(low, encoder, inverse, temperature, n):
            shape = (n, 3, 2 * low.shape[2], 2 * low.shape[3])
            context = encoder(low)
            z = {latent}
            return {last}
        """


def _errors(line: str) -> str:
    return f"""
        def two_errors(x):
            n = len(x)
            mean = (x - x.mean(0)).square().mean()
            pairs = (x[:, None] - x[None, :]).square().mean()
            return {line}
        """


def _published(log_p: str, last: str) -> str:
    return f"""
        def published_loss(z, log_det, grey_levels):
            dims, positions = z[0].numel(), z.shape[2] * z.shape[3]
            base = -0.5 * (z.square() + math.log(2 * math.pi)).flatten(1).sum(1)
            log_p = {log_p}
            return {last}
        """


ANSWERS = [
    # 1 · consistency
    wrong(
        "consistency",
        "made large",
        """
        def consistency(x, low, down):
            large = F.interpolate(low, size=x.shape[2:], mode="nearest")
            return -10 * (x - large).square().flatten(1).mean(1).log10()
        """,
        expects="must be made small",
    ),
    wrong(
        "consistency",
        "sign",
        _consistency("10 * d.square().flatten(1).mean(1).log10()"),
        expects="sign is wrong",
    ),
    wrong(
        "consistency",
        "factor 20",
        _consistency("-20 * d.square().flatten(1).mean(1).log10()"),
        expects="factor is 10",
    ),
    wrong(
        "consistency",
        "natural logarithm",
        _consistency("-10 * d.square().flatten(1).mean(1).log()"),
        expects="natural logarithm",
    ),
    wrong(
        "consistency",
        "absolute error",
        _consistency("-10 * d.abs().flatten(1).mean(1).log10()"),
        expects="mean absolute error",
    ),
    wrong(
        "consistency",
        "peak 255",
        _consistency("10 * torch.log10(255**2 / d.square().flatten(1).mean(1))"),
        expects="peak is 1",
    ),
    wrong(
        "consistency", "whole batch", _consistency("-10 * d.square().mean().log10()"), expects="whole batch"
    ),
    wrong(
        "consistency",
        "sum of squares",
        _consistency("-10 * d.square().flatten(1).sum(1).log10()"),
        expects="squares are summed",
    ),
    right("consistency", "a root", _consistency("-20 * d.square().mean((1, 2, 3)).sqrt().log10()")),
    right(
        "consistency",
        "a loop with the standard library",
        """
        def consistency(x, low, down):
            small = down(x)
            return torch.tensor([-10 * math.log10(F.mse_loss(a, b).item()) for a, b in zip(small, low)])
        """,
    ),
    right(
        "consistency",
        "einsum in float64",
        """
        def consistency(x, low, down):
            d = (down(x) - low).double()
            return 10 * torch.log10(d[0].numel() / torch.einsum("bchw,bchw->b", d, d))
        """,
    ),
    # 2 · injector
    wrong("injector", "scale first", _injector("h * s + shift", _LOG_DET), expects="before the scale"),
    wrong(
        "injector",
        "no 2",
        "def injector(h, raw, shift):\n    s = raw.sigmoid()\n    return (h + shift) * s, s.log().flatten(1).sum(1)",
        expects="makes it start near 1",
    ),
    wrong(
        "injector",
        "exponential",
        "def injector(h, raw, shift):\n    return (h + shift) * raw.exp(), raw.expand_as(h).flatten(1).sum(1)",
        expects="not exp(raw)",
    ),
    wrong("injector", "the way back", _injector("h / s - shift", _LOG_DET), expects="the way back"),
    wrong(
        "injector",
        "batch of the context",
        _injector(_OUT, "s.log().flatten(1).sum(1)"),
        expects="context has batch 1",
    ),
    wrong("injector", "sign", _injector(_OUT, f"-{_LOG_DET}"), expects="sign is wrong"),
    wrong(
        "injector",
        "sum of scales",
        _injector(_OUT, "s.expand_as(h).flatten(1).sum(1)"),
        expects="this is Σ s",
    ),
    wrong(
        "injector",
        "channels only",
        _injector(_OUT, "s.log().expand_as(h).sum(1)"),
        expects="H and W count",
    ),
    wrong("injector", "detached", _injector(_OUT, f"{_LOG_DET}.detach()"), expects="no gradient"),
    right(
        "injector", "by logsigmoid", _injector(_OUT, "F.logsigmoid(raw + 2).sum((1, 2, 3)).expand(len(h))")
    ),
    right(
        "injector",
        "a full Jacobian diagonal",
        _injector("h * s + shift * s", "torch.log(s * torch.ones_like(h)).flatten(1).sum(1)"),
    ),
    right(
        "injector",
        "softplus",
        """
        def injector(h, raw, shift):
            log_s = -F.softplus(-(raw + 2))
            z = (h + shift).mul(log_s.exp())
            return z, torch.einsum("bchw->b", log_s + torch.zeros_like(h))
        """,
    ),
    # 3 · conditional_bits
    wrong("conditional_bits", "no bins", _bits("base + log_det"), expects="constant of the bins is missing"),
    wrong(
        "conditional_bits",
        "bins added",
        _bits("base + log_det + dims * math.log(256)"),
        expects="bins is added",
    ),
    wrong(
        "conditional_bits",
        "one channel of three",
        _bits("base + log_det - positions * math.log(256)"),
        expects="counts H·W positions",
    ),
    wrong(
        "conditional_bits",
        "no log-determinant",
        _bits("base - dims * math.log(256)"),
        expects="log-determinant is missing",
    ),
    wrong(
        "conditional_bits",
        "log-determinant subtracted",
        _bits("base - log_det - dims * math.log(256)"),
        expects="log-determinant is subtracted",
    ),
    wrong(
        "conditional_bits",
        "no 2π",
        _bits("-0.5 * z.square().flatten(1).sum(1) + log_det - dims * math.log(256)"),
        expects="½ log 2π",
    ),
    wrong(
        "conditional_bits",
        "nats",
        _bits("base + log_det - dims * math.log(256)", "-log_p / dims"),
        expects="nats per dimension",
    ),
    wrong(
        "conditional_bits",
        "arguments swapped",
        "def conditional_bits(pixels, low, flow, noise):\n    return flow(low, (pixels + noise) / 256)[1]",
        expects="stops with ValueError",
    ),
    right("conditional_bits", "in one line", _bits("base + log_det - dims * math.log(256)")),
    right(
        "conditional_bits",
        "bits from the beginning",
        _bits("(base + log_det) / math.log(2) - 8 * dims", "-log_p / dims"),
    ),
    right(
        "conditional_bits",
        "row by row",
        """
        def conditional_bits(pixels, low, flow, noise):
            found = []
            for p, y, u in zip(pixels, low, noise):
                z, log_det = flow((p + u)[None] / 256, y[None])
                nats = 0.5 * (z * z).sum() + 0.5 * z.numel() * math.log(2 * math.pi) - log_det[0]
                found.append(nats / z.numel() / math.log(2) + 8)
            return torch.stack(found)
        """,
    ),
    # 4 · answers
    wrong(
        "answers",
        "read n times",
        """
        def answers(low, encoder, inverse, temperature, n):
            found = []
            for _ in range(n):
                z = temperature * torch.randn(1, 3, 2 * low.shape[2], 2 * low.shape[3])
                found.append(inverse(z, encoder(low)))
            return torch.cat(found)
        """,
        expects="not read once",
    ),
    wrong(
        "answers",
        "variance",
        _answers("temperature**0.5 * torch.randn(shape)"),
        expects="here it is the variance",
    ),
    wrong("answers", "no temperature", _answers("torch.randn(shape)"), expects="not multiplied"),
    wrong("answers", "squared", _answers("temperature**2 * torch.randn(shape)"), expects="twice"),
    wrong("answers", "uniform", _answers("temperature * torch.rand(shape)"), expects="uniform"),
    wrong(
        "answers",
        "one latent for all",
        _answers("temperature * torch.randn(1, *shape[1:]).expand(shape)"),
        expects="all answers are the same",
    ),
    wrong(
        "answers",
        "one answer",
        _answers("temperature * torch.randn(1, *shape[1:])"),
        expects="answers have shape",
    ),
    wrong(
        "answers",
        "the picture for the context",
        _answers("temperature * torch.randn(shape)", "inverse(z, low)"),
        expects="context that the encoder made",
    ),
    right("answers", "plain", _answers("torch.randn(shape) * temperature")),
    right(
        "answers",
        "one by one, read once",
        """
        def answers(low, encoder, inverse, temperature, n):
            context = encoder(low)
            _, _, h, w = low.shape
            draws = [inverse(torch.randn(1, 3, 2 * h, 2 * w) * temperature, context) for _ in range(n)]
            return torch.cat(draws)
        """,
    ),
    right(
        "answers",
        "torch.distributions",
        _answers("torch.distributions.Normal(0.0, 1.0).sample(shape) * temperature"),
    ),
    # 5 · two_errors
    wrong("two_errors", "pairs with themselves", _errors("mean, pairs"), expects="compared with itself"),
    wrong("two_errors", "swapped", _errors("pairs * n / (n - 1), mean"), expects="swapped"),
    wrong("two_errors", "equal", _errors("mean, mean"), expects="counted as that of the mean"),
    wrong(
        "two_errors",
        "summed",
        _errors("mean * x.shape[1], pairs * n / (n - 1) * x.shape[1]"),
        expects="summed over the dimensions",
    ),
    wrong(
        "two_errors", "roots", _errors("mean.sqrt(), (pairs * n / (n - 1)).sqrt()"), expects="these are roots"
    ),
    wrong(
        "two_errors",
        "unbiased",
        _errors("x.var(0).mean(), pairs * n / (n - 1)"),
        expects="divided by n − 1",
    ),
    right("two_errors", "by the variance", _errors("x.var(0, unbiased=False).mean(), 2 * x.var(0).mean()")),
    right(
        "two_errors",
        "all pairs, by a mask",
        _errors("mean, (x[:, None] - x).square().mean(2)[~torch.eye(n, dtype=torch.bool)].mean()"),
    ),
    right(
        "two_errors",
        "a loop",
        """
        def two_errors(x):
            n, total = len(x), 0.0
            for i in range(n):
                for j in range(n):
                    if i != j:
                        total = total + F.mse_loss(x[i], x[j])
            return torch.stack([F.mse_loss(x, x.mean(0, keepdim=True).expand_as(x)), total / (n * (n - 1))])
        """,
    ),
    # 6 · published_loss
    wrong(
        "published_loss",
        "only the division",
        _published("base + log_det - math.log(grey_levels) * positions", "-log_p / (math.log(2) * dims)"),
        expects="quantisation constant must count",
    ),
    wrong(
        "published_loss",
        "only the constant",
        _published("base + log_det - math.log(grey_levels) * dims", "-log_p / (math.log(2) * positions)"),
        expects="division must count",
    ),
    wrong(
        "published_loss",
        "no constant",
        _published("base + log_det", "-log_p / (math.log(2) * dims)"),
        expects="constant is gone",
    ),
    wrong(
        "published_loss",
        "constant added",
        _published("base + log_det + math.log(grey_levels) * dims", "-log_p / (math.log(2) * dims)"),
        expects="constant has the wrong sign",
    ),
    wrong(
        "published_loss",
        "nats",
        _published("base + log_det - math.log(grey_levels) * dims", "-log_p / dims"),
        expects="these are nats",
    ),
    wrong(
        "published_loss",
        "mean of the batch",
        _published("base + log_det - math.log(grey_levels) * dims", "(-log_p / (math.log(2) * dims)).mean()"),
        expects="averaged over the batch",
    ),
    right(
        "published_loss",
        "repaired",
        _published("base + log_det - math.log(grey_levels) * dims", "-log_p / (math.log(2) * dims)"),
    ),
    right(
        "published_loss",
        "bits per bin",
        _published("base + log_det", "-log_p / dims / math.log(2) + math.log2(grey_levels)"),
    ),
    right(
        "published_loss",
        "torch.distributions",
        """
        def published_loss(z, log_det, grey_levels):
            each = torch.distributions.Normal(0.0, 1.0).log_prob(z).mean((1, 2, 3))
            nats = each + log_det / z[0].numel() - math.log(grey_levels)
            return -nats / math.log(2)
        """,
    ),
]
