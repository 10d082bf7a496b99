"""Answers to the exercises of chapter 13."""

from tests.exercises.answers import right, wrong


def _velocity(velocity: str, x_t: str = "a * x + s * noise", time: str = "t") -> str:
    return f"""
        def conditional_velocity(x, noise, t, alpha, sigma):
            u = ({time})[:, None].requires_grad_()
            a, s = alpha(u), sigma(u)
            da, ds = (torch.autograd.grad(each.sum(), u)[0] for each in (a, s))
            t, a, s = t[:, None], a.detach(), s.detach()
            return {x_t}, {velocity}
        """


def _marginal(
    logits: str = "-squared / (2 * (1 - s) ** 2)",
    result: str = "(w @ data - x) / (1 - s)",
    squared: str = "(x[:, None] - s[:, None] * data).square().sum(2)",
    weights: str = "logits.softmax(1)",
) -> str:
    return f"""
        def marginal_velocity(x, t, data):
            s = t[:, None]
            squared = {squared}
            logits = {logits}
            w = {weights}
            return {result}
        """


def _loss(
    target: str = "x - noise",
    x_t: str = "s * x + (1 - s) * noise",
    t: str = "torch.rand(len(x))",
    noise: str = "torch.randn_like(x)",
    mean: str = ".sum(1).mean()",
    v: str = "network(x_t, t)",
) -> str:
    return f"""
        def flow_matching_loss(network, x):
            t, noise = {t}, {noise}
            s = t[:, None]
            x_t = {x_t}
            return ({v} - ({target})).square(){mean}
        """


def _density(
    result: str = "normal(x) - total",
    time: str = "1 - k * h",
    step: str = "-h",
    read: str = "sum(J[:, i, i] for i in range(J.shape[1]))",
) -> str:
    return f"""
        def log_density(velocity, x, steps):
            def normal(z):
                return torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(1)
            start, total, h = x, torch.zeros(len(x)), 1 / steps
            for k in range(steps):
                t = {time}
                x = x.detach().requires_grad_()
                v = velocity(x, t)
                J = torch.stack([torch.autograd.grad(c.sum(), x, retain_graph=True)[0] for c in v.unbind(1)], 1)
                total = total + h * ({read})
                x = x + ({step}) * v
            return ({result}).detach()
        """


def _heun(step: str, count: str = "steps", time: str = "k * h") -> str:
    return f"""
        def heun(velocity, z, steps):
            x, h = z, 1 / steps
            for k in range({count}):
                t = {time}
                a = velocity(x, t)
                x = x + {step}
            return x
        """


def _one(line: str) -> str:
    return f"""
        def one_step(data, z):
            mean = data.mean(0)
            return {line}
        """


REASONS = (
    "The second network asks once and is as close as eight questions to the first; it was trained twice as long. " * 2
)


def _sampler(names: str, chosen: str = "'euler 8'", why: str = REASONS, n: int = 1500, dims: int = 2) -> str:
    """Stand-ins for samples: moons with a noise that becomes less the more often the network is asked."""
    return f"""
        from gmcourse.data import toy

        moons = toy.load("two_moons")

        def stand_in(name):
            spread = int(name.split()[-1].replace("heun", "8")) ** -1.5
            return (moons.sample({n}) + spread * torch.randn({n}, 2))[:, :{dims}]

        measured = {{name: stand_in(name) for name in {names}}}
        my_sampler, why = {chosen}, {why!r}
        """


FOUR = ("euler 1", "euler 4", "euler 8", "rectified, euler 9")

ANSWERS = [
    # 1 · conditional_velocity
    wrong("conditional_velocity", "x − ε always", _velocity("x - noise"), expects="straight path's"),
    wrong("conditional_velocity", "sign", _velocity("-da * x - ds * noise"), expects="the sign is wrong"),
    wrong(
        "conditional_velocity",
        "α̇ missing",
        _velocity("a * x + ds * noise"),
        expects="derivative of α is missing",
    ),
    wrong(
        "conditional_velocity",
        "σ̇ missing",
        _velocity("da * x + s * noise"),
        expects="derivative of σ is missing",
    ),
    wrong(
        "conditional_velocity",
        "time reversed",
        _velocity("da * x + ds * noise", time="1 - t"),
        expects="that is x at 1 − t",
    ),
    wrong(
        "conditional_velocity",
        "rates at 1 − t",
        _velocity("da * x + ds * noise", "alpha(t) * x + sigma(t) * noise", time="1 - t"),
        expects="that is the velocity at 1 − t",
    ),
    wrong(
        "conditional_velocity",
        "rates of the reversed path",
        _velocity("-da * x - ds * noise", "alpha(t) * x + sigma(t) * noise", time="1 - t"),
        expects="time runs backwards",
    ),
    wrong("conditional_velocity", "/t", _velocity("(a * x + s * noise) / t"), expects="that is x_t / t"),
    wrong("conditional_velocity", "x_t twice", _velocity("a * x + s * noise"), expects="that is x_t; its"),
    wrong("conditional_velocity", "rates swapped", _velocity("ds * x + da * noise"), expects="rates of α and σ"),
    wrong("conditional_velocity", "σ̇ subtracted", _velocity("da * x - ds * noise"), expects="subtracted twice"),
    wrong(
        "conditional_velocity",
        "α and σ swapped",
        _velocity("da * x + ds * noise", "s * x + a * noise"),
        expects="α belongs to x",
    ),
    wrong(
        "conditional_velocity",
        "the straight path",
        _velocity("x - noise", "t * x + (1 - t) * noise"),
        expects="are the straight path's",
    ),
    right("conditional_velocity", "as written", _velocity("da * x + ds * noise")),
    right(
        "conditional_velocity",
        "the derivative of x_t, row by row",
        """
        def conditional_velocity(x, noise, t, alpha, sigma):
            rows = [lambda s, i=i: alpha(s) * x[i] + sigma(s) * noise[i] for i in range(len(x))]
            each = [torch.autograd.functional.jacobian(f, s) for f, s in zip(rows, t)]
            return torch.stack([f(s) for f, s in zip(rows, t)]), torch.stack(each)
        """,
    ),
    right(
        "conditional_velocity",
        "by differences, in float64",
        """
        def conditional_velocity(x, noise, t, alpha, sigma):
            def at(s):
                return alpha(s)[:, None] * x.double() + sigma(s)[:, None] * noise.double()
            s = t.double()
            return at(s), (at(s + 1e-5) - at(s - 1e-5)) / 2e-5
        """,
    ),
    # 2 · marginal_velocity
    wrong("marginal_velocity", "uniform weights", _marginal("0 * squared"), expects="all points weigh the same"),
    wrong("marginal_velocity", "½ missing", _marginal("-squared / (1 - s) ** 2"), expects="½ in the exponent"),
    wrong(
        "marginal_velocity",
        "distance to x_i",
        _marginal(squared="(x[:, None] - data).square().sum(2)"),
        expects="distance is taken to x_i",
    ),
    wrong("marginal_velocity", "1 − t", _marginal("-squared / (2 * (1 - s))"), expects="(1 − t)², not 1 − t"),
    wrong("marginal_velocity", "variance 1", _marginal("-squared / 2"), expects="(1 − t)², not 1"),
    wrong("marginal_velocity", "sign", _marginal("squared / (2 * (1 - s) ** 2)"), expects="sign is wrong"),
    wrong("marginal_velocity", "not divided", _marginal(result="w @ data - x"), expects="the time 1 − t"),
    wrong("marginal_velocity", "E[x]", _marginal(result="w @ data"), expects="that is E[x]"),
    wrong(
        "marginal_velocity",
        "the likeliest alone",
        _marginal(weights="F.one_hot(logits.argmax(1), len(data)).to(x)"),
        expects="only the likeliest",
    ),
    wrong(
        "marginal_velocity",
        "exp underflows",
        _marginal(weights="logits.exp() / logits.exp().sum(1, keepdim=True)"),
        expects="exp underflows",
    ),
    wrong(
        "marginal_velocity",
        "by the score, over t",
        _marginal(result="(x + (s * (w @ data) - x) / (1 - s)) / s"),
        expects="at t = 0",
    ),
    right("marginal_velocity", "as written", _marginal()),
    right(
        "marginal_velocity",
        "mean of velocities, by cdist",
        """
        def marginal_velocity(x, t, data):
            left = 1 - t
            squared = torch.stack([torch.cdist(x[i : i + 1], t[i] * data)[0] ** 2 for i in range(len(x))])
            weights = F.softmin(squared / 2 / left[:, None] ** 2, dim=1)
            each = (data[None] - x[:, None]) / left[:, None, None]
            return torch.einsum("bn,bnd->bd", weights, each)
        """,
    ),
    right(
        "marginal_velocity",
        "shifted by hand, in float64",
        """
        def marginal_velocity(x, t, data):
            x, t, data = x.double(), t.double(), data.double()
            out = torch.empty_like(x)
            for b in range(len(x)):
                log = -((x[b] - t[b] * data) ** 2).sum(1) / (2 * (1 - t[b]) ** 2)
                w = (log - log.max()).exp()
                out[b] = ((w[:, None] * data).sum(0) / w.sum() - x[b]) / (1 - t[b])
            return out
        """,
    ),
    # 3 · flow_matching_loss
    wrong(
        "flow_matching_loss",
        "opposite times",
        _loss(x_t="(1 - s) * x + s * noise"),
        expects="time runs the other way",
    ),
    wrong("flow_matching_loss", "two noises", _loss("x - torch.randn_like(x)"), expects="another draw"),
    wrong("flow_matching_loss", "mean over D", _loss(mean=".mean()"), expects="averaged over the dimensions"),
    wrong("flow_matching_loss", "summed over rows", _loss(mean=".sum()"), expects="summed over the rows"),
    wrong("flow_matching_loss", "t = ½", _loss(t="torch.full((len(x),), 0.5)"), expects="shared by all rows"),
    wrong("flow_matching_loss", "one t", _loss(t="torch.rand(1).expand(len(x))"), expects="shared by all rows"),
    wrong(
        "flow_matching_loss",
        "t as one number",
        _loss(t="torch.rand(1)"),
        expects="each row needs a time of its own",
    ),
    wrong(
        "flow_matching_loss",
        "t not uniform",
        _loss(t="torch.rand(len(x)).sqrt()"),
        expects="t is not uniform",
    ),
    wrong(
        "flow_matching_loss",
        "a seed inside",
        _loss(t="torch.rand(len(x), generator=torch.Generator().manual_seed(0))"),
        expects="t is the same at each call",
    ),
    wrong("flow_matching_loss", "data as target", _loss("x"), expects="the data are the target"),
    wrong("flow_matching_loss", "noise as target", _loss("noise"), expects="the noise is the target"),
    wrong("flow_matching_loss", "sign", _loss("noise - x"), expects="target's sign"),
    wrong(
        "flow_matching_loss",
        "the same noise for all",
        _loss(noise="torch.randn_like(x[:1]).expand_as(x)"),
        expects="the noise: one draw is shared",
    ),
    wrong(
        "flow_matching_loss",
        "uniform noise",
        _loss(noise="3.46 * torch.rand_like(x) - 1.73"),
        expects="not normal",
    ),
    wrong(
        "flow_matching_loss",
        "root of 1 − t",
        _loss(x_t="s * x + (1 - s**2).sqrt() * noise"),
        expects="x_t is not",
    ),
    wrong("flow_matching_loss", "detached", _loss(v="network(x_t, t).detach()"), expects="detached"),
    wrong(
        "flow_matching_loss",
        "row by row",
        _loss(v="torch.stack([network(x_t[i : i + 1], t[i : i + 1])[i] for i in range(3)])").replace(
            "(x - noise)", "(x - noise)[:3]"
        ),
        expects="asked once",
    ),
    right("flow_matching_loss", "as written", _loss()),
    right("flow_matching_loss", "by mse_loss, t with an axis", _loss(t="torch.rand(len(x), 1)[:, 0]")),
    right(
        "flow_matching_loss",
        "lerp, in one number",
        """
        def flow_matching_loss(network, x):
            t = 1 - torch.rand(x.shape[0], dtype=x.dtype)
            noise = torch.normal(0.0, 1.0, x.shape, dtype=x.dtype)
            v = network(torch.lerp(noise, x, t[:, None]), t)
            return F.mse_loss(v, x - noise) * x.shape[1]
        """,
    ),
    # 4 · log_density
    wrong("log_density", "sign", _density("normal(x) + total"), expects="to be subtracted"),
    wrong("log_density", "wrong end's prior", _density("normal(start) - total"), expects="evaluated at x"),
    wrong("log_density", "×step missing", _density("normal(x) - total / h"), expects="size of a step"),
    wrong("log_density", "no divergence", _density("normal(x)"), expects="divergence is missing"),
    wrong("log_density", "no prior", _density("-total"), expects="density of the normal is missing"),
    wrong("log_density", "from t = 0 up", _density(time="k * h", step="h"), expects="goes from the data"),
    wrong(
        "log_density",
        "the late slope",
        _density(time="1 - (k + 1) * h"),
        expects="first slope is taken at t = 1",
    ),
    wrong("log_density", "all entries", _density(read="J.sum((1, 2))"), expects="the divergence is its diagonal"),
    wrong(
        "log_density",
        "trace of JJᵀ",
        _density(read="(J @ J.mT).diagonal(dim1=1, dim2=2).sum(1)"),
        expects="J Jᵀ",
    ),
    wrong(
        "log_density",
        "determinants",
        _density(read="-torch.linalg.slogdet(torch.eye(J.shape[1]) - h * J)[1] / h"),
        expects="determinant of each step",
    ),
    wrong(
        "log_density",
        "no 2π",
        _density("-x.square().sum(1) / 2 - total"),
        expects="½ log 2π",
    ),
    wrong(
        "log_density",
        "requires_grad left on",
        _density().replace("x = x.detach().requires_grad_()", "x = x.requires_grad_()"),
        expects="requires_grad",
    ),
    right("log_density", "as written", _density()),
    right(
        "log_density",
        "by torch.func, in float64",
        """
        def log_density(velocity, x, steps):
            z, total = x.double(), 0
            for k in range(steps, 0, -1):
                J = torch.stack([torch.func.jacrev(lambda y: velocity(y[None], k / steps)[0])(row) for row in z])
                total = total + torch.einsum("bii->b", J) / steps
                z = z - velocity(z, k / steps) / steps
            return -0.5 * (z**2).sum(1) - z.shape[1] / 2 * math.log(2 * math.pi) - total
        """,
    ),
    right(
        "log_density",
        "unit probes",
        """
        def log_density(velocity, x, steps):
            h, total = 1 / steps, torch.zeros(len(x))
            for k in range(steps):
                with torch.enable_grad():
                    leaf = x.detach().clone().requires_grad_()
                    v = velocity(leaf, 1 - k * h)
                    for e in torch.eye(x.shape[1]):
                        (g,) = torch.autograd.grad((v * e).sum(), leaf, retain_graph=True)
                        total += h * (g * e).sum(1)
                x = leaf.detach() - h * v.detach()
            e = torch.eye(x.shape[1])
            return torch.distributions.MultivariateNormal(0 * e[0], e).log_prob(x) - total
        """,
    ),
    # 5 · heun
    wrong("heun", "Euler", _heun("h * a"), expects="Euler's method"),
    wrong("heun", "slope at old point", _heun("h * (a + velocity(x, t + h)) / 2"), expects="at the old point"),
    wrong(
        "heun",
        "midpoint time",
        _heun("h * (a + velocity(x + h * a, t + h / 2)) / 2"),
        expects="half the time",
    ),
    wrong("heun", "old time", _heun("h * (a + velocity(x + h * a, t)) / 2"), expects="at the old time"),
    wrong("heun", "midpoint method", _heun("h * velocity(x + h / 2 * a, t + h / 2)"), expects="midpoint method"),
    wrong("heun", "second slope alone", _heun("h * velocity(x + h * a, t + h)"), expects="used alone"),
    wrong("heun", "slopes added", _heun("h * (a + velocity(x + h * a, t + h))"), expects="slopes are added"),
    wrong(
        "heun",
        "a step too many",
        _heun("h * (a + velocity(x + h * a, t + h)) / 2", "steps + 1"),
        expects="too many",
    ),
    wrong(
        "heun",
        "a step too few",
        _heun("h * (a + velocity(x + h * a, t + h)) / 2", "steps - 1"),
        expects="is missing",
    ),
    wrong(
        "heun",
        "time reversed",
        _heun("h * (a + velocity(x + h * a, t + h)) / 2", time="1 - k * h"),
        expects="time runs from 0",
    ),
    right("heun", "as written", _heun("h * (a + velocity(x + h * a, t + h)) / 2")),
    right(
        "heun",
        "trial and correction, in float64",
        """
        def heun(velocity, z, steps):
            x = z.double()
            for k in range(steps):
                trial = x + velocity(x, k / steps) / steps
                x = (x + trial + velocity(trial, (k + 1) / steps) / steps) / 2
            return x
        """,
    ),
    right(
        "heun",
        "by a table of Runge and Kutta",
        """
        def heun(velocity, z, steps):
            x = z.clone()
            for t in torch.arange(steps).tolist():
                slopes = []
                for c, row in ((0.0, ()), (1.0, (1.0,))):
                    at = x + sum((w * s for w, s in zip(row, slopes)), torch.zeros_like(x)) / steps
                    slopes.append(velocity(at, (t + c) / steps))
                x += sum(slopes) / (2 * steps)
            return x
        """,
    ),
    # 6 · one_step
    wrong("one_step", "zero", _one("torch.zeros_like(z)"), expects="0 is the mean of the noise"),
    wrong("one_step", "z", _one("z"), expects="nothing moves"),
    wrong("one_step", "the velocity", _one("mean - z"), expects="that is the velocity"),
    wrong("one_step", "z plus the mean", _one("z + mean"), expects="mean minus z"),
    wrong(
        "one_step",
        "mode",
        _one("data[(data - mean).norm(dim=1).argmin()].expand_as(z)"),
        expects="no mean of them",
    ),
    wrong("one_step", "a sample", _one("data[torch.randint(len(data), (len(z),))]"), expects="drawn inside"),
    wrong(
        "one_step",
        "weights by distance",
        _one("(-torch.cdist(z, data) ** 2 / 2).softmax(1) @ data"),
        expects="all points weigh the same",
    ),
    wrong("one_step", "one row", _one("mean"), expects="one row for each z"),
    right("one_step", "as written", _one("z + (mean - z)")),
    right("one_step", "repeated", _one("mean.double().repeat(len(z), 1)")),
    right(
        "one_step",
        "uniform weights",
        """
        def one_step(data, z):
            weights = torch.full((len(z), len(data)), 1 / len(data))
            return (weights @ data).numpy()
        """,
    ),
    # 7 · choose_sampler
    wrong("choose_sampler", "three samplers", _sampler(repr(FOUR[:3])), expects="at least four samplers"),
    wrong("choose_sampler", "no count", _sampler(repr((*FOUR, "heun"))), expects="ends on how often"),
    wrong("choose_sampler", "not measured", _sampler(repr(FOUR), "'euler 2'"), expects="none of those"),
    wrong("choose_sampler", "one step", _sampler(repr(FOUR), "'euler 1'"), expects="a single normal"),
    wrong("choose_sampler", "few points", _sampler(repr(FOUR), n=100), expects="at least 1000 points"),
    wrong("choose_sampler", "one coordinate", _sampler(repr(FOUR), dims=1), expects="of the plane"),
    wrong("choose_sampler", "no reason", _sampler(repr(FOUR), why="The best one."), expects="too short"),
    right("choose_sampler", "eight steps", _sampler(repr(FOUR))),
    right("choose_sampler", "rectified", _sampler(repr(FOUR), "'rectified, euler 9'")),
    right("choose_sampler", "many more points", _sampler(repr((*FOUR, "heun 16")), "'heun 16'", n=3000)),
]

ANSWERS += [
    # what was tried later: what an answer leaves behind, draws that are tied, other ways to be right
    wrong(
        "conditional_velocity",
        "the flag left on t",
        """
        def conditional_velocity(x, noise, t, alpha, sigma):
            t.requires_grad_(True)
            a, s = alpha(t), sigma(t)
            r, f = (torch.autograd.grad(e.sum(), t, retain_graph=True)[0] for e in (a, s))
            return (a[:, None] * x + s[:, None] * noise).detach(), r[:, None] * x + f[:, None] * noise
        """,
        expects="`requires_grad` changed",
    ),
    right(
        "conditional_velocity",
        "forward mode, both in one tensor",
        """
        def conditional_velocity(x, noise, t, alpha, sigma):
            p = lambda t: alpha(t)[:, None] * x + sigma(t)[:, None] * noise
            return torch.stack(torch.func.jvp(p, (t,), (torch.ones_like(t),)))
        """,
    ),
    wrong(
        "marginal_velocity",
        "one shift for all rows",
        """
        def marginal_velocity(x, t, data):
            left = 1 - t[:, None]
            e = -(x[:, None] - t[:, None, None] * data).square().sum(2) / (2 * left**2)
            wt = (e - e.max()).exp()
            return (wt / wt.sum(1, keepdim=True) @ data - x) / left
        """,
        expects="exp underflows",
    ),
    wrong(
        "marginal_velocity",
        "float64 does not save it",
        """
        def marginal_velocity(x, t, data):
            x, t, data = x.double(), t.double(), data.double()
            left = 1 - t[:, None]
            wt = (-(x[:, None] - t[:, None, None] * data).square().sum(2) / (2 * left**2)).exp()
            return (wt / wt.sum(1, keepdim=True) @ data - x) / left
        """,
        expects="exp underflows",
    ),
    wrong(
        "marginal_velocity",
        "clamped",
        """
        def marginal_velocity(x, t, data):
            left = 1 - t[:, None]
            sq = (x[:, None] - t[:, None, None] * data).square().sum(2)
            wt = (-sq / (2 * left**2)).exp().clamp(min=1e-30)
            return (wt / wt.sum(1, keepdim=True) @ data - x) / left
        """,
        expects="exp underflows",
    ),
    wrong(
        "marginal_velocity",
        "divided by t",
        """
        def marginal_velocity(x, t, data):
            left = 1 - t[:, None]
            y = x[:, None] / t[:, None, None]
            sq = (y - data).square().sum(2) * t[:, None] ** 2
            wt = (-sq / (2 * left**2)).softmax(1)
            return (wt @ data - x) / left
        """,
        expects="at t = 0",
    ),
    right(
        "marginal_velocity",
        "row by row, NumPy",
        """
        def marginal_velocity(x, t, data):
            out = []
            for row, s in zip(x.double(), t.double()):
                law = torch.distributions.Normal(s * data.double(), 1 - s)
                p = torch.distributions.Categorical(logits=law.log_prob(row).sum(1)).probs
                out.append(((p[:, None] * (data - row)).sum(0) / (1 - s)).numpy())
            import numpy as np

            return np.stack(out)
        """,
    ),
    wrong(
        "flow_matching_loss",
        "t and 1 − t, half and half",
        """
        def flow_matching_loss(network, x):
            n = len(x)
            e = torch.randn_like(x)
            t = torch.rand(n // 2, dtype=x.dtype)
            t = torch.cat([t, 1 - t])
            xt = t[:, None] * x + (1 - t[:, None]) * e
            return (network(xt, t) - (x - e)).square().sum(1).mean()
        """,
        expects="t repeats itself",
    ),
    wrong(
        "flow_matching_loss",
        "t and 1 − t, side by side",
        """
        def flow_matching_loss(network, x):
            n = len(x)
            e = torch.randn_like(x)
            t = torch.rand(n // 2, dtype=x.dtype)
            t = torch.stack([t, 1 - t], 1).flatten()
            xt = t[:, None] * x + (1 - t[:, None]) * e
            return (network(xt, t) - (x - e)).square().sum(1).mean()
        """,
        expects="t: the noise of one row tells",
    ),
    wrong(
        "flow_matching_loss",
        "t in rising order",
        """
        def flow_matching_loss(network, x):
            n = len(x)
            e = torch.randn_like(x)
            t = (torch.arange(n) + torch.rand(n, dtype=x.dtype)) / n
            xt = t[:, None] * x + (1 - t[:, None]) * e
            return (network(xt, t) - (x - e)).square().sum(1).mean()
        """,
        expects="t is the same at each call",
    ),
    wrong(
        "flow_matching_loss",
        "t from one pool",
        """
        def flow_matching_loss(network, x):
            n = len(x)
            e = torch.randn_like(x)
            t = ((torch.arange(n) + 0.5) / n)[torch.randperm(n)].to(x.dtype)
            xt = t[:, None] * x + (1 - t[:, None]) * e
            return (network(xt, t) - (x - e)).square().sum(1).mean()
        """,
        expects="t is the same at each call",
    ),
    wrong(
        "flow_matching_loss",
        "five times",
        """
        def flow_matching_loss(network, x):
            n = len(x)
            e = torch.randn_like(x)
            t = torch.randint(5, (n,)).to(x.dtype) / 5 + 0.1
            xt = t[:, None] * x + (1 - t[:, None]) * e
            return (network(xt, t) - (x - e)).square().sum(1).mean()
        """,
        expects="t is not uniform",
    ),
    wrong(
        "flow_matching_loss",
        "t made from the noise",
        """
        def flow_matching_loss(network, x):
            n = len(x)
            e = torch.randn_like(x)
            t = torch.special.ndtr(e[:, 0])
            xt = t[:, None] * x + (1 - t[:, None]) * e
            return (network(xt, t) - (x - e)).square().sum(1).mean()
        """,
        expects="t goes with the noise",
    ),
    wrong(
        "flow_matching_loss",
        "noise sorted as the data",
        """
        def flow_matching_loss(network, x):
            n = len(x)
            e = torch.randn_like(x)
            t = torch.rand(n, dtype=x.dtype)
            e = e[e[:, 0].argsort()][x[:, 0].argsort().argsort()]
            xt = t[:, None] * x + (1 - t[:, None]) * e
            return (network(xt, t) - (x - e)).square().sum(1).mean()
        """,
        expects="the noise goes with the data",
    ),
    wrong(
        "flow_matching_loss",
        "t more often in the middle",
        """
        def flow_matching_loss(network, x):
            n = len(x)
            e = torch.randn_like(x)
            t = torch.randn(n, dtype=x.dtype).sigmoid()
            xt = t[:, None] * x + (1 - t[:, None]) * e
            return (network(xt, t) - (x - e)).square().sum(1).mean()
        """,
        expects="t is not uniform",
    ),
    wrong(
        "flow_matching_loss",
        "the data overwritten",
        """
        def flow_matching_loss(network, x):
            n = len(x)
            e = torch.randn_like(x)
            t = torch.rand(n, dtype=x.dtype)
            x.add_(0.0)
            x.mul_(1 + 1e-3)
            xt = t[:, None] * x + (1 - t[:, None]) * e
            return (network(xt, t) - (x - e)).square().sum(1).mean()
        """,
        expects="writes to its input",
    ),
    right(
        "flow_matching_loss",
        "NumPy's times",
        """
        def flow_matching_loss(network, x):
            n = len(x)
            e = torch.randn_like(x)
            import numpy as np

            t = torch.as_tensor(np.random.default_rng().random(n))
            xt = t[:, None] * x + (1 - t[:, None]) * e
            return (network(xt, t) - (x - e)).square().sum(1).mean()
        """,
    ),
    right(
        "flow_matching_loss",
        "a generator of its own",
        """
        def flow_matching_loss(network, x):
            n = len(x)
            e = torch.randn_like(x)
            g = torch.Generator()
            g.seed()
            t = torch.rand(n, generator=g, dtype=x.dtype)
            xt = t[:, None] * x + (1 - t[:, None]) * e
            return (network(xt, t) - (x - e)).square().sum(1).mean()
        """,
    ),
    wrong(
        "log_density",
        "one probe of the trace",
        """
        def log_density(velocity, x, steps):
            total, h = torch.zeros(len(x)), 1 / steps
            g = torch.randn_like(x)
            for k in range(steps):
                x = x.detach().requires_grad_()
                v = velocity(x, 1 - k * h)
                total = total + h * (torch.autograd.grad((v * g).sum(), x)[0] * g).sum(1)
                x = x - h * v
            return (-0.5 * (x.square() + math.log(2 * math.pi)).sum(1) - total).detach()
        """,
        expects="two calls",
    ),
    wrong(
        "log_density",
        "the gradient of the sum",
        """
        def log_density(velocity, x, steps):
            total, h = torch.zeros(len(x)), 1 / steps
            for k in range(steps):
                x = x.detach().requires_grad_()
                v = velocity(x, 1 - k * h)
                total = total + h * torch.autograd.grad(v.sum(), x)[0].sum(1)
                x = x - h * v
            return (-0.5 * (x.square() + math.log(2 * math.pi)).sum(1) - total).detach()
        """,
        expects="all entries of the Jacobian",
    ),
    right(
        "log_density",
        "Jacobians, a list",
        """
        def log_density(velocity, x, steps):
            x = x.double()
            total, h = torch.zeros(len(x)).double(), 1 / steps
            for k in range(steps):
                t = 1 - k * h
                j = torch.stack(
                    [
                        torch.autograd.functional.jacobian(lambda y: velocity(y[None], t)[0], r)
                        for r in x
                    ]
                )
                total += h * torch.einsum("bii->b", j)
                x = x - h * velocity(x, t)
            return (torch.distributions.Normal(0.0, 1.0).log_prob(x).sum(1) - total).tolist()
        """,
    ),
    wrong(
        "heun",
        "in place",
        """
        def heun(velocity, z, steps):
            h = 1 / steps
            for k in range(steps):
                a = velocity(z, k * h)
                b = velocity(z + h * a, (k + 1) * h)
                z += h / 2 * (a + b)
            return z
        """,
        expects="writes to its input",
    ),
    wrong(
        "heun",
        "four steps by heart",
        """
        def heun(velocity, z, steps):
            h = 1 / 4
            x = z
            for k in range(4):
                a = velocity(x, k * h)
                b = velocity(x + h * a, (k + 1) * h)
                x = x + h / 2 * (a + b)
            return x
        """,
        expects="hard-coded",
    ),
    right(
        "heun",
        "in place on a copy, NumPy",
        """
        def heun(velocity, z, steps):
            import numpy as np

            ts = np.linspace(0, 1, steps + 1)
            x = z.clone()
            for now, then in zip(ts[:-1].tolist(), ts[1:].tolist()):
                a = velocity(x, now)
                x.add_(0.5 * (then - now) * (a + velocity(x + (then - now) * a, then)))
            return x.numpy()
        """,
    ),
    wrong(
        "one_step",
        "z overwritten",
        """
        def one_step(data, z):
            z.copy_(data.mean(0).expand_as(z))
            return z
        """,
        expects="writes to its input",
    ),
    right(
        "one_step",
        "lists",
        """
        def one_step(data, z):
            return [[sum(c) / len(c) for c in zip(*data.tolist())]] * len(z)
        """,
    ),
    right(
        "one_step",
        "weights that are all the same",
        """
        def one_step(data, z):
            w = torch.zeros(len(z), len(data)).softmax(1)
            return z + (w @ data - z)
        """,
    ),
]
