"""Equalised layers: the reference's numbers, unit variance through depth, and what the equalising is for."""

import math

import pytest
import torch

from gmcourse.nn.equalized import EqualizedConv2d, EqualizedLinear
from tests.conftest import assert_close


def test_activations(golden):
    g = golden("stylegan2_primitives_a")
    x, b = g.x("x"), g.x("bias")
    for name in ("linear", "lrelu"):
        layer = EqualizedConv2d(len(b), len(b), 1, activation=name).double()
        alone = math.sqrt(len(b)) * torch.eye(len(b))[:, :, None, None]  # the convolution changes nothing
        layer.load_state_dict({"weight": alone, "bias": b})
        assert_close(layer(x).detach(), g.out(f"bias_act_{name}"))


def test_a_linear_layer_of_the_mapping_network(golden):
    g = golden("stylegan2_primitives_a")
    layer = EqualizedLinear(3, 5, activation="lrelu", lr_multiplier=0.01).double()
    layer.load_state_dict({"weight": g.x("fc_w"), "bias": g.x("fc_b")})
    assert_close(layer(g.x("v")), g.out("fc_lrelu_lrmul_0.01"))


def test_variance_survives_many_layers():
    torch.manual_seed(0)
    x = torch.randn(4000, 64)
    for _ in range(8):
        x = EqualizedLinear(64, 64, activation="lrelu", lr_multiplier=0.01)(x)
    assert 0.5 < float(x.detach().square().mean()) < 2
    picture = torch.randn(4, 16, 32, 32)
    out = EqualizedConv2d(16, 32, 3, activation="linear")(picture)[..., 1:-1, 1:-1]
    assert 0.8 < float(out.detach().std()) < 1.2


@pytest.mark.parametrize("width", [8, 512])
def test_adams_first_step_is_the_same_relative_to_the_weights_at_any_width(width):
    torch.manual_seed(0)
    layer = EqualizedLinear(width, 4)
    before = layer.weight.detach().clone()
    optimizer = torch.optim.Adam(layer.parameters(), lr=0.01)
    layer(torch.randn(64, width)).square().mean().backward()
    optimizer.step()
    change = (layer.weight - before).norm() / before.norm()
    assert 0.008 < float(change.detach()) < 0.012


def test_convolutions_keep_or_halve_the_size():
    x = torch.randn(2, 3, 8, 8)
    assert EqualizedConv2d(3, 5, 3)(x).shape == (2, 5, 8, 8)
    assert EqualizedConv2d(3, 5, 1)(x).shape == (2, 5, 8, 8)
    assert EqualizedConv2d(3, 5, 3, down=True)(x).shape == (2, 5, 4, 4)
    assert EqualizedConv2d(3, 5, 1, down=True, bias=False)(x).shape == (2, 5, 4, 4)


def test_the_gain_may_stand_before_the_leaky_relu():
    torch.manual_seed(0)
    x, layer = torch.randn(2, 3, 8, 8), EqualizedConv2d(3, 5, 3, gain=0.7)
    torch.nn.init.normal_(layer.bias)
    weight = layer.weight / math.sqrt(27)
    plain = torch.nn.functional.conv2d(x, weight, padding=1)
    activated = torch.nn.functional.leaky_relu(plain + layer.bias[:, None, None], 0.2)
    assert_close(layer(x).detach(), 0.7 * math.sqrt(2) * activated.detach(), 1e-6)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: EqualizedLinear(2, 2, activation="tanh"), "'tanh'; expected one of 'linear'"),
        (lambda: EqualizedConv2d(2, 2, 4), "size is 4"),
        (lambda: EqualizedConv2d(2, 2, 3, activation="swish"), "'swish'"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
