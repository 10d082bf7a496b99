"""Winograd's convolution: the numbers of an ordinary one, where it is worth it."""

import pytest
import torch
import torch.nn.functional as F

from gmcourse.models.stylegan2 import Discriminator, Generator
from gmcourse.nn import winograd
from gmcourse.nn.winograd import MANY, WIDE, same_conv, winograd_conv
from tests.conftest import assert_close


@pytest.mark.parametrize("size", [(4, 4), (8, 12), (16, 4)])
def test_it_is_a_convolution(size):
    x, weight = torch.randn(2, 3, *size, dtype=torch.float64), torch.randn(5, 3, 3, 3, dtype=torch.float64)
    assert_close(winograd_conv(x, weight), F.conv2d(x, weight, padding=1), 1e-12)


def test_its_derivatives_of_both_orders_are_those_of_a_convolution():
    x = torch.randn(2, 2, 4, 8, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(3, 2, 3, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(winograd_conv, (x, weight))
    assert torch.autograd.gradgradcheck(winograd_conv, (x, weight))


@pytest.fixture
def counted(monkeypatch):
    """Sizes of the pictures that were convolved so."""
    seen = []
    monkeypatch.setattr(winograd, "winograd_conv", lambda x, w: seen.append(tuple(x.shape)) or winograd_conv(x, w))
    return seen


def test_a_wide_layer_that_trains_has_the_same_numbers(counted):
    x = torch.randn(1, WIDE, 32, 32, requires_grad=True)
    weight, bias = torch.randn(WIDE, WIDE, 3, 3, requires_grad=True), torch.randn(WIDE, requires_grad=True)
    found, wanted = same_conv(x, weight, bias), F.conv2d(x, weight, bias, padding=1)
    assert counted == [(1, WIDE, 32, 32)]
    assert_close(found, wanted, 2e-5)
    above = torch.randn_like(wanted)
    for mine, torchs in zip(
        *(torch.autograd.grad(y, (x, weight, bias), above) for y in (found, wanted)), strict=True
    ):
        assert_close(mine, torchs, 2e-5)


@pytest.mark.parametrize(
    ("channels", "shape", "size", "dtype", "trains"),
    [
        (WIDE - 1, (1, 32, 32), 3, torch.float32, True),
        (WIDE, (MANY - 1, 4, 4), 3, torch.float32, True),
        (WIDE, (1, 32, 34), 3, torch.float32, True),
        (WIDE, (1, 32, 32), 5, torch.float32, True),
        (WIDE, (1, 32, 32), 1, torch.float32, True),
        (WIDE, (1, 32, 32), 3, torch.float64, True),
        (WIDE, (1, 32, 32), 3, torch.bfloat16, True),
        (WIDE, (1, 32, 32), 3, torch.float32, False),
    ],
)
def test_others_have_the_same_bits(counted, channels, shape, size, dtype, trains):
    batch, height, width = shape
    x = torch.randn(batch, channels, height, width, dtype=dtype)
    weight = torch.randn(channels, channels, size, size, dtype=dtype, requires_grad=trains)
    assert torch.equal(same_conv(x, weight), F.conv2d(x, weight, padding=size // 2))
    assert counted == []


def test_both_players_of_stylegan2_train_with_it_and_pictures_are_drawn_without(counted):
    size = {"resolution": 16, "channel_base": 16 * WIDE, "channel_max": WIDE}
    generator, discriminator = Generator(z_dim=8, w_dim=8, **size), Discriminator(**size)
    with torch.no_grad():
        generator.sample(4)
    assert counted == []
    discriminator(generator(torch.randn(4, 8))).sum().backward()
    assert counted == [(4, WIDE, 16, 16)] * 2


def test_one_picture_alone_and_a_wrong_number_of_channels_are_as_with_torch(counted):
    weight = torch.randn(WIDE, WIDE, 3, 3, requires_grad=True)
    assert same_conv(torch.randn(WIDE, 32, 32), weight).shape == (WIDE, 32, 32)
    assert counted == []
    with pytest.raises(RuntimeError):
        same_conv(torch.randn(1, WIDE + 1, 32, 32), weight)


def test_mixed_precision_goes_its_own_way(counted):
    x, weight = torch.randn(1, WIDE, 32, 32), torch.randn(WIDE, WIDE, 3, 3, requires_grad=True)
    with torch.autocast("cpu", torch.bfloat16):
        assert same_conv(x, weight).dtype == torch.bfloat16
    assert counted == []
