"""Whatever becomes not finite, and whatever is raised: all is as it was after the last good step."""

import copy

import pytest
import torch
from torch import nn

from gmcourse.training import EMA, Diverged, Minimize, fit, last_good, load_checkpoint
from gmcourse.training.last_good import LastGood

X = torch.randn(16, 3, generator=torch.Generator().manual_seed(0))
INFINITE = float("inf")


@pytest.fixture(autouse=True, params=[last_good.SMALL, 4, -1], ids=["all small", "some large", "all large"])
def joined(request, monkeypatch):
    """How many elements a tensor may have that is copied and looked at together with others."""
    monkeypatch.setattr(last_good, "SMALL", request.param)


def assert_same(now, before, place="state"):
    assert type(now) is type(before), place
    if isinstance(now, torch.Tensor):
        assert torch.equal(now, before), place
    elif isinstance(now, dict):
        assert list(now) == list(before), place
        for key in now:
            assert_same(now[key], before[key], f"{place}.{key}")
    elif isinstance(now, list | tuple):
        for i, (one, other) in enumerate(zip(now, before, strict=True)):
            assert_same(one, other, f"{place}.{i}")
    else:
        assert now == before, place


class Remembers(nn.Module):
    """A layer that has, beside its weight, a running statistic and a mask of −∞, and replaces a third buffer."""

    def __init__(self):
        super().__init__()
        self.network = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
        self.register_buffer("mask", torch.tensor([0.0, -INFINITE]))
        self.register_buffer("seen", torch.zeros(()))

    def forward(self, x):
        self.seen = self.seen + x.detach().mean()
        return self.network(x)


def minimize(optimizer=torch.optim.Adam, **options):
    torch.manual_seed(0)
    module = Remembers()
    loss = lambda x: module(x).square().mean()  # noqa: E731
    return Minimize(loss, module, optimizer(module.parameters(), lr=0.01), ema=EMA(module, 0.9), **options)


class Forgetful(torch.optim.Adam):
    """At its third step it loses its memory."""

    def step(self, closure=None):
        super().step()
        for entry in self.state.values():
            if entry["step"] == 3:
                entry["exp_avg"].fill_(INFINITE)
                entry["exp_avg_sq"] = torch.zeros(7)


def set_rate(step, rate):
    for optimizer in step.optimizers:
        for group in optimizer.param_groups:
            group["lr"] = rate


def times(factor):
    """The objective, multiplied."""

    def change(step):
        good = step.objective
        step.objective = lambda x: good(x) * factor

    return change


def cusp(step):
    good = step.objective
    step.objective = lambda x: good(x) + (step.module.network[0].weight * 0).sum().abs().sqrt()


def raising(step):
    good = step.objective

    def objective(x):
        good(x).backward()
        raise KeyError("a bug")

    step.objective = objective


def second_term(step):
    good = step.objective
    step.objective = lambda x: {"loss": good(x), "kl": torch.tensor(float("nan"))}


@pytest.mark.parametrize(
    ("spoil", "options", "said"),
    [
        (times(float("nan")), {}, "loss = nan"),
        (second_term, {}, "kl = nan"),
        (cusp, {}, "the gradient of loss = nan"),
        (cusp, {"clip": 1.0}, "the gradient of loss = nan"),
        (times(1e30), {}, "the gradient of loss = inf"),  # Adam's memory of its square would be infinite
        (times(1e30), {"clip": 1.0}, "the gradient of loss = inf"),
        (lambda step: None, {"optimizer": Forgetful}, "a value in the optimiser's memory"),
        (lambda step: set_rate(step, INFINITE), {}, "a value in the parameters"),
        (lambda step: set_rate(step, INFINITE), {"optimizer": torch.optim.SGD}, "a value in the parameters"),
    ],
)
@pytest.mark.parametrize("steps_before", [0, 2])
def test_minimize(spoil, options, said, steps_before):
    step, twin = minimize(**options), minimize(**options)
    for _ in range(steps_before):
        step(X)
        twin(X)
    if options.get("optimizer") is Forgetful and steps_before < 2:
        return
    good = step.objective
    spoil(step)
    before = copy.deepcopy(step.state_dict())
    with pytest.raises(Diverged, match=said):
        step(X)
    assert_same(step.state_dict(), before)
    assert not any(parameter.grad is not None for parameter in step.module.parameters())
    if "optimizer" in options:
        return
    step.objective = good
    set_rate(step, 0.01)
    step(X)
    twin(X)
    assert_same(step.state_dict(), twin.state_dict())


def test_a_buffer_is_looked_at_and_put_back():
    step = minimize()
    step(X)
    before = copy.deepcopy(step.state_dict())
    with pytest.raises(Diverged, match="a value in the buffers"):
        step(X * 3e19)  # the running variance overflows, the normalised values are fine
    assert_same(step.state_dict(), before)


@pytest.mark.parametrize("error", [KeyError, KeyboardInterrupt])
def test_whatever_is_raised_in_the_middle(error):
    step = minimize()
    step(X)
    before = copy.deepcopy(step.state_dict())
    move = step.optimizer.step

    def half_a_step(closure=None):
        move()
        raise error

    step.optimizer.step = half_a_step
    with pytest.raises(error):
        step(X)
    assert_same(step.state_dict(), before)


def test_large_but_finite_is_no_divergence():
    """The sum of the squares overflows, and a closer look finds nothing wrong."""
    step = minimize(torch.optim.SGD)
    with torch.no_grad():
        step.module.network[2].bias.fill_(1e18)
    step.module.seen.fill_(3e30)
    set_rate(step, 0.0)
    step.objective = lambda x: step.module(x).mean()
    assert float(step(X)["loss"]) > 1e17


def test_the_checkpoint_is_of_the_last_good_step(tmp_path):
    path, step = tmp_path / "run.safetensors", minimize()

    def spoil(now, history):
        if now == 4:
            set_rate(step, INFINITE)

    options = {"steps": 9, "batch_size": 8, "progress": False, "checkpoint": path}
    with pytest.raises(Diverged, match=r"step 5: a value in the parameters, after the update = nan"):
        fit(step, X, callbacks=[spoil], **options)
    saved = load_checkpoint(path)
    assert (saved["step"], saved["steps"]) == (5, 9)
    assert_same(saved["state"]["module"], dict(step.module.state_dict()))
    assert_same(saved["state"]["ema"], dict(step.ema.module.state_dict()))
    whole = minimize()
    fit(whole, X, steps=5, batch_size=8, progress=False)
    assert_same(dict(step.module.state_dict()), dict(whole.module.state_dict()))


def test_a_step_of_ones_own_that_cannot_go_back_spoils_no_checkpoint(tmp_path):
    class Own(Minimize):
        calls = 0

        def __call__(self, batch):
            measured = super().__call__(batch)
            self.calls += 1
            if self.calls == 5:
                self.module.network[0].weight.data.fill_(INFINITE)
                measured["loss"] = measured["loss"] * float("nan")
            return measured

    torch.manual_seed(0)
    module = Remembers()
    step = Own(lambda x: module(x).mean(), module, torch.optim.SGD(module.parameters()), ema=EMA(module))
    path = tmp_path / "run.safetensors"
    options = {"steps": 9, "batch_size": 8, "progress": False, "checkpoint": path, "minutes": 0}
    with pytest.raises(Diverged, match="step 4: loss = nan"):
        fit(step, X, **options)
    saved = load_checkpoint(path)
    assert saved["step"] == 4
    assert all(value.isfinite().all() for value in saved["state"]["ema"].values() if value.ndim > 1)


def test_one_look_a_step(monkeypatch):
    """A GPU is waited for once a step: all that is looked at comes over as one tensor."""
    looks = []
    plain = torch.Tensor.item
    monkeypatch.setattr(torch.Tensor, "item", lambda tensor: (looks.append(1), plain(tensor))[1])
    for forbidden in ("__bool__", "__float__", "tolist"):
        monkeypatch.setattr(torch.Tensor, forbidden, lambda *args: pytest.fail("a GPU would be waited for"))
    good, module = LastGood(), nn.Linear(3, 1)
    optimizer = torch.optim.SGD(module.parameters(), 0.1)

    def move():
        loss = module(X).square().mean()
        loss.backward()
        good.watch_gradient("loss", optimizer)
        optimizer.step()
        return {"loss": good.watch("loss", loss)}

    good.attempt(move, [optimizer], [module])
    assert len(looks) == 1


@pytest.mark.parametrize(
    ("spoil", "said"),
    [(second_term, "kl = nan"), (times(float("nan")), "loss = nan"), (times(1e30), "gradient")],
)
def test_all_that_is_watched_is_in_the_one_look(spoil, said):
    """No mask of −∞ here, because of which everything would be looked at one by one; and a rate of 0."""
    module = nn.Linear(3, 1)
    step = Minimize(lambda x: module(x).square().mean(), module, torch.optim.SGD(module.parameters(), 0.0))
    step(X)
    spoil(step)
    with pytest.raises(Diverged, match=said):
        step(X)


@pytest.mark.parametrize("bad", [INFINITE, -INFINITE, float("nan")])
@pytest.mark.parametrize(
    "optimizer", ["Adam", "AdamW", "SGD", "RMSprop", "Adagrad", "Adamax", "NAdam", "RAdam", "Rprop"]
)
@pytest.mark.parametrize("rate", [0.0, 0.01])
def test_a_gradient_is_seen_whatever_the_optimizer_makes_of_it(optimizer, rate, bad):
    """Adam's gradients are not looked at, its memory is; Rprop takes none where the sign has changed."""
    module = nn.Linear(3, 1)
    step = Minimize(lambda x: module(x).sum(), module, getattr(torch.optim, optimizer)(module.parameters(), lr=rate))
    step(X)
    module.bias.register_hook(lambda gradient: torch.full_like(gradient, bad))
    before = copy.deepcopy(step.state_dict())
    with pytest.raises(Diverged, match=r"the gradient of loss = (inf|nan)"):
        step(X)
    assert_same(step.state_dict(), before)
