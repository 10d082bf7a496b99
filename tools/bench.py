"""`make bench`: time the package beside its peers. Not part of `make test`: it needs their packages."""

from __future__ import annotations

import os
import subprocess
import sys

from tools.environment import ROOT


def main(words: list[str]) -> int:
    """Run every script of tests/benchmarks (or those named), one thread each."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    scripts = sorted((ROOT / "tests" / "benchmarks").glob("bench_*.py"))
    chosen = [path for path in scripts if not words or path.stem.removeprefix("bench_") in words]
    if not chosen:
        raise RuntimeError(
            f"no benchmark {' '.join(words)}; there are {', '.join(p.stem for p in scripts) or 'none'}"
        )
    status = 0
    speed = "from tests.benchmarks.timing import speed_of_this_core as s; print(f'this core: {s():.0f} GFLOP/s')"
    subprocess.call([sys.executable, "-c", speed], cwd=ROOT, env=environment)
    for path in chosen:
        print(f"— {path.relative_to(ROOT).as_posix()}", flush=True)
        status |= subprocess.call([sys.executable, "-m", f"tests.benchmarks.{path.stem}"], cwd=ROOT, env=environment)
    return min(status, 1)
