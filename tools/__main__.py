"""`python3 -m tools TARGET`: one Python call for everything that is done with this repository.

This module and `tools.environment` use the standard library only, so that they run on a fresh machine. They
make the environment `.venv`, install the course into it, and start again inside it. This module is also read by
Pythons that are too old for the course: see `tools/__init__.py`.
"""

import importlib
import subprocess
import sys

from tools import NEEDED

TARGETS = {
    "book": "execute every lesson and build the site into _build/html",
    "test": "all tests: package, exercises both ways, solutions under nbval, site in a browser",
    "check": "lint, types and unit tests; under two minutes, for every commit",
    "kernels": "the quick tests as other processors would compute; `kernels book`: the lessons",
    "next": "the site built by Sphinx 9, from the executed notebooks that are there",
    "lab": "JupyterLab on a folder of your own: lessons and exercises; updates leave your work alone",
    "serve": "show the built site at http://localhost:8000",
    "pdf": "print the built site with Chromium into _build/pdf",
    "slides": "print each lesson's slides as a PDF into _build/slides",
    "bench": "time the package beside its peers",
    "clean": "remove what was built; .venv stays",
}

LESS = {"lab": "class"}  # what a target needs of pyproject's extras, where it is not all of them


def usage() -> str:
    """List the targets, a line each."""
    return "\n".join(
        ["usage: python3 -m tools TARGET", ""] + [f"  {name:8} {what}" for name, what in TARGETS.items()]
    )


def main(words: "list[str]") -> int:
    """Run one target and return its exit status."""
    if not words or words[0] not in TARGETS:
        print(usage(), file=sys.stderr)
        return 2
    if sys.version_info < NEEDED:
        here = sys.version.split()[0]
        print(
            f"Python 3.11 or newer is needed; this is {here}. Try python3.12 -m tools {words[0]}, "
            f"or make {words[0]} PYTHON=python3.12, or install one.",
            file=sys.stderr,
        )
        return 2
    from tools import environment

    try:
        extra = LESS.get(words[0], "dev")
        if words[0] != "clean" and not environment.inside(extra):
            python = environment.ready(extra)
            return subprocess.call([str(python), "-m", "tools", *words], cwd=environment.ROOT)
        status = int(importlib.import_module(f"tools.{words[0]}").main(words[1:]))
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
