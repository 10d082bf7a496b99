"""Executes the site's notebooks side by side and keeps the results in jupyter-cache, where Sphinx finds them.

Jupyter Book executes one notebook after another. Filling its cache beforehand uses both cores of a small
machine, and shows a failing cell with its traceback at once.
"""

import os
import re
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import nbformat
import yaml
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn
from jupyter_cache.cache.main import JupyterCacheBase
from jupyter_cache.executors.utils import single_nb_execution

from gmcourse.doctor import FAST
from tools import solutions, warm
from tools.environment import ROOT

CACHE = ROOT / "_build" / ".jupyter_cache"
WORKERS = 2
TIMEOUT = 600  # seconds, for one cell
TAKES = re.compile(r"All cells together take (\d+) to \d+ seconds")  # the first on a core of speed `FAST`
SHORT = 8  # seconds, for a notebook whose text says nothing
# One thread a kernel: two kernels on two cores would only fight. No widget lives on a
# page without a kernel: pictures for sliders, and no progress bars.
KERNEL_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "GMCOURSE_STATIC": "1",
    "GMCOURSE_PROGRESS": "off",
    "TQDM_DISABLE": "1",
    "PYDEVD_DISABLE_FILE_VALIDATION": "1",
}


@dataclass(frozen=True)
class Outcome:
    """One executed notebook: where it is, how long it took, and its traceback if a cell failed."""

    path: Path
    seconds: float
    error: str | None = None


def pages() -> list[str]:
    """List every page of the table of contents, without suffix, in order."""

    def walk(node: object) -> list[str]:
        if isinstance(node, list):
            return [name for each in node for name in walk(each)]
        if isinstance(node, dict):
            own = [str(node[key]) for key in ("root", "file") if key in node]
            return own + [name for key in ("parts", "chapters", "sections") for name in walk(node.get(key))]
        return []

    return walk(yaml.safe_load(solutions.table_of_contents()))


def notebooks() -> list[Path]:
    """List the notebooks among the pages that are executed: all but hand-outs, which wait for their answers."""
    found = [ROOT / f"{name}.ipynb" for name in pages() if not name.startswith("notebooks/exercises/")]
    return [path for path in found if path.is_file()]


def _open_cache() -> JupyterCacheBase:
    CACHE.mkdir(parents=True, exist_ok=True)
    cache = get_cache(CACHE)
    cache.change_cache_limit(200)
    return cache


def _seconds(cache: JupyterCacheBase, path: Path) -> float | None:
    """How long the cached execution of this notebook took; None if it is not in the cache."""
    try:
        record = cache.match_cache_notebook(nbformat.read(path, nbformat.NO_CONVERT))
    except KeyError:
        return None
    return float(record.data.get("execution_seconds", 0.0))


def executed(path: Path) -> nbformat.NotebookNode:
    """A notebook with the outputs that the cache has for it.

    Raises:
        KeyError: it was not executed.
    """
    return _open_cache().merge_match_into_notebook(nbformat.read(path, nbformat.NO_CONVERT))[1]


def _execute(path: Path) -> tuple[nbformat.NotebookNode, Outcome]:
    notebook = nbformat.read(path, nbformat.NO_CONVERT)
    started = time.monotonic()
    try:
        error = single_nb_execution(
            notebook,
            cwd=str(path.parent),
            timeout=TIMEOUT,
            allow_errors=False,
            extra_arguments=["--log-level=40"],
            **({"kernel_manager_class": warm.WarmKernel} if warm.POSSIBLE else {}),
        ).err
    except RuntimeError as died:  # a kernel, at work or before: too little memory, most often
        error = died
    return notebook, Outcome(path, time.monotonic() - started, None if error is None else str(error))


def missing(paths: list[Path]) -> list[Path]:
    """Those that are not in the cache."""
    cache = _open_cache()
    return [path for path in paths if _seconds(cache, path) is None]


def estimate(paths: list[Path], speed: float) -> float:
    """How many seconds it will take to execute these on cores of this speed in GFLOP/s, by what their texts say."""
    said = [TAKES.search(path.read_text(encoding="utf-8")) for path in paths]
    seconds = [FAST / speed * float(each[1] if each else SHORT) for each in said]
    return max([sum(seconds) / WORKERS, *seconds])


def execute(paths: list[Path]) -> list[Outcome]:
    """Execute those that are not in the cache yet, `WORKERS` at a time, and add them to it.

    Returns:
        One outcome a notebook, in the order given. Failed ones are not cached.

    Raises:
        KeyboardInterrupt: at once; those that were done are in the cache.
    """
    os.environ.update(KERNEL_ENVIRONMENT)  # kernels inherit it
    os.environ.pop("GMCOURSE_DATA", None)  # the site is the same wherever it is built: bundled data only
    cache = _open_cache()
    known = {path: seconds for path in paths if (seconds := _seconds(cache, path)) is not None}
    outcomes = {path: Outcome(path, seconds) for path, seconds in known.items()}
    missing = [path for path in paths if path not in known]
    pool = ThreadPoolExecutor(WORKERS)
    running = [pool.submit(_execute, path) for path in missing]
    try:
        for number, future in enumerate(as_completed(running), 1):
            notebook, outcome = future.result()
            outcomes[outcome.path] = outcome
            name = outcome.path.relative_to(ROOT).as_posix()
            verdict = "FAILED after" if outcome.error else "executed in"
            print(f"[{number}/{len(missing)}] {name} {verdict} {outcome.seconds:.0f} s", flush=True)
            if outcome.error:
                print(outcome.error, flush=True)
            else:
                bundle = CacheBundleIn(notebook, str(outcome.path), data={"execution_seconds": outcome.seconds})
                cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)
    except BaseException:  # Ctrl-C: what runs is lost, and what is done is in the cache
        pool.shutdown(wait=False, cancel_futures=True)
        warm.kill()
        raise
    pool.shutdown()
    return [outcomes[path] for path in paths]
