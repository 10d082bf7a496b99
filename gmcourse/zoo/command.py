"""`gmcourse zoo`: one line a trained model."""

from __future__ import annotations

import argparse

from gmcourse import zoo


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """No arguments but an optional name."""
    parser.add_argument("name", nargs="?", help="show the whole manifest of this model")


def run(arguments: argparse.Namespace) -> int:
    """Print the list, or one manifest."""
    if arguments.name:
        print(zoo.manifest(arguments.name).to_json(), end="")
        return 0
    for name in zoo.names():
        described = zoo.manifest(name)
        weights = zoo.store.WEIGHTS / f"{name}.safetensors"
        size = f"{weights.stat().st_size / 1e6:5.1f} MB" if described.sha256 else "log only"
        measured = ", ".join(f"{key} {value:.4g}" for key, value in list(described.metrics.items())[:3])
        print(f"{name:<24} {size}  {described.hours:6.2f} h on {described.hardware}  {measured}")
    return 0
