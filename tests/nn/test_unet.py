"""The small U-Net: shapes, its beginning at zero, and what reaches what."""

import pytest
import torch

from gmcourse.nn.unet import UNet


def awake(**more):
    """A U-Net whose zeros have been replaced, so that all of it can be seen."""
    torch.manual_seed(0)
    net = UNet((2, 16, 16), width=8, **more)
    for parameter in net.parameters():
        if not parameter.any():
            torch.nn.init.normal_(parameter, std=0.2)
    return net


def test_it_begins_at_zero_and_keeps_the_shape():
    x = torch.randn(3, 2, 16, 16)
    assert torch.equal(UNet((2, 16, 16), width=8)(x, torch.rand(3)), torch.zeros_like(x))
    assert UNet((3, 32, 32))(torch.randn(1, 3, 32, 32), torch.rand(1)).shape == (1, 3, 32, 32)
    assert sum(p.numel() for p in UNet((3, 32, 32)).parameters()) == pytest.approx(0.61e6, rel=0.02)


def test_every_pixel_the_time_and_the_class_reach_every_pixel():
    net, x, t = awake(classes=2), torch.randn(1, 2, 16, 16), torch.tensor([0.4])
    told = torch.tensor([1])
    near = x.clone()
    near[0, 0, 0, 0] += 1
    with torch.no_grad():
        out = net(x, t, told)
        for other in (net(near, t, told), net(x, t + 0.01, told), net(x, t, told - 1), net(x, t)):
            assert ((other - out).abs() > 0).double().mean() > 0.99


def test_samples_do_not_see_each_other():
    net, x, t = awake(), torch.randn(4, 2, 16, 16), torch.rand(4)
    with torch.no_grad():
        assert torch.allclose(net(x, t)[1:2], net(x[1:2], t[1:2]), atol=1e-5)


def test_gradients_reach_every_parameter():
    net = awake()
    net(torch.randn(2, 2, 16, 16), torch.rand(2)).square().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() and p.grad.any() for p in net.parameters())


@pytest.mark.parametrize("more", [{"shape": (1, 12, 16)}, {"width": 12}])
def test_what_it_refuses(more):
    with pytest.raises(ValueError, match="8 divides"):
        UNet(**({"shape": (1, 16, 16), "width": 8} | more))
