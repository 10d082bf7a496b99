"""Learning rates: pure functions of the step and of the run's own length, set before each step."""

import math
from dataclasses import replace

import pytest
import torch

from gmcourse.training import Minimize, fit
from gmcourse.training.schedules import cosine, linear_decay, product, set_rates, warm_up
from gmcourse_recipes import running as recipes
from gmcourse_recipes.running import train
from tests.conftest import stop_after


def make_step(*rates):
    parameters = [torch.nn.Parameter(torch.ones(1)) for _ in rates]
    module = torch.nn.ParameterList(parameters)
    groups = [{"params": [p], "lr": rate} for p, rate in zip(parameters, rates, strict=True)]
    return Minimize(lambda x: sum(p.sum() for p in parameters) * x.mean(), module, torch.optim.SGD(groups))


def rates_of(step, **options):
    """The rates with which each step of a run of `fit` was made."""
    found = []

    def note(now, history):
        found.append([group["lr"] for group in step.optimizer.param_groups])

    fit(step, torch.ones(9, 1), batch_size=3, callbacks=[note], progress=False, **options)
    return found


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (cosine, [0.5 * (1 + math.cos(math.pi * t / 8)) for t in range(8)]),
        (linear_decay, [1, 1, 1, 1, 1, 0.75, 0.5, 0.25]),
        (warm_up(4), [0.25, 0.5, 0.75, 1, 1, 1, 1, 1]),
        (product(warm_up(2), linear_decay), [0.5, 1, 1, 1, 1, 0.75, 0.5, 0.25]),
    ],
)
def test_each_step_is_made_with_its_own_rate_and_each_group_has_its_own_first_one(schedule, expected):
    assert [schedule(t, 8) for t in range(8)] == pytest.approx(expected)
    found = rates_of(make_step(1.0, 0.1), steps=8, schedule=schedule)
    assert found == [[pytest.approx(share), pytest.approx(0.1 * share)] for share in expected]


def test_a_schedule_remembers_nothing():
    assert cosine(4, 8) == pytest.approx(0.5)  # asked for this step alone
    assert [cosine(t, 8) for t in (7, 0, 7)] == [cosine(7, 8), 1, cosine(7, 8)]


@pytest.mark.parametrize("steps", [10, 20, 50])
@pytest.mark.parametrize("schedule", [cosine, linear_decay])
def test_a_run_of_any_length_ends_with_a_rate_near_zero(schedule, steps):
    rates = [rate for (rate,) in rates_of(make_step(1.0), steps=steps, schedule=schedule)]
    assert rates[0] == 1
    assert rates[-1] < 2.01 / steps


@pytest.mark.parametrize("schedule", [cosine, linear_decay, warm_up(7), None])
def test_a_resumed_run_has_the_rates_that_it_would_have_had(schedule, tmp_path):
    options = {"steps": 8, "schedule": schedule}
    whole = rates_of(make_step(1.0), **options)
    path, step = tmp_path / "run.safetensors", make_step(1.0)
    fit(step, torch.ones(9, 1), batch_size=3, callbacks=[stop_after(5)], checkpoint=path, **options)
    assert rates_of(make_step(1.0), checkpoint=path, resume=True, **options) == whole[5:]
    assert rates_of(step, steps=8, schedule=schedule or warm_up(1)) == whole, "a second run begins anew"


def test_a_recipe_that_is_trained_for_fewer_steps_ends_at_zero_too(tmp_path):
    found = []

    class Watched(torch.optim.SGD):
        def step(self, closure=None):
            found.append(self.param_groups[0]["lr"])
            return super().step()

    recipe = replace(
        recipes.find("vae_digits_2d"),
        schedule=cosine,
        step=lambda module, device: Minimize(module.loss, module, Watched(module.parameters(), 1e-4)),
    )
    train.run(recipe, device="cpu", steps=12, folder=tmp_path, keep=False)
    assert len(found) == 12
    assert found[-1] < 0.02 * found[0]


def test_what_is_no_schedule():
    step = make_step(1.0)
    for share in (-0.5, math.nan, "half"):
        with pytest.raises(ValueError, match=r"the schedule's share is .*; expected a finite number ≥ 0"):
            set_rates(step.optimizers, lambda now, steps, share=share: share, 0, 4)
    with pytest.raises(ValueError, match="the number of schedules is 0; expected a whole number"):
        product()
    for call in (lambda: cosine(9, 8), lambda: linear_decay(-1, 8), lambda: cosine(0, 0), lambda: warm_up(0)):
        with pytest.raises(ValueError, match="expected a whole number"):
            call()


@pytest.mark.parametrize("schedule", [cosine, linear_decay, warm_up(4), product(warm_up(4)), product(lambda *_: 1.0)])
@pytest.mark.parametrize(("step", "steps"), [(-5, 3), (-1, 8), (9, 8), (0, 0), (2.5, 8), (None, 8), (1, -8)])
def test_a_step_outside_of_the_run_is_refused_by_all_alike(schedule, step, steps):
    with pytest.raises(ValueError, match=r"^steps? is .*; expected a whole number"):
        schedule(step, steps)
