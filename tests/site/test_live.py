"""Live figures: the same numbers as the package, and an answer to a click and to a key."""

from __future__ import annotations

import base64
import json
import re

import numpy as np
import pytest
import torch
from torch import nn
from torch.distributions import Normal, kl_divergence

from gmcourse import zoo
from gmcourse.adversarial import Adversarial, Lazy, r1_penalty
from gmcourse.data import load
from gmcourse.densities import Normal as Plane
from gmcourse.models.discriminative_vs_generative import GaussianWorld, GenerativeClassifier
from gmcourse.models.gan import PlaneDiscriminator, PlaneGenerator
from tools.live.export import as_script
from tools.live.weights import LIVE, NETWORKS, weights_file

TOLERANCE = 1e-4


def parts(script):
    """Name and layers, and the numbers, of a network's script."""
    *described, numbers = json.loads(f"[{script.strip().removeprefix('gm.network(').removesuffix(');')}]")
    return described, np.frombuffer(base64.b64decode(numbers), "<f4")


@pytest.mark.parametrize("name", NETWORKS)
def test_weights_are_those_of_the_zoo(name):
    """Numbers, not letters: some are computed by a network, and differ in float32 from processor to processor."""
    committed, numbers = parts(weights_file(name).read_text(encoding="utf-8"))
    described, anew = parts(as_script(name, NETWORKS[name]()))
    assert committed == described, "run `python -m tools.live weights`"
    assert np.abs(numbers - anew).max() <= 1e-5 * np.abs(anew).max(), "run `python -m tools.live weights`"


HEAVY = {  # whole models, rounded to eight bits
    "weights/glow_faces.js": 615_000,
    "weights/srflow_faces.js": 1_920_000,
    "weights/stylegan2_faces.js": 460_000,
}


def test_no_figure_is_heavy():
    for path in LIVE.rglob("*.js"):
        most = HEAVY.get(path.relative_to(LIVE).as_posix(), 150_000)
        assert path.stat().st_size <= most, f"{path.name} weighs {path.stat().st_size} bytes"


def run(page, name, x):
    """Send a batch through a network of the page, one input at a time."""
    inputs = x.flatten(1).tolist()
    script = "([name, inputs, shape]) => inputs.map(x => Array.from(gm.networks[name](x, shape).data))"
    return torch.tensor(page.evaluate(script, [name, inputs, list(x.shape[1:])]))


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_of_the_site_compute_what_torch_does(runtime, name):
    module = NETWORKS[name]()
    first = next(module.parameters())
    x = 2 * torch.randn(20, first.shape[1], generator=torch.Generator().manual_seed(0))
    runtime.evaluate("name => gm.load(`weights/${name}.js`)", name)
    with torch.no_grad():
        expected = module(x).flatten(1)
    assert (run(runtime, name, x) - expected).abs().max() < TOLERANCE


def test_every_layer_of_the_runtime_computes_what_torch_does(runtime):
    torch.manual_seed(0)
    module = nn.Sequential(
        nn.Conv2d(2, 5, 3, stride=2, padding=1),
        nn.LeakyReLU(0.2),
        nn.Upsample(scale_factor=2),
        nn.Conv2d(5, 4, (3, 1), padding=1, bias=False),
        nn.Softplus(),
        nn.ConvTranspose2d(4, 3, 4, stride=2, padding=1),
        nn.Tanh(),
        nn.ConvTranspose2d(3, 2, 3, stride=2, padding=1, output_padding=1),
        nn.SiLU(),
        nn.Flatten(),
        nn.LazyLinear(12),
        nn.ReLU(),
        nn.Unflatten(1, (3, 2, 2)),
        nn.Conv2d(3, 1, 1),
        nn.Sigmoid(),
    )
    x = torch.randn(4, 2, 6, 8)
    with torch.no_grad():
        expected = module(x).flatten(1)
    runtime.evaluate(as_script("all_layers", module))
    assert (run(runtime, "all_layers", x) - expected).abs().max() < TOLERANCE


def test_what_cannot_be_exported_says_so():
    with pytest.raises(ValueError, match="GRU"):
        as_script("x", nn.GRU(2, 2))
    with pytest.raises(ValueError, match="groups"):
        as_script("x", nn.Conv2d(4, 4, 3, groups=2))


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
    assert got == pytest.approx(
        [evidence.item(), bound.item(), kl_divergence(q, prior).item()], abs=TOLERANCE
    )


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
    runtime.evaluate("gm.load('gan_stepper.js')")
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


def test_autoencoder_figure_finds_the_nearest_code(browser, site):
    page = browser.new_page()
    page.goto(f"{site}/notebooks/03_autoencoder.html")
    page.locator(".gm-live[data-figure=ae_plane]").scroll_into_view_if_needed()
    page.wait_for_selector(".gm-live[data-figure=ae_plane][data-ready]")
    test = load("digits", "test")
    codes = zoo.load("ae_digits_2d").encode(test.unit())
    for place in ([0.0, 0.0], [12.0, -14.0], [-20.0, 25.0]):
        distances = (codes - torch.tensor(place)).norm(dim=1)
        found = page.evaluate("place => gm.aePlane.nearest(...place)", place)
        assert found == pytest.approx(
            [float(distances.min()), int(test.labels[distances.argmin()])], abs=TOLERANCE
        )
    page.close()


# figure, lesson, what to press, what must change
FIGURES = [
    ("boundary", "notebooks/01_discriminative_vs_generative", "canvas[tabindex]", ".gm-readout"),
    ("gan_stepper", "notebooks/02_gan", "input[type=range]", ".gm-controls"),
    ("ae_plane", "notebooks/03_autoencoder", "canvas[tabindex]", ".gm-readout"),
    ("kl", "notebooks/04_vae", "input[type=range]", ".gm-readout"),
    ("elbo", "notebooks/04_vae", "input[type=range]", ".gm-readout"),
    ("vae_plane", "notebooks/04_vae", "canvas[tabindex]", ".gm-readout"),
    ("map_area", "notebooks/05_change_of_variables", "input[type=range]", ".gm-readout"),
    ("plane_flow", "notebooks/05_change_of_variables", "canvas[tabindex]", ".gm-readout"),
    ("nice_layers", "notebooks/06_nice", "canvas[tabindex]", ".gm-readout"),
    ("glow_faces", "notebooks/07_glow", "input[type=range]", ".gm-controls"),
    ("super_resolution", "notebooks/08_srflow", "input[type=range]", ".gm-controls"),
    ("style_mixing", "notebooks/09_stylegan2", "input[type=range]", ".gm-controls"),
]


@pytest.mark.parametrize("touch", [False, True], ids=["mouse", "touch"])
@pytest.mark.parametrize(("figure", "lesson", "control", "answer"), FIGURES)
def test_figures_answer_to_click_and_key(browser, site, figure, lesson, control, answer, touch):
    context = browser.new_context(viewport={"width": 390 if touch else 1280, "height": 900}, has_touch=touch)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{site}/{lesson}.html")
    box = page.locator(f".gm-live[data-figure={figure}]")
    assert box.locator("img").count() == 1  # still, until it comes near the screen
    box.scroll_into_view_if_needed()
    page.wait_for_selector(f".gm-live[data-figure={figure}][data-ready]")
    box.scroll_into_view_if_needed()
    part, shown = box.locator(control).first, box.locator(answer)

    before = shown.inner_text()
    size = part.bounding_box()
    at = {"x": size["width"] * 0.2, "y": size["height"] * 0.6}
    part.tap(position=at) if touch else part.click(position=at)
    after = shown.inner_text()
    assert after != before
    part.focus()
    page.keyboard.press("ArrowRight")
    assert shown.inner_text() != after
    assert errors == []
    context.close()


@pytest.mark.parametrize(("figure", "lesson"), [each[:2] for each in FIGURES])
def test_figures_are_accessible_when_they_live(browser, site, figure, lesson):
    from tests.site.visit import AXE

    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(f"{site}/{lesson}.html")
    box = page.locator(f".gm-live[data-figure={figure}]")
    box.scroll_into_view_if_needed()
    page.wait_for_selector(f".gm-live[data-figure={figure}][data-ready]")
    page.evaluate(AXE)
    for theme in ("light", "dark"):
        page.evaluate("theme => { document.documentElement.dataset.theme = theme; }", theme)
        assert box.evaluate("async (box) => (await axe.run(box)).violations.map((v) => v.id)") == []
    page.close()


def test_every_live_figure_is_tried(site):
    from tools.book import HTML

    placed = {
        name
        for path in HTML.rglob("*.html")
        for name in re.findall(r'class="gm-live" data-figure="(\w+)"', path.read_text(encoding="utf-8"))
    }
    assert placed == {figure for figure, *_ in FIGURES}
