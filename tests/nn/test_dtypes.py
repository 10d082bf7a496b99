"""What is of another dtype than the module's own is taken, or refused in words."""

import pytest
import torch

from gmcourse.data.low_resolution import downsample, upsample
from gmcourse.models.diffusion import Diffusion
from gmcourse.models.flow_matching import FlowMatching
from gmcourse.nn.pca import PCA


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int16, torch.int32, torch.int64])
@pytest.mark.parametrize("make", [Diffusion, FlowMatching])
def test_classes_are_whole_numbers_of_any_dtype(make, dtype):
    model, y = make((3,), classes=2, width=4, depth=1), torch.tensor([0, 1], dtype=dtype)
    assert model.sample(2, steps=1, y=y, guidance=1.0).shape == (2, 3)


def test_principal_components_of_float32_take_float64():
    x = torch.randn(9, 4)
    pca = PCA.fit(x, 2)
    assert pca.decode(pca.encode(x.double())).dtype == torch.float64


@pytest.mark.parametrize("change", [downsample, upsample])
def test_a_filter_that_has_no_half_precision_says_so(change):
    with pytest.raises(ValueError, match=r"has dtype torch.bfloat16; expected float32 or float64"):
        change(torch.rand(1, 3, 8, 8).bfloat16(), 2)
