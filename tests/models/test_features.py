"""The network behind Fréchet and perceptual distances: its shapes, and the damages it learns to see."""

import torch

from gmcourse.models.features import Features
from gmcourse.recipes import features as recipe
from gmcourse.reproducible import generator


def test_shapes_and_gradients():
    network, x = Features(dims=8, width=4), torch.rand(5, 3, 32, 32)
    assert network(x).shape == (5, 8)
    assert [m.shape[2] for m in network.maps(x)] == [32, 16, 8, 4]
    batch = ((255 * x).byte(), torch.rand(5, 18), torch.tensor([-1, -1, 0, 1, 1]))
    recipe.objective(network, batch)["loss"].backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())


def test_one_image_does_not_depend_on_the_others():
    network, x = Features(dims=8, width=4).eval(), torch.rand(7, 3, 32, 32)
    assert torch.allclose(network.of(x, batch_size=3), network(x), atol=1e-5)


def test_distance_is_differentiable_and_zero_at_home():
    network, x = Features(dims=8, width=4).eval(), torch.rand(2, 3, 32, 32)
    y = (x + 0.1 * torch.randn(x.shape, generator=generator(0))).requires_grad_()
    distance = network.distance(x, y)
    assert distance.shape == (2,)
    assert (distance > 0).all()
    distance.sum().backward()
    assert y.grad.abs().sum() > 0
    assert network.distance(x, x).abs().max() == 0


def test_blur_is_a_gaussian_and_keeps_flat_pictures_flat():
    point = torch.zeros(3, 1, 32, 32)
    point[:, :, 16, 16] = 1
    sigma = torch.tensor([0.0, 1.0, 2.0])
    soft = recipe.blur(point, sigma)
    assert torch.allclose(soft[0], point[0])
    assert torch.allclose(soft.sum((1, 2, 3)), torch.ones(3), atol=1e-4)
    place = torch.arange(32) - 16.0
    spread = (soft[:, 0].sum(1) * place.square()).sum(1).sqrt()
    assert torch.allclose(spread[1:], sigma[1:], atol=0.02)
    flat = torch.full((1, 3, 32, 32), 0.3)
    assert torch.allclose(recipe.blur(flat, torch.tensor([2.0])), flat, atol=1e-6)
