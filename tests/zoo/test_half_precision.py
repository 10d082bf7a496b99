"""What the zoo has works in half precision, or says in one sentence that it does not."""

import pytest
import torch

from gmcourse import zoo

SHIPPED = [
    pytest.param(name, marks=[pytest.mark.slow] * (name == "pixelcnn_faces"))  # it draws 3,072 numbers in turn
    for name in zoo.names()
    if zoo.manifest(name).sha256
]


@torch.no_grad()
def answers(module, dtype):
    """What it draws, or what it makes of pictures."""
    if hasattr(module, "scale") and hasattr(module, "encoder"):  # super-resolution
        low = torch.rand(1, 3, 8, 8, dtype=dtype)
        return [module.sample(low) if hasattr(module, "sample") else module(low)]
    players = [part for part in module.modules() if hasattr(part, "sample")]
    if players:
        return [player.sample(2) for player in players]
    return [module(torch.rand(2, *getattr(module, "shape", (3, 32, 32)), dtype=dtype))]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("name", SHIPPED)
def test_half_precision(name, dtype):
    torch.manual_seed(0)
    module = zoo.load(name).to(dtype)
    if name.startswith("srflow"):
        with pytest.raises(ValueError, match=r"low has dtype .*half precision is too coarse here"):
            answers(module, dtype)
        return
    for found in answers(module, dtype):
        assert found.dtype == dtype or not found.is_floating_point()  # whole numbers are whole
        assert found.isfinite().all()
