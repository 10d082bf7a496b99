"""Numbers that live figures compute by themselves are those of the package: closed forms, steps of a GAN, draws."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.distributions import Normal, kl_divergence

from gmcourse.adversarial import Adversarial, Lazy, r1_penalty
from gmcourse.data import toy
from gmcourse.densities import Normal as Plane
from gmcourse.metrics.diversity import modes_and_quality
from gmcourse.models.discriminative_vs_generative import GaussianWorld, GenerativeClassifier
from gmcourse.models.gan import PlaneDiscriminator, PlaneGenerator
from tests.site.conftest import TOLERANCE
from tools.live import gan_modes


def test_kl_figure_knows_the_closed_form(runtime):
    runtime.evaluate("gm.load('kl.js')")
    for mean, log_var in [(0.0, 0.0), (1.0, -1.4), (-2.5, 1.3)]:
        ours = runtime.evaluate("([m, v]) => gm.kl.closedForm(m, v)", [mean, log_var])
        theirs = kl_divergence(Normal(mean, torch.tensor(log_var / 2).exp()), Normal(0.0, 1.0))
        assert ours == pytest.approx(theirs.item(), abs=TOLERANCE)


def test_elbo_figure_knows_evidence_posterior_and_bound(runtime):
    runtime.evaluate("gm.load('elbo.js')")
    w, s2, x, mean, log_var = 1.5, 0.36, 2.0, 0.4, -0.7
    prior, posterior = Normal(0.0, 1.0), Normal(w * x / (w**2 + s2), (s2 / (w**2 + s2)) ** 0.5)
    q = Normal(mean, torch.tensor(log_var / 2).exp())
    evidence = Normal(0.0, (w**2 + s2) ** 0.5).log_prob(torch.tensor(x))
    bound = evidence - kl_divergence(q, posterior)
    got = runtime.evaluate(
        "([x, m, v]) => [gm.elbo.evidence(x), gm.elbo.bound(x, m, v), gm.elbo.price(m, v)]",
        [x, mean, log_var],
    )
    assert got == pytest.approx([evidence.item(), bound.item(), kl_divergence(q, prior).item()], abs=TOLERANCE)


def layers_of(network):
    """Linear layers as the figure wants them."""
    return [
        {
            "inputs": m.in_features,
            "outputs": m.out_features,
            "w": m.weight.flatten().tolist(),
            "b": m.bias.tolist(),
        }
        for m in network
        if isinstance(m, nn.Linear)
    ]


@pytest.mark.parametrize("loss", ["non_saturating", "minimax"])
@pytest.mark.parametrize("gamma", [0.0, 0.7])
def test_gan_figure_makes_the_steps_that_the_package_makes(runtime, loss, gamma):
    runtime.evaluate("Promise.all(['mlp.js', 'gan_stepper.js'].map(gm.load))")
    torch.manual_seed(0)
    generator = PlaneGenerator(2, (5, 4), "silu")
    discriminator = PlaneDiscriminator((6, 3), activation="silu")
    before = {"G": layers_of(generator.network), "D": layers_of(discriminator.network)}
    real, latents = torch.randn(3, 7, 2), torch.randn(6, 7, 2)
    draws = iter(latents)
    adam = [torch.optim.Adam(p.parameters(), 0.01, (0.5, 0.9)) for p in (generator, discriminator)]
    step = Adversarial(
        generator,
        discriminator,
        *adam,
        latent=lambda n: next(draws),
        loss=loss,
        discriminator_penalty=Lazy("r1", lambda x, _: r1_penalty(discriminator, x, gamma)) if gamma else None,
    )
    expected = [step(batch) for batch in real]
    got = runtime.evaluate(
        """([players, real, latents, loss, gamma]) => {
          const F = (values) => Float64Array.from(values);
          const typed = (layers) => layers.map((l) => ({ ...l, w: F(l.w), b: F(l.b) }));
          const p = { G: typed(players.G), D: typed(players.D), memoryG: {}, memoryD: {} };
          const losses = real.map((x, i) => gm.gan.step(p, F(x), F(latents[2 * i]), F(latents[2 * i + 1]),
            { loss, gamma, rateD: 0.01, rateG: 0.01 }));
          const plain = (layers) => layers.flatMap(({ w, b }) => [...w, ...b]);
          return { losses, G: plain(p.G), D: plain(p.D) };
        }""",
        [before, real.flatten(1).tolist(), latents.flatten(1).tolist(), loss.replace("_", "-"), gamma],
    )
    for ours, theirs in zip(got["losses"], expected, strict=True):
        assert ours["discriminator"] == pytest.approx(theirs["discriminator"].item(), abs=TOLERANCE)
        assert ours["generator"] == pytest.approx(theirs["generator"].item(), abs=TOLERANCE)
        assert ours["penalty"] == pytest.approx(theirs.get("r1", torch.zeros(())).item(), abs=TOLERANCE)
    for name, module in (("G", generator), ("D", discriminator)):
        after = torch.cat([p.detach().flatten() for p in module.parameters()])
        assert (torch.tensor(got[name]) - after).abs().max() < TOLERANCE


def test_modes_figure_counts_as_the_package_does_and_ends_where_the_zoo_does(runtime):
    runtime.evaluate("Promise.all(['weights/gan_modes.js', 'gan_modes.js'].map(gm.load))")
    truth, last, zoo_ends = toy.load("twenty_five_gaussians"), len(gan_modes.MOMENTS) - 1, gan_modes.ends()
    for k, (recipe, runs, shown) in enumerate(gan_modes.SET_UPS.values()):
        modes, good, points, ends = runtime.evaluate(
            """([k, last]) => { const all = gm.ganModes(gm.weights("gan_modes"));
                return [all.modes(k, last), all.good(k, last), all.samples(k, last), all.ends[k]()]; }""",
            [k, last],
        )
        samples = zoo_ends[recipe.name]
        assert torch.tensor(points).sub(samples[shown, : gan_modes.DRAWN]).abs().max() < 1e-3
        counted = [modes_and_quality(samples[run], truth.centres, truth.sigma) for run in runs]
        assert ends == pytest.approx([each for each, _ in counted], abs=1)  # one sample may lie on a border
        assert modes == ends[shown - runs[0]]
        assert good == pytest.approx(counted[shown - runs[0]][1], abs=1e-3)


def test_boundary_figure_knows_bayes_rule_and_the_best_error(runtime):
    runtime.evaluate("gm.load('boundary.js')")
    places, spreads, correlations, shares = [(-1.2, -0.3), (1.3, 0.5)], [1.0, 0.7], [0.0, 0.5], [0.7, 0.3]
    covariances = [
        s**2 * torch.tensor([[1.0, r], [r, 1.0]]).double() for s, r in zip(spreads, correlations, strict=True)
    ]
    densities = [
        Plane(torch.tensor(at).double(), torch.linalg.cholesky(cov))
        for at, cov in zip(places, covariances, strict=True)
    ]
    model = GenerativeClassifier(torch.tensor(shares).double().log(), densities)
    keys = ("x", "y", "spread", "correlation", "share")
    rows = zip(places, spreads, correlations, shares, strict=True)
    classes = [dict(zip(keys, (*at, *rest), strict=True)) for at, *rest in rows]
    script = """([x, y, c]) => { const joint = gm.boundary.logJoint(x, y, c);
        return [...joint, gm.boundary.logSum(joint), Math.log(gm.boundary.posterior(joint))] }"""
    for point in ([0.0, 0.0], [-2.6, 3.1], [3.0, -1.5]):
        at = torch.tensor([point]).double()
        expected = torch.cat([model.log_joint(at)[0], model.log_prob(at), model.log_posterior(at)[0, 1:]])
        got = runtime.evaluate(script, [*point, classes])
        assert got == pytest.approx(expected.tolist(), abs=TOLERANCE)
    world = GaussianWorld(torch.tensor([2.0, 1.0]).double(), torch.linalg.cholesky(covariances[1]))
    twins = [classes[1] | {"x": 0.0, "y": 0.0, "share": 0.5}, classes[1] | {"x": 2.0, "y": 1.0, "share": 0.5}]
    found = runtime.evaluate("c => gm.boundary.bestError(c)", twins)
    assert found == pytest.approx(world.bayes_error(), abs=TOLERANCE)


def test_draws_are_normal(runtime):
    draws = torch.tensor(
        runtime.evaluate("() => { const g = gm.generator(3); return Array.from({length: 20000}, g.normal) }")
    )
    assert draws.mean().abs() < 0.03
    assert draws.std() == pytest.approx(1, abs=0.03)
    assert (draws.abs() < 1).double().mean() == pytest.approx(0.6827, abs=0.015)


def test_words_are_no_wider_than_asked(runtime):
    """A pen takes the fourth number, too: how much room there is."""
    width = runtime.evaluate(
        """() => {
        const { pen } = gm.canvas(200, 40, "words");
        pen.font = "20px sans-serif";
        pen.fillText("more words than there is room for", 0, 30, 60);
        const { data } = pen.getImageData(0, 0, 400, 80);
        const inked = [...data.keys()].filter((i) => i % 4 === 3 && data[i]);
        return Math.max(...inked.map((i) => ((i - 3) / 4) % 400)) / 2;
    }"""
    )
    assert 40 < width <= 61
