"""Autoregressive models: causal and complete, sums to one, cached = uncached, bits by hand, samples from the law."""

import copy
import math

import pytest
import torch
from torch import nn

from gmcourse.metrics.likelihood import bits_per_dim
from gmcourse.models.autoregressive import MADE, PixelCNN, Transformer
from gmcourse.nn.attention import TransformerBlock
from gmcourse.nn.masked import MaskedConv2d
from tests.flows.cases import shake

ORDER = [2, 0, 3, 1]
SMALL = {  # 2×2 pixels of three levels: 81 pictures
    "MADE": lambda: MADE(4, 3, hidden=(8, 8)),
    "MADE, another order": lambda: MADE(4, 3, hidden=(8, 8), order=ORDER),
    "PixelCNN": lambda: PixelCNN((2, 2), 3, channels=6, blocks=2),
    "PixelCNN of two colours": lambda: PixelCNN((1, 2), 3, channels=6, blocks=2, colours=2),
    "transformer": lambda: Transformer(4, 3, width=8, depth=2, heads=2),
}
ALL = torch.cartesian_prod(*[torch.arange(3)] * 4)


def small(name):
    return shake(SMALL[name]()).double().eval()


@torch.no_grad()
def dependence(model, x):
    """Which conditionals (rows) change with which numbers (columns): all other levels of each are tried."""
    model, found = copy.deepcopy(model).double().eval(), []
    for j in range(len(x)):
        changed = x.repeat(model.levels, 1)
        changed[:, j] = torch.arange(model.levels)
        found.append((model(changed) - model(x[None])).abs().amax((0, 2)) > 1e-12)
    return torch.stack(found, 1)


@pytest.mark.parametrize("name", SMALL)
def test_the_probabilities_of_all_pictures_sum_to_one(name):
    total = small(name).log_prob(ALL).exp().sum().item()
    assert abs(total - 1) < 1e-12


@pytest.mark.parametrize("name", SMALL)
def test_causal_and_complete(name):
    model = small(name)
    seen = dependence(model, ALL[5])[model.order][:, model.order]
    assert torch.equal(seen, torch.ones(4, 4).tril(-1) == 1)


def test_pixelcnn_has_a_blind_spot_and_the_transformer_has_none():
    x = torch.randint(17, (64,), generator=torch.Generator().manual_seed(0))
    for model, blind in (
        (shake(PixelCNN(channels=8)), 125),
        (shake(Transformer(64, 17, width=8, depth=1)), 0),
    ):
        seen = dependence(model, x)
        assert not seen.triu().any()
        assert int((~seen).tril(-1).sum()) == blind


def test_colours_see_those_before_them():
    """At the centre: mask A of each layer's three groups, and mask B; beside it all is seen or nothing."""
    for centre, wanted in (
        (False, [[0, 0, 0], [1, 0, 0], [1, 1, 0]]),
        (True, [[1, 0, 0], [1, 1, 0], [1, 1, 1]]),
    ):
        mask = MaskedConv2d(6, 3, 3, centre=centre, colours=3).mask
        assert mask[:, ::2, 1, 1].tolist() == mask[:, 1::2, 1, 1].tolist() == wanted
        assert mask[:, :, 0].all()
        assert not mask[:, :, 2].any()
    with pytest.raises(ValueError, match="multiple of the 3 colours"):
        MaskedConv2d(6, 4, 3, centre=True, colours=3)


def test_the_pattern_is_that_of_the_jacobian():
    """By autograd, of a stack of masked convolutions on real numbers."""
    stack = nn.Sequential(MaskedConv2d(1, 3, 3, centre=False), MaskedConv2d(3, 1, 3, centre=True))
    x = torch.randn(1, 1, 4, 4)
    jacobian = torch.autograd.functional.jacobian(stack, x).reshape(16, 16)
    assert torch.equal(jacobian, jacobian.tril(-1))
    assert jacobian[5, 4] != 0  # the left neighbour
    assert jacobian[4, 3] == 0  # before it in the order, and out of reach


@pytest.mark.parametrize("name", SMALL)
def test_logits_with_the_cache_are_those_without(name):
    model, cache = small(name), {}
    for place in model.order.tolist():
        assert torch.allclose(model.next_logits(ALL, place, cache), model(ALL)[:, place], atol=1e-12)


def test_pixels_that_are_known_are_in_the_cache():
    model = shake(PixelCNN((3, 4), 5, channels=6, blocks=2, colours=3)).double().eval()
    x, cache = torch.randint(5, (7, 36), generator=torch.Generator().manual_seed(0)), {}
    for place in (17, 18, 19, 31):  # a sample begins with 17 known numbers; then some are left out
        assert torch.allclose(model.next_logits(x, place, cache), model(x)[:, place], atol=1e-12)


def test_pictures_are_written_pixel_by_pixel_and_colour_by_colour():
    model, pixels = (
        PixelCNN((2, 3), 256, channels=3, blocks=0, colours=3),
        torch.arange(18).reshape(1, 3, 2, 3),
    )
    assert model.written(pixels)[0, :6].tolist() == [0, 6, 12, 1, 7, 13]
    assert torch.equal(model.pictures(model.written(pixels)), pixels)


def test_a_cache_may_grow_by_several_tokens_at_once():
    layer, x, cache = TransformerBlock(8, 2).double(), torch.randn(3, 6, 8).double(), {}
    parts = [layer(part, cache) for part in (x[:, :1], x[:, 1:4], x[:, 4:])]
    assert torch.allclose(torch.cat(parts, 1), layer(x), atol=1e-12)


def test_bits_by_hand():
    """Two numbers of two levels: the first is 1 with probability ¾, the second repeats it with ⅞."""
    model = MADE(2, 2, hidden=(1,))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        first, last = model.network[0], model.network[-1]
        first.weight[0, :2] = torch.tensor([-60.0, 60.0])  # SiLU gives 0 for a 0, 60 for a 1
        last.bias.copy_(torch.tensor([0.25, 0.75, 7.0, 1.0]).log())
        last.weight[3, 0] = math.log(49) / 60
    x = torch.tensor([[1, 1], [1, 0], [0, 0], [0, 1]])
    chances = torch.tensor([0.75 * 7 / 8, 0.75 / 8, 0.25 * 7 / 8, 0.25 / 8])
    assert torch.allclose(model.log_prob(x).exp(), chances, atol=1e-5)
    assert math.isclose(bits_per_dim(model.log_prob(x), 2)[0].item(), -math.log2(0.65625) / 2, abs_tol=1e-5)
    assert math.isclose(model.loss(x[:1]).item(), -math.log(0.65625) / 2, abs_tol=1e-5)


@pytest.mark.parametrize("name", SMALL)
def test_samples_are_those_of_the_law(name):
    model, n = small(name), 20_000
    torch.manual_seed(0)
    x = model.sample(n)
    share = torch.bincount(x @ torch.tensor([27, 9, 3, 1]), minlength=81) / n
    want = model.log_prob(ALL).exp().detach()
    assert float(((share - want) ** 2 / want).sum() * n) < 160  # χ² of 80 degrees of freedom: mean 80, deviation 13


def test_what_is_known_stays_and_a_cold_temperature_takes_the_likeliest():
    model = small("MADE, another order")
    known = torch.tensor([[1, 2]] * 5)
    assert torch.equal(model.sample(5, known=known)[:, ORDER[:2]], known)
    cold = model.sample(2, known=known[:2], temperature=1e-3)
    for place in ORDER[2:]:
        assert torch.equal(cold[:, place], model(cold)[:, place].argmax(1))
    with pytest.raises(ValueError, match="whole number ≤ 4"):
        model.sample(5, known=torch.zeros(5, 5, dtype=torch.long))


def test_a_narrow_layer_looks_at_late_numbers_too():
    """No unit sees all then, but the degrees reach from the first number to the late ones."""
    first = MADE(64, 2, hidden=(8,)).network[0].mask
    assert first.sum(1).tolist() == [2 * (1 + 63 * k // 8) for k in range(8)]
