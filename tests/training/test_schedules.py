"""Learning rates: where they begin, bend and end, and that a resumed run finds its place."""

import math

import pytest
import torch

from gmcourse.training import History
from gmcourse.training.schedules import cosine, scaled, straight_down


def optimizer(*rates):
    return torch.optim.SGD([{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": rate} for rate in rates])


def rates_after(callback, optimizers, steps):
    found = []
    for now in steps:
        for each in optimizers:
            each.step()
        callback(now, History())
        found.append([group["lr"] for each in optimizers for group in each.param_groups])
    return found


def test_each_group_keeps_its_own_first_rate():
    both = [optimizer(1.0, 0.1), optimizer(4.0)]
    assert rates_after(scaled(both, lambda now: 1 / (1 + now)), both, range(2)) == [
        [1, 0.1, 4],
        [0.5, 0.05, 2],
    ]


def test_straight_down_over_the_second_half():
    one = optimizer(2.0)
    found = rates_after(straight_down([one], 8), [one], range(8))
    assert [rate for (rate,) in found] == pytest.approx([2, 2, 2, 2, 1.5, 1, 0.5, 0])


def test_a_cosine_to_zero_that_rises_again():
    one = optimizer(1.0)
    found = rates_after(cosine(one, 8), [one], range(18))
    # as long as `srflow_faces` trains: 2¼ periods
    expected = [0.5 * (1 + math.cos(math.pi * (now + 1) / 8)) for now in range(18)]
    assert [rate for (rate,) in found] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("build", [lambda one: cosine(one, 8), lambda one: straight_down([one], 8)])
def test_a_resumed_run_has_the_rates_that_it_would_have_had(build):
    whole, first, second = optimizer(1.0), optimizer(1.0), optimizer(1.0)
    expected = rates_after(build(whole), [whole], range(8))
    begun = rates_after(build(first), [first], range(5))
    resumed = build(second)
    second.load_state_dict(first.state_dict())
    assert begun + rates_after(resumed, [second], range(5, 8)) == expected
