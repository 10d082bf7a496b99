"""Resampling: the reference's numbers, the gradient of a linear map, and brightness that stays."""

import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck

from gmcourse.nn.resample import (
    downsample,
    downsampled_conv,
    fir_kernel,
    resample,
    upsample,
    upsampled_conv,
)
from tests.conftest import assert_close


@pytest.fixture
def primitives(golden):
    return golden("stylegan2_primitives_a")


def test_the_filter(primitives):
    assert_close(fir_kernel(), primitives.out("filter_1331"))


def test_up_and_down(primitives):
    x, kernel = primitives.x("x"), fir_kernel().double()
    lopsided = primitives.x("f_asym") / primitives.x("f_asym").sum()
    assert_close(upsample(x, kernel), primitives.out("upsample2d"))
    assert_close(downsample(x, kernel), primitives.out("downsample2d"))
    # a filter convolves: an asymmetric one tells it from a correlation
    assert_close(upsample(x, lopsided), primitives.out("upsample2d_asym"))
    assert_close(downsample(x, lopsided), primitives.out("downsample2d_asym"))
    general = resample(x, lopsided, up=3, down=2, padding=(1, 2, -1, 3), gain=1.7)
    assert_close(general, primitives.out("upfirdn2d_general"))


def test_gradient_agrees_with_the_reference(primitives):
    x = primitives.x("x").requires_grad_()
    (upsample(x, fir_kernel().double()) * primitives.x("gy")).sum().backward()
    assert_close(x.grad, primitives.out("upsample2d_input_grad"))


def test_convolutions_that_resample(primitives):
    x, kernel = primitives.x("xs"), fir_kernel().double()
    w3, w1 = primitives.x("weight3"), primitives.x("weight1")
    assert_close(upsampled_conv(x, w3, kernel), primitives.out("conv2d_resample_up2_k3"))
    assert_close(downsampled_conv(x, w3, kernel), primitives.out("conv2d_resample_down2_k3"))
    assert_close(downsampled_conv(x, w1, kernel), primitives.out("conv2d_resample_down2_k1"))


@pytest.mark.parametrize(
    ("up", "down", "padding"),
    [(1, 1, (1, 1, 1, 1)), (2, 1, (2, 1, 2, 1)), (1, 2, (1, 1, 1, 1)), (3, 2, (1, 2, -1, 3))],
)
def test_the_gradient_is_the_transposed_map_twice_over(up, down, padding):
    torch.manual_seed(0)
    kernel = torch.rand(3, 4, dtype=torch.float64)
    x = torch.randn(2, 2, 7, 6, dtype=torch.float64, requires_grad=True)

    def f(t):
        return resample(t, kernel, up=up, down=down, padding=padding, gain=1.3)

    assert gradcheck(f, x)
    assert gradgradcheck(f, x)


def test_brightness_stays_inside():
    x, kernel = torch.full((1, 2, 8, 8), 0.7), fir_kernel()
    assert torch.allclose(upsample(x, kernel)[..., 2:-2, 2:-2], torch.tensor(0.7))
    assert torch.allclose(downsample(x, kernel)[..., 1:-1, 1:-1], torch.tensor(0.7))
    assert float(upsample(x, kernel)[0, 0, 0, 0]) < 0.7, "outside there is black"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: resample(torch.ones(2, 2), torch.ones(2, 2)), r"expected a picture"),
        (lambda: resample(torch.ones(1, 1, 2, 2), torch.ones(2, 2), up=0), "up is 0"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
