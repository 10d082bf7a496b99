"""Which networks travel into the pages, and their scripts `book/_static/live/weights/*.js`.

A new figure with a network adds a line to `NETWORKS`. `tests/site/test_live.py` fails where a file is stale.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from gmcourse import zoo
from gmcourse.data import load
from gmcourse.flows import ActNorm
from gmcourse.flows.coupling import Coupling
from tools.environment import ROOT
from tools.live import glow, srflow, stylegan2
from tools.live.export import as_script
from tools.zoo import stamp

LIVE = ROOT / "book" / "_static" / "live"


def _table(numbers: Tensor) -> nn.Module:
    """Numbers that are no network's: what a layer adds to nothing."""
    layer = nn.Linear(1, numbers.numel())
    nn.init.zeros_(layer.weight)
    layer.bias.data = numbers.detach().flatten().float()
    return layer


def _decoder(name: str) -> nn.Module:
    """From a code to pixels in [0, 1]."""
    decoder: nn.Module = zoo.load(name).decoder  # type: ignore[assignment]
    return nn.Sequential(decoder, nn.Sigmoid())


def _ae_digits_2d_codes() -> nn.Module:
    """The codes of the test digits and their classes, three numbers a digit."""
    test = load("digits", "test")
    codes: Tensor = zoo.load("ae_digits_2d").encode(test.unit())  # type: ignore[operator]
    return _table(torch.cat([codes, test.labels[:, None].float()], 1))


def _coupling(name: str, i: int) -> nn.Module:
    """The network of coupling i of a flow of the plane."""
    couplings = [m for m in zoo.load(name).modules() if isinstance(m, Coupling)]
    return couplings[i].network


def _plane_flow_moons_norms() -> nn.Module:
    """Shifts and log-scales of each actnorm, four numbers a step."""
    norms = [m for m in zoo.load("plane_flow_moons").modules() if isinstance(m, ActNorm)]
    return _table(torch.stack([torch.cat([m.bias, m.log_scale]) for m in norms]))


def _plane_nice_moons_scale() -> nn.Module:
    """The two learned log-scales."""
    return _table(zoo.load("plane_nice_moons").scale.log_scale)  # type: ignore[union-attr, arg-type]


NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "ae_digits_2d": partial(_decoder, "ae_digits_2d"),
    "ae_digits_2d_codes": _ae_digits_2d_codes,
    "vae_digits_2d": partial(_decoder, "vae_digits_2d"),
    **{f"plane_flow_moons_{i}": partial(_coupling, "plane_flow_moons", i) for i in range(8)},
    "plane_flow_moons_norms": _plane_flow_moons_norms,
    **{f"plane_nice_moons_{i}": partial(_coupling, "plane_nice_moons", i) for i in range(4)},
    "plane_nice_moons_scale": _plane_nice_moons_scale,
}

# whole models with rounded weights
WHOLE: dict[str, Callable[[], str]] = {
    "glow_faces": glow.as_script,
    "srflow_faces": srflow.as_script,
    "stylegan2_faces": stylegan2.as_script,
}


def weights_file(name: str) -> Path:
    """Where the script of a network lies."""
    return LIVE / "weights" / f"{name}.js"


def _network_as_script(name: str) -> str:
    return as_script(name, NETWORKS[name]())


def write_weights(only: Collection[str] | None = None) -> None:
    """Export every network of `NETWORKS` and every model of `WHOLE`, or only some."""
    scripts = {name: partial(_network_as_script, name) for name in NETWORKS} | WHOLE
    for name in scripts if only is None else only:
        path = weights_file(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        with stamp.making(path):
            path.write_text(scripts[name](), encoding="utf-8")
        print(f"{path.relative_to(ROOT).as_posix()}: {path.stat().st_size / 1024:.0f} KB")
