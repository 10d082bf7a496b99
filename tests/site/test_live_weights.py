"""What a script of weights brings into a page: the numbers that torch has, by name, or an error that says why not."""

from __future__ import annotations

import copy
import os
import subprocess
import sys

import pytest
import torch
from torch import nn

from gmcourse import zoo
from gmcourse.data import load
from tests.site.conftest import TOLERANCE
from tools.environment import ROOT
from tools.live import layers, wire
from tools.live.weights import SCRIPTS, couplings, decoder, stale, weights_file


@torch.no_grad()
@pytest.mark.parametrize("name", SCRIPTS)
def test_weights_are_those_of_the_zoo(name):
    assert stale(name, SCRIPTS[name]()) == [], "run `python -m tools.live weights`"


@pytest.mark.parametrize("isa", ["default", "avx2"])
def test_weights_hold_on_processors_with_other_kernels(isa):
    """What a network computed for the page, with the kernels of another processor and two threads."""
    other = {"ATEN_CPU_CAPABILITY": isa, "ONEDNN_MAX_CPU_ISA": "AVX2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"}
    code = "from tools.live.weights import SCRIPTS, stale; import torch; torch.set_num_threads(2)\n"
    code += "print([stale(name, SCRIPTS[name]()) for name in ('ae_digits_2d', 'srflow_faces')])"
    told = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | other, cwd=ROOT, capture_output=True, text=True
    )
    assert told.stdout.strip() == "[[], []]", told.stderr


def tensors(page, weights, part, count):
    """What the page finds: the tensors under one name, stacked."""
    script = """([weights, part, count]) => Array.from({ length: count }, (_, k) => {
        const { data, shape } = gm.weights(weights).tensor(part, k);
        return { data: [...data], shape };
    })"""
    found = page.evaluate(script, [weights, part, count])
    return torch.stack([torch.tensor(x["data"], dtype=torch.float64).reshape(x["shape"]) for x in found])


@pytest.mark.parametrize("kind", wire.KINDS)
def test_numbers_arrive_as_python_says(runtime, kind):
    random = torch.Generator().manual_seed(0)
    numbers, seen = wire.Numbers(), {}
    for name, shape in {
        "many’s": (3, 2, 5),
        "one": (1, 1),
        "three": (4, 3),
        "three.more": (7, 1, 2, 1),
    }.items():
        for _ in range(3 if "three" in name else 1):
            size, sign = torch.rand(2, *shape, generator=random)
            values = 10.0 ** (7 * size - 6) * (sign - 0.5).sign()  # for float16 also those without a leading one
            values = (25.5 * values.abs()).round() if kind == "uint8" else values
            seen.setdefault(name, []).append(numbers.add(name, values, kind))
    runtime.evaluate(numbers.script("tried", {"said": "“’é"}))
    assert runtime.evaluate("gm.weights('tried').described") == {"said": "“’é"}
    for name, stack in seen.items():
        expected = torch.stack(stack)
        assert expected.any()
        assert torch.equal(tensors(runtime, "tried", name, len(stack)), expected)
        assert runtime.evaluate("name => gm.weights('tried').count(name)", name) == len(stack)


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_page_reads_a_committed_script_as_python_does(runtime, name):
    received = wire.read(weights_file(name).read_text(encoding="utf-8"))
    runtime.evaluate("name => gm.load(`weights/${name}.js`)", name)
    for part, expected in received.numbers.items():
        assert torch.equal(tensors(runtime, name, part, len(expected)), expected), part


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("gm.weights('nothing')", "weights/nothing.js is missing or cut off"),
        ("gm.weights('tried').tensor('norm')", "has no numbers “norm”"),
        ("gm.weights('tried').layer('coupling', 2)", "has 2 of “coupling.weight”; this page needs 3"),
        ("gm.weights('tried').count('norm')", "has no numbers “norm”"),
    ],
)
def test_what_a_figure_misses_is_an_error(runtime, asked, said):
    numbers = wire.Numbers()
    for _ in range(2):
        numbers.add("coupling.weight", torch.ones(2, 2), "int8")
    runtime.evaluate(numbers.script("tried"))
    assert said in runtime.evaluate(f"() => {{ try {{ {asked}; }} catch (error) {{ return error.message; }} }}")


@torch.no_grad()
def rounded_decoder(name):
    """The decoder in torch, with the weights that the page has; rounding changes no pixel by more than 0.002."""
    exact, numbers = decoder(name), wire.read(weights_file(name).read_text(encoding="utf-8")).numbers
    rounded = copy.deepcopy(exact)
    for i, layer in enumerate(layers._flat(rounded)):
        for part, values in layer.named_parameters():
            values.copy_(numbers[f"decoder.{i}.{part}"][0])
    z = 2 * torch.randn(500, 2, generator=torch.Generator().manual_seed(1))
    assert (rounded(z) - exact(z)).abs().max() < 0.002
    return rounded


NETWORKS = {  # script, network → the same in torch
    ("ae_digits_2d", "decoder"): lambda: [rounded_decoder("ae_digits_2d")],
    ("vae_digits_2d", "decoder"): lambda: [rounded_decoder("vae_digits_2d")],
    ("plane_flow_moons", "coupling"): lambda: couplings("plane_flow_moons"),
    ("plane_nice_moons", "coupling"): lambda: couplings("plane_nice_moons"),
}


def run(page, weights, network, k, x):
    """Send a batch through a network of the page, one input at a time."""
    script = """([weights, network, k, inputs, shape]) => {
        const run = gm.weights(weights).network(network, k);
        return inputs.map((x) => [...run(x, shape).data]);
    }"""
    return torch.tensor(page.evaluate(script, [weights, network, k, x.flatten(1).tolist(), list(x.shape[1:])]))


@torch.no_grad()
@pytest.mark.parametrize(("script", "network"), NETWORKS)
def test_networks_of_the_site_compute_what_torch_does(runtime, script, network):
    runtime.evaluate("name => gm.load(`weights/${name}.js`)", script)
    for k, module in enumerate(NETWORKS[script, network]()):
        first = next(module.parameters())
        x = 2 * torch.randn(20, first.shape[1], generator=torch.Generator().manual_seed(0))
        assert (run(runtime, script, network, k, x) - module(x).flatten(1)).abs().max() < TOLERANCE


@torch.no_grad()
def test_every_layer_of_the_runtime_computes_what_torch_does(runtime):
    torch.manual_seed(0)
    module = nn.Sequential(
        nn.Conv2d(2, 5, 3, stride=2, padding=1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(5, 4, (3, 1), padding=1, bias=False),
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
    expected, numbers = module(x).flatten(1), wire.Numbers()
    described = layers.network(module, numbers, "all")
    assert {each["kind"] for each in described} == {called for called, _ in layers.KINDS.values()}
    runtime.evaluate(numbers.script("tried", {"networks": {"all": described}}))
    assert (run(runtime, "tried", "all", 0, x) - expected).abs().max() < TOLERANCE


def test_autoencoder_figure_finds_the_nearest_code(browser, site):
    """Among the codes that were exported; those are the encoder's, up to what float32 loses of numbers up to 40."""
    page = browser.new_page()
    page.goto(f"{site}/notebooks/03_autoencoder.html")
    page.locator(".gm-live[data-figure=ae_plane]").scroll_into_view_if_needed()
    page.wait_for_selector(".gm-live[data-figure=ae_plane][data-ready]")
    stored = wire.read(weights_file("ae_digits_2d").read_text(encoding="utf-8")).numbers
    codes, classes, test = stored["codes"][0], stored["classes"][0], load("digits", "test")
    assert torch.equal(classes, test.labels.double())
    assert (zoo.load("ae_digits_2d").encode(test.unit()) - codes).abs().max() < TOLERANCE
    for place in ([0.0, 0.0], [12.0, -14.0], [-20.0, 25.0]):
        distances = (codes - torch.tensor(place)).norm(dim=1)
        found = page.evaluate("place => gm.aePlane.nearest(...place)", place)
        assert found == pytest.approx([float(distances.min()), int(classes[distances.argmin()])], abs=TOLERANCE)
    page.close()
