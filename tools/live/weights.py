"""What travels into the pages, and the scripts `book/_static/live/weights/*.js`.

A new figure with a trained model adds a line to `SCRIPTS`; `tests/site/test_live_weights.py` finds a stale file.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from pathlib import Path

import torch
from torch import nn

from gmcourse import zoo
from gmcourse.data import load
from gmcourse.flows import ActNorm
from gmcourse.flows.coupling import Coupling
from tools.environment import ROOT
from tools.live import draw_digit, gan_modes, glow, layers, made, one_face, pixelcnn, srflow, stylegan2, wire
from tools.zoo import stamp

LIVE = ROOT / "book" / "_static" / "live"


def decoder(name: str) -> nn.Module:
    """Take the network from a code to pixels in [0, 1]."""
    network: nn.Module = zoo.load(name).decoder  # type: ignore[assignment]
    return nn.Sequential(network, nn.Sigmoid())


def couplings(name: str) -> list[nn.Module]:
    """List the networks of the couplings of a flow of the plane."""
    return [m.network for m in zoo.load(name).modules() if isinstance(m, Coupling)]


def _digits(name: str, *, codes: bool = False) -> str:
    """Write a decoder, rounded to 16 bits; with the codes and classes of the test digits, if asked for."""
    numbers = wire.Numbers()
    described = {"decoder": layers.network(decoder(name), numbers, "decoder", "int16")}
    if codes:
        test = load("digits", "test")
        encoded = zoo.load(name).double().encode(test.unit().double())  # type: ignore[operator]
        numbers.add("codes", encoded[0] if isinstance(encoded, tuple) else encoded)  # the mean, of a posterior
        numbers.add("classes", test.labels, "uint8")
    return numbers.script(name, {"networks": described})


def _plane(name: str) -> str:
    """Write a flow of the plane: the networks of its couplings, and its actnorms or its scaling."""
    numbers, flow = wire.Numbers(), zoo.load(name)
    described = [layers.network(network, numbers, "coupling") for network in couplings(name)]
    for norm in (m for m in flow.modules() if isinstance(m, ActNorm)):
        numbers.add("norm", torch.stack([norm.bias, norm.log_scale]))
    if hasattr(flow, "scale"):
        numbers.add("scale", flow.scale.log_scale)  # type: ignore[union-attr, arg-type]
    return numbers.script(name, {"networks": {"coupling": described[0]}})


SCRIPTS: dict[str, Callable[[], str]] = {
    "ae_digits_2d": partial(_digits, "ae_digits_2d", codes=True),
    "vae_digits_2d": partial(_digits, "vae_digits_2d", codes=True),
    "plane_flow_moons": partial(_plane, "plane_flow_moons"),
    "plane_nice_moons": partial(_plane, "plane_nice_moons"),
    "pixelcnn_digits": pixelcnn.as_script,
    "made_digits": made.as_script,
    "gan_modes": gan_modes.as_script,
    "glow_faces": glow.as_script,
    "draw_digit": draw_digit.as_script,
    "one_face": one_face.as_script,
    "srflow_faces": srflow.as_script,
    "srflow_encoder": srflow.encoder_as_script,
    "stylegan2_faces": stylegan2.as_script,
}


def weights_file(name: str) -> Path:
    """Where the script of a model lies."""
    return LIVE / "weights" / f"{name}.js"


def stale(name: str, script: str) -> list[str]:
    """Say in what the committed script of a model differs from one made anew, other processors aside."""
    try:
        committed = wire.read(weights_file(name).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError) as error:
        return [str(error)]
    return wire.differences(committed, wire.read(script))


@torch.no_grad()
def write_weights(only: Collection[str] | None = None) -> None:
    """Write the script of every model, or of some, unless the one that is there has the same numbers."""
    for name in SCRIPTS if only is None else only:
        path = weights_file(name)
        with stamp.making(path):
            script = SCRIPTS[name]()
        changed = stale(name, script)
        if changed:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(script, encoding="utf-8")
        size = f"{len(script) / 1024:.0f} KB, {'new' if changed else 'as before'}"
        print(f"{path.relative_to(ROOT).as_posix()}: {size}")
