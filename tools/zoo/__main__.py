"""`python -m tools.zoo WORD`: trained models, in the repository.

train [NAME…] --minutes 25 --out FOLDER several, the one that matters most first; none: the list in order of worth
publish NAME [--from FOLDER/zoo]        into the package, if it is finished and there is room
baselines [digits mnist prose …]        measure the cheapest models, beside which manifests and tables stand
repeats ["digits, orders" …]            train the small networks of several seeds, which lessons 07 and 11 to 13 show
measure NAME…                           published models again, whose recipes measure more than they did
dependents NAME                         what depends on it
remake NAME…                            make all that again
read NAME…                              say that you have read what the prose says of it
stale                                   what a changed model has left behind
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def parser() -> argparse.ArgumentParser:
    """Build the parser of nine words, each with its own arguments."""
    top = argparse.ArgumentParser(
        prog="python -m tools.zoo", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    words = top.add_subparsers(dest="word", required=True)
    train = words.add_parser("train", help="train a list of models within a number of minutes")
    train.add_argument("names", nargs="*", metavar="NAME", help="none: the list in order of worth, in series.py")
    train.add_argument("--minutes", type=float, required=True, help="for all of them together")
    train.add_argument("--out", type=Path, required=True, help="the folder for everything")
    train.add_argument("--steps", type=int, help="another number than the recipes' own, for a trial")
    train.add_argument("--device", help="cpu, cuda or mps; by default a CUDA GPU if there is one")
    train.add_argument("--no-keep", dest="keep", action="store_false", help="measure nothing, for a trial")
    publish = words.add_parser("publish", help="put a model of your own into the package")
    publish.add_argument("name", metavar="NAME")
    publish.add_argument("--from", dest="folder", type=Path, help="by default the folder of your own models")
    publish.add_argument("--steps", type=int, help="how many it was meant to have, if not the recipe's")
    publish.add_argument("--remake", action="store_true", help="then make again what depends on it")
    baselines = words.add_parser("baselines", help="measure the cheapest models")
    baselines.add_argument("names", nargs="*", metavar="SET", help="as `zoo.baselines` names them; none: all")
    repeats = words.add_parser("repeats", help="train the small networks of several seeds")
    repeats.add_argument("names", nargs="*", metavar="SET", help="as `zoo.baselines` names them; none: all")
    words.add_parser("dependents", help="what depends on a model").add_argument("name", metavar="NAME")
    for word, help_ in {
        "measure": "measure published models again",
        "remake": "make again what depends on models",
        "read": "the prose was read",
    }.items():
        words.add_parser(word, help=help_).add_argument("names", nargs="+", metavar="NAME")
    words.add_parser("stale", help="what a changed model has left behind")
    return top


def run(arguments: argparse.Namespace) -> int:
    """Do what the word says; exit status 1 if a training failed or something is stale."""
    from tools.zoo import baselines, dependents, repeats, series, stamp
    from tools.zoo.publish import publish, write_hashes
    from tools.zoo.remake import measure_again, remake

    if arguments.word == "train":
        rows = series.train(
            arguments.names,
            minutes=arguments.minutes,
            out=arguments.out,
            steps=arguments.steps,
            device=arguments.device,
            keep=arguments.keep,
        )
        return int(any(row.outcome == "failed" for row in rows))
    if arguments.word == "publish":
        publish(arguments.name, arguments.folder or True, arguments.steps)
        if arguments.remake:
            return remake([arguments.name])
    if arguments.word == "baselines":
        baselines.write(arguments.names or baselines.NAMES)
        write_hashes()
    elif arguments.word == "repeats":
        repeats.write(arguments.names or repeats.SETS)
        write_hashes()
    elif arguments.word in ("publish", "dependents"):
        for each in dependents.of(arguments.name):
            print(f"{each.kind:<26}  {each.path}")
    elif arguments.word == "measure":
        for name in arguments.names:
            measure_again(name)
    elif arguments.word == "remake":
        return remake(arguments.names)
    elif arguments.word == "read":
        stamp.write_prose(arguments.names)
    else:
        found = stamp.stale()
        print(*found, sep="\n" if found else "", end="\n" if found else "")
        return int(bool(found))
    return 0


def main(words: list[str] | None = None) -> int:
    """Exit status 2 for what cannot be done, with the reason in a line; 130 for what was stopped."""
    try:
        return run(parser().parse_args(words))
    except (ValueError, OSError) as error:
        print(f"tools.zoo: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("tools.zoo: stopped; the same call goes on", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
