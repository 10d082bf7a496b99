"""Two networks for each task of super-resolution: a regression, and an SRFlow on the regression's frozen encoder."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from gmcourse.data.images import Images
from gmcourse.data.low_resolution import Pairs, downsample, pairs, upsample
from gmcourse.metrics.likelihood import bits_per_dim
from gmcourse.metrics.reconstruction import lr_psnr, psnr
from gmcourse.models.srflow import Regression, SRFlow
from gmcourse.reproducible import generator
from gmcourse.training import Callback, Step
from gmcourse.training.schedules import cosine
from gmcourse_recipes.running.recipe import Recipe, adam, validation

WATCH = 100  # steps between two looks at the validation pictures


@dataclass(frozen=True)
class Task:
    """Pictures, and how much of them is taken away: a low resolution is `scale` times smaller along each side.

    `train` gives the pictures to learn from, `test` those to measure on, and `validation` those to watch while
    training, so that a number of steps can be chosen without the test; None where nothing is learnt by heart.
    """

    scale: int
    train: Callable[[], Images]
    test: Callable[[], Images]
    validation: Callable[[], Images] | None = None

    def data(self, device: torch.device) -> tuple[Tensor, Tensor]:
        """Load training pictures as whole numbers (N, 3, H, W), and their low resolutions in [0, 1]."""
        both = pairs(self.train(), self.scale).to(device)
        return both.high, both.low

    def held_out(self, device: torch.device) -> Pairs:
        """The test pictures, on which the network is measured."""
        return pairs(self.test(), self.scale).to(device)

    def consistency(self, answers: Tensor, low: Tensor) -> Tensor:
        """Measure the LR-PSNR of each answer in decibels, (B,)."""
        return lr_psnr(answers, low, lambda x: downsample(x, self.scale))


def squared_error(module: Regression, pixels: Tensor, low: Tensor) -> Tensor:
    """The mean squared error in units of the pixel range; its minimum is the posterior mean."""
    return F.mse_loss(module(low), pixels.float() / 255)


def watching(task: Task, step: Step, loss: Callable[[Any, Tensor, Tensor], Tensor]) -> list[Callback]:
    """A curve "validation" of the loss of what would be kept, if the task has pictures for that."""
    if task.validation is None:
        return []
    module = step.trained()
    seen = pairs(task.validation(), task.scale).to(next(module.parameters()).device)
    return [validation(lambda: loss(module, seen.high, seen.low), WATCH)]


def regression(
    task: Task, widths: dict[str, int], *, steps: int, batch_size: int, described: str, half: bool = False
) -> Recipe:
    """Make a recipe of `Regression`: Adam on the squared error."""

    @torch.no_grad()
    def measure(module: Regression, device: torch.device) -> dict[str, float]:
        test = task.held_out(device)
        answers = module(test.low).clamp(0, 1)
        return {
            "test_psnr_db": float(psnr(answers, test.unit()).mean()),
            "test_lr_psnr_db": float(task.consistency(answers, test.low).mean()),
        }

    def samples(module: Regression, device: torch.device) -> Tensor:
        """Show four test pictures, a row each: the low resolution, its bicubic enlargement, the answer, the truth."""
        test = task.held_out(device)[:4]
        larger = [F.interpolate(test.low, scale_factor=task.scale), upsample(test.low, task.scale)]
        return torch.stack([*larger, module(test.low), test.unit()], 1).flatten(0, 1)

    return Recipe(
        model="gmcourse.models.srflow:Regression",
        arguments={"scale": task.scale, **widths},
        data=task.data,
        step=adam(2e-3, lambda module: lambda batch: squared_error(module, *batch), clip=1.0),
        steps=steps,
        batch_size=batch_size,
        measure=measure,
        described=described,
        schedule=cosine,
        callbacks=lambda step: watching(task, step, squared_error),
        samples=samples,
        half=half,
    )


def flow(
    task: Task,
    encoder_from: Recipe,
    *,
    steps: int,
    batch_size: int,
    average: float = 0.998,
    **arguments: Any,
) -> Recipe:
    """Make a recipe of `SRFlow`: Adam on the negative bound, on the frozen encoder of a regression network.

    The task is that of the regression, whose recipe is `encoder_from` and whose weights are in the zoo. `average` is
    the decay of the average of weights that is kept; `arguments` are what the model has beside the regression's.
    """

    def begin(module: SRFlow, trained: Regression) -> None:
        module.encoder.load_state_dict(trained.encoder.state_dict())
        module.encoder.requires_grad_(False)  # it stays as it is, and keeps no activations

    def prepare(module: SRFlow, both: tuple[Tensor, Tensor]) -> None:
        module.bound(both[0][:256], both[1][:256])  # initialises actnorm

    @torch.no_grad()
    def measure(module: SRFlow, device: torch.device) -> dict[str, float]:
        test = task.held_out(device)
        noise = torch.rand(test.high.shape, generator=generator(0)).to(device)
        bound = module.bound(test.high, test.low, noise).mean()
        torch.manual_seed(0)
        answers = module.sample(test.low, 0.8)[:, 0]
        return {
            "test_bits_per_dim": float(bits_per_dim(bound, test.high[0].numel())),
            "test_psnr_db_at_0.8": float(psnr(answers, test.unit()).mean()),
            "test_lr_psnr_db_at_0.8": float(task.consistency(answers, test.low).mean()),
        }

    def samples(module: SRFlow, device: torch.device) -> Tensor:
        """Draw six answers to each of six questions, a row each; what exploded is grey."""
        return module.sample(task.held_out(device)[:6].low, 0.8, n=6).flatten(0, 1).nan_to_num(0.5)

    def loss(module: SRFlow, pixels: Tensor, low: Tensor) -> Tensor:
        return module.loss((pixels, low))

    return Recipe(
        model="gmcourse.models.srflow:SRFlow",
        arguments={"stacked": [], "coupling_scale": "sigmoid_floor", **arguments, **encoder_from.arguments},
        data=task.data,
        step=adam(1e-3, average=average, clip=200.0),
        steps=steps,
        batch_size=batch_size,
        measure=measure,
        described=encoder_from.described,
        begins_with=encoder_from.name,
        begin=begin,
        prepare=prepare,
        schedule=cosine,
        callbacks=lambda step: watching(task, step, loss),
        samples=samples,
        half=True,
    )
