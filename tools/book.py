"""`make book`: execute what has changed, build strictly, check the links inside the site.

`GMCOURSE_SOLUTIONS=none make book` leaves the solutions out; `tools/solutions.py` says what else it may be.
"""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import yaml

from gmcourse.doctor import FAST, core_speed
from tools import (
    api,
    deck,
    diagrams,
    fingerprint,
    lessons,
    links,
    measured,
    questions,
    solutions,
    teachers_page,
)
from tools.environment import ROOT, repository

BUILD = ROOT / "_build"
HTML = BUILD / "html"
INDEX = HTML / "index.html"
PACKAGE_STAMP = fingerprint.Stamp(BUILD / "package.stamp")
SITE_STAMP = fingerprint.Stamp(BUILD / "site.stamp")
PAGES = 40  # seconds that Sphinx takes on a core of speed `FAST`


def drop_stale_cache() -> None:
    """The cache knows a notebook by its own text alone; a change in the package must drop it."""
    digest = fingerprint.of(fingerprint.PACKAGE)
    if not PACKAGE_STAMP.matches(digest):
        shutil.rmtree(lessons.CACHE, ignore_errors=True)
        PACKAGE_STAMP.write(digest)


def address_of_site() -> str:
    """Return where the buttons of the site lead: `GMCOURSE_REPOSITORY`, else the repository's own address."""
    return os.environ.get("GMCOURSE_REPOSITORY") or repository()


def configuration() -> list[str]:
    """Write the site's configuration and its table of contents; returns them as options of Jupyter Book.

    Launch buttons come where the repository's address is known; without it they would lead nowhere. A solution that
    is left out is no page of the site, and its hand-out is one.
    """
    described = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    if solutions.left_out():
        described["exclude_patterns"].remove("notebooks/exercises")
        described["exclude_patterns"] += solutions.no_pages()
    if address := address_of_site():
        described["repository"] = {"url": address, "branch": os.environ.get("GMCOURSE_BRANCH", "main")}
        described["launch_buttons"] = {
            "notebook_interface": "jupyterlab",
            "binderhub_url": "https://mybinder.org",
            "jupyterhub_url": os.environ.get("GMCOURSE_JUPYTERHUB", ""),
        }
        if "github" in address:
            described["launch_buttons"]["colab_url"] = "https://colab.research.google.com"
        else:  # Colab opens from GitHub alone; and a forge of one's own is not known by its address
            described["sphinx"]["config"]["html_theme_options"]["repository_provider"] = "gitlab"
    # Jupyter Book looks for these beside the configuration, which is elsewhere now
    described["sphinx"]["local_extensions"] = {
        name: str(ROOT / folder) for name, folder in described["sphinx"]["local_extensions"].items()
    }
    config, toc = BUILD / "_config.yml", BUILD / "_toc.yml"
    BUILD.mkdir(parents=True, exist_ok=True)
    config.write_text(yaml.safe_dump(described, allow_unicode=True), encoding="utf-8")
    toc.write_text(solutions.table_of_contents(), encoding="utf-8")
    return ["--config", str(config), "--toc", str(toc)]


def sphinx() -> int:
    """Build the site; warnings and unresolved references are errors.

    `--all` writes every page anew: an incremental build after a failed one would exit 0. Pages whose source is
    gone would stay, and their links be looked at: so the old site goes first.
    """
    shutil.rmtree(HTML, ignore_errors=True)
    strictly = ["-W", "-n", "--keep-going", "--all", "-q", *configuration()]
    command = [sys.executable, "-m", "tools.jupyter_book", "build", ".", *strictly]
    environment = {**os.environ, **lessons.KERNEL_ENVIRONMENT}
    # what it prints to stdout matters only if it fails; warnings come on stderr
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, check=False)
    if done.returncode:
        print(done.stdout.decode(errors="replace")[-4000:])
    return done.returncode


def forecast(missing: list[Path], speed: float) -> str:
    """What `make book` says beforehand: how long it will take on cores of this speed, in GFLOP/s."""
    minutes = (lessons.estimate(missing, speed) + PAGES * FAST / speed) / 60
    low, high = max(1, round(0.8 * minutes)), 1 + round(1.2 * minutes)
    return (
        f"{len(missing)} notebooks to execute, and the pages: {low} to {high} minutes on this machine "
        f"({speed:.0f} GFLOP/s a core), if it does nothing else"
    )


def report(outcomes: list[lessons.Outcome], seconds: float) -> None:
    """Say how long each notebook took and where the page is."""
    for outcome in outcomes:
        print(f"  {outcome.seconds:6.1f} s  {outcome.path.relative_to(ROOT).as_posix()}")
    print(f"The site is built ({seconds:.0f} s): open {Path(os.path.relpath(INDEX)).as_posix()}")


def main(words: list[str]) -> int:
    """Build the site unless nothing has changed since it was last built."""
    started = time.monotonic()
    api.write()
    teachers_page.write()
    diagrams.write()
    digest = fingerprint.of(fingerprint.SITE, address_of_site(), *solutions.no_pages())
    if SITE_STAMP.matches(digest) and INDEX.is_file():
        report(lessons.execute(lessons.notebooks()), time.monotonic() - started)
        return 0
    SITE_STAMP.forget()
    drop_stale_cache()
    print(forecast(lessons.missing(lessons.notebooks()), core_speed()), flush=True)
    outcomes = lessons.execute(lessons.notebooks())
    failed = [outcome for outcome in outcomes if outcome.error]
    if failed:
        print(f"{len(failed)} of {len(outcomes)} notebooks failed; their tracebacks are above", file=sys.stderr)
        return 1
    unseen = {solutions.solved(name) for name in solutions.left_out()}
    if wrong := measured.problems([p for p in measured.pages() if p not in unseen], lessons.executed):
        print("\n".join(["measured numbers are not what the text says:", *wrong]), file=sys.stderr)
        return 1
    if status := sphinx():
        print("the site was not built: see the warnings above", file=sys.stderr)
        return status
    deck.write(HTML)
    questions.write(HTML)
    diagrams.write_sheet(HTML)
    broken = links.broken(HTML)
    for problem in broken:
        print(f"broken link: {problem}", file=sys.stderr)
    if broken:
        return 1
    SITE_STAMP.write(digest)
    report(outcomes, time.monotonic() - started)
    return 0
