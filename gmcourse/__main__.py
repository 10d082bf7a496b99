"""The `gmcourse` command. Each word is a module with `add_arguments(parser)` and `run(arguments) -> int`."""

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from gmcourse import __version__
from gmcourse.console import accept_any_encoding, visible

# Imported only when asked for: `gmcourse check` must not wait for what `gmcourse train` needs.
COMMANDS = {
    "check": ("gmcourse.exercises.judge.check_command", "judge one exercise notebook"),
    "convert": ("gmcourse.zoo.convert", "read published weights into a model of ours"),
    "doctor": ("gmcourse.doctor", "say what this machine has and lacks"),
    "grade": ("gmcourse.exercises.judge.grade", "judge a folder of submissions"),
    "train": ("gmcourse_recipes.running.command", "train a model of the zoo again"),
    "zoo": ("gmcourse.zoo.command", "list the trained models"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, run, and turn an expected error into one line and exit status 2."""
    accept_any_encoding()
    words = sys.argv[1:] if argv is None else list(argv)
    called = " ".join(["gmcourse", *words[:1]])
    try:
        arguments = _parsed(words or ["--help"])
        status: int = arguments.run(arguments)
        print(end="", flush=True)  # so that a full disk, or a pipe without a reader, is found before Python ends
    except BrokenPipeError:  # `| head -1` has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python complains when it ends
        return 1
    except (ValueError, RuntimeError, OSError) as error:
        text = "\n".join(map(visible, str(error).split("\n")))
        print(f"{called}: {text}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"{called}: stopped", file=sys.stderr)
        return 130
    return status


def _parsed(words: Sequence[str]) -> argparse.Namespace:
    """The arguments, with `run`; what the command needs is imported here, which takes seconds."""
    parser = argparse.ArgumentParser("gmcourse", description="Deep generative models: the course's command.")
    parser.add_argument("--version", action="version", version=f"gmcourse {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (module, summary) in COMMANDS.items():
        sub = commands.add_parser(name, help=summary, description=summary)
        if words[:1] == [name]:
            chosen = importlib.import_module(module)
            chosen.add_arguments(sub)
            sub.set_defaults(run=chosen.run)
    return parser.parse_args(words)


if __name__ == "__main__":
    sys.exit(main())
