"""The Glow that runs in the page is the one in the zoo, with rounded weights: codes, pictures and log-densities."""

import pytest
import torch

from gmcourse import zoo
from gmcourse.data import load
from tests.site.conftest import TOLERANCE
from tools.live.glow import SHOWN, encode, rounded


@pytest.fixture(scope="module")
def page(open_with):
    page = open_with("runtime", "weights/glow_faces", "flows", "glow_faces")
    page.evaluate("() => { window.flow = gm.glow(gm.weights('glow_faces')); }")
    return page


@torch.no_grad()
def test_both_directions_are_those_of_torch(page):
    glow = rounded(zoo.load("glow_faces"))
    x = (load("faces", "test", n=max(SHOWN) + 1).pixels[list(SHOWN[:1])].div(8, rounding_mode="floor") + 0.5) / 32
    x = x.double()
    there = page.evaluate(
        "() => { const { z, logProb } = flow.forward(flow.pictures[0]);"
        " return { x: [...flow.pictures[0]], z: [...z], logProb }; }"
    )
    assert torch.equal(torch.tensor(there["x"], dtype=torch.float64), x.flatten())
    z, _ = glow(x)
    assert (torch.tensor(there["z"], dtype=torch.float64) - z.flatten()).abs().max() < TOLERANCE
    assert there["logProb"] == pytest.approx(glow.log_prob(x).item(), abs=TOLERANCE)

    z = 0.7 * torch.randn(1, 3, 32, 32, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    back = page.evaluate(
        "z => { const { x, logProb } = flow.inverse(z); return { x: [...x], logProb }; }",
        z.flatten().tolist(),
    )
    x = glow.inverse(z)
    assert (torch.tensor(back["x"], dtype=torch.float64) - x.flatten()).abs().max() < TOLERANCE
    assert back["logProb"] == pytest.approx(glow.log_prob(x).item(), abs=TOLERANCE)


@torch.no_grad()
def test_rounding_changes_little():
    """Eight bits a weight: the same faces, and nearly the same code length."""
    glow, pixels = zoo.load("glow_faces"), load("faces", "test", n=20).pixels
    x = (pixels.div(8, rounding_mode="floor") + 0.5) / 32
    bits = (glow.log_prob(x) - rounded(glow).log_prob(x.double())) / (3072 * torch.tensor(2.0).log())
    assert bits.abs().max() < 0.01
    assert not torch.equal(encode(glow, pixels[:1]).double(), encode(rounded(glow), pixels[:1]))
