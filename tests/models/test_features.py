"""The network behind Fréchet and perceptual distances: its shapes, and the damages it learns to see."""

import torch

from gmcourse.models.features import Features
from gmcourse.reproducible import generator
from gmcourse_recipes import features as recipe


def test_shapes_and_gradients():
    network, x = Features(dims=8, width=4, classes=12), torch.rand(60, 3, 32, 32)
    assert network(x).shape == (60, 8)
    assert [m.shape[2] for m in network.maps(x)] == [32, 16, 8, 4]
    batch = ((255 * x).byte(), torch.rand(60, 18), torch.arange(60) % 3)
    recipe.objective(network, batch)["loss"].backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())


def test_changed_pictures_are_turned_as_said_and_only_patches_get_other_colours():
    torch.manual_seed(0)
    x, is_face = torch.rand(400, 3, 6, 6), torch.arange(400) < 200
    y, turns = recipe.changed(x, is_face)
    back = torch.stack([image.rot90(-int(turn), (1, 2)) for image, turn in zip(y, turns, strict=True)])
    assert torch.equal(back[is_face], x[is_face])
    assert (back[~is_face] != x[~is_face]).flatten(1).any(1).all()
    upright = [float((turns[which] == 0).float().mean()) for which in (is_face, ~is_face)]
    assert 0.7 < upright[0] < 0.9, "of the faces a quarter takes part, and a quarter of these is not turned"
    assert 0.15 < upright[1] < 0.35


def test_a_share_of_pictures_stays_whole_and_the_rest_is_damaged_as_said():
    torch.manual_seed(0)
    y, amounts = recipe.damaged(torch.full((2000, 1, 4, 4), 0.5), 2.0, 0.2, whole=0.5)
    assert torch.allclose((amounts == 0).float().mean(0), torch.tensor(0.5), atol=0.05)
    assert amounts.max() <= 1
    noise, amount = (y - 0.5).flatten(1).std(1), amounts[:, 1]
    assert (noise[amount == 0] < 1e-6).all(), "a flat picture stays flat"
    assert torch.allclose((noise / amount)[amount > 0.5].mean(), torch.tensor(0.2), atol=0.02)


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
