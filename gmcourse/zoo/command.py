"""`gmcourse zoo`: one line a trained model, those of the package and those of one's own."""

import argparse
import sys
from collections.abc import Iterator

from gmcourse import zoo
from gmcourse.console import visible
from gmcourse.zoo.store import file_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """An optional name, and which of two models that have it."""
    parser.add_argument("name", nargs="?", help="show the whole manifest of this model")
    parser.add_argument("--own", action="store_true", help="of the model of your own that has this name")


def size(name: str, own: bool = False) -> str:
    """Say what the weights of a model weigh."""
    weights = file_of(name, ".safetensors", own)
    return f"{weights.stat().st_size / 1e6:.1f} MB" if weights.is_file() else "log only"


def rows(own: bool) -> Iterator[str]:
    """Headings, and a line a model; a manifest that cannot be read is named in its line."""
    yield f"{'model':<24} {'weights':>9} {'steps':>7} {'minutes':>8}  {'trained on':<24}  measured"
    for name in zoo.names(own=own):
        try:
            made = zoo.manifest(name, own=own)
        except ValueError as error:
            yield f"{visible(name):<24} {visible(str(error))}"
            continue
        measured = ", ".join(f"{key} {value:.4g}" for key, value in list(made.metrics.items())[:3])
        effort = f"{size(name, own):>9} {made.steps:>7} {60 * made.hours:>8.1f}"
        yield f"{name:<24} {effort}  {made.hardware:<24}  {measured}"


def run(arguments: argparse.Namespace) -> int:
    """Print both lists, or one manifest and where it lies."""
    if arguments.name is not None:
        print(visible(str(zoo.where(arguments.name, own=arguments.own))), file=sys.stderr)
        print(zoo.manifest(arguments.name, own=arguments.own).to_json(), end="")
        return 0
    print("The zoo of the package: zoo.load(NAME)", *rows(own=False), sep="\n")
    own = list(rows(own=True))
    print(f"\nYour own, in {visible(str(zoo.own_folder()))}: zoo.load(NAME, own=True)")
    print(*(own if len(own) > 1 else ["none yet; gmcourse train NAME makes one"]), sep="\n")
    return 0
