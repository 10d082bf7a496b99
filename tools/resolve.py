"""`python -m tools.resolve`: whether constraints.txt can be installed on every system and Python that README admits.

A resolver (uv, which has to be on the path) works out what pip would install elsewhere; nothing is installed, and
only the descriptions of packages are fetched. It takes a few minutes. Intel Macs are not among the systems: PyTorch
has built nothing for them since its version 2.2.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools.environment import ROOT, SETS

PYTHONS = ("3.11.0", "3.12", "3.13", "3.14")
SYSTEMS = {
    "Linux": "x86_64-manylinux_2_28",
    "Linux on ARM": "aarch64-manylinux_2_28",
    "Windows": "x86_64-pc-windows-msvc",
    "macOS 14 on Apple's processors": "aarch64-apple-darwin",
}


def fault(constraints: Path, extra: str, system: str, python: str) -> str:
    """Why a set cannot be installed there, in the words of the resolver; "" if it can."""
    command = ["uv", "pip", "compile", "--quiet", "pyproject.toml", "--extra", extra, "-c", str(constraints)]
    there = ["--python-platform", SYSTEMS[system], "--python-version", python, "--only-binary", ":all:"]
    environment = {**os.environ, "MACOSX_DEPLOYMENT_TARGET": "14.0"}
    done = subprocess.run([*command, *there], cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    return done.stderr.strip() if done.returncode else ""


def main(words: list[str]) -> int:
    """Exit status 1 if one of them cannot. A word is another file of constraints."""
    if shutil.which("uv") is None:
        print("the resolver is missing: python -m pip install uv", file=sys.stderr)
        return 2
    constraints = Path(words[0]).resolve() if words else ROOT / "constraints.txt"
    failed = 0
    for system in SYSTEMS:
        for python in PYTHONS:
            faults = {extra: fault(constraints, extra, system, python) for extra in SETS}
            print(f"{'no' if any(faults.values()) else 'yes':<4} {system}, Python {python}", flush=True)
            for extra, said in faults.items():
                if said:
                    print(f"[{extra}] {said}", file=sys.stderr)
                    failed += 1
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
