"""The networks that run in the page compute what torch does with the same rounded weights, place by place."""

import pytest
import torch

from gmcourse.data import load
from tests.site.conftest import TOLERANCE
from tools.live import made, pixelcnn


@pytest.fixture(scope="module")
def page(open_with):
    return open_with("runtime", "weights/pixelcnn_digits", "weights/made_digits", "next_pixel")


@torch.no_grad()
def test_logits_with_the_pages_cache_are_those_of_torch(page):
    x = load("digits", "test").pixels[:3].flatten(1).long()
    got = page.evaluate(
        """xs => { const model = gm.pixelcnn(gm.weights("pixelcnn_digits"));
          return xs.map((x) => x.map((_, i) => Array.from(model.logits(x, i)))); }""",
        x.tolist(),
    )
    assert (torch.tensor(got).double() - pixelcnn.rounded()[0](x)).abs().max() < TOLERANCE


@torch.no_grad()
@pytest.mark.parametrize("k", [0, 1])
def test_logits_in_another_order_are_those_of_torch(page, k):
    model, x = made.rounded()[0][k], load("digits", "test").pixels[:3].flatten(1).long()
    ask = """([xs, k]) => { const model = gm.made(gm.weights("made_digits"), k);
      return [model.order, xs.map((x) => x.map((_, i) => Array.from(model.logits(x, i))))]; }"""
    order, got = page.evaluate(ask, [x.tolist(), k])
    assert order == model.order.tolist()
    assert (torch.tensor(got).double() - model(x)).abs().max() < TOLERANCE


def test_softmax_with_a_temperature(page):
    logits = [1.0, -2.0, 700.0, 699.0]
    got = page.evaluate("logits => gm.softmax(logits, 0.5)", logits)
    assert torch.allclose(torch.tensor(got), (torch.tensor(logits) / 0.5).softmax(0), atol=1e-6)
