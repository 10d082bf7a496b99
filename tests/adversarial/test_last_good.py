"""Whatever becomes not finite in a game: both players, and all games beside it, are as they were before."""

import copy

import pytest
import torch
from torch import nn

from gmcourse.adversarial import Adversarial, Lazy, PathLength, SideBySide
from gmcourse.nn.networks import mlp
from gmcourse.training import EMA, Diverged
from tests.training.test_last_good import assert_same

INFINITE, NAN = float("inf"), float("nan")


def adversarial(**options):
    torch.manual_seed(1)
    generator, discriminator = mlp([2, 8, 12]), mlp([12, 8, 1])
    adam = [torch.optim.Adam(player.parameters(), 1e-2) for player in (generator, discriminator)]
    memory = PathLength(nn.Identity(), lambda w: generator(w).reshape(-1, 3, 2, 2), shrink=1)
    penalties = {
        "discriminator_penalty": Lazy("r1", lambda real, fake: discriminator(real).square().mean(), 2),
        "generator_penalty": Lazy("path", memory, 2),
    }
    return Adversarial(
        generator,
        discriminator,
        *adam,
        latent=lambda n: torch.randn(n, 2, requires_grad=True),
        ema=EMA(generator, 0.9),
        **{**penalties, **options},
    )


PICTURES = torch.randn(16, 12, generator=torch.Generator().manual_seed(2))


def poison(name, factor):
    def change(step):
        good = getattr(step, name)
        if isinstance(good, Lazy):
            bad = Lazy(good.name, lambda *inputs: good.penalty(*inputs) * factor, good.every)
        else:
            bad = lambda *logits: good(*logits) * factor  # noqa: E731
        setattr(step, name, bad)

    return change


def rate_of(name):
    def change(step):
        getattr(step, name).param_groups[0]["lr"] = INFINITE

    return change


GAMES = [
    (poison("discriminator_loss", NAN), "discriminator = nan"),
    (poison("discriminator_penalty", NAN), "r1 = nan"),
    (poison("generator_loss", NAN), "generator = nan"),  # the discriminator has moved by then
    (lambda step: setattr(step.generator_penalty.penalty, "weight", NAN), "path = nan"),
    (poison("generator_loss", 1e30), "the gradient of generator = inf"),
    (rate_of("discriminator_optimizer"), "not finite"),
    (rate_of("generator_optimizer"), "not finite"),
]


@pytest.mark.parametrize(("spoil", "said"), GAMES)
@pytest.mark.parametrize("steps_before", [0, 2])
def test_adversarial(spoil, said, steps_before):
    step = adversarial()
    for _ in range(steps_before):
        step(PICTURES)
    memory = step.generator_penalty.penalty
    mean = memory.mean.clone()
    spoil(step)
    before = copy.deepcopy(step.state_dict())
    with pytest.raises(Diverged, match=said):
        step(PICTURES)
    assert_same(step.state_dict(), before)
    assert torch.equal(memory.mean, mean)


@pytest.mark.parametrize(("spoil", "said"), GAMES)
def test_side_by_side(spoil, said):
    games = [adversarial(), adversarial()]
    step = SideBySide(nn.ModuleList(game.generator for game in games), games, [8, 8], ["a", "b"])
    for _ in range(2):
        step(PICTURES)
    spoil(games[1])
    before = copy.deepcopy(step.state_dict())
    with pytest.raises(Diverged, match=said) as error:
        step(PICTURES)
    assert "a value in" in str(error.value) or "run 1, b: " in str(error.value)
    assert_same(step.state_dict(), before)
    assert [game.calls for game in games] == [2, 2]
