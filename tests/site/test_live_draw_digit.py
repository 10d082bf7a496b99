"""The digit that is drawn: its 64 numbers, its code, price and loss are those that the package computes."""

import pytest
import torch
import torch.nn.functional as F

from gmcourse import zoo
from gmcourse.data import load
from gmcourse.metrics.divergence import kl_to_standard_normal
from tests.site.conftest import TOLERANCE
from tools.live import wire
from tools.live.draw_digit import MODELS
from tools.live.weights import weights_file

THREE = [[[0.3, 0.2], [0.6, 0.1], [0.6, 0.35], [0.4, 0.45], [0.7, 0.7], [0.3, 0.85]], [[0.5, 0.5]]]


@pytest.fixture(scope="module")
def page(open_with):
    return open_with("runtime", "weights/draw_digit", "draw_digit")


@pytest.fixture(scope="module")
def exported():
    return wire.read(weights_file("draw_digit").read_text(encoding="utf-8")).numbers


def seen(page, strokes):
    """The 64 numbers of a drawing."""
    made = page.evaluate("s => [...gm.digit.blocks(gm.digit.bitmap(gm.digit.fitted(s)))]", strokes)
    return torch.tensor(made, dtype=torch.float64)


def test_a_drawing_is_made_as_coarse_as_the_data(page):
    """Cells nearer to a stroke than the pen is wide are black, and counted in blocks of 4×4."""
    fitted = page.evaluate("s => gm.digit.fitted(s)", THREE)
    ends = torch.tensor([point for stroke in fitted for point in stroke])
    assert float((ends.amax(0) - ends.amin(0)).max()) == pytest.approx(26)
    assert ((ends.amax(0) + ends.amin(0)) / 2 - 16).abs().max() < 1e-9
    at = torch.arange(32) + 0.5
    cells = torch.stack(torch.meshgrid(at, at, indexing="xy"), -1).double()
    steps = torch.linspace(0, 1, 4001, dtype=torch.float64)[:, None]
    line = [torch.lerp(*torch.tensor([a, b]).double(), steps) for a, b in zip(fitted[0], fitted[0][1:], strict=False)]
    far = torch.cdist(cells.reshape(-1, 2), torch.cat([*line, torch.tensor(fitted[1]).double()])).amin(1)
    expected = F.avg_pool2d((far <= 3).double().reshape(1, 1, 32, 32), 4).flatten()
    got = seen(page, THREE)
    assert (got - expected).abs().max() <= 1 / 16  # a cell on the rim
    assert (got - expected).abs().sum() <= 2 / 16
    assert set((16 * got).tolist()) <= set(range(17))


def test_a_drawing_may_be_of_any_size_and_at_any_place(page):
    moved = [[[0.1 + 0.4 * x, 0.5 + 0.4 * y] for x, y in stroke] for stroke in THREE]
    assert (seen(page, THREE) - seen(page, moved)).abs().sum() <= 2 / 16
    assert seen(page, [[[0.2, 0.9]]]).sum() > 0.5  # a dot is a dot


def through(exported, part, k, x):
    """An MLP with the weights that were exported."""
    names = sorted(name for name in exported if name.startswith(part) and name.endswith("weight"))
    for name in names:
        x = F.linear(x, exported[name][k], exported[name.replace("weight", "bias")][k])
        x = x if name == names[-1] else F.silu(x)
    return x


def test_codes_prices_and_losses(page, exported):
    x = load("digits", "test").unit().flatten(1)[:5].double()
    for k, name in enumerate(MODELS.values()):
        mean, log_var = through(exported, "encoder", k, x).chunk(2, dim=1)
        theirs = zoo.load(name).encode(x.float().reshape(-1, 1, 8, 8))
        assert (theirs[0] - mean).abs().max() < 0.12  # eight bits a weight change little
        out = through(exported, "decoder", k, mean)
        prices, losses = (
            kl_to_standard_normal(mean, log_var),
            F.binary_cross_entropy_with_logits(out, x, reduction="none").sum(1),
        )
        for i, picture in enumerate(x):
            script = """([k, x]) => { const w = gm.weights("draw_digit");
                const code = gm.digit.code(w.network("encoder", k), x), y = w.network("decoder", k)(code.mean).data;
                return [...code.mean, ...code.sigma, gm.digit.price(code), gm.digit.loss(x, y)]; }"""
            got = page.evaluate(script, [k, picture.tolist()])
            expected = [*mean[i], *(0.5 * log_var[i]).exp(), prices[i], losses[i]]
            assert got == pytest.approx([float(v) for v in expected], abs=TOLERANCE)
