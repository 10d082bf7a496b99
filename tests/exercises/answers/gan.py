"""Answers to the exercises of chapter 02."""

from tests.exercises.answers import right, wrong


def _losses(minimax: str, saturating: str) -> str:
    return f"""
        def generator_losses(logits):
            return {minimax}, {saturating}
        """


def _r1(line: str, graph: str = ", create_graph=True", of: str = "sum", before: str = "pass") -> str:
    return f"""
        def r1(discriminator, x, gamma):
            {before}
            x = x.detach().requires_grad_(True)
            g = torch.autograd.grad(discriminator(x).{of}(), x{graph})[0].flatten(1)
            return {line}
        """


def _game(theta: str, psi: str) -> str:
    return f"""
        def smallest_game(theta, psi, rate, gamma):
            return {theta}, {psi}
        """


_THETA = "theta + rate * psi * torch.sigmoid(-psi * theta)"
_PSI = "psi - rate * (theta * torch.sigmoid(psi * theta) + gamma * psi)"


def _round(g_loss: str, before: str = "", fake: str = "generator(z).detach()", after: str = "") -> str:
    return f"""
        def one_round(generator, discriminator, g_optimizer, d_optimizer, real, z):
            fake = {fake}
            d_loss = F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake)).mean()
            {before or "pass"}
            d_optimizer.zero_grad()
            d_loss.backward()
            d_optimizer.step()
            g_loss = {g_loss}
            g_optimizer.zero_grad()
            g_loss.backward()
            g_optimizer.step()
            {after or "pass"}
            return d_loss, g_loss
        """


_G_LOSS = "F.softplus(-discriminator(generator(z))).mean()"
_FROZEN = f"(discriminator.requires_grad_(False), {_G_LOSS})[1]"

ANSWERS = [
    # 1 · generator_losses
    wrong(
        "generator_losses",
        "the first sign",
        _losses("F.softplus(logits).mean()", "F.softplus(-logits).mean()"),
        expects="minimises log(1 − D) itself",
    ),
    wrong(
        "generator_losses",
        "swapped",
        _losses("F.softplus(-logits).mean()", "-F.softplus(logits).mean()"),
        expects="minimax loss comes first",
    ),
    wrong(
        "generator_losses",
        "the second sign",
        _losses("-F.softplus(logits).mean()", "-F.softplus(-logits).mean()"),
        expects="log D is to become large",
    ),
    wrong(
        "generator_losses",
        "found out",
        _losses("-F.softplus(logits).mean()", "F.softplus(logits).mean()"),
        expects="found out",
    ),
    wrong(
        "generator_losses",
        "sums",
        _losses("-F.softplus(logits).sum()", "F.softplus(-logits).sum()"),
        expects="take the mean, not the sum",
    ),
    wrong(
        "generator_losses",
        "overflow",
        _losses("torch.log(1 - torch.sigmoid(logits)).mean()", "-torch.log(torch.sigmoid(logits)).mean()"),
        expects="use softplus or logsigmoid",
    ),
    wrong(
        "generator_losses",
        "detached",
        _losses("-F.softplus(logits.detach()).mean()", "F.softplus(-logits).mean()"),
        expects="detached",
    ),
    right("generator_losses", "softplus", _losses("-F.softplus(logits).mean()", "F.softplus(-logits).mean()")),
    right(
        "generator_losses",
        "logsigmoid",
        _losses("F.logsigmoid(-logits).mean()", "-F.logsigmoid(logits).mean()"),
    ),
    right(
        "generator_losses",
        "cross-entropy with labels",
        """
        def generator_losses(logits):
            zeros, ones = torch.zeros_like(logits), torch.ones_like(logits)
            minimax = -F.binary_cross_entropy_with_logits(logits, zeros)
            return minimax, F.binary_cross_entropy_with_logits(logits, ones)
        """,
    ),
    # 2 · r1
    wrong("r1", "no half", _r1("gamma * g.square().sum(1).mean()"), expects="½ is missing"),
    wrong("r1", "not squared", _r1("gamma / 2 * g.norm(dim=1).mean()"), expects="not squared"),
    wrong(
        "r1",
        "mean of dimensions",
        _r1("gamma / 2 * g.square().mean()"),
        expects="averaged over the dimensions",
    ),
    wrong("r1", "sum of the batch", _r1("gamma / 2 * g.square().sum()"), expects="summed over the batch"),
    wrong(
        "r1",
        "mean of logits",
        _r1("gamma / 2 * g.square().sum(1).mean()", of="mean"),
        expects="B times too small",
    ),
    wrong("r1", "towards 1", _r1("gamma / 2 * (g.norm(dim=1) - 1).square().mean()"), expects="pulls towards 0"),
    wrong("r1", "no graph", _r1("gamma / 2 * g.square().sum(1).mean()", graph=""), expects="create_graph"),
    wrong("r1", "γ forgotten", _r1("g.square().sum(1).mean() / 2"), expects="γ is missing"),
    right("r1", "as hinted", _r1("gamma / 2 * g.square().sum(1).mean()")),
    right("r1", "einsum", _r1("gamma / (2 * len(g)) * torch.einsum('bi,bi->', g, g)")),
    right(
        "r1",
        "sample by sample",
        """
        def r1(discriminator, x, gamma):
            total = 0
            for one in x:
                one = one[None].clone().requires_grad_(True)
                (g,) = torch.autograd.grad(discriminator(one).squeeze(), one, create_graph=True)
                total = total + (g ** 2).sum()
            return gamma * total / (2 * len(x))
        """,
    ),
    # 3 · smallest_game
    wrong(
        "smallest_game",
        "uphill",
        _game(_THETA.replace("theta +", "theta -", 1), _PSI),
        expects="generator goes the wrong way",
    ),
    wrong(
        "smallest_game",
        "in turns, D first",
        """
        def smallest_game(theta, psi, rate, gamma):
            psi = psi - rate * (theta * torch.sigmoid(psi * theta) + gamma * psi)
            return theta + rate * psi * torch.sigmoid(-psi * theta), psi
        """,
        expects="answers to the new ψ",
    ),
    wrong(
        "smallest_game",
        "in turns, G first",
        """
        def smallest_game(theta, psi, rate, gamma):
            theta = theta + rate * psi * torch.sigmoid(-psi * theta)
            return theta, psi - rate * (theta * torch.sigmoid(psi * theta) + gamma * psi)
        """,
        expects="sees the new θ",
    ),
    wrong(
        "smallest_game",
        "minimax",
        _game("theta + rate * psi * torch.sigmoid(psi * theta)", _PSI),
        expects="minimax loss",
    ),
    wrong(
        "smallest_game",
        "no R1",
        _game(_THETA, "psi - rate * theta * torch.sigmoid(psi * theta)"),
        expects="R1 is missing",
    ),
    wrong(
        "smallest_game",
        "half of R1",
        _game(_THETA, "psi - rate * (theta * torch.sigmoid(psi * theta) + gamma * psi / 2)"),
        expects="not γψ/2",
    ),
    wrong(
        "smallest_game",
        "R1 pushes",
        _game(_THETA, "psi - rate * (theta * torch.sigmoid(psi * theta) - gamma * psi)"),
        expects="pulls ψ towards 0",
    ),
    wrong(
        "smallest_game",
        "no chain rule",
        _game("theta + rate * torch.sigmoid(-psi * theta)", _PSI),
        expects="factor ψ",
    ),
    right("smallest_game", "as hinted", _game(_THETA, _PSI)),
    right(
        "smallest_game",
        "by autograd",
        """
        def smallest_game(theta, psi, rate, gamma):
            with torch.enable_grad():
                a, b = theta.clone().requires_grad_(True), psi.clone().requires_grad_(True)
                d = (F.softplus(b * a) + gamma / 2 * b ** 2).sum()
                g = F.softplus(-b * a).sum()
                slope_b = torch.autograd.grad(d, b, retain_graph=True)[0]
                slope_a = torch.autograd.grad(g, a)[0]
            return theta - rate * slope_a, psi - rate * slope_b
        """,
    ),
    right(
        "smallest_game",
        "with the exponential",
        _game(
            "theta + rate * psi / (1 + torch.exp(psi * theta))",
            "psi * (1 - rate * gamma) - rate * theta / (1 + torch.exp(-psi * theta))",
        ),
    ),
    # 4 · one_round
    wrong("one_round", "minimax", _round("-F.softplus(discriminator(generator(z))).mean()"), expects="minimax"),
    wrong("one_round", "uphill", _round("-F.softplus(-discriminator(generator(z))).mean()"), expects="uphill"),
    wrong(
        "one_round",
        "the old discriminator",
        """
        def one_round(generator, discriminator, g_optimizer, d_optimizer, real, z):
            g_loss = F.softplus(-discriminator(generator(z))).mean()
            g_optimizer.zero_grad()
            g_loss.backward()
            fake = generator(z).detach()
            d_optimizer.zero_grad()
            d_loss = F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake)).mean()
            d_loss.backward()
            d_optimizer.step()
            g_optimizer.step()
            return d_loss, g_loss
        """,
        expects="before its move",
    ),
    wrong(
        "one_round",
        "the discriminator helps",
        _round(
            _G_LOSS,
            after="d_optimizer.zero_grad(); F.softplus(-discriminator(fake)).mean().backward(); d_optimizer.step()",
        ),
        expects="discriminator after the round",
    ),
    wrong(
        "one_round",
        "nobody moves",
        """
        def one_round(generator, discriminator, g_optimizer, d_optimizer, real, z):
            fake = generator(z)
            d_loss = F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake)).mean()
            return d_loss, F.softplus(-discriminator(fake)).mean()
        """,
        expects="it has not moved",
    ),
    wrong(
        "one_round",
        "one loss",
        _round(_G_LOSS).replace("return d_loss, g_loss", "return g_loss"),
        expects="two things are wanted",
    ),
    right("one_round", "as hinted", _round(_G_LOSS)),
    right(
        "one_round",
        "detached later",
        _round("F.softplus(-discriminator(fake)).mean()", fake="generator(z)").replace(
            "discriminator(fake)).mean()\n            pass",
            "discriminator(fake.detach())).mean()\n            pass",
        ),
    ),
    right(
        "one_round",
        "cross-entropy with labels",
        """
        def one_round(generator, discriminator, g_optimizer, d_optimizer, real, z):
            ones, zeros = torch.ones(len(real), 1), torch.zeros(len(real), 1)
            bce = F.binary_cross_entropy_with_logits
            with torch.no_grad():
                fake = generator(z)
            d_loss = bce(discriminator(real), ones) + bce(discriminator(fake), zeros)
            d_optimizer.zero_grad()
            d_loss.backward()
            d_optimizer.step()
            g_loss = bce(discriminator(generator(z)), ones)
            g_optimizer.zero_grad()
            g_loss.backward()
            g_optimizer.step()
            return d_loss, g_loss
        """,
    ),
]


def _ring(broken: str = "torch.zeros(600, 2)", mended: str = "", words: int = 30) -> str:
    truth = "toy.load('eight_gaussians').sample(1000, torch.Generator().manual_seed(0))"
    return f"""
        from gmcourse.data import toy
        mended_ring = {{"broken": {broken}, "mended": {mended or truth}}}
        why = 'word ' * {words}
        """


_KEEP_D = _round(_G_LOSS).replace("d_optimizer.zero_grad()", "pass")
_KEEP_G = _round(_G_LOSS).replace("g_optimizer.zero_grad()", "pass")
_TRUE = "toy.load('eight_gaussians').sample(1000)"

ANSWERS += [
    # 1 · generator_losses
    *(
        wrong("generator_losses", name, _losses(minimax, saturating), expects=expects)
        for name, minimax, saturating, expects in (
            (
                "an ε in the first",
                "torch.log(1 - torch.sigmoid(logits) + 1e-8).mean()",
                "F.softplus(-logits).mean()",
                "the minimax loss with logits of 200",
            ),
            (
                "an ε in the second",
                "-F.softplus(logits).mean()",
                "-torch.log(torch.sigmoid(logits) + 1e-8).mean()",
                "the non-saturating loss with logits of 200",
            ),
            (
                "clamped",
                "-F.softplus(logits.clamp(-30, 30)).mean()",
                "F.softplus(-logits).mean()",
                "with logits of 200",
            ),
            (
                "the softplus by hand",
                "-torch.log1p(logits.exp()).mean()",
                "torch.log1p((-logits).exp()).mean()",
                "with logits of 200",
            ),
            ("bits", "-F.softplus(logits).mean() / 0.6931472", "F.softplus(-logits).mean()", "base 2"),
            ("not reduced", "-F.softplus(logits)", "F.softplus(-logits)", "one number is wanted"),
            (
                "the second detached",
                "-F.softplus(logits).mean()",
                "F.softplus(-logits).mean().detach()",
                "detached",
            ),
            ("numbers", "-F.softplus(logits).mean().item()", "F.softplus(-logits).mean().item()", "detached"),
            ("NumPy", "logits.numpy().mean()", "0", "NumPy cuts the gradient"),
            (
                "swapped and averaged over five",
                "-F.softplus(logits).sum() / 5",
                "F.softplus(-logits).mean()",
                "hard-coded",
            ),
        )
    ),
    # 2 · r1
    *(
        wrong("r1", name, source, expects=expects)
        for name, source, expects in (
            (
                "the mean first",
                _r1("gamma / 2 * g.mean(0).square().sum()"),
                "averaged before they are squared",
            ),
            ("the sign", _r1("-gamma / 2 * g.square().sum(1).mean()"), "sign is wrong"),
            ("detached", _r1("gamma / 2 * g.detach().square().sum(1).mean()"), "create_graph"),
            (
                "half of it detached",
                _r1("gamma / 2 * (g * g.detach()).sum(1).mean()"),
                "part of it is detached",
            ),
            ("each", _r1("gamma / 2 * g.square().sum(1)"), "one number is wanted"),
            (
                "the input's flag",
                _r1("gamma / 2 * g.square().sum(1).mean()").replace("x.detach()", "x"),
                "changed on its input `x`",
            ),
            (
                "backward",
                _r1("gamma / 2 * g.square().sum()", before="discriminator(x).sum().backward()"),
                "leaves gradients on the weights of `discriminator`",
            ),
            (
                "no flag",
                _r1("g").replace(".requires_grad_(True)", ""),
                "nothing to differentiate",
            ),
            (
                "evaluated",
                "def r1(discriminator, x, gamma):\n    discriminator.eval()\n    return x.sum()",
                "in another mode",
            ),
            ("vectors only", _r1("gamma / 2 * g[:, :3].square().sum(1).mean()"), "hard-coded"),
        )
    ),
    # 3 · smallest_game
    *(
        wrong("smallest_game", name, _game(theta, psi), expects=expects)
        for name, theta, psi, expects in (
            (
                "R1 without the rate",
                _THETA,
                "psi - rate * theta * torch.sigmoid(psi * theta) - gamma * psi",
                "not multiplied by the rate",
            ),
            ("swapped", _PSI, _THETA, "wrong order"),
            ("θ rests", "theta", _PSI, "θ has not moved"),
            ("ψ rests", _THETA, "psi", "ψ has not moved"),
            ("steps", "rate * psi * torch.sigmoid(-psi * theta)", _PSI, "θ is missing"),
            (
                "no chain rule for ψ",
                _THETA,
                "psi - rate * (torch.sigmoid(psi * theta) + gamma * psi)",
                "factor θ",
            ),
            (
                "in place",
                "theta.add_(rate * psi * torch.sigmoid(-psi * theta))",
                _PSI,
                "writes to its input `theta`",
            ),
        )
    ),
    right(
        "smallest_game",
        "NumPy",
        """
        def smallest_game(theta, psi, rate, gamma):
            import numpy as np

            a, b = theta.numpy(), psi.numpy()
            return a + rate * b / (1 + np.exp(a * b)), b - rate * (a / (1 + np.exp(-a * b)) + gamma * b)
        """,
    ),
    # 4 · one_round
    wrong(
        "one_round",
        "no zero_grad for D",
        _KEEP_D,
        expects="the discriminator after the round: an old gradient",
    ),
    wrong("one_round", "no zero_grad for G", _KEEP_G, expects="the generator after the round: an old gradient"),
    wrong(
        "one_round",
        "no zero_grad",
        _KEEP_D.replace("g_optimizer.zero_grad()", "pass"),
        expects="an old gradient",
    ),
    wrong(
        "one_round",
        "no detach, one graph",
        _round("F.softplus(-discriminator(fake)).mean()", fake="generator(z)"),
        expects="a graph is used twice",
    ),
    wrong(
        "one_round",
        "losses swapped",
        _round(_G_LOSS).replace("return d_loss, g_loss", "return g_loss, d_loss"),
        expects="the discriminator's loss",
    ),
    wrong("one_round", "evaluated", _round(_G_LOSS, before="discriminator.eval()"), expects="in another mode"),
    wrong(
        "one_round",
        "a seed inside",
        _round(_G_LOSS, before="torch.manual_seed(0)"),
        expects="changes torch's seed",
    ),
    wrong("one_round", "left frozen", _round(_FROZEN), expects="leaves `discriminator` frozen"),
    right(
        "one_round",
        "frozen for a while, and thawed",
        _round(_FROZEN, after="discriminator.requires_grad_(True)"),
    ),
    right(
        "one_round",
        "gradients by hand",
        """
        def one_round(generator, discriminator, g_optimizer, d_optimizer, real, z):
            d_loss = F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(generator(z))).mean()
            mine = list(discriminator.parameters())
            for p, slope in zip(mine, torch.autograd.grad(d_loss, mine)):
                p.grad = slope
            d_optimizer.step()
            g_loss = F.softplus(-discriminator(generator(z))).mean()
            mine = list(generator.parameters())
            for p, slope in zip(mine, torch.autograd.grad(g_loss, mine)):
                p.grad = slope
            g_optimizer.step()
            return d_loss.item(), g_loss.item()
        """,
    ),
    # 5 · mended_ring
    wrong("mended_ring", "nothing broke", _ring(_TRUE), expects="not broken"),
    wrong("mended_ring", "nothing mended", _ring(mended="torch.zeros(600, 2)"), expects="not mended"),
    wrong("mended_ring", "seven modes", _ring(mended=f"{_TRUE}.abs()"), expects="not mended"),
    wrong("mended_ring", "few samples", _ring("torch.zeros(20, 2)"), expects="at least 500 samples"),
    wrong("mended_ring", "few words", _ring(words=3), expects="reasons are too short"),
    wrong("mended_ring", "other names", _ring().replace('"broken"', '"bad"'), expects="as `broken`"),
    right("mended_ring", "one mode", _ring()),
    right("mended_ring", "noise", _ring("5 * torch.rand(1000, 2)")),
    right("mended_ring", "half the ring", _ring("toy.load('eight_gaussians').sample(1000).abs()")),
]

ANSWERS += [
    # what was tried later: what an answer leaves behind, draws that are tied, other ways to be right
    wrong(
        "generator_losses",
        "a `where` whose other branch is infinite",
        """
        def generator_losses(t):
            a = torch.where(t > 30, -t, torch.log(1 - torch.sigmoid(t)))
            b = torch.where(t < -30, -t, -torch.log(torch.sigmoid(t)))
            return a.mean(), b.mean()
        """,
        expects="not a number",
    ),
    wrong(
        "generator_losses",
        "exponentials",
        """
        def generator_losses(t):
            return -(1 + t.exp()).log().mean(), (1 + (-t).exp()).log().mean()
        """,
        expects="logits of 200",
    ),
    right(
        "generator_losses",
        "logaddexp",
        """
        def generator_losses(t):
            z = torch.zeros_like(t)
            return -torch.logaddexp(z, t).mean(), torch.logaddexp(z, -t).mean()
        """,
    ),
    right(
        "generator_losses",
        "both in one tensor",
        """
        def generator_losses(t):
            return torch.stack([-F.softplus(t).mean(), F.softplus(-t).mean()])
        """,
    ),
    right(
        "generator_losses",
        "the sigmoid, in float64",
        """
        def generator_losses(t):
            t = t.double()
            return torch.sigmoid(-t).log().mean(), -torch.sigmoid(t).log().mean()
        """,
    ),
    wrong(
        "r1",
        "gradients cleared",
        """
        def r1(d, x, gamma):
            x = x.detach().requires_grad_(True)
            d(x).sum().backward(create_graph=True)
            p = gamma / 2 * x.grad.flatten(1).square().sum(1).mean()
            d.zero_grad()
            return p
        """,
        expects="or clears them",
    ),
    wrong(
        "r1",
        "frozen",
        """
        def r1(d, x, gamma):
            for p in d.parameters():
                p.requires_grad_(False)
            x = x.detach().requires_grad_(True)
            s = torch.autograd.grad(d(x).sum(), x, create_graph=True)[0]
            return gamma / 2 * s.flatten(1).square().sum(1).mean()
        """,
        expects="frozen",
    ),
    right(
        "r1",
        "torch.func",
        """
        def r1(d, x, gamma):
            from torch.func import grad, vmap

            slopes = vmap(grad(lambda one: d(one[None]).sum()))(x)
            return gamma / 2 * slopes.flatten(1).pow(2).sum(1).mean()
        """,
    ),
    right(
        "r1",
        "a Jacobian",
        """
        def r1(d, x, gamma):
            j = torch.autograd.functional.jacobian(lambda y: d(y).sum(), x, create_graph=True)
            return gamma * j.square().sum() / (2 * len(x))
        """,
    ),
    wrong(
        "smallest_game",
        "a memory between calls",
        """
        state = {"v": 0.0}

        def smallest_game(a, b, rate, gamma):
            da = rate * b * torch.sigmoid(-b * a)
            state["v"] = 0.5 * state["v"] + float(da.mean())
            return a + da + 0.1 * state["v"], b - rate * (a * torch.sigmoid(b * a) + gamma * b)
        """,
        expects="two calls",
    ),
    right(
        "smallest_game",
        "torch.func",
        """
        def smallest_game(a, b, rate, gamma):
            from torch.func import grad

            sp = F.softplus
            ga = grad(lambda t: sp(-b * t).sum())(a)
            gb = grad(lambda s: (sp(s * a) + gamma / 2 * s**2).sum())(b)
            return a - rate * ga, b - rate * gb
        """,
    ),
    right(
        "smallest_game",
        "both in one tensor",
        """
        def smallest_game(a, b, rate, gamma):
            return torch.stack(
                [
                    a + rate * b * torch.sigmoid(-b * a),
                    b - rate * (a * torch.sigmoid(b * a) + gamma * b),
                ]
            )
        """,
    ),
    wrong(
        "one_round",
        "fresh noise for the second move",
        """
        def one_round(g, d, go, do, real, z):
            fake = g(z).detach()
            dl = F.softplus(-d(real)).mean() + F.softplus(d(fake)).mean()
            do.zero_grad()
            dl.backward()
            do.step()
            gl = F.softplus(-d(g(torch.randn_like(z)))).mean()
            go.zero_grad()
            gl.backward()
            go.step()
            return dl, gl
        """,
        expects="both moves are on the same noise",
    ),
    right(
        "one_round",
        "one graph, kept",
        """
        def one_round(g, d, go, do, real, z):
            fake = g(z)
            dl = F.softplus(-d(real)).mean() + F.softplus(d(fake)).mean()
            do.zero_grad()
            dl.backward(retain_graph=True)
            do.step()
            gl = F.softplus(-d(fake)).mean()
            go.zero_grad()
            gl.backward()
            go.step()
            return dl, gl
        """,
    ),
    right(
        "one_round",
        "numbers",
        """
        def one_round(g, d, go, do, real, z):
            with torch.no_grad():
                fake = g(z)
            dl = F.softplus(-d(real)).mean() + F.softplus(d(fake)).mean()
            do.zero_grad(set_to_none=False)
            dl.backward()
            do.step()
            gl = F.softplus(-d(g(z))).mean()
            for p in g.parameters():
                p.grad = None
            gl.backward(inputs=list(g.parameters()))
            go.step()
            return [dl.item(), gl.item()]
        """,
    ),
    right(
        "one_round",
        "both in one tensor",
        """
        def one_round(g, d, go, do, real, z):
            fake = g(z)
            dl = F.softplus(-d(real)).mean() + F.softplus(d(fake.detach())).mean()
            do.zero_grad()
            dl.backward()
            do.step()
            gl = F.softplus(-d(fake)).mean()
            go.zero_grad()
            gl.backward()
            go.step()
            do.zero_grad()
            return torch.stack([dl.detach(), gl.detach()])
        """,
    ),
]
