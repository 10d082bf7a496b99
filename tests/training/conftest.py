"""Data that the tests of the loop share."""

import pytest
import torch


@pytest.fixture
def data():
    x = torch.randn(50, 3, generator=torch.Generator().manual_seed(1))
    return x, x.sum(1, keepdim=True)
