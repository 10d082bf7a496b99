"""`make kernels`: the quick tests, computed as other processors would compute them.

torch chooses its kernels by what the processor can do, and sums in another order with more threads. So the last
digits differ from machine to machine, and a test that compares them passes on one and fails on another. Two
settings make this machine compute like others: one without AVX-512, and one with no vector instructions at all,
on two threads. `python -m tools kernels avx2` and `default` take one of the two. `python -m tools kernels book`
executes the lessons so instead, without building pages; numbers that they print must lie in the ranges that the
text states.
"""

from __future__ import annotations

import os
import shutil
import sys

from tools.check import QUICK, run

MACHINES = {  # without AVX-512; without vector instructions, on two threads
    "avx2": {
        "ATEN_CPU_CAPABILITY": "avx2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "MKL_ENABLE_INSTRUCTIONS": "AVX2",
        "GMCOURSE_TEST_THREADS": "1",
    },
    "default": {
        "ATEN_CPU_CAPABILITY": "default",
        "OMP_NUM_THREADS": "2",
        "MKL_NUM_THREADS": "2",
        "GMCOURSE_TEST_THREADS": "2",
    },
}


def lessons() -> int:
    """Execute every notebook of the site as this process's environment says, into a cache of its own."""
    from tools import lessons as book

    book.CACHE = book.CACHE.with_name(".jupyter_cache_kernels")
    shutil.rmtree(book.CACHE, ignore_errors=True)
    threads = os.environ.get("OMP_NUM_THREADS", "1")
    book.KERNEL_ENVIRONMENT |= {"OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads}
    outcomes = book.execute(book.notebooks())
    for outcome in outcomes:
        print(f"  {outcome.seconds:6.1f} s  {outcome.path.name}")
    return sum(outcome.error is not None for outcome in outcomes)


def main(words: list[str]) -> int:
    """Return exit status 1 if anything failed on any of the machines."""
    if words == ["lessons"]:
        return min(lessons(), 1)
    machines = [word for word in words if word in MACHINES] or list(MACHINES)
    if unknown := set(words) - {"book", *MACHINES}:
        print(f"kernels knows book, {', '.join(MACHINES)}; not {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    steps = (["tools.kernels", "lessons"],) if "book" in words else (QUICK,)
    failed = 0
    for name in machines:
        print(f"As a machine of kind {name}:", flush=True)
        failed += run(steps, **MACHINES[name])
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
