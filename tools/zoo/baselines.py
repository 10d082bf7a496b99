"""What the cheapest models score: fitted in closed form or by EM, measured as the networks are.

Nothing here has a gradient. Each set of pictures has its whole numbers dequantised once, a few densities fitted to
them, and for each its bits per dimension on held-out pictures and the distance of its samples. What else networks
of the zoo were trained for is in `tasks`.
"""

from __future__ import annotations

import json
import math
import platform
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from gmcourse import zoo
from gmcourse.data.images import FIVE_BITS
from gmcourse.metrics.diversity import precision_recall
from gmcourse.metrics.frechet import frechet_distance
from gmcourse.metrics.likelihood import bits_per_dim
from gmcourse.nn.pca import PCA
from gmcourse.reproducible import generator
from gmcourse.storage import write_text_atomically
from gmcourse.zoo import store
from gmcourse.zoo.cheap import FILE, Rows
from gmcourse_recipes.stylegan2_faces import at_32
from tools.zoo import stamp, tasks
from tools.zoo.fits import EM_PICTURES, models
from tools.zoo.sets import SETS, Set
from tools.zoo.tasks import TASKS, Task
from tools.zoo.tasks.timing import timed

NAMES = (*SETS, *TASKS)
Features = Callable[[Tensor], Tensor]

# Which metric of which trained model is the same measurement.
BITS = {"test_bits_per_dim_at_5_bits": "bits_per_dim"}
SAMPLES = {name: name for name in ("frechet", "precision", "recall")}
COMPARED: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "nice_faces": ("faces", BITS),
    **dict.fromkeys(("vae_faces", "vae_faces_two_levels"), ("faces", {"frechet": "frechet"})),
    **dict.fromkeys(
        ("diffusion_faces", "flow_matching_faces", "glow_faces", "pixelcnn_faces"), ("faces", BITS | SAMPLES)
    ),
    "stylegan2_faces": ("faces, 2000", {"frechet": "frechet"}),
    "stylegan2_faces_64": ("faces_64", {"frechet": "frechet"}),
    "glow_mnist": ("mnist", {"test_bits_per_dim": "bits_per_dim"}),
    **dict.fromkeys(
        ("nice_mnist", "nice_mnist_paper"),
        ("mnist", {"test_density_nats": "density_nats", "test_bits_per_dim": "bits_per_dim"}),
    ),
    "diffusion_digits": (
        "digits",
        {
            "test_bits_per_dim": "bits_per_dim",
            "frechet_32_components_64_steps": "frechet",
            "precision_64_steps": "precision",
            "recall_64_steps": "recall",
        },
    ),
    **dict.fromkeys(
        ("vae_mnist", "iwae_mnist"),
        ("mnist, binarised", {"test_negative_L5000_nats": "negative_log_probability_nats"}),
    ),
    **dict.fromkeys(
        ("pixelcnn_digits", "made_digits_backwards", "made_digits_random"),
        ("digits", {"test_bits_per_dim": "bits_per_dim"}),
    ),
    **tasks.COMPARED,
}


def features(data: Set, train: Tensor, shape: tuple[int, ...]) -> tuple[Features, str]:
    """Make what turns whole numbers (N, D) into features, and its name."""
    if data.network:
        network: Any = zoo.load("features")
        return lambda pixels: network.of(
            at_32(pixels.float().reshape(-1, *shape) / (data.levels - 1))
        ), "zoo:features"
    pca = PCA.fit(train[:4000].float() / (data.levels - 1), 32)
    return lambda pixels: pca.encode(pixels.float() / (data.levels - 1)), "32 principal components"


@torch.no_grad()
def measure(name: str) -> dict[str, Any]:
    """Fit and measure every cheap model of one set."""
    data = SETS[name]
    (train, labels), (test, _) = data.pixels("train"), data.pixels("test")
    held_out, dims = test[: data.held_out], train.shape[1]
    of, described = features(data, train, data.load("test").shape)
    draws = generator(1)
    x, unseen = ((each + torch.rand(each.shape, generator=draws)) / data.levels for each in (train, test))
    if data.levels != FIVE_BITS:  # where no pixel varies, the noise has a millionth of the largest variance
        x, unseen = x.double(), unseen.double()
    real, rows = of(held_out), {}

    def scores(pixels: Tensor) -> dict[str, float]:
        made = of(pixels)
        precision, recall = precision_recall(real, made)
        return {"frechet": frechet_distance(real, made), "precision": precision, "recall": recall}

    rows["training pictures"] = scores(train[torch.randperm(len(train), generator=draws)[: len(held_out)]])
    for model, fit in models(data, x, labels).items():
        fitted, seconds = timed(fit)
        nats = fitted.log_prob(unseen)
        drawn = (fitted.sample(len(held_out), generator(2)) * data.levels).floor().clamp(0, data.levels - 1)
        rows[model] = {
            "bits_per_dim": float(bits_per_dim(nats - dims * math.log(data.levels), dims).mean()),
            "density_nats": float(nats.mean()),
            **scores(drawn.to(torch.uint8)),
            "seconds": seconds,
        }
        if data.levels == 2:
            rows[model]["negative_log_probability_nats"] = float(dims * math.log(2) - nats.mean())
        print(
            f"{name:<8} {model:<40}",
            *(f"{key} {value:.4g}" for key, value in rows[model].items()),
            flush=True,
        )
    return {
        "levels": data.levels,
        "training_pictures": len(train),
        "held_out_pictures": len(held_out),
        "features": described,
        "low_rank": data.rank,
        "mixture_components_and_rank": list(data.mixture),
        "mixture_components_of_rank_0": data.diagonal,
        "mixture_training_pictures": min(len(train), EM_PICTURES),
        "hardware": hardware(),
        "models": rounded(rows),
    }


@torch.no_grad()
def measure_task(name: str) -> dict[str, Any]:
    """Fit and measure the cheap models of one task, as the recipe of its networks does."""
    task = TASKS[name]
    return {"data": task.data, "hardware": hardware(), "models": rounded(task.measure())}


def hardware() -> str:
    """Say on what the seconds were counted."""
    return f"{platform.machine()} CPU, {torch.get_num_threads()} thread(s)"


def rounded(rows: Rows) -> Rows:
    """Keep five digits of each number: more of them differ from processor to processor."""
    return {model: {key: float(f"{value:.5g}") for key, value in row.items()} for model, row in rows.items()}


def with_features() -> list[str]:
    """List what is measured with the zoo's features, and so has to be measured again when these change."""
    everything: Mapping[str, Set | Task] = {**SETS, **TASKS}
    return [name for name, data in everything.items() if data.network]


def write(names: Iterable[str]) -> None:
    """Measure these sets and tasks anew, and put the numbers into one file, and the manifests that compare."""
    path = store.WEIGHTS / FILE
    for name in names:
        with stamp.making(path) if name in with_features() else nullcontext():
            found = measure(name) if name in SETS else measure_task(name)
        content = {"sets": dict(sorted({**measured(), name: found}.items()))}
        write_text_atomically(path, json.dumps(content, indent=1) + "\n")
    for name in COMPARED:
        if name in zoo.names():
            described = compared(zoo.manifest(name))
            write_text_atomically(store.file_of(name, ".manifest.json"), described.to_json())


def compared(described: zoo.Manifest) -> zoo.Manifest:
    """The manifest with what the cheap models score on the same measurements, where there are any."""
    data, metrics = COMPARED.get(described.name, ("", {}))
    rows = zoo.baselines(data) if data in measured() else {}
    found = {
        model: {metric: row[same] for metric, same in metrics.items() if same in row} for model, row in rows.items()
    }
    return replace(described, baselines={model: row for model, row in found.items() if row})


def measured() -> dict[str, Any]:
    """Set → what was measured of it, as the file has it."""
    path = store.WEIGHTS / FILE
    content = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {"sets": {}}
    found: dict[str, Any] = content["sets"]
    return found
