"""Rows of `gmcourse.training`, `gmcourse.adversarial` and `gmcourse.experiments`.

Losses and penalties work inside a training step: there NaN and infinity pass on, and no device waits.
"""

import tempfile
from pathlib import Path
from types import SimpleNamespace

import torch
from torch import nn

from gmcourse.adversarial import Adversarial, Lazy
from gmcourse.experiments.gan_grid import GridGANs
from gmcourse.training import EMA, History, Minimize, save_checkpoint
from gmcourse.training.schedules import cosine, product
from tests.bad_input.harness import row

SCRATCH = tempfile.TemporaryDirectory()
PASSES = "nan inf"
ANY = "unknown"  # any words will do
HOLDS = "empty none float text nan inf list negative"  # a state may hold anything
ALONE = f"{PASSES} rank shape batch device"  # one tensor of any shape on any device


def data(n=4, d=3):
    return torch.randn(n, d, generator=torch.Generator().manual_seed(0))


def logits(x):
    return x.flatten(1).sum(1)


def linear():
    return nn.Linear(3, 3)


def minimize():
    module = linear()
    return {
        "objective": lambda x: module(x).square().mean(),
        "module": module,
        "optimizer": torch.optim.SGD(module.parameters(), 0.1),
    }


def players():
    generator, discriminator = linear(), nn.Linear(3, 1)
    return {
        "generator": generator,
        "discriminator": discriminator,
        "generator_optimizer": torch.optim.SGD(generator.parameters(), 0.1),
        "discriminator_optimizer": torch.optim.SGD(discriminator.parameters(), 0.1),
        "latent": lambda n: torch.randn(n, 3),
    }


def game():
    more = {"loss": "hinge", "discriminator_penalty": Lazy("r1", logits), "discriminator_steps": 1}
    return players() | more | {"generator_penalty": Lazy("code", logits)}


def side_by_side():
    step = Adversarial(**players())
    return {"module": nn.ModuleList([step.generator]), "steps": [step], "rows": [2], "names": ["a"]}


def a_file():
    path = Path(SCRATCH.name) / "run.safetensors"
    save_checkpoint(path, {"step": 1})
    return str(path)


row("adversarial.penalties.Lazy", lambda: {"name": "r1", "penalty": logits, "every": 4}, fine={"name": ANY})
row(
    "adversarial.penalties.lazy_adam",
    lambda: {
        "parameters": list(linear().parameters()),
        "lr": 0.1,
        "betas": (0.0, 0.9),
        "every": 4,
    },
    fine={"parameters": "length dtype nan inf"},
    foreign={"parameters": "empty number none rank shape batch list numpy device"},  # torch looks at them
)
row(
    "adversarial.objectives.losses",
    lambda: {"name": "hinge"},
    bad={"name": ([], "Hinge")},
)
for name in ("logistic", "hinge", "wasserstein"):
    row(
        f"adversarial.objectives.discriminator_{name}",
        lambda: {"real_logits": data(), "fake_logits": data()},
        fine=dict.fromkeys(("real_logits", "fake_logits"), f"{PASSES} rank shape batch"),
    )
for name in ("minimax", "non_saturating", "wasserstein"):
    row(
        f"adversarial.objectives.generator_{name}",
        lambda: {"fake_logits": data()},
        fine={"fake_logits": ALONE},
    )


def path():
    ws = torch.randn(4, 2, 5, requires_grad=True)
    return {"images": ws.sum() * torch.ones(4, 3, 2, 2), "ws": ws, "noise": torch.randn(4, 3, 2, 2)}


row(
    "adversarial.penalties.path_lengths",
    path,
    fine={"noise": PASSES, "ws": PASSES, "images": PASSES},
    bad={"ws": (torch.randn(4, 5),)},
)
row(
    "adversarial.penalties.path_length_penalty",
    lambda: {"lengths": torch.rand(4), "mean": torch.tensor(0.5), "decay": 0.1},
    fine={"lengths": f"{PASSES} shape batch", "mean": PASSES},
    bad={"decay": (5.0,)},
)
row(
    "adversarial.penalties.PathLength",
    lambda: {"mapping": logits, "synthesis": logits, "weight": 2.0, "shrink": 2},
)
DISCRIMINATOR = {"discriminator": logits}
row(
    "adversarial.penalties.input_gradients",
    lambda: DISCRIMINATOR | {"x": data()},
    fine={"x": ALONE},
    bad={"discriminator": (lambda x: 3.0, lambda x: x)},
)
row(
    "adversarial.penalties.r1_penalty",
    lambda: DISCRIMINATOR | {"real": data(), "gamma": 1.0},
    fine={"real": ALONE},
    bad={"discriminator": (lambda x: 3.0, lambda x: x)},
)
row(
    "adversarial.penalties.gradient_penalty",
    lambda: DISCRIMINATOR | {"real": data(), "fake": data(), "weight": 1.0},
    fine={"real": PASSES, "fake": PASSES},
)
row(
    "adversarial.side_by_side.SideBySide",
    side_by_side,
    bad={"module": (linear(),), "rows": ([0],)},
    fine={"names": ANY},
)
row("adversarial.step.Adversarial", game, bad={"generator": (linear(),), "ema": (EMA(linear()),)})
row(
    "experiments.gan_grid.GridGANs",
    lambda: {"runs": 1, "latent_dim": 2, "hidden": (4,)},
    fine={"hidden": "length"},
)
row("experiments.gan_grid.DigitGANs", lambda: {"runs": 1, "seeds": 1, "latent_dim": 2, "width": 4})
row("experiments.gan_grid.GridGANs.sample", lambda: {"n": 2}, on=lambda: GridGANs(1, 2, (4,)), bad={"n": (0,)})
SIZES = {"resolution": 8, "mapping_layers": 1, "channel_base": 32, "channel_max": 8, "style_mixing": 0.5}
row("experiments.classifiers.Classifiers", lambda: {"runs": 2, "per_seed": 1, "dims": 3})
row("experiments.stylegan_contest.Contest", lambda: {"runs": 1, "width": 4} | SIZES)

row(
    "training.batches.Batches",
    lambda: {"data": (data(), data()), "batch_size": 2, "seed": 1},
    fine={"data": f"{PASSES} dtype shape rank batch device length", "seed": "negative"},
    bad={"data": (data(1), (data(), data(3)), [1.0])},
)
row(
    "checkpoint.save_checkpoint",
    lambda: {"path": a_file(), "state": {"step": 1}},
    fine={"path": ANY, "state": HOLDS},
)
row(
    "checkpoint.load_checkpoint",
    lambda: {"path": a_file()},
    foreign={"path": ANY},
)
row("training.ema.EMA", lambda: {"source": linear(), "decay": 0.9, "warm_up": True}, bad={"decay": (1.0,)})


def run():
    return {
        "step": Minimize(**minimize()),
        "data": data(),
        "steps": 1,
        "batch_size": 2,
        "seed": 1,
        "schedule": cosine,
        "callbacks": [lambda step, history: None],
        "minutes": 1.0,
        "resume": False,
        "extend": False,
        "overwrite": False,
        "progress": False,
    }


row(
    "training.loop.fit",
    run,
    fine={"data": f"device {PASSES}", "callbacks": "empty length", "seed": "negative"},
    foreign={"data": "rank shape dtype"},  # the objective's own words
    bad={"batch_size": (5,), "step": (lambda batch: {},)},
)


def history():
    found = History()
    found.record(0, {"loss": 1.0})
    return found


row(
    "training.history.History.record",
    lambda: {"step": 1, "values": {"loss": 2.0}},
    on=History,
    fine={"values": f"empty negative {PASSES}"},
    bad={"values": ({"loss": torch.zeros(2)}, {"loss": torch.tensor(1j)}, {"loss": torch.zeros((), device="meta")})},
)
row(
    "training.history.History.curve",
    lambda: {"name": "loss"},
    on=history,
    foreign={"name": ANY},  # a KeyError, as of any mapping, with the names that there are
)
row("training.history.History.thinned", lambda: {"points": 3}, on=history)
row("training.history.History.from_json", lambda: {"text": history().to_json()}, on=lambda: History)
for name in ("cosine", "linear_decay"):
    row(f"training.schedules.{name}", lambda: {"step": 1, "steps": 4}, bad={"step": (5,)})
row(
    "training.schedules.product",
    lambda: {"schedules": [cosine]},
    on=lambda: SimpleNamespace(product=lambda schedules: product(*schedules)),
    fine={"schedules": "empty length"},
    foreign={"schedules": "none number"},  # Python's words about *schedules
)
row("training.schedules.warm_up", lambda: {"length": 3}, bad={"length": (0,)})
row(
    "training.step.Minimize",
    lambda: minimize() | {"clip": 1.0},
    bad={"ema": (EMA(linear()),), "clip": (0.0,)},
)
