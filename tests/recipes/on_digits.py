"""A VAE or a NICE of the digits, trained for a few steps: `-m tests.recipes.on_digits nice FOLDER`."""

import sys
from dataclasses import replace
from pathlib import Path

import torch

from gmcourse.data import load
from gmcourse.flows import Dequantized
from gmcourse.processes import rank_and_world
from gmcourse.training import Minimize
from gmcourse_recipes.running import find, train

VAE = find("vae_digits_2d")
NICE = replace(
    VAE,
    name="nice_digits",
    model="gmcourse.models.nice:NICE",
    arguments={"dim": 64, "hidden": [32, 32]},
    samples=None,
    data=lambda device: load("digits").pixels.flatten(1).to(device),
    step=lambda module, device: Minimize(
        Dequantized(module, grey_levels=17).loss, module, torch.optim.Adam(module.parameters(), lr=1e-3)
    ),
)

if __name__ == "__main__":
    torch.set_num_threads(1)
    recipe = {"vae": VAE, "nice": NICE}[sys.argv[1]]
    train.run(recipe, device="cpu", steps=12, folder=Path(sys.argv[2]), keep=False)
    print(f"{rank_and_world()[1]} processes")
