"""Bad input to training: what was got, what was expected."""

import pytest
import torch
from torch import nn

from gmcourse.training import EMA, History, Minimize, fit
from gmcourse.training.batches import Batches
from tests.training.test_loop import make_step


def test_sizes_that_do_not_fit():
    with pytest.raises(ValueError, match="only 3 samples"):
        Batches(torch.zeros(3), 4)
    with pytest.raises(ValueError, match=r"lengths \[3, 4\]"):
        Batches((torch.zeros(3), torch.zeros(4)), 2)
    module = nn.Linear(1, 1)
    sgd = torch.optim.SGD(module.parameters())
    for found in (
        torch.zeros(3),
        {"nll": torch.zeros(())},
        {"loss": 1.0},
        {"loss": torch.zeros(()), "kl": 1.0},
        None,
        [torch.zeros(())],
        1.0,
    ):
        with pytest.raises(ValueError, match=r"expected a (scalar tensor|tensor of one element)"):
            Minimize(lambda b, found=found: found, module, sgd)(torch.zeros(3))


def test_an_optimizer_that_asks_for_a_closure():
    module = nn.Linear(1, 1)
    with pytest.raises(ValueError, match=r"optimizer is LBFGS.*; expected one that steps once"):
        Minimize(module, module, torch.optim.LBFGS(module.parameters()))


def one_step(**changed):
    fit(**{"step": make_step(), "data": torch.zeros(9, 3), "steps": 1, "batch_size": 2, **changed})


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: Batches(torch.zeros(3), 0), "batch_size is 0; expected a whole number ≥ 1"),
        (lambda: Batches(torch.zeros(3), 2.0), "batch_size is 2.0; expected a whole number"),
        (lambda: Batches(torch.zeros(()), 1), "only 0 samples"),
        (lambda: Batches([], 1), "data is a list; expected a tensor, a tuple of tensors, or a function"),
        (lambda: Batches(torch.zeros(4).to_sparse(), 2), "data is sparse, nested or quantised; expected a dense"),
        (
            lambda: Batches(torch.zeros(4, dtype=torch.complex64), 2),
            "data has dtype torch.complex64; expected a dtype",
        ),
        (lambda: Batches(lambda g, n: torch.zeros(n).to_sparse(), 2)[0], "function drew is sparse"),
        (lambda: Batches((), 1), "data is a tuple; expected a tensor"),
        (lambda: Batches(torch.zeros(3).numpy(), 1), "data is a numpy.ndarray of shape"),
        (
            lambda: Batches(torch.utils.data.DataLoader([1]), 1),
            "data is a torch.*DataLoader; expected a tensor",
        ),
        (
            lambda: Batches(lambda draws, n: torch.zeros(n + 1), 2)[0],
            "of 3 samples; expected 2, the batch_size",
        ),
        (lambda: EMA(nn.Linear(1, 1), 1.0), "decay is 1.0; expected a finite number ≥ 0 and < 1"),
        (lambda: EMA(nn.Linear(1, 1), -1), "decay is -1"),
        (lambda: EMA(torch.zeros(1)), "source is a Tensor of shape"),
        (lambda: History().record(0.5, {}), "step is 0.5"),
        (
            lambda: History().record(0, {"x": torch.zeros(2)}),
            r"values.*x.* is a Tensor of shape \(2,\); expected a number",
        ),
        (lambda: History().thinned(0), "points is 0"),
        (lambda: one_step(steps=-1), "steps is -1"),
        (lambda: one_step(steps=2.5), "steps is 2.5"),
        (lambda: one_step(minutes=-1), "minutes is -1"),
        (lambda: one_step(minutes=float("nan")), "minutes is nan"),
        (lambda: one_step(seed="a"), "seed is 'a'"),
        (lambda: one_step(step=lambda batch: {}), "expected a training.Step, such as Minimize"),
        (lambda: one_step(callbacks=[None]), "callbacks.0. is None; expected a function"),
        (lambda: one_step(schedule=0.5), "schedule is 0.5; expected a function"),
        (lambda: one_step(checkpoint=3), "checkpoint is 3; expected a path"),
    ],
)
def test_what_is_refused_in_words(call, said):
    with pytest.raises(ValueError, match=said):
        call()


def test_nothing_is_learned_without_gradients():
    learned = torch.randn(4, 3), torch.randn(4, 1)
    for guard in (torch.no_grad(), torch.inference_mode()):
        step = make_step()
        with guard, pytest.raises(ValueError, match="the loss is without a gradient; expected parameters that learn"):
            fit(step, learned, steps=1, batch_size=2, progress=False)
    frozen = make_step()
    frozen.module.requires_grad_(False)
    with pytest.raises(ValueError, match="the loss is without a gradient"):
        frozen(learned)


def test_parts_that_do_not_belong_together():
    module, other = nn.Linear(3, 1), nn.Linear(3, 1)
    own, foreign = (torch.optim.SGD(each.parameters()) for each in (module, other))
    for wrong, said in [
        ((abs, module, foreign), "is over 2 tensors that are no parameters of it"),
        ((abs, other.weight, own), "module is a .*Parameter of shape"),
        ((abs, module, None), "optimizer is None; expected a Optimizer"),
        ((3, module, own), "objective is 3; expected a function"),
    ]:
        with pytest.raises(ValueError, match=said):
            Minimize(*wrong)
    for options, said in [
        ({"ema": EMA(other)}, "ema averages another module"),
        ({"clip": 0}, "clip is 0"),
        ({"clip": float("nan")}, "clip is nan"),
    ]:
        with pytest.raises(ValueError, match=said):
            Minimize(abs, module, own, **options)
