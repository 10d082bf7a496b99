"""The average of parameters follows them, whatever their dtype is."""

import pytest
import torch
from torch import nn

from gmcourse.adversarial.penalties import path_length_penalty
from gmcourse.models.stylegan2 import Mapping
from gmcourse.training.ema import EMA


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16, torch.float32, torch.float64])
def test_an_average_of_half_precision_does_not_stand_still(dtype):
    source = nn.Linear(1, 1).to(dtype)
    nn.init.ones_(source.weight)
    average = EMA(source, 0.999)
    nn.init.constant_(source.weight, 1.5)
    for _ in range(2000):
        average.update()
    assert float(average.module.weight) == pytest.approx(1.5 - 0.5 * 0.999**2000, abs=1e-4)
    again = EMA(source, 0.999)
    again.load_state_dict(average.state_dict())
    assert torch.equal(again.module.weight, average.module.weight)


def test_a_module_without_parameters_has_no_average():
    with pytest.raises(ValueError, match=r"the number of parameters of source is 0; expected a whole number ≥ 1"):
        EMA(nn.ReLU())


def test_the_mean_of_path_lengths_does_not_stand_still():
    mean = torch.tensor(9.5, dtype=torch.bfloat16)
    for _ in range(1000):
        _, mean = path_length_penalty(torch.full((4,), 10.0, dtype=torch.bfloat16), mean)
    assert float(mean) == pytest.approx(10, abs=1e-3)


def test_the_mean_of_styles_moves_in_mixed_precision():
    mapping = Mapping(8, 8, n_layers=2).train()
    with torch.autocast("cpu", torch.bfloat16):
        mapping(torch.randn(4, 8))
    assert mapping.w_mean.abs().max() > 0
