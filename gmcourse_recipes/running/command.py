"""`gmcourse train NAME`: run a recipe, on one device; `accelerate launch --num_processes 4 -m gmcourse train NAME` on
several GPUs, `torchrun --nproc_per_node 2 -m gmcourse train NAME --device cpu` in several processes of a CPU.
"""

import argparse
import inspect
from collections.abc import Iterator

from gmcourse import zoo
from gmcourse.console import visible
from gmcourse.expect import path, refuse
from gmcourse.processes import rank_and_world
from gmcourse.zoo.command import size
from gmcourse_recipes.running import find, names, own_pictures, train


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The recipe's name, where to run, and whether to go on."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = "\n".join(recipes())
    add = parser.add_argument
    add("name", metavar="NAME", help="one of the recipes below")
    where = "train on the pictures of this folder (vae_faces, dcgan_faces, glow_faces)"
    add("--data", metavar="folder=PATH", help=where)
    add("--device", help="cpu, cuda or mps; by default a CUDA GPU if there is one")
    add("--steps", type=int, help="another number of steps than the recipe's")
    add("--folder", default="runs", help="for checkpoints (default: runs/)")
    add("--minutes", type=float, default=5.0, help="between checkpoints (default: 5)")
    for flag, does in {
        "--resume": "go on from the last checkpoint",
        "--extend": "with --resume: --steps may be more than the checkpoint's",
        "--mixed-precision": "products in bfloat16, where it is safe",
        "--own": "begin with a model of your own where the recipe begins with one",
        "--overwrite": "replace a model of your own that had more steps, and without --resume the last checkpoint",
    }.items():
        add(flag, action="store_true", help=does)
    add("--no-keep", dest="keep", action="store_false", help="do not put the result among your own models")


def recipes() -> Iterator[str]:
    """A line a recipe: what it is trained on, and what that took where the course's own model was made."""
    yield f"{'recipe':<24} {'weights':>9} {'minutes':>8}  data"
    for name in names():
        if name not in zoo.names():
            yield f"{name:<24} {'':>9} {'not yet':>8}  {find(name).described}"
            continue
        made = zoo.manifest(name)
        yield f"{name:<24} {size(name):>9} {60 * made.hours:>8.1f}  {made.data}"
    yield "minutes: on the hardware that the manifest names, for as many steps as `gmcourse zoo` says"


def run(arguments: argparse.Namespace) -> int:
    """Train; say where the result is."""
    recipe = find(arguments.name)
    if arguments.data is not None:
        kind, _, place = arguments.data.partition("=")
        if kind != "folder" or not place:
            refuse("--data", repr(arguments.data), "folder=PATH")
        recipe = own_pictures.with_folder(recipe, place)
        print(f"{recipe.name}: {recipe.described}", flush=True)
    _, *options = inspect.signature(train.run).parameters
    _, history = train.run(recipe, **{name: getattr(arguments, name) for name in options})
    if rank_and_world()[0] > 0:
        return 0  # one process speaks for all
    checkpoint = visible(str(path("folder", arguments.folder) / f"{recipe.name}.safetensors"))
    ending, then = ("stopped", "; go on with --resume") if history.interrupted else ("done", "")
    print(f"{recipe.name}: {ending} after {history.seconds / 60:.1f} minutes{then}. Checkpoint: {checkpoint}")
    if arguments.keep and not history.interrupted:
        folder = visible(str(zoo.own_folder()))
        print(f'Your model is in {folder}; zoo.load("{recipe.name}", own=True) loads it.')
    return 0
