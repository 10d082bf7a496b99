"""`gmcourse train NAME`: run a recipe, on one device, or on several processes:

`accelerate launch --num_processes 4 -m gmcourse train NAME` on GPUs,
`torchrun --nproc_per_node 2 -m gmcourse train NAME --device cpu` on CPUs.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from gmcourse.processes import rank_and_world
from gmcourse.recipes import recipe as recipes


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The recipe's name, where to run, and whether to go on."""
    parser.add_argument("name", help=f"one of: {', '.join(recipes.names())}")
    parser.add_argument("--device", help="cpu, cuda or mps; by default a CUDA GPU if there is one")
    parser.add_argument("--steps", type=int, help="another number of steps than the recipe's")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint")
    parser.add_argument("--folder", type=Path, default=Path("runs"), help="for checkpoints (default: runs/)")
    parser.add_argument("--minutes", type=float, default=5.0, help="between checkpoints (default: 5)")
    parser.add_argument(
        "--mixed-precision", action="store_true", help="products in bfloat16, where it is safe"
    )
    parser.add_argument("--no-publish", action="store_true", help="do not write the result into the zoo")


def run(arguments: argparse.Namespace) -> int:
    """Train; say where the result is."""
    recipe = recipes.find(arguments.name)
    _, history = recipes.run(
        recipe,
        device=arguments.device,
        steps=arguments.steps,
        resume=arguments.resume,
        folder=arguments.folder,
        minutes=arguments.minutes,
        publish=not arguments.no_publish,
        mixed_precision=arguments.mixed_precision,
    )
    if rank_and_world()[0] > 0:
        return 0  # one process speaks for all
    checkpoint = arguments.folder / f"{recipe.name}.safetensors"
    ending = "stopped; go on with --resume" if history.interrupted else "done"
    print(f"{recipe.name}: {ending} after {history.seconds / 60:.1f} minutes. Checkpoint: {checkpoint}")
    return 0
