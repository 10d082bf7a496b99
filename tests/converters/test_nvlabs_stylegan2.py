"""State dicts of stylegan2-ada-pytorch. That the numbers agree is tested in tests/models/test_stylegan2.py."""

import pytest
import torch

from gmcourse.converters.nvlabs_stylegan2 import discriminator_from_nvlabs, generator_from_nvlabs
from tests.conftest import assert_close


@pytest.fixture
def states(golden):
    g = golden("stylegan2_a")
    return g, g.weights("G."), g.weights("D.")


def test_the_configuration_is_read_off_the_shapes(states):
    g, for_g, for_d = states
    generator, discriminator = generator_from_nvlabs(for_g), discriminator_from_nvlabs(for_d)
    assert generator.mapping.z_dim == g.config["z_dim"]
    assert len(generator.mapping.layers) == g.config["num_layers"]
    assert generator.synthesis.resolution == discriminator.resolution == g.config["res"]
    assert next(generator.parameters()).dtype == torch.float64
    assert discriminator.features == g.config["mbstd_channels"]


def test_in_single_precision_too(states):
    g, for_g, _ = states
    generator = generator_from_nvlabs({key: value.float() for key, value in for_g.items()}).eval()
    with torch.no_grad():
        assert_close(generator(g.x("z").float(), noise="fixed"), g.out("img_const"), 1e-5)


def test_z_and_w_of_different_widths(states):
    _, for_g, _ = states
    wide = dict(for_g)
    wide["mapping.fc0.weight"] = torch.randn(32, 48, dtype=torch.float64)
    generator = generator_from_nvlabs(wide)
    assert (generator.mapping.z_dim, generator.mapping.w_dim) == (48, 32)
    assert generator.sample(2).shape == (2, 3, 32, 32)


def test_other_networks_are_refused(states):
    _, for_g, for_d = states
    with pytest.raises(ValueError, match=r"without class labels.*: not known: mapping.embed.weight"):
        generator_from_nvlabs({**for_g, "mapping.embed.weight": torch.zeros(4, 4)})
    with pytest.raises(ValueError, match=r"discriminator \('resnet'\).*missing: b32.skip.weight"):
        discriminator_from_nvlabs({k: v for k, v in for_d.items() if "skip" not in k})
    with pytest.raises(ValueError, match=r"of feature maps .*expected min"):
        discriminator_from_nvlabs({**for_d, "b8.conv0.weight": torch.zeros(16, 3, 3, 3)})
