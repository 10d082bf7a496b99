"""Three VAEs of the digits, with β = 0.1, 1 and 4, as a script for the live figure `draw_digit`.

Weights are rounded to eight bits. The codes and classes of the test digits go with them, in 16 bits.
"""

from __future__ import annotations

import copy
from typing import Any

import torch
from torch import nn

from gmcourse import zoo
from gmcourse.data import load
from tools.live import layers
from tools.live.wire import Numbers

MODELS = {0.1: "vae_digits_2d_beta_tenth", 1.0: "vae_digits_2d", 4.0: "vae_digits_2d_beta_4"}


@torch.no_grad()
def as_script() -> str:
    """Write the script `draw_digit`; networks, and codes, are in the order of the βs."""
    numbers, test = Numbers(), load("digits", "test")
    described: dict[str, list[layers.Description]] = {}
    for name in MODELS.values():
        vae: Any = copy.deepcopy(zoo.load(name)).double()
        for part, network in (
            ("encoder", vae.encoder),
            ("decoder", nn.Sequential(vae.decoder, nn.Sigmoid())),
        ):
            described[part] = layers.network(network, numbers, part, "int8")
        numbers.add("codes", vae.encode(test.unit().double())[0], "float16")
    numbers.add("classes", test.labels, "uint8")
    return numbers.script("draw_digit", {"networks": described, "betas": list(MODELS)})
