"""Answers to the exercises of chapter 11."""

from tests.exercises.answers import right, wrong


def _likelihood(line: str) -> str:
    return f"""
        def log_likelihood(logits, x):
            logs = logits.log_softmax(2)
            each = logs.gather(2, x[..., None])[..., 0]
            return {line}
        """


def _masks(into: str, out: str, place: str = "torch.arange(dims).repeat_interleave(levels)") -> str:
    return f"""
        def made_masks(dims, levels, degrees):
            place = {place}
            return ({into}).float(), ({out}).float()
        """


INTO, OUT = "degrees[:, None] >= place", "place[:, None] > degrees"


def _convolution(mask: str, result: str = "F.conv2d(x, weight * mask, padding=k // 2)") -> str:
    return f"""
        def masked_convolution(x, weight, centre):
            k = weight.shape[-1]
            mask = torch.zeros(k, k)
            {mask}
            return {result}
        """


GOOD = "mask.view(-1)[: k * k // 2 + centre] = 1"


def _attention(weights: str) -> str:
    return f"""
        def causal_attention(q, k, v):
            s = q @ k.transpose(1, 2) / q.shape[2] ** 0.5
            lower = torch.ones_like(s).tril() == 1
            return {weights} @ v
        """


def _logistic(line: str, edges: str = "x + 0.5, x - 0.5", ends: bool = True) -> str:
    cut = "high, low = torch.where(x == levels - 1, 1e9, high), torch.where(x == 0, -1e9, low)"
    return f"""
        def discretised_logistic(x, mean, log_scale, levels):
            s = log_scale.exp()
            high, low = {edges}
            {cut if ends else ""}
            F_of = lambda edge: torch.sigmoid((edge - mean) / s)
            return {line}
        """


def _sampler(loop: str, result: str = "x") -> str:
    return f"""
        def one_at_a_time(network, u):
            def drawn(logits, u):
                return (logits.softmax(-1).cumsum(-1)[..., :-1] < u[..., None]).sum(-1)
            x = torch.zeros(u.shape, dtype=torch.long)
            {loop}
            return {result}
        """


REASONS = (
    "A way that turns round at the end of each line never jumps, so every pixel is beside the one before it. " * 2
)
SNAKE = "sum(([r + 8 * c for r in range(8)][:: 1 - 2 * (c % 2)] for c in range(8)), [])"
COLUMNS = "sum(([c + 8 * r for r in range(8)][:: 1 - 2 * (c % 2)] for c in range(8)), [])"


def _order(line: str, why: str = REASONS) -> str:
    return f"""
        order = {line}
        why = {why!r}
        """


ANSWERS = [
    # 1 · log_likelihood
    wrong("log_likelihood", "mean over D", _likelihood("each.mean(1)"), expects="averaged over the places"),
    wrong(
        "log_likelihood",
        "shifted by one",
        _likelihood("logs[:, :-1].gather(2, x[:, 1:, None])[..., 0].sum(1)"),
        expects="not for the next one",
    ),
    wrong(
        "log_likelihood",
        "softmax over pixels",
        _likelihood("logits.log_softmax(1).gather(2, x[..., None])[..., 0].sum(1)"),
        expects="runs over the places",
    ),
    wrong("log_likelihood", "bits", _likelihood("each.sum(1) / torch.tensor(2.0).log()"), expects="base 2 (bits)"),
    wrong("log_likelihood", "the best level", _likelihood("logs.amax(2).sum(1)"), expects="likeliest level"),
    wrong(
        "log_likelihood",
        "no softmax",
        _likelihood("logits.gather(2, x[..., None])[..., 0].sum(1)"),
        expects="no log-probabilities",
    ),
    wrong("log_likelihood", "the loss", _likelihood("-each.sum(1)"), expects="this is the loss"),
    wrong("log_likelihood", "one number", _likelihood("each.sum()"), expects="over the batch"),
    wrong("log_likelihood", "detached", _likelihood("each.sum(1).detach()"), expects="detached"),
    right(
        "log_likelihood",
        "by cross-entropy",
        _likelihood("-F.cross_entropy(logits.mT, x, reduction='none').sum(1)"),
    ),
    right(
        "log_likelihood",
        "by torch.distributions",
        _likelihood("torch.distributions.Categorical(logits=logits).log_prob(x).sum(-1)"),
    ),
    right(
        "log_likelihood",
        "a loop, product of probabilities",
        """
        def log_likelihood(logits, x):
            total = torch.ones(len(x), dtype=torch.float64)
            for i in range(x.shape[1]):
                total = total * logits[:, i].double().softmax(1)[range(len(x)), x[:, i]]
            return total.log()
        """,
    ),
    # 2 · made_masks
    wrong("made_masks", "> in hidden", _masks("degrees[:, None] > place", OUT), expects="≥, not >"),
    wrong("made_masks", "≥ at the output", _masks(INTO, "place[:, None] >= degrees"), expects=">, not ≥"),
    wrong(
        "made_masks",
        "blocks of levels not side by side",
        _masks(INTO, OUT, "torch.arange(dims).repeat(levels)"),
        expects="side by side",
    ),
    wrong(
        "made_masks",
        "levels as numbers",
        _masks(INTO, OUT, "torch.arange(dims * levels)"),
        expects="taken for a number",
    ),
    wrong("made_masks", "transposed", _masks(f"({INTO}).T", f"({OUT}).T"), expects="(out, in)"),
    wrong("made_masks", "turned round", _masks(f"~({INTO})", f"~({OUT})"), expects="turned round"),
    wrong(
        "made_masks",
        "the order reversed",
        _masks("degrees[:, None] < place", "place[:, None] <= degrees"),
        expects="turned round",
    ),
    right("made_masks", "as written", _masks(INTO, OUT)),
    right(
        "made_masks",
        "by loops",
        """
        def made_masks(dims, levels, degrees):
            into, out = torch.zeros(len(degrees), dims * levels), torch.zeros(dims * levels, len(degrees))
            for h, m in enumerate(degrees.tolist()):
                into[h, : (m + 1) * levels] = 1
                out[(m + 1) * levels :, h] = 1
            return into, out
        """,
    ),
    right(
        "made_masks",
        "by kron",
        """
        def made_masks(dims, levels, degrees):
            into = (degrees[:, None] >= torch.arange(dims)).double()
            ones = torch.ones(1, levels, dtype=torch.float64)
            return [torch.kron(into, ones), torch.kron(1 - into.T, ones.T)]
        """,
    ),
    # 3 · masked_convolution
    wrong(
        "masked_convolution",
        "B first",
        _convolution("mask.view(-1)[: k * k // 2 + (not centre)] = 1"),
        expects="mixed up",
    ),
    wrong(
        "masked_convolution",
        "A everywhere",
        _convolution("mask.view(-1)[: k * k // 2] = 1"),
        expects="mixed up",
    ),
    wrong(
        "masked_convolution",
        "row below open",
        _convolution(f"{GOOD}; mask[k // 2 + 1 :] = 1"),
        expects="row below",
    ),
    wrong(
        "masked_convolution",
        "right half open",
        _convolution(f"{GOOD}; mask[k // 2] = 1"),
        expects="right half",
    ),
    wrong(
        "masked_convolution",
        "closed on the right",
        _convolution(f"{GOOD}; mask[:, k // 2 + 1 :] = 0"),
        expects="closed on the right",
    ),
    wrong("masked_convolution", "no mask", _convolution("mask[:] = 1"), expects="no mask"),
    wrong(
        "masked_convolution",
        "not padded",
        _convolution(GOOD, "F.conv2d(x, weight * mask)"),
        expects="padding is missing",
    ),
    wrong(
        "masked_convolution",
        "input masked",
        """
        def masked_convolution(x, weight, centre):
            k, size = weight.shape[-1], x.shape[2] * x.shape[3]
            mask = torch.zeros(size)
            mask[: size // 2 + centre] = 1
            return F.conv2d(x * mask.reshape(x.shape[2:]), weight, padding=k // 2)
        """,
        expects="laid on the picture",
    ),
    right("masked_convolution", "as written", _convolution(GOOD)),
    right(
        "masked_convolution",
        "rows by slices",
        _convolution("mask[: k // 2] = 1; mask[k // 2, : k // 2 + int(centre)] = 1"),
    ),
    right(
        "masked_convolution",
        "shifted pictures added up",
        """
        def masked_convolution(x, weight, centre):
            k, (h, w) = weight.shape[-1], x.shape[2:]
            wide = F.pad(x, [k // 2] * 4)
            out = 0
            for n in range(k * k // 2 + centre):
                i, j = divmod(n, k)
                out = out + torch.einsum("oc,bchw->bohw", weight[:, :, i, j], wide[:, :, i : i + h, j : j + w])
            return out
        """,
    ),
    # 4 · causal_attention
    wrong(
        "causal_attention",
        "upper kept",
        _attention("s.masked_fill(~lower.mT, -torch.inf).softmax(2)"),
        expects="turned round",
    ),
    wrong(
        "causal_attention",
        "masked after the softmax",
        _attention("(s.softmax(2) * lower)"),
        expects="after the softmax",
    ),
    wrong("causal_attention", "zero for −∞", _attention("(s * lower).softmax(2)"), expects="exp(0) = 1"),
    wrong(
        "causal_attention",
        "no √d",
        _attention("(s * q.shape[2] ** 0.5).masked_fill(~lower, -torch.inf).softmax(2)"),
        expects="divided by √d",
    ),
    wrong(
        "causal_attention",
        "own token not seen",
        _attention("s.masked_fill(lower.mT, -torch.inf).softmax(2)"),
        expects="row is NaN",
    ),
    wrong(
        "causal_attention",
        "over the queries",
        _attention("s.masked_fill(~lower, -torch.inf).softmax(1)"),
        expects="over the queries",
    ),
    wrong("causal_attention", "no mask", _attention("s.softmax(2)"), expects="nothing is masked"),
    right("causal_attention", "a large negative score", _attention("(s - 1e9 * (~lower)).softmax(2)")),
    right(
        "causal_attention",
        "divided by the row's sum",
        _attention("F.normalize(s.double().exp() * lower, p=1, dim=2)").replace("@ v", "@ v.double()"),
    ),
    right(
        "causal_attention",
        "token by token",
        """
        def causal_attention(q, k, v):
            out = []
            for t in range(q.shape[1]):
                w = torch.einsum("bd,bsd->bs", q[:, t], k[:, : t + 1]).div(q.shape[2] ** 0.5).softmax(1)
                out.append((w[..., None] * v[:, : t + 1]).sum(1))
            return torch.stack(out, 1)
        """,
    ),
    # 5 · discretised_logistic
    wrong(
        "discretised_logistic",
        "density × width",
        _logistic("(F.logsigmoid((x - mean) / s) + F.logsigmoid((mean - x) / s) - log_scale)"),
        expects="the density at the level",
    ),
    wrong(
        "discretised_logistic",
        "closed ends",
        _logistic("(F_of(high) - F_of(low)).log()", ends=False),
        expects="ends are closed",
    ),
    wrong(
        "discretised_logistic",
        "log s for s",
        _logistic("(F_of(high) - F_of(low)).clamp_min(1e-300).log()").replace("log_scale.exp()", "log_scale"),
        expects="logarithm of the scale",
    ),
    wrong(
        "discretised_logistic",
        "half a bin off",
        _logistic("(F_of(high) - F_of(low)).log()", "x + 1.0, x + 0.0"),
        expects="half a level off",
    ),
    wrong(
        "discretised_logistic",
        "two levels wide",
        _logistic("(F_of(high) - F_of(low)).log()", "x + 1.0, x - 1.0"),
        expects="one level wide",
    ),
    wrong(
        "discretised_logistic",
        "underflows",
        _logistic("(F_of(high) - F_of(low)).log()"),
        expects="underflows",
    ),
    wrong(
        "discretised_logistic",
        "not the logarithm",
        _logistic("F_of(high) - F_of(low)"),
        expects="its logarithm",
    ),
    right(
        "discretised_logistic",
        "by softplus",
        """
        def discretised_logistic(x, mean, log_scale, levels):
            s = log_scale.exp()
            a, b = (x + 0.5 - mean) / s, (x - 0.5 - mean) / s
            first, last = -F.softplus(-a), -F.softplus(b)
            middle = first + last + torch.log1p(-torch.exp(-1 / s))
            return torch.where(x == 0, first, torch.where(x == levels - 1, last, middle))
        """,
    ),
    right(
        "discretised_logistic",
        "difference of logarithms",
        """
        def discretised_logistic(x, mean, log_scale, levels):
            s = log_scale.double().exp()
            centred = (x - mean).double()
            a, b = F.logsigmoid((centred + 0.5) / s), F.logsigmoid((centred - 0.5) / s)
            c, d = F.logsigmoid(-(centred - 0.5) / s), F.logsigmoid(-(centred + 0.5) / s)
            low = a + torch.log(-torch.expm1((b - a).clamp_max(-1e-12)))
            high = c + torch.log(-torch.expm1((d - c).clamp_max(-1e-12)))
            middle = torch.where(centred < 0, low, high)
            return torch.where(x == 0, a, torch.where(x == levels - 1, c, middle))
        """,
    ),
    right(
        "discretised_logistic",
        "open ends by infinite edges",
        """
        def discretised_logistic(x, mean, log_scale, levels):
            slope = torch.exp(-log_scale)
            above = torch.where(x < levels - 1, slope * (x + 0.5 - mean), 1e4)
            below = torch.where(x > 0, slope * (x - 0.5 - mean), -1e4)
            return F.logsigmoid(above) + F.logsigmoid(-below) + torch.log1p(-torch.exp(below - above))
        """,
    ),
    # 6 · one_at_a_time
    wrong(
        "one_at_a_time",
        "argmax",
        _sampler("for i in range(u.shape[1]): x[:, i] = network(x)[:, i].argmax(1)"),
        expects="likeliest level",
    ),
    wrong(
        "one_at_a_time",
        "from the logits of the mirrored place",
        _sampler("for i in range(u.shape[1]): x[:, i] = drawn(network(x)[:, -1 - i], u[:, i])"),
        expects="mirror image",
    ),
    wrong(
        "one_at_a_time",
        "two passes",
        _sampler("x = drawn(network(x), u)", "drawn(network(x), u)"),
        expects="refreshed once",
    ),
    wrong(
        "one_at_a_time",
        "teacher forcing by noise",
        _sampler("x = (u * network(x).shape[2]).long()", "drawn(network(x), u)"),
        expects="the sample is wrong",
    ),
    wrong(
        "one_at_a_time",
        "one place late",
        _sampler("for i in range(1, u.shape[1]): x[:, i] = drawn(network(x)[:, i - 1], u[:, i])"),
        expects="not for the next one",
    ),
    wrong("one_at_a_time", "not returned", _sampler("x = x", "None"), expects="returns None"),
    right(
        "one_at_a_time",
        "as written",
        _sampler("for i in range(u.shape[1]): x[:, i] = drawn(network(x)[:, i], u[:, i])"),
    ),
    right(
        "one_at_a_time",
        "all refreshed, as often as there are numbers",
        _sampler("for _ in x[0]: x = drawn(network(x), u)"),
    ),
    right(
        "one_at_a_time",
        "searchsorted, a row at a time",
        """
        def one_at_a_time(network, u):
            rows = []
            for row in u:
                x = torch.zeros(1, len(row), dtype=torch.long)
                for i, each in enumerate(row):
                    chances = network(x)[0, i].softmax(0).cumsum(0)
                    x[0, i] = torch.searchsorted(chances[:-1], each)
                rows.append(x)
            return torch.cat(rows)
        """,
    ),
    # 7 · pixel_order
    wrong("pixel_order", "row by row", _order("list(range(64))"), expects="no more bits"),
    wrong("pixel_order", "at random", _order("torch.randperm(64)"), expects="no more bits"),
    wrong(
        "pixel_order",
        "column by column",
        _order("torch.arange(64).reshape(8, 8).T.flatten()"),
        expects="no more bits",
    ),
    wrong("pixel_order", "one is missing", _order("list(range(63))"), expects="0 … 63 once"),
    wrong("pixel_order", "counted from one", _order("list(range(1, 65))"), expects="0 … 63 once"),
    wrong("pixel_order", "no reason", _order(COLUMNS, "It is better."), expects="too short"),
    right("pixel_order", "columns that turn round", _order(COLUMNS)),
    right("pixel_order", "rows that turn round", _order(SNAKE)),
    right("pixel_order", "as a tensor, backwards", _order(f"torch.tensor({COLUMNS}).flip(0)")),
]

ANSWERS += [
    # what was tried later: what an answer leaves behind, draws that are tied, other ways to be right
    wrong(
        "log_likelihood",
        "x clamped in place",
        """
        def log_likelihood(logits, x):
            x.clamp_(0, 2)
            return logits.log_softmax(2).gather(2, x[..., None])[..., 0].sum(1)
        """,
        expects="writes to its input",
    ),
    wrong(
        "log_likelihood",
        "the normaliser detached",
        """
        def log_likelihood(logits, x):
            return (
                (logits - logits.logsumexp(2, keepdim=True).detach())
                .gather(2, x[..., None])[..., 0]
                .sum(1)
            )
        """,
        expects="`logits` is wrong",
    ),
    right(
        "log_likelihood",
        "one-hot, float64",
        """
        def log_likelihood(logits, x):
            return torch.einsum(
                "bdl,bdl->b", logits.double().log_softmax(-1), F.one_hot(x, logits.shape[2]).double()
            )
        """,
    ),
    right(
        "log_likelihood",
        "nll_loss, row by row",
        """
        def log_likelihood(logits, x):
            return torch.stack(
                [-F.nll_loss(l.log_softmax(1), k, reduction="sum") for l, k in zip(logits, x)]
            )
        """,
    ),
    wrong(
        "made_masks",
        "one mask",
        """
        def made_masks(dims, levels, degrees):
            p = torch.arange(dims).repeat_interleave(levels)
            return (degrees[:, None] >= p).float()
        """,
        expects="two things",
    ),
    wrong(
        "made_masks",
        "degrees sorted in place",
        """
        def made_masks(dims, levels, degrees):
            degrees.copy_(degrees.sort().values)
            p = torch.arange(dims).repeat_interleave(levels)
            return (degrees[:, None] >= p).float(), (p[:, None] > degrees).float()
        """,
        expects="writes to its input",
    ),
    right(
        "made_masks",
        "yes and no",
        """
        def made_masks(dims, levels, degrees):
            p = torch.arange(dims * levels) // levels
            return degrees[:, None] >= p, p[:, None] > degrees
        """,
    ),
    right(
        "made_masks",
        "lists",
        """
        def made_masks(dims, levels, degrees):
            d = degrees.tolist()
            return [
                [[int(j <= m) for j in range(dims) for _ in range(levels)] for m in d],
                [[int(m < i) for m in d] for i in range(dims) for _ in range(levels)],
            ]
        """,
    ),
    right(
        "made_masks",
        "NumPy",
        """
        def made_masks(dims, levels, degrees):
            import numpy as np

            p, m = np.repeat(np.arange(dims), levels), degrees.numpy()
            return np.greater_equal.outer(m, p), np.greater.outer(p, m)
        """,
    ),
    wrong(
        "masked_convolution",
        "the weight masked in place",
        """
        def masked_convolution(x, weight, centre):
            k = weight.shape[-1]
            with torch.no_grad():
                weight.flatten(2)[:, :, k * k // 2 + centre :] = 0
            return F.conv2d(x, weight, padding=k // 2)
        """,
        expects="writes to its input",
    ),
    wrong(
        "masked_convolution",
        "the weight's data",
        """
        def masked_convolution(x, weight, centre):
            k = weight.shape[-1]
            m = torch.zeros(k * k)
            m[: k * k // 2 + centre] = 1
            return F.conv2d(x, weight.data * m.reshape(k, k), padding=k // 2)
        """,
        expects="`weight` is zero",
    ),
    wrong(
        "masked_convolution",
        "a mask of 3×3 by heart",
        """
        def masked_convolution(x, weight, centre):
            m = torch.zeros_like(weight)
            m[:, :, :1] = 1
            m[:, :, 1, : 1 + centre] = 1
            return F.conv2d(x, weight * m, padding=weight.shape[-1] // 2)
        """,
        expects="hard-coded",
    ),
    right(
        "masked_convolution",
        "unfold",
        """
        def masked_convolution(x, weight, centre):
            o, ci, k, _ = weight.shape
            n = k * k // 2 + bool(centre)
            cols = F.unfold(x, k, padding=k // 2).reshape(len(x), ci, k * k, -1)[:, :, :n]
            return torch.einsum("bcnp,ocn->bop", cols, weight.flatten(2)[:, :, :n]).reshape(
                len(x), o, *x.shape[2:]
            )
        """,
    ),
    wrong(
        "causal_attention",
        "scores detached",
        """
        def causal_attention(q, k, v):
            s = (q @ k.transpose(1, 2) / q.shape[2] ** 0.5).detach()
            m = torch.ones(q.shape[1], q.shape[1], dtype=torch.bool).tril()
            return s.masked_fill(~m, -torch.inf).softmax(2) @ v
        """,
        expects="`q` is zero",
    ),
    right(
        "causal_attention",
        "by PyTorch's attention",
        """
        def causal_attention(q, k, v):
            return F.scaled_dot_product_attention(q, k, v, is_causal=True)
        """,
    ),
    right(
        "causal_attention",
        "exponentials, float64",
        """
        def causal_attention(q, k, v):
            s = torch.einsum("btd,bsd->bts", q.double(), k.double()) * q.shape[2] ** -0.5
            e = s.exp().tril()
            return e / e.sum(2, keepdim=True) @ v.double()
        """,
    ),
    wrong(
        "discretised_logistic",
        "clamped",
        """
        def discretised_logistic(x, mean, t, levels):
            s = t.exp()
            hi = torch.where(x == levels - 1, 1.0, ((x + 0.5 - mean) / s).sigmoid())
            lo = torch.where(x == 0, 0.0, ((x - 0.5 - mean) / s).sigmoid())
            return (hi - lo).clamp(min=1e-12).log()
        """,
        expects="underflows",
    ),
    wrong(
        "discretised_logistic",
        "float64 does not save it",
        """
        def discretised_logistic(x, mean, t, levels):
            s = t.double().exp()
            m = mean.double()
            hi = torch.where(x == levels - 1, 1.0, ((x + 0.5 - m) / s).sigmoid())
            lo = torch.where(x == 0, 0.0, ((x - 0.5 - m) / s).sigmoid())
            return (hi - lo).log()
        """,
        expects="underflows",
    ),
    wrong(
        "discretised_logistic",
        "a `where` whose other branch is infinite",
        """
        def discretised_logistic(x, mean, t, levels):
            s = t.exp()
            a, b = (x + 0.5 - mean) / s, (x - 0.5 - mean) / s
            inside = (a.sigmoid() - b.sigmoid()).log()
            far = F.logsigmoid(a) + F.logsigmoid(-b) + torch.log(-torch.expm1(-1 / s))
            inside = torch.where(inside.isfinite(), inside, far)
            return torch.where(
                x == 0, F.logsigmoid(a), torch.where(x == levels - 1, F.logsigmoid(-b), inside)
            )
        """,
        expects="not a number",
    ),
    wrong(
        "discretised_logistic",
        "the scale detached",
        """
        def discretised_logistic(x, mean, t, levels):
            s = (-t).exp().detach()
            a, b = s * (x + 0.5 - mean), s * (x - 0.5 - mean)
            i = F.logsigmoid(a) + F.logsigmoid(-b) + torch.log(-torch.expm1(-s))
            return (
                torch.where(x == 0, F.logsigmoid(a), torch.where(x == levels - 1, F.logsigmoid(-b), i))
                + 0 * t
            )
        """,
        expects="`log_scale` is zero",
    ),
    right(
        "discretised_logistic",
        "logaddexp, float64",
        """
        def discretised_logistic(x, mean, t, levels):
            m, s = mean.double(), t.double().exp()
            a, b = (x + 0.5 - m) / s, (x - 0.5 - m) / s
            z = torch.zeros_like(a)
            la, lb = -torch.logaddexp(z, -a), -torch.logaddexp(z, b)
            i = la + lb + (1 - (-1 / s).exp()).log()
            return torch.where(x == 0, la, torch.where(x == levels - 1, lb, i))
        """,
    ),
    wrong(
        "one_at_a_time",
        "draws of its own",
        """
        def one_at_a_time(network, u):
            x = torch.zeros(u.shape, dtype=torch.long)
            for i in range(u.shape[1]):
                x[:, i] = torch.multinomial(network(x)[:, i].softmax(1), 1)[:, 0]
            return x
        """,
        expects="two calls",
    ),
    right(
        "one_at_a_time",
        "NumPy, row by row",
        """
        def one_at_a_time(network, u):
            import numpy as np

            x = np.zeros(u.shape, dtype=np.int64)
            for i in range(u.shape[1]):
                p = network(torch.from_numpy(x))[:, i].softmax(1).numpy().astype(float)
                x[:, i] = [
                    min(np.searchsorted(np.cumsum(row), v), len(row) - 1)
                    for row, v in zip(p, u[:, i].numpy())
                ]
            return x
        """,
    ),
]
