"""`gmcourse convert FILE --from READER`: published weights, read by `gmcourse.converters`, into one's own zoo."""

import argparse
import hashlib
import re
from collections.abc import Callable
from pathlib import Path

from torch import nn

from gmcourse import zoo
from gmcourse.converters import nvlabs_stylegan2, official_srflow, plain_nice, rosinality_glow
from gmcourse.converters.files import state_from_file
from gmcourse.converters.state import Weights
from gmcourse.storage import ensure_writable
from gmcourse.zoo.store import file_of

# Each with the one thing that its state dicts do not say.
READERS: dict[str, tuple[Callable[..., nn.Module], str]] = {
    "nvlabs_stylegan2": (nvlabs_stylegan2.generator_from_nvlabs, ""),
    "nvlabs_stylegan2_discriminator": (nvlabs_stylegan2.discriminator_from_nvlabs, "group"),
    "official_srflow": (official_srflow.srflow_from_official, "stacked"),
    "official_srflow_regression": (official_srflow.regression_from_official, ""),
    "plain_nice": (plain_nice.nice_from_layers, "prior"),
    "rosinality_glow": (rosinality_glow.glow_from_rosinality, "shape"),
}


def whole_numbers(text: str) -> list[int]:
    """Read whole numbers between commas."""
    return [int(each) for each in text.split(",") if each]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The file, whose it is, where to, and what no state dict says."""
    add = parser.add_argument
    add("file", type=Path, help="a state dict, of torch.save or safetensors")
    readers = sorted(READERS)
    add("--from", dest="reader", required=True, choices=readers, metavar="READER", help=", ".join(readers))
    add("--output", type=Path, help="a .safetensors file (default: in your own zoo)")
    add("--entry", help="which entry of FILE has the weights, if there are several")
    add("--ignore", action="append", default=[], help="names that are no part of the model")
    add("--shape", type=whole_numbers, help="rosinality_glow: C,H,W (default: 3,64,64)")
    add("--stacked", type=whole_numbers, help="official_srflow: blocks (default: 1,8,15,22)")
    add("--group", type=int, help="nvlabs_stylegan2_discriminator (default: 4)")
    add("--prior", help="plain_nice: logistic or normal (default: logistic)")


def run(arguments: argparse.Namespace) -> int:
    """Convert; say what was written, and what of the file was not used."""
    reader, unsaid = READERS[arguments.reader]
    given = {name: getattr(arguments, name) for name in ("shape", "stacked", "group", "prior")}
    given = {name: value for name, value in given.items() if value is not None}
    if not set(given) <= {unsaid}:
        raise ValueError(f"--from {arguments.reader} takes no {', '.join(f'--{name}' for name in given)}")
    source: Path = arguments.file
    # with the signs alone that a model's name may have
    name = re.sub(r"[^A-Za-z0-9]+", "_", source.stem).strip("_")[:60] or "weights"
    output: Path = arguments.output or zoo.own_folder() / f"{name}-{arguments.reader}.safetensors"
    if output.suffix != ".safetensors" or output.exists():
        fault = "is there already, or does not end in .safetensors"
        raise ValueError(f"the output {output} {fault}; name another with --output")
    output = file_of(output.stem, ".safetensors", output.parent)  # which refuses names that are no model's
    ensure_writable(output)
    weights = Weights(state_from_file(source, arguments.entry), arguments.ignore)
    model = reader(weights, **given).float()
    digest = hashlib.sha256(source.read_bytes()).hexdigest()
    described = zoo.Manifest(
        name=output.stem,
        model=weights.model,
        arguments=weights.arguments,
        recipe=f"convert --from {arguments.reader}",
        seed=0,
        steps=0,
        data=f"not said by {source.name} (sha256 {digest}), which gmcourse convert read as {arguments.reader}",
        hardware="",
        hours=0.0,
        metrics={},
    )
    zoo.save(described, model, folder=output.parent)
    count = sum(parameter.numel() for parameter in model.parameters())
    print(f"{output}: {type(model).__name__}, {count:,} parameters")
    if weights.unused:
        print(f"not used: {', '.join(weights.unused)}")
    return 0
