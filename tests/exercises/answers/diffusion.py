"""Answers to the exercises of chapter 12."""

from tests.exercises.answers import right, wrong


def _noised(line: str, kept: str = "(1 - betas).cumprod(0)[t - 1, None]") -> str:
    return f"""
        def noised(x, t, betas, noise):
            kept = {kept}
            return {line}
        """


MIXED = "kept.sqrt() * x + (1 - kept).sqrt() * noise"


def _posterior(mean: str = "of_x * x + of_x_t * x_t", variance: str = "beta * (1 - before) / (1 - now)") -> str:
    return f"""
        def posterior(x_t, x, betas, t):
            kept = (1 - betas).cumprod(0)
            beta, now, before = betas[t - 1], kept[t - 1], kept[t - 2]
            of_x, of_x_t = before.sqrt() * beta / (1 - now), (1 - beta).sqrt() * (1 - before) / (1 - now)
            return {mean}, {variance}
        """


def _term(line: str, before: str = "pass") -> str:
    return f"""
        def elbo_term(x, guess, gain, exact, variance):
            r, d, error = exact / variance, x.shape[1], (x - guess).square().sum(1)
            fixed, moved = (r - 1 - math.log(r)) / 2, gain**2 * error / variance / 2
            {before}
            return {line}
        """


def _score(noise: str, score: str) -> str:
    return f"""
        def denoiser_score(x_t, guess, alpha, sigma):
            a, s = alpha[:, None], sigma[:, None]
            noise = (x_t - a * guess) / s
            return {noise}, {score}
        """


def _ddim(step: str, sigma: str = "(1 - each**2) ** 0.5", at: str = "a", end: str = "") -> str:
    return f"""
        def ddim(network, z, alphas):
            x = z
            for a, b in pairwise(alphas{end}):
                s, r = ({sigma} for each in (a, b))
                noise = network(x, {at})
                guess = (x - s * noise) / a
                x = {step}
            return x
        """


def _guided(line: str) -> str:
    return f"""
        def guided_variance(conditional, unconditional, w):
            c, u = conditional, unconditional
            return {line}
        """


REASONS = "More weight makes every digit readable, and fewer ways of writing it are left among the samples. " * 2
SEEN = 'load("digits", "test")'


def _choice(weights: str, chosen: str = "0.5", why: str = REASONS, n: int = 300, pixels: int = 64) -> str:
    """Stand-ins for samples: test digits of each class, the fewer of them the larger the weight."""
    return f"""
        from gmcourse.data import load

        seen = load("digits", "test")

        def stand_in(w):
            rows = [seen.pixels.flatten(1)[seen.labels == k % 10] for k in range({n})]
            each = [x[(k // 10) % max(1, int(len(x) / (1 + abs(w)))), :{pixels}] for k, x in enumerate(rows)]
            return torch.stack(each)

        measured = {{f"w {{w:g}}": stand_in(w) for w in {weights}}}
        my_weight, why = {chosen}, {why!r}
        """


ANSWERS = [
    # 1 · noised
    wrong("noised", "Πβ", _noised(MIXED, "betas.cumprod(0)[t - 1, None]"), expects="runs over 1 − β"),
    wrong("noised", "no root", _noised("kept * x + (1 - kept) * noise"), expects="both roots are missing"),
    wrong(
        "noised",
        "variance for deviation",
        _noised("kept.sqrt() * x + (1 - kept) * noise"),
        expects="the deviation is wanted",
    ),
    wrong("noised", "ᾱ for α", _noised("kept * x + (1 - kept).sqrt() * noise"), expects="a root is missing"),
    wrong("noised", "off by one", _noised(MIXED, "(1 - betas).cumprod(0)[t, None]"), expects="step too many"),
    wrong("noised", "one before", _noised(MIXED, "(1 - betas).cumprod(0)[t - 2, None]"), expects="step too few"),
    wrong("noised", "the last step alone", _noised(MIXED, "(1 - betas)[t - 1, None]"), expects="one step alone"),
    wrong("noised", "swapped", _noised("(1 - kept).sqrt() * x + kept.sqrt() * noise"), expects="swapped"),
    wrong(
        "noised",
        "a noise of its own",
        _noised("kept.sqrt() * x + (1 - kept).sqrt() * torch.randn_like(x)"),
        expects="something is drawn inside",
    ),
    wrong(
        "noised",
        "no axis for t",
        _noised(MIXED, "(1 - betas).cumprod(0)[t - 1]"),
        expects="shapes do not fit",
    ),
    right(
        "noised",
        "by exp of a sum of logarithms",
        _noised(MIXED, "(1 - betas).log().cumsum(0).exp()[t - 1, None]"),
    ),
    right(
        "noised",
        "row by row",
        """
        def noised(x, t, betas, noise):
            rows = []
            for i in range(len(x)):
                a = math.prod(1 - float(b) for b in betas[: t[i]])
                rows.append(math.sqrt(a) * x[i] + math.sqrt(1 - a) * noise[i])
            return torch.stack(rows)
        """,
    ),
    right(
        "noised",
        "NumPy, gathered",
        """
        def noised(x, t, betas, noise):
            import numpy as np
            a = np.cumprod(1 - betas.numpy().astype(np.float64))[t.numpy() - 1].reshape(-1, 1)
            return np.sqrt(a) * x.numpy() + np.sqrt(1 - a) * noise.numpy()
        """,
    ),
    # 2 · posterior
    wrong("posterior", "swapped", _posterior("of_x * x_t + of_x_t * x"), expects="coefficients"),
    wrong(
        "posterior",
        "ᾱ_t for ᾱ_{t−1}",
        _posterior("now.sqrt() * beta / (1 - now) * x + (1 - beta).sqrt() * x_t"),
        expects="those of t − 1 belong",
    ),
    wrong(
        "posterior",
        "√α missing",
        _posterior("of_x * x + (1 - before) / (1 - now) * x_t"),
        expects="√(1 − β_t) is missing",
    ),
    wrong(
        "posterior",
        "ᾱ for its root",
        _posterior("before * beta / (1 - now) * x + of_x_t * x_t"),
        expects="a root is missing",
    ),
    wrong("posterior", "the prior's mean", _posterior("before.sqrt() * x"), expects="has not seen x_t"),
    wrong("posterior", "only scaled back", _posterior("x_t / (1 - beta).sqrt()"), expects="undoes the shrinking"),
    wrong("posterior", "β_t for β̃_t", _posterior(variance="beta"), expects="step there"),
    wrong(
        "posterior",
        "deviation",
        _posterior(variance="(beta * (1 - before) / (1 - now)).sqrt()"),
        expects="square root",
    ),
    wrong("posterior", "the prior's variance", _posterior(variance="1 - before"), expects="has not seen x_t"),
    wrong(
        "posterior",
        "upside down",
        _posterior(variance="beta * (1 - now) / (1 - before)"),
        expects="upside down",
    ),
    wrong(
        "posterior",
        "the mean alone",
        _posterior().replace(", beta * (1 - before) / (1 - now)", ""),
        expects="two things are wanted",
    ),
    right("posterior", "as in DDPM", _posterior()),
    right(
        "posterior",
        "by precisions",
        """
        def posterior(x_t, x, betas, t):
            a, b = float((1 - betas[: t - 1]).prod()), float(betas[t - 1])
            precision = (1 - b) / b + 1 / (1 - a)
            return ((1 - b) ** 0.5 / b * x_t + a**0.5 / (1 - a) * x) / precision, 1 / precision
        """,
    ),
    right(
        "posterior",
        "as a Kalman update, in float64",
        """
        def posterior(x_t, x, betas, t):
            b = betas.double()
            a = torch.exp(torch.log1p(-b[: t - 1]).sum())
            mean, spread, step = a.sqrt() * x, 1 - a, (1 - b[t - 1]).sqrt()
            gain = spread * step / (step**2 * spread + b[t - 1])
            return [mean + gain * (x_t - step * mean), spread * (1 - gain * step)]
        """,
    ),
    # 3 · elbo_term
    wrong("elbo_term", "weight dropped", _term("error"), expects="simple loss"),
    wrong("elbo_term", "mean over D", _term("(d * fixed + moved) / d"), expects="averaged over the dimensions"),
    wrong(
        "elbo_term",
        "KL reversed",
        _term("(d * (1 / r - 1 + math.log(r)) + gain**2 * error / exact) / 2"),
        expects="other way round",
    ),
    wrong("elbo_term", "½ missing", _term("2 * (d * fixed + moved)"), expects="½ is missing"),
    wrong("elbo_term", "half a ½", _term("d * fixed + 2 * moved"), expects="½ is missing"),
    wrong("elbo_term", "gain not squared", _term("d * fixed + moved / gain"), expects="not squared"),
    wrong("elbo_term", "no gain", _term("d * fixed + moved / gain**2"), expects="gain is missing"),
    wrong("elbo_term", "means alone", _term("moved"), expects="only the means"),
    wrong("elbo_term", "variances once", _term("fixed + moved"), expects="in each dimension"),
    wrong("elbo_term", "the exact variance below", _term("d * fixed + moved * r**-1"), expects="exact variance"),
    wrong("elbo_term", "detached", _term("d * fixed + moved.detach()"), expects="detached"),
    right("elbo_term", "as written", _term("d * fixed + moved")),
    right(
        "elbo_term",
        "by torch.distributions",
        """
        def elbo_term(x, guess, gain, exact, variance):
            from torch.distributions import Normal, kl_divergence
            back, model = Normal(gain * x, exact**0.5), Normal(gain * guess, variance**0.5)
            return kl_divergence(back, model).sum(-1)
        """,
    ),
    right(
        "elbo_term",
        "column by column, in float64",
        """
        def elbo_term(x, guess, gain, exact, variance):
            total = torch.zeros(len(x), dtype=torch.float64)
            for a, b in zip(x.double().unbind(1), guess.double().unbind(1)):
                total = total + ((exact + (gain * (a - b)) ** 2) / variance - 1 + math.log(variance / exact)) / 2
            return total
        """,
    ),
    # 4 · denoiser_score
    wrong("denoiser_score", "no α", _score("(x_t - guess) / s", "-noise / s"), expects="not multiplied by α"),
    wrong("denoiser_score", "not divided", _score("noise * s", "-noise / s"), expects="not divided by σ"),
    wrong("denoiser_score", "by σ²", _score("noise / s", "-noise / s"), expects="once by σ"),
    wrong("denoiser_score", "the noise's sign", _score("-noise", "-noise / s"), expects="sign"),
    wrong("denoiser_score", "sign", _score("noise", "noise / s"), expects="sign"),
    wrong("denoiser_score", "−ε", _score("noise", "-noise"), expects="once more"),
    wrong("denoiser_score", "×σ", _score("noise", "-noise * s"), expects="and so −ε by σ"),
    wrong("denoiser_score", "to the clean x", _score("noise", "(guess - x_t) / s**2"), expects="centres at α x"),
    wrong("denoiser_score", "the way to x̂", _score("noise", "guess - x_t"), expects="the way to the guess"),
    wrong("denoiser_score", "the same twice", _score("noise", "noise"), expects="that is ε"),
    right("denoiser_score", "as written", _score("noise", "-noise / s")),
    right(
        "denoiser_score",
        "the score first",
        """
        def denoiser_score(x_t, guess, alpha, sigma):
            score = (alpha * guess.T - x_t.T) / sigma**2
            return [(-sigma * score).T, score.T]
        """,
    ),
    right(
        "denoiser_score",
        "by autograd of one normal",
        """
        def denoiser_score(x_t, guess, alpha, sigma):
            y = x_t.detach().clone().requires_grad_()
            normal = torch.distributions.Normal(alpha[:, None] * guess, sigma[:, None])
            score = torch.autograd.grad(normal.log_prob(y).sum(), y)[0]
            return -torch.einsum("b,bd->bd", sigma, score), score
        """,
    ),
    # 5 · ddim
    wrong("ddim", "old σ", _ddim("b * guess + s * noise"), expects="the old σ"),
    wrong("ddim", "noise added", _ddim("b * guess + r * torch.randn_like(x)"), expects="drawn inside"),
    wrong("ddim", "x_t for x̂", _ddim("b * x + r * noise"), expects="x_t stands where"),
    wrong("ddim", "root forgotten", _ddim("b * guess + r * noise", "1 - each**2"), expects="a root is missing"),
    wrong("ddim", "clipped", _ddim("b * guess.clamp(-1, 1) + r * noise"), expects="clipped"),
    wrong("ddim", "all the way each time", _ddim("guess"), expects="ends at the next α"),
    wrong("ddim", "no noise put back", _ddim("b * guess"), expects="not put back"),
    wrong("ddim", "asked ahead", _ddim("b * guess + r * noise", at="b"), expects="the next α"),
    wrong("ddim", "one step too few", _ddim("b * guess + r * noise", end="[:-1]"), expects="last step"),
    wrong("ddim", "x̂ without 1/α", _ddim("b * a * guess + r * noise"), expects="not divided by α"),
    wrong(
        "ddim",
        "one step",
        _ddim("b * guess + r * noise").replace("pairwise(alphas)", "[(alphas[0], 1.0)]"),
        expects="again at each α",
    ),
    right("ddim", "as written", _ddim("b * guess + r * noise")),
    right(
        "ddim",
        "without x̂",
        _ddim("x * b / a + (r - s * b / a) * noise"),
    ),
    right(
        "ddim",
        "a turn by an angle, in float64",
        """
        def ddim(network, z, alphas):
            x, angles = z.double(), [math.acos(a) for a in alphas]
            for now, then in zip(angles, angles[1:]):
                noise = network(x, math.cos(now))
                v = (noise - math.sin(now) * x) / math.cos(now)
                x = math.cos(now - then) * x - math.sin(now - then) * v
            return x
        """,
    ),
    # 6 · guided_variance
    wrong("guided_variance", "w for 1 + w", _guided("c**w * u ** (1 - w)"), expects="is 1 + w, not w"),
    wrong("guided_variance", "roles swapped", _guided("u ** (1 + w) * c**-w"), expects="roles are swapped"),
    wrong("guided_variance", "sum", _guided("c ** (1 + w) * u**w"), expects="subtracted, not added"),
    wrong("guided_variance", "unguided", _guided("c"), expects="without guidance"),
    wrong("guided_variance", "deviation", _guided("c ** ((1 + w) / 2) * u ** (-w / 2)"), expects="square root"),
    wrong("guided_variance", "variances combined", _guided("(1 + w) * c - w * u"), expects="not variances"),
    wrong("guided_variance", "precision", _guided("(1 + w) / c - w / u"), expects="one over the tilted variance"),
    right("guided_variance", "as written", _guided("c ** (1 + w) / u**w")),
    right("guided_variance", "by logarithms", _guided("torch.lerp(c.log(), u.log(), -w).exp()")),
    right(
        "guided_variance",
        "by simulating the ODE",
        """
        def guided_variance(conditional, unconditional, w):
            c, u = conditional.double(), unconditional.double()
            taus = torch.linspace(18, -18, 1501, dtype=torch.float64).exp()
            log = taus[0].log().expand(len(c))
            for now, then in pairwise(taus.tolist()):
                middle = (now * then) ** 0.5
                slope = (1 + w) / (c + middle) - w / (u + middle)
                log = log - slope * middle * math.log(now / then)
            return log.exp()
        """,
    ),
    # 7 · choose_guidance
    wrong("choose_guidance", "three weights", _choice("(0, 0.5, 4)"), expects="at least four weights"),
    wrong("choose_guidance", "none without guidance", _choice("(0.5, 1, 2, 4)"), expects="0 among them"),
    wrong("choose_guidance", "one not measured", _choice("(0, 1, 2, 4)"), expects="none of those"),
    wrong("choose_guidance", "a handful of digits", _choice("(0, 0.5, 1, 9)", n=100), expects="at least 200"),
    wrong("choose_guidance", "half a digit", _choice("(0, 0.5, 1, 9)", pixels=32), expects="64 pixels"),
    wrong("choose_guidance", "no reason", _choice("(0, 0.5, 1, 9)", why="It is best."), expects="too short"),
    wrong(
        "choose_guidance",
        "the same digits for all",
        _choice("(0, 0.5, 1, 9)").replace("stand_in(w) for", "stand_in(0) for"),
        expects="covers as much as no guidance",
    ),
    right("choose_guidance", "four weights", _choice("(0, 0.5, 1, 9)")),
    right("choose_guidance", "the class unknown, too", _choice("(-1, 0, 0.5, 2, 9)", "2")),
    right("choose_guidance", "none at all", _choice("(0, 0.5, 1, 2, 9)", "0.0")),
]

ANSWERS += [
    # what was tried later: what an answer leaves behind, draws that are tied, other ways to be right
    wrong(
        "noised",
        "betas overwritten",
        """
        def noised(x, t, betas, noise):
            betas.neg_().add_(1)
            k = betas.cumprod(0)[t - 1, None]
            return k.sqrt() * x + (1 - k).sqrt() * noise
        """,
        expects="writes to its input",
    ),
    wrong(
        "noised",
        "t counted from 0 in place",
        """
        def noised(x, t, betas, noise):
            t -= 1
            k = (1 - betas).cumprod(0)[t, None]
            return k.sqrt() * x + (1 - k).sqrt() * noise
        """,
        expects="writes to its input",
    ),
    right(
        "noised",
        "lists",
        """
        def noised(x, t, betas, noise):
            out = []
            for row, e, n in zip(x.tolist(), noise.tolist(), t.tolist()):
                k = math.prod(1 - b for b in betas.tolist()[:n])
                out.append([math.sqrt(k) * a + math.sqrt(1 - k) * b for a, b in zip(row, e)])
            return out
        """,
    ),
    wrong(
        "posterior",
        "a variance for each entry",
        """
        def posterior(x_t, x, betas, t):
            k = (1 - betas).cumprod(0)
            b, n, p = betas[t - 1], k[t - 1], k[t - 2]
            v = b * (1 - p) / (1 - n)
            return p.sqrt() * b / (1 - n) * x + (1 - b).sqrt() * (1 - p) / (1 - n) * x_t, v.expand_as(x)
        """,
        expects="one number is wanted",
    ),
    wrong(
        "posterior",
        "a logarithm",
        """
        def posterior(x_t, x, betas, t):
            k = (1 - betas).cumprod(0)
            b, n, p = betas[t - 1], k[t - 1], k[t - 2]
            v = b * (1 - p) / (1 - n)
            return p.sqrt() * b / (1 - n) * x + (1 - b).sqrt() * (1 - p) / (1 - n) * x_t, v.log()
        """,
        expects="this is the logarithm",
    ),
    right(
        "posterior",
        "by the noise, a list",
        """
        def posterior(x_t, x, betas, t):
            k = (1 - betas.double()).cumprod(0)
            b, n, p = betas[t - 1].double(), k[t - 1], k[t - 2]
            e = (x_t - n.sqrt() * x) / (1 - n).sqrt()
            return [
                ((x_t - b / (1 - n).sqrt() * e) / (1 - b).sqrt()).tolist(),
                float(b * (1 - p) / (1 - n)),
            ]
        """,
    ),
    right(
        "posterior",
        "NumPy",
        """
        def posterior(x_t, x, betas, t):
            import numpy as np

            a = 1 - betas.numpy().astype(float)
            p = a[: t - 1].prod()
            n = p * a[t - 1]
            b = 1 - a[t - 1]
            return np.sqrt(p) * b / (1 - n) * x.numpy() + np.sqrt(a[t - 1]) * (1 - p) / (
                1 - n
            ) * x_t.numpy(), b * (1 - p) / (1 - n)
        """,
    ),
    wrong(
        "elbo_term",
        "half of the square detached",
        """
        def elbo_term(x, guess, gain, exact, variance):
            r = exact / variance
            d = gain * (x - guess)
            return 0.5 * (r - 1 - math.log(r) + d * d.detach() / variance).sum(1)
        """,
        expects="`guess` is wrong",
    ),
    right(
        "elbo_term",
        "by multivariate normals, float64",
        """
        def elbo_term(x, guess, gain, exact, variance):
            from torch.distributions import MultivariateNormal as M, kl_divergence

            eye = torch.eye(x.shape[1]).double()
            return kl_divergence(
                M(gain * x.double(), exact * eye), M(gain * guess.double(), variance * eye)
            )
        """,
    ),
    wrong(
        "denoiser_score",
        "swapped",
        """
        def denoiser_score(x_t, guess, alpha, sigma):
            n = (x_t - alpha[:, None] * guess) / sigma[:, None]
            return -n / sigma[:, None], n
        """,
        expects="that is the score",
    ),
    right(
        "denoiser_score",
        "both in one tensor",
        """
        def denoiser_score(x_t, guess, alpha, sigma):
            n = torch.einsum("bd,b->bd", x_t - torch.einsum("b,bd->bd", alpha, guess), 1 / sigma)
            return torch.stack([n, -n / sigma[:, None]])
        """,
    ),
    right(
        "denoiser_score",
        "both in one array",
        """
        def denoiser_score(x_t, guess, alpha, sigma):
            import numpy as np

            a, s = alpha.numpy()[:, None], sigma.numpy()[:, None]
            n = (x_t.numpy() - a * guess.numpy()) / s
            return np.array([n, -n / s])
        """,
    ),
    wrong(
        "ddim",
        "taken out of the list",
        """
        def ddim(network, z, alphas):
            x = z
            while len(alphas) > 1:
                now = alphas.pop(0)
                then = alphas[0]
                e = network(x, now)
                g = (x - math.sqrt(1 - now**2) * e) / now
                x = then * g + math.sqrt(1 - then**2) * e
            return x
        """,
        expects="changes the list `alphas`",
    ),
    wrong(
        "ddim",
        "in place",
        """
        def ddim(network, z, alphas):
            for now, then in pairwise(alphas):
                e = network(z, now)
                g = (z - math.sqrt(1 - now**2) * e) / now
                z.copy_(then * g + math.sqrt(1 - then**2) * e)
            return z
        """,
        expects="writes to its input",
    ),
    wrong(
        "ddim",
        "the network asked once",
        """
        def ddim(network, z, alphas):
            x = z
            e = network(z, alphas[0])
            for now, then in pairwise(alphas):
                g = (x - math.sqrt(1 - now**2) * e) / now
                x = then * g + math.sqrt(1 - then**2) * e
            return x
        """,
        expects="asked again at each α",
    ),
    right(
        "ddim",
        "recursively",
        """
        def ddim(network, z, alphas):
            if len(alphas) == 1:
                return z
            now, then, *_ = alphas
            e = network(z, now)
            return ddim(
                network,
                then * (z - (1 - now**2) ** 0.5 * e) / now + (1 - then**2) ** 0.5 * e,
                alphas[1:],
            )
        """,
    ),
    wrong(
        "guided_variance",
        "a logarithm",
        """
        def guided_variance(c, u, w):
            return (1 + w) * c.log() - w * u.log()
        """,
        expects="this is the logarithm",
    ),
    right(
        "guided_variance",
        "lists",
        """
        def guided_variance(c, u, w):
            return [a * (a / b) ** w for a, b in zip(c.tolist(), u.tolist())]
        """,
    ),
    right(
        "guided_variance",
        "NumPy",
        """
        def guided_variance(c, u, w):
            import numpy as np

            return np.power(c.numpy(), 1 + w) / np.power(u.numpy(), w)
        """,
    ),
]
