"""Answers to the exercises of chapter 08."""

from tests.exercises.answers import right, wrong


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
        def answers(low, encoder, inverse, temperature, n, scale):
            shape = (n, 3, scale * low.shape[2], scale * low.shape[3])
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


_LONG = "It is what I saw, and this goes on until it has words enough to be a reason for whoever reads it."


def _two(shown: str, number: str = "41", why: str = _LONG) -> str:
    return f"""
        from gmcourse import zoo
        from gmcourse.data import load
        from gmcourse.data.low_resolution import pairs

        srflow, faces = zoo.load("srflow_faces"), pairs(load("faces", "test", n=100), 4)

        def drawn(temperature, n, face=41):
            return srflow.sample(faces.low[face : face + 1], temperature, n)[0].detach()

        def furthest(x):
            distances = torch.cdist(x.flatten(1), x.flatten(1))
            return x[list(divmod(int(distances.argmax()), len(x)))]

        found = {{"face": {number}, "answers": {shown}}}
        why = "{why}"
        """


ANSWERS = [
    # 1 · injector
    wrong(
        "injector",
        "scale first",
        _injector("h * s + shift", _LOG_DET),
        expects="scale comes before the shift",
    ),
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
    wrong(
        "injector",
        "the output detached",
        _injector("((h + shift) * s).detach()", _LOG_DET),
        expects="detached",
    ),
    wrong("injector", "h detached", _injector("(h.detach() + shift) * s", _LOG_DET), expects="`h`"),
    wrong("injector", "the scale detached", _injector("(h + shift) * s.detach()", _LOG_DET), expects="`raw`"),
    wrong("injector", "the shift detached", _injector("(h + shift.detach()) * s", _LOG_DET), expects="`shift`"),
    wrong("injector", "no shift", _injector("h * s", _LOG_DET), expects="shift is missing"),
    wrong("injector", "no scale", _injector("h + shift", "torch.zeros(len(h))"), expects="scale is missing"),
    wrong("injector", "shift subtracted", _injector("(h - shift) * s", _LOG_DET), expects="subtracted"),
    wrong(
        "injector",
        "2 outside the sigmoid",
        _injector("(h + shift) * (raw.sigmoid() + 2)", _LOG_DET),
        expects="not sigmoid(raw) + 2",
    ),
    wrong(
        "injector",
        "swapped",
        _injector(_OUT, _LOG_DET).replace("raw, shift", "shift, raw"),
        expects="raw and shift are swapped",
    ),
    wrong("injector", "Σ raw", _injector(_OUT, "raw.expand_as(h).flatten(1).sum(1)"), expects="sum of the raw"),
    wrong(
        "injector",
        "the mean",
        _injector(_OUT, "s.log().expand_as(h).flatten(1).mean(1)"),
        expects="averaged over the d",
    ),
    wrong("injector", "the whole batch", _injector(_OUT, f"{_LOG_DET}.sum()"), expects="summed over everything"),
    wrong(
        "injector",
        "side by side: height counted twice",
        _injector(_OUT, "s.log().mean((1, 2, 3)).expand(len(h)) * h.shape[1] * h.shape[2] ** 2"),
        expects="log_det",
    ),
    right("injector", "by logsigmoid", _injector(_OUT, "F.logsigmoid(raw + 2).sum((1, 2, 3)).expand(len(h))")),
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
    # 2 · conditional_bits
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
    wrong(
        "conditional_bits",
        "the noise forgotten",
        _bits("base + log_det - dims * math.log(256)").replace("pixels + noise", "pixels"),
        expects="noise is forgotten",
    ),
    wrong(
        "conditional_bits",
        "noise of their own",
        _bits("base + log_det - dims * math.log(256)").replace("noise) / 256", "torch.rand(pixels.shape)) / 256"),
        expects="drawn anew",
    ),
    wrong(
        "conditional_bits",
        "255",
        _bits("base + log_det - dims * math.log(256)").replace("/ 256", "/ 255"),
        expects="divided by 255",
    ),
    wrong(
        "conditional_bits",
        "noise of a whole unit",
        _bits("base + log_det - dims * math.log(256)").replace("(pixels + noise) / 256", "pixels / 256 + noise"),
        expects="noise must be divided",
    ),
    wrong(
        "conditional_bits",
        "whole numbers into the flow",
        _bits("base + log_det").replace("(pixels + noise) / 256", "pixels + noise"),
        expects="not divided by 256",
    ),
    wrong(
        "conditional_bits",
        "a normal of their own",
        "def conditional_bits(pixels, low, flow, noise):\n    return torch.zeros(len(pixels))",
        expects="flow is not asked",
    ),
    wrong(
        "conditional_bits",
        "the sign",
        _bits("base + log_det - dims * math.log(256)", "log_p / (dims * math.log(2))"),
        expects="sign is wrong",
    ),
    wrong(
        "conditional_bits",
        "by positions",
        _bits("base + log_det - dims * math.log(256)", "-log_p / (positions * math.log(2))"),
        expects="divided by H·W",
    ),
    wrong(
        "conditional_bits",
        "the batch averaged",
        _bits("base + log_det - dims * math.log(256)", "(-log_p / (dims * math.log(2))).mean()"),
        expects="averaged over everything",
    ),
    right(
        "conditional_bits",
        "a list of numbers",
        _bits("base + log_det - dims * math.log(256)", "(-log_p / (dims * math.log(2))).tolist()"),
    ),
    right(
        "conditional_bits",
        "NumPy in the end",
        _bits("base + log_det - dims * math.log(256)", "-log_p.detach().numpy() / (dims * math.log(2))"),
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
    # 3 · answers
    wrong(
        "answers",
        "read n times",
        """
        def answers(low, encoder, inverse, temperature, n, scale):
            found = []
            for _ in range(n):
                z = temperature * torch.randn(1, 3, scale * low.shape[2], scale * low.shape[3])
                found.append(inverse(z, encoder(low)))
            return torch.cat(found)
        """,
        expects="not read once",
    ),
    wrong(
        "answers",
        "n copies read",
        _answers("temperature * torch.randn(shape)", "inverse(z, context)").replace(
            "encoder(low)", "encoder(low.expand(n, -1, -1, -1))"
        ),
        expects="not read once",
    ),
    wrong(
        "answers",
        "a seed inside",
        _answers("temperature * torch.randn(shape, generator=torch.Generator().manual_seed(0))"),
        expects="same at each call",
    ),
    wrong(
        "answers",
        "a global seed",
        _answers("torch.manual_seed(0) and temperature * torch.randn(shape)"),
        expects="seed",
    ),
    wrong(
        "answers",
        "one noise a channel",
        _answers("temperature * torch.randn(n, 3, 1, 1).expand(shape)"),
        expects="shared by all lines",
    ),
    wrong(
        "answers",
        "one noise a position",
        _answers("temperature * torch.randn(n, 1, *shape[2:]).expand(shape)"),
        expects="shared by all channels",
    ),
    wrong(
        "answers",
        "mirrored pairs",
        _answers("temperature * torch.randn((n + 1) // 2, *shape[1:])", "inverse(torch.cat([z, -z])[:n], context)"),
        expects="mirror image",
    ),
    wrong(
        "answers",
        "a pool that repeats",
        _answers("temperature * torch.randn(100, *shape[1:])[torch.arange(n) % 100]"),
        expects="repeats itself",
    ),
    wrong(
        "answers",
        "uniform with the right spread",
        _answers("temperature * (torch.rand(shape) - 0.5) * 12**0.5"),
        expects="not normal",
    ),
    wrong(
        "answers",
        "divided",
        _answers("torch.randn(shape) / temperature"),
        expects="divided by the temperature",
    ),
    wrong("answers", "shifted", _answers("temperature * (torch.randn(shape) + 0.5)"), expects="another mean"),
    wrong(
        "answers",
        "clipped",
        _answers("temperature * torch.randn(shape).clamp(-1, 1)"),
        expects="another spread",
    ),
    wrong(
        "answers",
        "noise on top of the answer",
        _answers("torch.zeros(shape)", "inverse(z, context) + temperature * torch.randn(shape)"),
        expects="what the inverse of the flow makes",
    ),
    wrong("answers", "no flow", _answers("temperature * torch.randn(shape)", "z"), expects="inverse of the flow"),
    wrong(
        "answers",
        "another context",
        _answers("temperature * torch.randn(shape)", "inverse(z, torch.zeros_like(context))"),
        expects="context that the encoder made",
    ),
    right(
        "answers",
        "the context expanded",
        _answers("torch.randn(shape) * temperature", "inverse(z, context.expand(n, -1, -1, -1))"),
    ),
    right(
        "answers",
        "the context repeated, a NumPy answer",
        _answers("torch.normal(0.0, temperature, shape)", "inverse(z, context.repeat(n, 1, 1, 1)).numpy()"),
    ),
    wrong(
        "answers",
        "twice as large, always",
        _answers("temperature * torch.randn(n, 3, 2 * low.shape[2], 2 * low.shape[3])"),
        expects="shapes do not fit",
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
        expects="shared by all answers",
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
        def answers(low, encoder, inverse, temperature, n, scale):
            context = encoder(low)
            _, _, h, w = low.shape
            draws = [inverse(torch.randn(1, 3, scale * h, scale * w) * temperature, context) for _ in range(n)]
            return torch.cat(draws)
        """,
    ),
    right(
        "answers",
        "torch.distributions",
        _answers("torch.distributions.Normal(0.0, 1.0).sample(shape) * temperature"),
    ),
    # 4 · two_errors
    wrong("two_errors", "pairs with themselves", _errors("mean, pairs"), expects="compared with itself"),
    wrong("two_errors", "swapped", _errors("pairs * n / (n - 1), mean"), expects="swapped"),
    wrong("two_errors", "equal", _errors("mean, mean"), expects="counted as that of the mean"),
    wrong(
        "two_errors",
        "summed",
        _errors("mean * x.shape[1], pairs * n / (n - 1) * x.shape[1]"),
        expects="summed over the dimensions",
    ),
    wrong("two_errors", "roots", _errors("mean.sqrt(), (pairs * n / (n - 1)).sqrt()"), expects="square root"),
    wrong("two_errors", "only one", _errors("mean"), expects="two things"),
    wrong(
        "two_errors",
        "half of the pairs over all",
        _errors("mean, pairs / 2"),
        expects="counted as that of the mean",
    ),
    wrong(
        "two_errors",
        "itself left out of the mean",
        """
        def two_errors(x):
            n = len(x)
            others = (x.sum(0) - x) / (n - 1)
            return (x - others).square().mean(), 2 * x.var(0).mean()
        """,
        expects="left out of its mean",
    ),
    wrong(
        "two_errors",
        "each dimension",
        _errors("x.var(0, correction=0), 2 * x.var(0)"),
        expects="not averaged",
    ),
    wrong(
        "two_errors",
        "one draw only",
        _errors("mean, (x[0] - x[1]).square().mean()"),
        expects="error of a draw",
    ),
    right(
        "two_errors",
        "NumPy",
        """
        def two_errors(x):
            import numpy as np
            x = x.detach().numpy().astype(float)
            return np.var(x, axis=0).mean(), 2 * np.var(x, axis=0, ddof=1).mean()
        """,
    ),
    right("two_errors", "two numbers", _errors("mean.item(), float(pairs) * n / (n - 1)")),
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
    # 5 · published_loss
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
        expects="in nats",
    ),
    wrong(
        "published_loss",
        "mean of the batch",
        _published("base + log_det - math.log(grey_levels) * dims", "(-log_p / (math.log(2) * dims)).mean()"),
        expects="averaged over everything",
    ),
    wrong(
        "published_loss",
        "three channels by heart",
        _published(
            "base + log_det - math.log(grey_levels) * 3 * positions", "-log_p / (math.log(2) * 3 * positions)"
        ),
        expects="bits per dimension",
    ),
    wrong(
        "published_loss",
        "256 by heart",
        _published("base + log_det - math.log(256) * dims", "-log_p / (math.log(2) * dims)"),
        expects="bits per dimension",
    ),
    wrong(
        "published_loss",
        "the sign",
        _published("base + log_det - math.log(grey_levels) * dims", "log_p / (math.log(2) * dims)"),
        expects="sign is wrong",
    ),
    wrong(
        "published_loss",
        "no log-determinant",
        _published("base - math.log(grey_levels) * dims", "-log_p / (math.log(2) * dims)"),
        expects="log-determinant is missing",
    ),
    wrong(
        "published_loss",
        "detached",
        _published("base + log_det.detach() - math.log(grey_levels) * dims", "-log_p / (math.log(2) * dims)"),
        expects="`log_det`",
    ),
    wrong(
        "published_loss",
        "z detached",
        _published("base.detach() + log_det - math.log(grey_levels) * dims", "-log_p / (math.log(2) * dims)"),
        expects="`z`",
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
    # 6 · two_faces
    wrong("two_faces", "any two", _two("drawn(0.8, 2)"), expects="no more than two draws"),
    wrong(
        "two_faces",
        "the same twice",
        _two("drawn(0.8, 1).repeat(2, 1, 1, 1)"),
        expects="no more than two draws",
    ),
    wrong(
        "two_faces",
        "answers to another question",
        _two("furthest(drawn(1.0, 96))", "42"),
        expects="does not explain",
    ),
    wrong("two_faces", "two true faces", _two("faces.unit()[:2]"), expects="does not explain"),
    wrong("two_faces", "one answer", _two("drawn(0.8, 1)"), expects="two pictures"),
    wrong("two_faces", "not cut off", _two("2 * drawn(0.8, 2)"), expects="two pictures in [0, 1]"),
    wrong("two_faces", "face 500", _two("drawn(0.8, 2)", "500"), expects="one of the first"),
    wrong(
        "two_faces",
        "stripes that are gone when it is made small",
        _two(
            "(drawn(0.8, 1) + torch.tensor([0.06, -0.06]).view(2, 1, 1, 1) * torch.tensor([1, -1] * 16)).clamp(0, 1)"
        ),
        expects="of its making",
    ),
    wrong("two_faces", "no dictionary", _two("0").replace("found = {", "found = 1 or {"), expects="a dictionary"),
    wrong("two_faces", "no reason", _two("furthest(drawn(1.0, 96))", why="Because."), expects="too short"),
    right("two_faces", "the furthest of 96", _two("furthest(drawn(1.0, 96))")),
    right("two_faces", "another face, NumPy", _two("furthest(drawn(1.0, 128, 3)).numpy()", "3")),
    right("two_faces", "a tensor for the number", _two("furthest(drawn(0.98, 128))", "torch.tensor(41)")),
]

ANSWERS += [
    # what was tried later: what an answer leaves behind, draws that are tied, other ways to be right
    wrong(
        "injector",
        "in place",
        """
        def injector(h, raw, shift):
            raw += 2
            return (h + shift) * raw.sigmoid(), F.logsigmoid(raw).expand_as(h).flatten(1).sum(1)
        """,
        expects="writes to its input",
    ),
    wrong(
        "injector",
        "the log-determinant detached, and 0 added",
        """
        def injector(h, raw, shift):
            s = torch.sigmoid(raw + 2)
            return (h + shift) * s, s.detach().log().expand_as(h).flatten(1).sum(1) + 0 * raw.sum()
        """,
        expects="`raw` is zero",
    ),
    right(
        "injector",
        "row by row",
        """
        def injector(h, raw, shift):
            b = len(h)
            raw, shift = (e.expand(b, -1, -1, -1) for e in (raw, shift))
            z = [(h[i] + shift[i]) / (1 + (-raw[i] - 2).exp()) for i in range(b)]
            return torch.stack(z), torch.stack(
                [-torch.log1p((-raw[i] - 2).exp()).sum() for i in range(b)]
            )
        """,
    ),
    wrong(
        "conditional_bits",
        "the noise overwritten",
        """
        def conditional_bits(pixels, low, flow, noise):
            noise.mul_(1.0).add_(0.0).floor_()
            z, ld = flow((pixels + noise) / 256, low)
            d = pixels[0].numel()
            return (
                -(
                    -0.5 * (z.square() + math.log(2 * math.pi)).flatten(1).sum(1)
                    + ld
                    - d * math.log(256)
                )
                / d
                / math.log(2)
            )
        """,
        expects="writes to its input",
    ),
    wrong(
        "conditional_bits",
        "the first size by heart",
        """
        def conditional_bits(pixels, low, flow, noise):
            z, ld = flow((pixels + noise) / 256, low)
            d = 3 * 8 * 10
            return (
                -(
                    -0.5 * (z.square() + math.log(2 * math.pi)).flatten(1).sum(1)
                    + ld
                    - d * math.log(256)
                )
                / d
                / math.log(2)
            )
        """,
        expects="hard-coded",
    ),
    right(
        "conditional_bits",
        "float64, NumPy",
        """
        def conditional_bits(pixels, low, flow, noise):
            z, ld = flow((pixels.double() + noise) / 256, low.double())
            d = z[0].numel()
            return 8 - (
                torch.distributions.Normal(0.0, 1.0).log_prob(z).flatten(1).sum(1) + ld
            ).detach().numpy() / (d * math.log(2))
        """,
    ),
    wrong(
        "answers",
        "n copies read, then averaged",
        """
        def answers(low, encoder, inverse, temperature, n, scale):
            context = encoder(low.expand(n, -1, -1, -1)).mean(0, keepdim=True)
            return inverse(
                temperature * torch.randn(n, 3, scale * low.shape[2], scale * low.shape[3]), context
            )
        """,
        expects="not read once",
    ),
    wrong(
        "answers",
        "read twice",
        """
        def answers(low, encoder, inverse, temperature, n, scale):
            encoder(low)
            context = encoder(low)
            return inverse(
                temperature * torch.randn(n, 3, scale * low.shape[2], scale * low.shape[3]), context
            )
        """,
        expects="not read once",
    ),
    wrong(
        "answers",
        "every second one mirrored",
        """
        def answers(low, encoder, inverse, temperature, n, scale):
            z = torch.randn(n, 3, scale * low.shape[2], scale * low.shape[3])
            z[1::2] = z[: n // 2 * 2 : 2].flip(3)[: len(z[1::2])]
            return inverse(temperature * z, encoder(low))
        """,
        expects="one row tells that of another",
    ),
    right(
        "answers",
        "in pieces",
        """
        def answers(low, encoder, inverse, temperature, n, scale):
            context, out = encoder(low), []
            for part in torch.arange(n).split(1000):
                z = torch.normal(
                    0.0, 1.0, (len(part), 3, scale * low.shape[2], scale * low.shape[3])
                ).mul_(temperature)
                out.append(inverse(z, context.expand(len(part), -1, -1, -1)))
            return torch.cat(out)
        """,
    ),
    right(
        "answers",
        "in inference mode",
        """
        @torch.inference_mode()
        def answers(low, encoder, inverse, temperature, n, scale):
            _, ch, h, w = low.shape
            z = (
                torch.empty(n, ch, h * scale, w * scale).normal_(0, max(temperature, 0))
                if temperature
                else torch.zeros(n, ch, h * scale, w * scale)
            )
            return inverse(z, encoder(low))
        """,
    ),
    wrong(
        "two_errors",
        "both by n − 1",
        """
        def two_errors(x):
            m = (x - x.mean(0)).square().sum() / (len(x) - 1) / x.shape[1]
            return m, 2 * m
        """,
        expects="divided by n − 1",
    ),
    wrong(
        "two_errors",
        "twice the first",
        """
        def two_errors(x):
            m = (x - x.mean(0)).square().mean()
            return m, 2 * m
        """,
        expects="compared with itself",
    ),
    right(
        "two_errors",
        "both in one tensor",
        """
        def two_errors(x):
            d = torch.pdist(x.double()).square().mean() / x.shape[1]
            return torch.stack([x.double().var(0, correction=0).mean(), d])
        """,
    ),
    right(
        "two_errors",
        "lists",
        """
        def two_errors(x):
            import numpy as np

            a = x.numpy()
            n = len(a)
            d = [((a[i] - a[j]) ** 2).mean() for i in range(n) for j in range(n) if i != j]
            return [np.mean([((r - a.mean(0)) ** 2).mean() for r in a]), sum(d) / len(d)]
        """,
    ),
    wrong(
        "published_loss",
        "the log-determinant detached",
        """
        def published_loss(z, log_det, grey_levels):
            d = z[0].numel()
            lp = (
                log_det.detach().clone()
                - 0.5 * (z.square() + math.log(2 * math.pi)).flatten(1).sum(1)
                - math.log(grey_levels) * d
            )
            return -lp / (math.log(2) * d)
        """,
        expects="`log_det` is zero",
    ),
    right(
        "published_loss",
        "means, float64",
        """
        def published_loss(z, log_det, grey_levels):
            d = z[0].numel()
            return (
                (0.5 * z.double().square().flatten(1).mean(1) - log_det / d) / math.log(2)
                + 0.5 * math.log2(2 * math.pi)
                + math.log2(grey_levels)
            )
        """,
    ),
]
