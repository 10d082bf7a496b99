"""Walks between codes and along attributes."""

import math

import pytest
import torch

from gmcourse import latent
from gmcourse.reproducible import generator

T = torch.linspace(0, 1, 5)


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=generator(seed))


@pytest.mark.parametrize("way", [latent.lerp, latent.slerp])
@pytest.mark.parametrize("shape", [(4,), (3, 2, 2)])
def test_a_way_begins_and_ends_where_it_should(way, shape):
    a, b = normal(6, *shape), normal(6, *shape, seed=1)
    between = way(a, b, T)
    assert between.shape == (5, 6, *shape)
    assert torch.allclose(between[0], a, atol=1e-5)
    assert torch.allclose(between[-1], b, atol=1e-5)
    assert torch.allclose(between.flip(0), way(b, a, T), atol=1e-5)


def test_the_straight_middle_is_too_short_and_the_round_one_is_not():
    a, b = normal(500, 400), normal(500, 400, seed=1)
    middle = torch.tensor([0.5])
    assert latent.lerp(a, b, middle)[0].norm(dim=1).mean() / 20 == pytest.approx(math.sqrt(0.5), abs=0.01)
    assert latent.slerp(a, b, middle)[0].norm(dim=1).mean() / 20 == pytest.approx(1, abs=0.01)


def test_the_sphere_is_walked_at_even_speed():
    a, b = torch.tensor([[2.0, 0.0]]), torch.tensor([[0.0, 2.0]])
    angle = T * math.pi / 2
    expected = 2 * torch.stack([angle.cos(), angle.sin()], 1)[:, None]
    assert torch.allclose(latent.slerp(a, b, T), expected, atol=1e-6)


def test_near_and_equal_codes_are_joined_by_a_line():
    a = normal(3, 8)
    b = a * torch.tensor([1.0, 2.0, 1.0])[:, None] + torch.tensor([0.0, 0.0, 1e-5])[:, None]
    assert torch.allclose(latent.slerp(a, b, T), latent.lerp(a, b, T), atol=1e-6)


def test_the_direction_is_found_among_noise():
    truth = torch.tensor([0.0, 3.0, 0.0, -1.0])
    present = torch.rand(4000, generator=generator(2)) < 0.3
    codes = normal(4000, 4) + present[:, None] * truth
    found = latent.attribute_direction(codes, present)
    assert (found - truth).abs().max() < 0.15
    moved = latent.walk(codes[~present], found, torch.tensor([0.0, 1.0]))
    assert torch.allclose(moved[0], codes[~present])
    assert torch.allclose(moved[1].mean(0), codes[present].mean(0), atol=1e-5)


def test_a_direction_takes_along_what_goes_with_it():
    moustache = torch.rand(2000, generator=generator(3)) < 0.5
    age = torch.where(moustache, 0.8, 0.2) + 0.1 * normal(2000)
    codes = torch.stack([moustache.float(), age], 1)
    assert latent.attribute_direction(codes, moustache)[1] == pytest.approx(0.6, abs=0.02)
