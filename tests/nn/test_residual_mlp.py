"""The network of (x, t, y): what it begins as, and that time and class reach the output."""

import pytest
import torch

from gmcourse.nn.residual_mlp import ResidualMLP
from gmcourse.nn.time_embedding import TimeEmbedding
from tests.flows.cases import shake

X, T = torch.randn(5, 1, 4, 4), torch.linspace(0, 1, 5)


def test_begins_at_zero_and_keeps_the_shape():
    assert torch.equal(ResidualMLP((1, 4, 4), width=16)(X, T), torch.zeros_like(X))


def test_time_and_class_reach_the_output():
    network = shake(ResidualMLP((1, 4, 4), width=16, classes=3))
    y = torch.tensor([0, 1, 2, 0, 1])
    plain, none = network(X, T), torch.full((5,), 3)
    assert torch.equal(network(X, T, none), plain)
    for other in (network(X, T, y), network(X, T + 0.01), network(X, T, (y + 1) % 3)):
        assert ((other - plain).abs().flatten(1).amax(1) > 1e-4).all()


def test_close_times_are_told_apart():
    embedding = TimeEmbedding(16)
    waves = (torch.linspace(0, 1, 101)[:, None] * embedding.speeds).cos()
    apart = torch.cdist(waves, waves) + 9 * torch.eye(101)
    assert apart.min() > 0.3


def test_a_class_that_is_not_known_is_refused():
    with pytest.raises(ValueError, match="knows no classes"):
        ResidualMLP((1, 4, 4), width=16)(X, T, torch.zeros(5, dtype=torch.long))
