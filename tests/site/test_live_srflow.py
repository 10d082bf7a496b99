"""The SRFlow that runs in the page is the one in the zoo, with rounded weights: answers, and what is said of them."""

import pytest
import torch

from gmcourse import zoo
from gmcourse.data.low_resolution import downsample, upsample
from gmcourse.metrics.reconstruction import lr_psnr, psnr
from tests.site.conftest import TOLERANCE
from tools.live import wire
from tools.live.srflow import SHOWN, features, questions, rounded, rounded_encoder
from tools.live.weights import weights_file


@pytest.fixture(scope="module")
def page(open_with):
    page = open_with("runtime", "weights/srflow_faces", "weights/srflow_encoder", "flows", "srflow")
    page.evaluate("() => { window.flow = gm.srflow(gm.weights('srflow_faces')); }")
    return page


def close(numbers, expected):
    return (torch.tensor(numbers, dtype=torch.float64) - expected.flatten()).abs().max() < TOLERANCE


@pytest.fixture(scope="module")
def exported():
    """What the script has."""
    return wire.read(weights_file("srflow_faces").read_text(encoding="utf-8"))


@torch.no_grad()
def test_features_are_those_of_the_model(exported):
    """In float64, so that no processor's kernels matter: what is left is half of a step of the rounding."""
    for i, ours in enumerate(features(zoo.load("srflow_faces"), questions().low)):
        assert ((ours - exported.numbers[f"{i}.context"]).abs() <= 0.50001 * exported.steps[f"{i}.context"]).all()


@torch.no_grad()
def test_answers_are_those_of_torch(page, exported):
    """Given the features that were exported: computed anew they may round to the next step, which is 1.6e-4."""
    ours, both = rounded(zoo.load("srflow_faces")), questions()
    said = [exported.numbers[f"{i}.context"] for i in range(3)]
    for face, temperature in ((0, 0.0), (2, 0.8), (5, 1.0)):
        assert close(page.evaluate("i => [...flow.high(i)]", face), both.unit()[face])
        assert close(page.evaluate("i => [...flow.low(i)]", face), both.low[face])
        for level, context in enumerate(said):
            got = page.evaluate("([i, l]) => [...flow.context(i, l).data]", [face, level])
            assert close(got, context[face])
        z = temperature * torch.randn(
            1, 3, 32, 32, dtype=torch.float64, generator=torch.Generator().manual_seed(face)
        )
        expected = ours.flow.inverse(z, [context[face : face + 1] for context in said])
        got = page.evaluate("([i, z]) => [...flow.given(i)(z)]", [face, z.flatten().tolist()])
        assert expected.std() > 0.1
        assert close(got, expected)


@torch.no_grad()
def test_rounding_changes_little(exported):
    """Eight bits a weight, sixteen a feature: less than a grey level on average, and as consistent."""
    srflow, both = zoo.load("srflow_faces"), questions()
    z = 0.8 * torch.randn(len(SHOWN), 3, 32, 32, generator=torch.Generator().manual_seed(0))
    exact = srflow.decode(z, both.low).clamp(0, 1)
    said = [exported.numbers[f"{i}.context"] for i in range(3)]
    coarse = rounded(srflow).flow.inverse(z.double(), said).clamp(0, 1).float()
    assert 0 < 255 * (exact - coarse).abs().mean() < 0.5
    consistent = [lr_psnr(x, both.low, lambda x: downsample(x, 4)).mean() for x in (exact, coarse)]
    assert abs(consistent[0] - consistent[1]) < 0.2


def test_sizes_and_decibels(page):
    both = questions()
    high, low = both.unit()[:1].double(), both.low[:1].double()
    assert close(page.evaluate("() => [...flow.enlarged(flow.low(0))]"), upsample(low, 4))
    assert close(page.evaluate("() => [...flow.reduced(flow.high(0))]"), downsample(high, 4))
    got = page.evaluate("() => gm.decibels(flow.enlarged(flow.low(0)), flow.high(0))")
    assert got == pytest.approx(psnr(upsample(low, 4), high).item(), abs=TOLERANCE)


def test_mean_and_spread(page):
    pictures = torch.rand(5, 3, 4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    got = page.evaluate(
        "xs => { const { mean, spread } = gm.meanAndSpread(xs.map((x) => Float64Array.from(x)));"
        " return [[...mean], [...spread]]; }",
        pictures.flatten(1).tolist(),
    )
    assert close(got[0], pictures.mean(0))
    assert close(got[1], pictures.std(0, correction=0).mean(0))


@torch.no_grad()
def test_the_page_reads_what_is_painted_as_torch_does(page):
    """A face with noise on its 64 pixels: the features of the rounded encoder, and the answer to them.

    On noise alone the answers have no limit: float64 overflows, in the page and in torch.
    """
    ours, random = rounded_encoder(zoo.load("srflow_faces")), torch.Generator().manual_seed(2)
    low = questions().low[3:4].double().lerp(torch.rand(1, 3, 8, 8, dtype=torch.float64, generator=random), 0.1)
    z = torch.randn(1, 3, 32, 32, dtype=torch.float64, generator=random)
    script = """([low, z]) => { const said = gm.rrdb(gm.weights("srflow_encoder"))({ data: low, shape: [3, 8, 8] });
        return [said.map((x) => [...x.data]), [...flow.told(said)(z)]]; }"""
    said, answer = page.evaluate(script, [low.flatten().tolist(), z.flatten().tolist()])
    expected = ours.contexts(low)
    for got, context in zip(said, expected, strict=True):
        assert close(got, context)
    assert close(answer, ours.flow.inverse(z, expected))
