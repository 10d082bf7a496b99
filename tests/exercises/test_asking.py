"""What the judge sees when it calls an answer: what was left behind, and what was raised, in our words."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from gmcourse.exercises.asking import ask
from gmcourse.exercises.compare import fresh_weights
from gmcourse.exercises.mistakes import Mistake


def seeds(x: Tensor, net: nn.Module) -> Tensor:
    torch.manual_seed(3)
    return x


def writes(x: Tensor, net: nn.Module) -> Tensor:
    return x.mul_(2)


def reshapes(x: Tensor, net: nn.Module) -> Tensor:
    return x.unsqueeze_(0)


def flags(x: Tensor, net: nn.Module) -> Tensor:
    return net(x.requires_grad_(True))


def leaves_gradients(x: Tensor, net: nn.Module) -> Tensor:
    net(x).sum().backward()
    return x


def freezes(x: Tensor, net: nn.Module) -> Tensor:
    return net.requires_grad_(False)(x)


def evaluates(x: Tensor, net: nn.Module) -> Tensor:
    return net.eval()(x)


def trains(x: Tensor, net: nn.Module) -> Tensor:
    with torch.no_grad():
        next(net.parameters()).add_(1)
    return x


def hooks(x: Tensor, net: nn.Module) -> Tensor:
    net.register_forward_hook(lambda *_: None)
    return x


def switches_off(x: Tensor, net: nn.Module) -> Tensor:
    torch.set_grad_enabled(False)
    return x


LEFT: list[tuple[Callable[..., Tensor], str]] = [
    (seeds, "changes torch's seed"),
    (writes, "writes to its input `x`"),
    (reshapes, "writes to its input `x`"),
    (flags, "leaves `requires_grad` changed on its input `x`"),
    (leaves_gradients, "leaves gradients on the weights of `net`"),
    (freezes, "leaves `net` frozen"),
    (evaluates, "leaves `net` in another mode"),
    (trains, "changes the weights of `net`"),
    (hooks, "leaves a hook on `net`"),
    (switches_off, "changes whether gradients are computed"),
]


@pytest.mark.parametrize(("answer", "hears"), LEFT, ids=[each.__name__ for each, _ in LEFT])
def test_what_an_answer_leaves_behind_is_a_mistake(answer: Callable[..., Tensor], hears: str) -> None:
    x, net = torch.randn(4, 3, generator=torch.Generator().manual_seed(0)), nn.Linear(3, 2)
    with torch.random.fork_rng([]), torch.enable_grad(), pytest.raises(Mistake, match=hears):
        ask(answer, x, net)


def pops(nets: list[nn.Module]) -> Tensor:
    return nets.pop()(torch.ones(1, 3))


def turns_round(nets: list[nn.Module]) -> Tensor:
    nets.reverse()
    return torch.ones(1)


def evaluates_all(nets: list[nn.Module]) -> Tensor:
    return torch.stack([net.eval()(torch.ones(1, 3)) for net in nets])


def moves_one(nets: list[nn.Module]) -> Tensor:
    nets[1](torch.ones(1, 3)).sum().backward()
    return torch.ones(1)


LISTS: list[tuple[Callable[..., Tensor], str]] = [
    (pops, "changes the list `nets`"),
    (turns_round, "changes the list `nets`"),
    (evaluates_all, "leaves `nets` in another mode"),
    (moves_one, "leaves gradients on the weights of `nets`"),
]


@pytest.mark.parametrize(("answer", "hears"), LISTS, ids=[each.__name__ for each, _ in LISTS])
def test_a_list_and_what_is_in_it_are_left_alone(answer: Callable[..., Tensor], hears: str) -> None:
    with pytest.raises(Mistake, match=hears):
        ask(answer, [nn.Linear(3, 2), nn.Linear(3, 2)])
    assert ask(lambda nets: len(list(reversed(nets))), [nn.Linear(3, 2), nn.Linear(3, 2)]) == 2


def test_gradients_that_were_there_are_not_cleared() -> None:
    net = fresh_weights(nn.Linear(3, 2), torch.Generator().manual_seed(0), 1.0)
    with pytest.raises(Mistake, match="or clears them"):
        ask(lambda network: [network.zero_grad(), 1], net)


def test_a_layer_of_the_learners_own_is_looked_at_too() -> None:
    class Layer(nn.Linear):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x) if self.in_features == 3 else self.eval().weight

    x = torch.ones(4, 3)
    ask(Layer(3, 2).forward, x)
    with pytest.raises(Mistake, match="leaves itself in another mode"):
        ask(Layer(2, 3).forward, x)


def test_who_trains_may_change_weights_and_nothing_else() -> None:
    x, net = torch.ones(4, 3), nn.Linear(3, 2)
    ask(trains, x, net, trains=True)
    ask(leaves_gradients, x, net, trains=True)
    with pytest.raises(Mistake, match="frozen"):
        ask(freezes, x, net, trains=True)


RAISED: list[tuple[Callable[..., object], str]] = [
    (lambda x: x.numpy(), "NumPy cuts the gradient"),
    (lambda x: x @ x, "shapes do not fit"),
    (lambda x: x.sum(5), "an axis is asked for that is not there"),
    (lambda x: torch.autograd.grad(x.detach().sum(), x), "nothing to differentiate"),
    (lambda x: [x.sum().exp().backward(), None][1], "returns None"),
    (lambda x: {}["missing"], "stops with KeyError: 'missing'"),
]


@pytest.mark.parametrize(("answer", "hears"), RAISED, ids=[hears for _, hears in RAISED])
def test_torchs_words_come_after_ours(answer: Callable[..., object], hears: str) -> None:
    leaf = torch.ones(2, 3).requires_grad_()
    with pytest.raises(Mistake) as caught:
        ask(answer, leaf)
    assert hears in str(caught.value).partition("\n")[0]  # the lines below show this test's own source
    assert "0x" not in str(caught.value)


def test_an_object_is_named_by_its_kind() -> None:
    net = nn.Linear(3, 2)
    with pytest.raises(Mistake) as caught:
        ask(lambda net, step: 1 / 0, net, torch.optim.SGD(net.parameters(), 0.1))
    assert "It was called with a network, an optimiser." in str(caught.value)
