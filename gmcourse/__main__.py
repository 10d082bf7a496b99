"""The `gmcourse` command. Each word is a module with `add_arguments(parser)` and `run(arguments) -> int`."""

import argparse
import importlib
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
    "train": ("gmcourse.recipes.running.command", "train a model of the zoo again"),
    "zoo": ("gmcourse.zoo.command", "list the trained models"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, run, and turn an expected error into one line and exit status 2."""
    accept_any_encoding()
    words = sys.argv[1:] if argv is None else list(argv)
    parser = argparse.ArgumentParser("gmcourse", description="Deep generative models: the course's command.")
    parser.add_argument("--version", action="version", version=f"gmcourse {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, (module, summary) in COMMANDS.items():
        sub = commands.add_parser(name, help=summary, description=summary)
        if words[:1] == [name]:
            chosen = importlib.import_module(module)
            chosen.add_arguments(sub)
            sub.set_defaults(run=chosen.run)
    arguments = parser.parse_args(words or ["--help"])
    try:
        status: int = arguments.run(arguments)
    except (ValueError, RuntimeError, OSError) as error:
        text = "\n".join(map(visible, str(error).split("\n")))
        print(f"gmcourse {arguments.command}: {text}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"gmcourse {arguments.command}: stopped", file=sys.stderr)
        return 130
    return status


if __name__ == "__main__":
    sys.exit(main())
