"""The way back with what others bring: their optimisers, complex, sparse and expanded tensors, whole numbers."""

import copy

import pytest
import torch
from torch import nn

from gmcourse.training import Diverged, Minimize, last_good
from tests.training.test_last_good import INFINITE, X, assert_same, joined, minimize, set_rate, times  # noqa: F401


class Counts(torch.optim.SGD):
    """It remembers something beside what it has of each parameter: a count, and one in each of its groups."""

    def step(self, closure=None):
        super().step()
        self.state["count"] = self.state.get("count", 0) + 1
        for group in self.param_groups:
            group["count"] = group.get("count", 0) + 1


def test_an_optimizer_remembers_in_its_groups_too():
    step = minimize(Counts)
    step(X)
    set_rate(step, INFINITE)
    with pytest.raises(Diverged, match="a value in the parameters"):
        step(X)
    assert (step.optimizer.state["count"], step.optimizer.param_groups[0]["count"]) == (1, 1)


def test_parameters_can_be_complex():
    module = nn.Linear(3, 1, dtype=torch.complex64)
    step = Minimize(lambda x: module(x + 0j).abs().mean(), module, torch.optim.SGD(module.parameters()))
    step(X)
    set_rate(step, INFINITE)
    before = copy.deepcopy(step.state_dict())
    with pytest.raises(Diverged, match="a value in the parameters"):
        step(X)
    assert_same(step.state_dict(), before)


def test_gradients_can_be_sparse():
    module = nn.Embedding(5, 2, sparse=True)
    step = Minimize(lambda x: module(x).square().mean(), module, torch.optim.SGD(module.parameters()))
    assert step(torch.tensor([1, 2, 2]))["loss"] > 0
    module.weight.register_hook(lambda gradient: gradient * INFINITE)
    with pytest.raises(Diverged, match="the gradient of loss = inf"):
        step(torch.tensor([1, 2, 2]))


def test_a_buffer_can_be_expanded():
    module = nn.Linear(3, 1)
    module.register_buffer("wide", torch.full((1,), -INFINITE).expand(5))
    step = Minimize(lambda x: module(x).square().mean(), module, torch.optim.Adam(module.parameters()))
    step(X)
    before = copy.deepcopy(step.state_dict())
    times(float("nan"))(step)
    with pytest.raises(Diverged, match="loss = nan"):
        step(X)
    assert_same(step.state_dict(), before)


def test_what_is_measured_becomes_real_numbers():
    """Whether torch has it as whole numbers or as bool: a history that is read again has no others."""
    numbers = last_good.as_numbers({"loss": torch.tensor(0.5), "right": torch.tensor(3), "done": torch.tensor(True)})
    assert list(numbers.values()) == [0.5, 3.0, 1.0]
    assert {type(number) for number in numbers.values()} == {float}


def test_nothing_is_measured_by_several_processes(monkeypatch):
    monkeypatch.setattr(last_good, "are_several", lambda: True)
    assert last_good.as_numbers({}) == {}


class Piles(torch.optim.SGD):
    """It remembers tensors and numbers in lists, tuples and dicts, one in another, and changes them in place."""

    def step(self, closure=None):
        super().step()
        for group in self.param_groups:
            for p in group["params"]:
                memory = self.state[p]
                memory.setdefault("steps", []).append(len(memory["steps"]))
                memory.setdefault("sums", [p.new_zeros(p.shape)])[0].add_(p.grad)
                memory.setdefault("pair", ({"last": p.new_zeros(p.shape)}, [1.0]))[0]["last"].copy_(p.grad)
                memory["pair"][1][0] *= group["factor"]


@pytest.mark.parametrize(
    ("rate", "factor", "said"), [(INFINITE, 2.0, "a value in the parameters"), (0.01, INFINITE, "optimiser's memory")]
)
def test_an_optimizer_remembers_in_piles(rate, factor, said):
    step = minimize(Piles)
    step.optimizer.param_groups[0]["factor"] = 2.0
    step(X)
    set_rate(step, rate)
    step.optimizer.param_groups[0]["factor"] = factor
    before = copy.deepcopy(step.state_dict())
    with pytest.raises(Diverged, match=said):
        step(X)
    assert_same(step.state_dict(), before)
    assert all(len(memory["pair"][1]) == 1 for memory in step.optimizer.state.values())


def test_numbers_that_were_infinite_may_stay_so():
    step = minimize(Piles)
    step.optimizer.param_groups[0] |= {"factor": 2.0, "most": INFINITE, "itself": step.optimizer.param_groups[0]}
    step(X)
    assert step(X)["loss"] > 0
