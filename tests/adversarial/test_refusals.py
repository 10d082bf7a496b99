"""Bad input to games: what was got, what was expected; nothing broadcasts unasked."""

import pytest
import torch
from torch import nn

from gmcourse import adversarial
from gmcourse.adversarial import Adversarial, Lazy, PathLength, SideBySide, lazy_adam, objectives, penalties
from gmcourse.training import EMA
from tests.adversarial.test_adversarial import make

X, NOT = torch.randn(4, 2), nn.Linear(2, 2)
WEIGHT = [nn.Parameter(torch.zeros(1))]


def penalty(real=X, fake=X, **options):
    return adversarial.gradient_penalty(lambda x: x.sum(1), real, fake, **options)


def lengths(ws=(4, 5), noise=None, pictures=(4, 3, 2, 2)):
    ws = torch.randn(ws, requires_grad=True)
    images = ws.sum() * torch.ones(pictures)
    return adversarial.path_lengths(images, ws, None if noise is None else torch.randn(noise))


def game(**changed):
    step = make()
    parts = ("generator", "discriminator", "generator_optimizer", "discriminator_optimizer", "latent")
    return Adversarial(**{**{part: getattr(step, part) for part in parts}, **changed})


def side(rows=(4,), names=("a",), module=None):
    step = make()
    return SideBySide(module or nn.ModuleList([step.generator]), [step], rows, names)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: Lazy("r1", abs, 2.5), "every is 2.5; expected a whole number ≥ 1"),
        (lambda: Lazy("r1", None), "penalty is None; expected a function"),
        (lambda: lazy_adam(WEIGHT, -1.0), "lr is -1"),
        (lambda: lazy_adam(WEIGHT, 1.0, every=1.5), "every is 1.5"),
        (
            lambda: lazy_adam(WEIGHT, 1.0, (0.0, 1.0)),
            r"betas\[1\] is 1.0; expected a finite number ≥ 0 and < 1",
        ),
        (lambda: adversarial.losses(None), "loss is None; expected one of"),
        (lambda: adversarial.generator_minimax([1.0]), "fake_logits is a list; expected a torch.Tensor"),
        (lambda: objectives.discriminator_hinge(torch.zeros(0), X), "real_logits is empty"),
        (lambda: adversarial.discriminator_logistic(X, X.long()), "fake_logits has dtype torch.int64"),
        (lambda: penalty(fake=X[:1]), r"fake has shape \(1, 2\); expected \(4, 2\)"),
        (lambda: penalty(weight=-1), "weight is -1"),
        (lambda: adversarial.r1_penalty(lambda x: x.sum(1), X, float("nan")), "gamma is nan"),
        (lambda: adversarial.r1_penalty(lambda x: 3.0, X), "logits is 3.0; expected a torch.Tensor"),
        (
            lambda: lengths(noise=(1, 3, 2, 2)),
            r"noise has shape \(1, 3, 2, 2\); expected \(4, 3, 2, 2\)",
        ),
        (lambda: lengths(ws=(1, 5)), r"ws has shape \(1, 5\); expected \(4, …, D\)"),
        (lambda: lengths(ws=(1, 2, 5)), r"ws has shape \(1, 2, 5\); expected \(4, …, D\)"),
        (lambda: lengths(pictures=(4, 3)), r"images has shape \(4, 3\); expected \(B, C, H, W\)"),
        (
            lambda: adversarial.path_lengths(torch.ones(4, 3, 2, 2), X),
            "images is independent of ws",
        ),
        (
            lambda: penalties.path_length_penalty(X, X.mean()),
            r"lengths has shape \(4, 2\); expected \(B,\)",
        ),
        (lambda: penalties.path_length_penalty(X[0], X[0]), r"mean has shape \(2,\)"),
        (lambda: penalties.path_length_penalty(X[0], X.mean(), 5), "decay is 5"),
        (lambda: PathLength(NOT, NOT, shrink=1.5), "shrink is 1.5"),
        (lambda: PathLength(NOT, NOT, weight=-2), "weight is -2"),
        (lambda: PathLength(NOT, 3), "synthesis is 3; expected a function"),
        (
            lambda: game(generator=NOT),
            "the optimizer of the generator is over 4 tensors that are no parameters",
        ),
        (lambda: game(discriminator=NOT), "the optimizer of the discriminator is over 4 tensors"),
        (lambda: game(ema=EMA(NOT)), r"expected EMA\(generator, …\)"),
        (lambda: game(discriminator_steps=1.0), "discriminator_steps is 1.0"),
        (lambda: game(generator_penalty=abs), "generator_penalty is .*; expected a Lazy"),
        (lambda: game(latent=None), "latent is None; expected a function"),
        (lambda: game(latent=lambda n: torch.randn(1, 2))(X), r"latent\(4\) is a Tensor of shape \(1, 2\)"),
        (lambda: game()([X]), "the batch is a list; expected a torch.Tensor"),
        (lambda: game()(()), "the batch is a tuple; expected a torch.Tensor"),
        (lambda: game()(X[:0]), "the batch is empty"),
        (lambda: side(rows=(0,)), r"rows\[0\] is 0"),
        (lambda: side(names=()), "names is empty; expected at least one"),
        (lambda: side(module=NOT), r"module is without the generators of runs \[0\]"),
        (lambda: side()([X]), "the batch is a list"),
    ],
)
def test_what_is_refused_in_words(call, said):
    with pytest.raises(ValueError, match=said):
        call()


def test_a_player_without_gradients_is_refused_and_the_other_is_put_back():
    for frozen in ("generator", "discriminator"):
        step = game()
        getattr(step, frozen).requires_grad_(False)
        before = [each.clone() for each in step.discriminator.parameters()]
        with pytest.raises(ValueError, match="the loss is without a gradient; expected parameters that learn"):
            step(X)
        assert all(map(torch.equal, before, step.discriminator.parameters()))
    with torch.no_grad(), pytest.raises(ValueError, match="the loss is without a gradient"):
        game()(X)


def test_an_average_that_the_game_has_not_is_not_lost():
    averaged = game()
    averaged.ema = EMA(averaged.generator)
    with pytest.raises(ValueError, match="do not both have ema"):
        game().load_state_dict(averaged.state_dict())
    averaged.load_state_dict(averaged.state_dict())


def test_a_player_that_does_not_move_gets_no_gradients():
    """Each parameter of the discriminator has one gradient a call, that of its own move; what was frozen has none."""
    step, seen = make(every=1), []
    for parameter in step.discriminator.parameters():
        parameter.register_post_accumulate_grad_hook(seen.append)
    step(X)
    assert len(seen) == 4
    frozen = next(step.discriminator.parameters()).requires_grad_(False)
    step(X)
    assert len(seen) == 4 + 3
    assert not frozen.requires_grad
