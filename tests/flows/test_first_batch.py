"""Data-dependent initialisation: a batch that would spoil it leaves no trace."""

import pytest
import torch

from gmcourse import flows
from gmcourse.models.glow import Glow

IMAGE = torch.rand(2, 3, 4, 4, generator=torch.Generator().manual_seed(0))
CONSTANT = torch.full((4, 3, 2, 2), 0.1)
SPOILING = [
    (torch.zeros(0, 3, 2, 2), r"has shape \(0, 3, 2, 2\); expected some samples"),
    (torch.randn(1, 3, 1, 1), "3 of 3 channels have but one value"),
    (CONSTANT, "3 of 3 channels have but one value"),
    (torch.cat([IMAGE[:, :1], torch.zeros_like(IMAGE[:, 1:])], 1), "2 of 3 channels have but one value"),
    (IMAGE.clone().fill_(float("nan")), "NaN, infinite or too large"),
    (IMAGE * float("inf"), "NaN, infinite or too large"),
    (IMAGE * 3e38, "NaN, infinite or too large"),
]


@pytest.mark.parametrize(("batch", "said"), SPOILING)
def test_a_first_batch_that_would_spoil_actnorm(batch, said):
    for layer in (flows.ActNorm(3), flows.ActNormConv(flows.ActNorm(3), flows.PlainConv1x1(3))):
        before = {name: value.clone() for name, value in layer.state_dict().items()}
        with pytest.raises(ValueError, match=said):
            layer(batch)
        for name, value in layer.state_dict().items():
            assert torch.equal(value, before[name]), name
        assert layer(IMAGE)[0].isfinite().all()


@pytest.mark.parametrize("recompute", [False, True])
def test_either_all_layers_of_a_flow_keep_their_first_batch_or_none(recompute):
    """One picture has many pixels at the first level, and a single value a channel at the last one."""
    model = Glow((3, 4, 4), n_levels=2, n_steps=2, hidden_channels=4, recompute=recompute)
    flags = {name: value for name, value in model.state_dict().items() if name.endswith("initialised")}
    one = torch.rand(1, 3, 4, 4)
    with pytest.raises(ValueError, match=r"\(1, 24, 1, 1\), and 24 of 24 channels have but one value"):
        model(one)
    assert flags
    assert not any(flags.values())
    model(torch.rand(8, 3, 4, 4))
    assert all(flags.values())
    assert model(one)[0].isfinite().all()
    kept = {name: value.clone() for name, value in model.state_dict().items()}
    model(torch.rand(8, 3, 4, 4))
    assert all(torch.equal(value, kept[name]) for name, value in model.state_dict().items())
