"""What a recipe is, where it is found, the step of most, and what every flow of pixels is measured by."""

import importlib
import pkgutil
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import torch
from torch import Tensor

import gmcourse_recipes
from gmcourse.data import Images
from gmcourse.flows import Dequantized, Flow
from gmcourse.metrics.likelihood import bits_per_dim
from gmcourse.reproducible import generator
from gmcourse.training import EMA, Callback, History, Minimize, Schedule, Step
from gmcourse.training.batches import Data

Pictures = Callable[[str], Images]  # "train" or "test" → the pictures of that part


@dataclass(frozen=True)
class Recipe:
    """Everything that turns an untrained model into a checkpoint of the zoo.

    Attributes:
        model: the class, "gmcourse.models.vae:VAE"; `arguments` are its keyword arguments, JSON only.
        data: `data(device)` gives what `fit` takes.
        step: `step(module, device)` gives the step that trains the module.
        measure: `measure(trained, device)` gives numbers on held-out data, without gradients; the unit is part of
            the name.
        described: the data in words, for the manifest.
        name: that of the recipe's module, which `find` writes here.
        pictures: whether `data` and `measure` take the keyword `pictures`, which gives the `Images` of "train" and
            of "test": see `with_folder`.
        made_by: the words after `gmcourse train`, where they are more than the name.
        seed: determines initial weights, batches and noise.
        ship: whether the weights travel with the package (≤ 8 MB), or only the log and the measurements.
        begins_with: the model of the zoo whose weights training begins with.
        begin: `begin(module, other)` takes from that model what it needs; by default all its weights.
        prepare: `prepare(module, data)` runs once before training (data-dependent initialisation).
        callbacks: `callbacks(step)` gives callbacks for `fit`.
        samples: `samples(trained, device)` gives pictures (N, C, H, W) in [0, 1] to look at on the way.
        half: keep the weights in float16, so that they fit into the package; what is measured is what is kept.
        mixed_precision: whether products may be computed in bfloat16. Not in flows: a log-determinant adds up
            thousands of small terms.
    """

    model: str
    arguments: dict[str, Any]
    data: Callable[..., Data]
    step: Callable[[Any, torch.device], Step]
    steps: int
    batch_size: int
    measure: Callable[..., Mapping[str, float]]
    described: str
    name: str = ""
    pictures: bool = False
    made_by: str = ""
    seed: int = 0
    ship: bool = True
    begins_with: str | None = None
    begin: Callable[[Any, Any], None] = lambda module, other: module.load_state_dict(other.state_dict())
    prepare: Callable[[Any, Any], None] | None = None
    schedule: Schedule | None = None
    callbacks: Callable[[Step], list[Callback]] = field(default=lambda step: [])
    samples: Callable[[Any, torch.device], Tensor] | None = None
    half: bool = False
    mixed_precision: bool = False


def names() -> list[str]:
    """List every recipe that there is."""
    return sorted(each.name for each in pkgutil.iter_modules(gmcourse_recipes.__path__) if not each.ispkg)


def find(name: str) -> Recipe:
    """Find the recipe of this name, which is that of its module."""
    if name not in names():
        raise ValueError(f"no recipe is called {name!r}; expected one of {', '.join(names())}")
    return replace(importlib.import_module(f"gmcourse_recipes.{name}").RECIPE, name=name)


def adam(
    rate: float,
    loss: Callable[[Any], Callable[[Any], Any]] = lambda module: module.loss,
    *,
    average: float | None = None,
    clip: float | None = None,
    eps: float = 1e-8,
    decay: float = 0.0,
    quick: Collection[str] = (),
    average_warm_up: bool = False,
) -> Callable[[Any, torch.device], Minimize]:
    """Make a recipe's `step`, which minimises `loss(module)` by Adam, or with a weight decay by AdamW.

    `average` is the decay of the average of the weights that is kept, if one is, with a warm-up or not, see `EMA`; a
    longer gradient is cut to `clip`. Parameters whose last name is in `quick` learn ten times as fast as the others,
    and do not decay.
    """

    def step(module: Any, device: torch.device) -> Minimize:
        learned = {name: each for name, each in module.named_parameters() if each.requires_grad}
        fast = [name for name in learned if name.rpartition(".")[2] in quick]
        groups: list[dict[str, Any]] = [{"params": [each for name, each in learned.items() if name not in fast]}]
        if fast:
            groups.append({"params": [learned[name] for name in fast], "lr": 10 * rate, "weight_decay": 0.0})
        optimizer = torch.optim.AdamW(groups, lr=rate, eps=eps, weight_decay=decay, fused=True)
        kept = EMA(module, average, warm_up=average_warm_up) if average else None
        return Minimize(loss(module), module, optimizer, ema=kept, clip=clip)

    return step


def validation(loss: Callable[[], Tensor], every: int) -> Callback:
    """Make a callback that records the curve "validation" every so many steps, with the same noise each time."""

    @torch.no_grad()
    def look(now: int, history: History) -> None:
        if (now + 1) % every == 0:
            torch.manual_seed(0)
            history.record(now, {"validation": float(loss())})

    return look


def likelihood(flow: Flow, pixels: Tensor, grey_levels: int = 256, *, batch: int = 100) -> tuple[float, float]:
    """Measure the bound on the likelihood of whole numbers (N, …) dequantised once: nats, and bits per dimension."""
    bounds: list[Tensor] = []
    for part in pixels.split(batch):
        noise = torch.rand(part.shape, generator=generator(len(bounds))).to(part.device)
        bounds.append(Dequantized(flow, grey_levels).log_prob(part, noise=noise))
    mean = torch.cat(bounds).mean()
    return float(mean), float(bits_per_dim(mean, pixels[0].numel()))
