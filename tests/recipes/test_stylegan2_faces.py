"""StyleGAN2 on faces of two sizes: one measure for both, and a larger model that fits into the package."""

import torch
from torch.nn.functional import avg_pool2d

from gmcourse.models.features import SIZE
from gmcourse.models.stylegan2 import Generator
from gmcourse_recipes import running
from gmcourse_recipes.stylegan2_faces import at_32
from tools.zoo.publish import LARGEST


def test_the_feature_network_sees_means_of_four_pixels():
    x = torch.rand(2, 3, 2 * SIZE, 2 * SIZE)
    assert torch.allclose(at_32(x), avg_pool2d(x, 2), atol=1e-6)
    assert torch.equal(at_32(x[..., :SIZE, :SIZE]), x[..., :SIZE, :SIZE])


def test_the_larger_recipe_plays_at_64_and_fits_into_the_package():
    recipe = running.find("stylegan2_faces_64")
    network = Generator(**recipe.arguments)
    losses = recipe.step(network, torch.device("cpu"))(torch.rand(4, 3, 64, 64) * 2 - 1)
    assert losses.keys() == {"discriminator", "generator", "r1", "path_length"}
    assert recipe.half
    assert sum(2 * value.numel() for value in network.state_dict().values()) < LARGEST
    assert recipe.samples(network, torch.device("cpu")).shape == (21, 3, 64, 64)
