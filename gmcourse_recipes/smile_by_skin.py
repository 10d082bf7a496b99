"""Who smiles? Classifiers of lesson 01, trained on sets in which deep skin is rare, with remedies and their controls.

Ten sets of 2,000 faces from "skewed", one network each for a set and a treatment, 70 in all. Those of one set begin
with the same weights. Nothing is shipped but the accuracies, by group, as they rise.
"""

import math
from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

from gmcourse.data import faces, load
from gmcourse.densities import Normal
from gmcourse.experiments.classifiers import Classifiers
from gmcourse.metrics.likelihood import auroc
from gmcourse.models.discriminative_vs_generative import fit_gaussians
from gmcourse.nn.pca import PCA
from gmcourse.reproducible import generator
from gmcourse.training import Callback, History, Minimize, Step
from gmcourse_recipes.running import Recipe

Labelled = tuple[Tensor, Tensor]

SEEDS, FACES, MORE, BATCH = 10, 2000, 1000, 128
NAMES = (
    "as it is",
    "resampled by density",
    "resampled by group",
    "normals of the unusual",
    "normals of the group",
    "new lighter faces",
    "new deeper faces",
)
GROUPS = ("lighter", "deeper")
CURVES = [f"{name}, {seed}: {group}" for seed in range(SEEDS) for name in NAMES for group in GROUPS]


def middle(pictures: Tensor) -> Tensor:
    """Take the pixels from eyes to chin, (N, 768)."""
    return pictures[:, :, 9:25, 8:24].flatten(1)


def read(labels: Tensor) -> tuple[Tensor, Tensor]:
    """Read off the attributes who smiles and whose skin is deep, (N,) each."""
    smile, skin = (labels[:, faces.column(name)] for name in ("smile", "skin"))
    return (smile > 0.66).long(), (skin > 0.6).long()


def from_normals(x: Tensor, y: Tensor, chosen: Tensor, seed: int) -> Labelled:
    """Draw new faces from a normal for each class of those that are chosen, over the components of all."""
    basis = PCA.fit(x.double(), min(40, len(x)))
    normals = fit_gaussians(basis.encode(x[chosen].double()), y[chosen], 2, ridge=0.01)
    drawn, labels = normals.draw(MORE, generator(seed))
    return basis.decode(drawn).clamp(0, 1).float(), labels


def from_renderer(seed: int, deep: int) -> Labelled:
    """Draw new faces of one group."""
    wanted = faces.sample(4 * MORE, seed=seed + 100)
    wanted = wanted[read(wanted)[1] == deep][:MORE]
    details = 10**9 + torch.arange(len(wanted)) + MORE * seed
    return middle(faces.render(wanted, 32, detail=details)), read(wanted)[0]


def principal(x: Tensor, components: int) -> Tensor:
    """Give the first components of each face, (N, components)."""
    return PCA.fit(x.double(), components).encode(x.double())


def log_density(codes: Tensor) -> Tensor:
    """Fit a normal to codes and give log p of each, (N,)."""
    return Normal.fit(codes).log_prob(codes)


@cache
def people(split: str, n: int) -> tuple[Tensor, Tensor, Tensor]:
    """Give pictures, who smiles, and whose skin is deep: "train" or "test"."""
    found = load("faces", split, n=n, distribution="skewed" if split == "train" else "natural")
    return middle(found.unit()), *read(found.labels)


def sets() -> list[tuple[Tensor, Tensor, Tensor]]:
    """Give the ten sets to train on."""
    parts = people("train", SEEDS * FACES)
    return list(zip(*(part.split(len(part) // SEEDS)[:SEEDS] for part in parts), strict=True))


def scaled(x: Tensor) -> Tensor:
    """Centre and scale each pixel, as the training faces of all sets have it."""
    seen = people("train", SEEDS * FACES)[0]
    return (x - seen.mean(0)) / (seen.std(0) + 0.05)


def treated(seed: int) -> dict[str, Labelled]:
    """One set as it is, and with each treatment."""
    x, y, deep = sets()[seed]
    log_p, draws = log_density(principal(x, 3)), generator(seed)
    rare = (log_p.median() - log_p).clamp_max(math.log(20)).exp()
    even = torch.where(deep == 1, (deep == 0).sum(), (deep == 1).sum()).double()
    again = [torch.multinomial(w, len(x), replacement=True, generator=draws) for w in (rare, even)]
    unusual, group = log_p.argsort()[:200], deep.nonzero()[:, 0]
    more = [from_normals(x, y, chosen, seed) for chosen in (unusual, group)]
    more += [from_renderer(seed, k) for k in (0, 1)]
    joined = ((torch.cat([x, a]), torch.cat([y, b])) for a, b in more)
    found = [(x, y), *((x[i], y[i]) for i in again), *joined]
    return dict(zip(NAMES, found, strict=True))


def data(device: torch.device) -> Callable[[torch.Generator, int], Labelled]:
    """Draw a batch for each run from its own set: (B, runs, 768) and (B, runs)."""
    runs = [(scaled(x).to(device), y.to(device)) for seed in range(SEEDS) for x, y in treated(seed).values()]

    def draw(draws: torch.Generator, n: int) -> Labelled:
        rows = [torch.randint(len(y), (n,), generator=draws).to(device) for _, y in runs]
        drawn = [(x[row], y[row]) for (x, y), row in zip(runs, rows, strict=True)]
        return torch.stack([x for x, _ in drawn], 1), torch.stack([y for _, y in drawn], 1)

    return draw


def step(module: Classifiers, device: torch.device) -> Minimize:
    """Use AdamW, which treats every weight by itself: so the sum of the losses trains each run as if alone."""
    return Minimize(module.loss, module, torch.optim.AdamW(module.parameters(), lr=3e-3))


@torch.no_grad()
def accuracies(module: Classifiers, device: torch.device) -> Tensor:
    """Measure the accuracy of each run on each group of the test faces, (seeds, treatments, groups)."""
    x, y, deep = people("test", 4000)
    x, y, deep = scaled(x).to(device), y.to(device), deep.to(device)
    right = torch.stack([(net.predict(x) == y).double() for net in module.networks])
    groups = torch.stack([right[:, deep == k].mean(1) for k in range(len(GROUPS))], 1)
    return groups.reshape(-1, len(NAMES), len(GROUPS)).cpu()


def every_hundred(step: Step) -> list[Callback]:
    """Record the accuracies as training goes on."""

    module = step.module
    assert isinstance(module, Classifiers)

    def record(now: int, history: History) -> None:
        if (now + 1) % 100 == 0:
            found = accuracies(module, next(module.parameters()).device)
            history.record(now + 1, dict(zip(CURVES, found.flatten().tolist(), strict=True)))

    return [record]


def measure(module: Classifiers, device: torch.device) -> dict[str, float]:
    """Measure each treatment's mean accuracies, and how well densities of several sizes find the rare group."""
    found = accuracies(module, device)
    numbers: dict[str, float] = {}
    for i, name in enumerate(NAMES):
        for k, group in enumerate(GROUPS):
            numbers[f"{name}: {group}"] = float(found[:, i, k].mean())
            numbers[f"{name}: {group}, spread"] = float(found[:, i, k].std())
    codes = [(principal(x, 64), deep == 1) for x, _, deep in sets()]
    for k in (2, 3, 4, 8, 16, 64):
        scores = [(-log_density(code[:, :k]), deep) for code, deep in codes]
        each = [auroc(score[deep], score[~deep]) for score, deep in scores]
        numbers[f"AUROC with {k} components"] = sum(each) / SEEDS
    return numbers


RECIPE = Recipe(
    model="gmcourse.experiments.classifiers:Classifiers",
    arguments={"runs": SEEDS * len(NAMES), "per_seed": len(NAMES), "dims": 768},
    data=data,
    step=step,
    steps=1000,
    batch_size=BATCH,
    measure=measure,
    described="ten sets of 2,000 cartoon faces of which one in twenty has deep skin, and 4,000 test faces",
    ship=False,
    callbacks=every_hundred,
)
