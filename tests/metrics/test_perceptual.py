"""Distances between feature maps."""

import torch

from gmcourse.metrics.perceptual import map_distance
from gmcourse.reproducible import generator


def maps(seed):
    g = generator(seed)
    return [torch.randn(3, 4, 8, 8, generator=g), torch.randn(3, 6, 4, 4, generator=g)]


def test_it_is_a_sum_of_cosine_distances():
    x, y = maps(0), maps(1)
    cosine = sum(2 - 2 * torch.cosine_similarity(a, b, dim=1).mean((1, 2)) for a, b in zip(x, y, strict=True))
    assert torch.allclose(map_distance(x, y), cosine, atol=1e-5)
    assert torch.equal(map_distance(x, y), map_distance(y, x))
    assert map_distance(x, x).abs().max() == 0


def test_length_does_not_count_and_nothing_is_no_accident():
    x, y = maps(0), maps(1)
    assert torch.allclose(map_distance(x, y), map_distance([3 * m for m in x], y), atol=1e-5)
    assert torch.isfinite(map_distance([0 * m for m in x], y)).all()


def test_of_images_and_differentiable():
    x, y = torch.rand(2, 3, 8, 8, requires_grad=True), torch.rand(2, 3, 8, 8)
    distance = map_distance([x], [y])
    assert distance.shape == (2,)
    distance.sum().backward()
    assert torch.isfinite(x.grad).all()
    # at the minimum, where a bare norm has no gradient
    same = y.clone().requires_grad_()
    map_distance([0 * same], [0 * y]).sum().backward()
    assert torch.isfinite(same.grad).all()


def test_half_precision_is_that_of_its_numbers():
    """In float16 the square of 1e-4 is 0, and so is 1e-10: nothing was divided by nothing."""
    x, y = maps(0), maps(1)
    x[0], y[0][:, :, 0] = 1e-4 * x[0], 0
    for dtype, tolerance in ((torch.float16, 2e-2), (torch.bfloat16, 1e-1)):
        found = map_distance([m.to(dtype) for m in x], [m.to(dtype) for m in y])
        assert found.dtype == dtype
        assert torch.allclose(found.float(), map_distance(x, y), atol=tolerance)
