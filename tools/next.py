"""`make next`: the site as the next generation of tools would build it, in an environment of its own.

Jupyter Book 1 is frozen at Sphinx 7. The day on which it has to be left, this step should be small: here the same
sources are built by Sphinx 9 itself, from the configuration that Jupyter Book writes out, with executed notebooks
taken from the cache that `make book` has filled. A warning fails it, but for those that `KNOWN` explains.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

from tools.environment import ROOT, python_of

FOLDER = ROOT / "_build" / "next"
REQUIREMENTS = (
    "sphinx==9.0.*",
    "sphinx-book-theme==1.4.*",
    "myst-nb==1.4.*",
    "myst-parser==5.2.*",
    "sphinx-comments==0.0.3",
    "sphinx-copybutton==0.5.*",
    "sphinx-design==0.8.*",
    "sphinx-exercise==1.2.*",
    "sphinx-external-toc==1.1.*",
    "sphinx-multitoc-numbering==0.1.*",
    "sphinx-proof==0.4.*",
    "sphinx-togglebutton==0.4.*",
    "sphinxcontrib-bibtex==2.7.*",
    "linkify-it-py==2.*",
)
GONE = (
    "jupyter_book",
    "sphinx_jupyterbook_latex",
)  # extensions of version 1 that its successor will not have
NOT_INSTALLED = 75  # "try again later": continuous integration goes on, since nothing was found wrong
KNOWN: dict[str, str] = {}  # a pattern of a warning → why it may stay


def environment() -> Path:
    """The interpreter of an environment with the next tools; the course's own packages are seen behind them."""
    python = python_of(FOLDER / "env")
    stamp = FOLDER / "env" / "installed.txt"
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != "\n".join(REQUIREMENTS):
        venv.create(FOLDER / "env", with_pip=True, clear=True)
        install = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check", *REQUIREMENTS]
        if subprocess.call(install) != 0:
            print("pip could not install the next tools; its last lines above say why", file=sys.stderr)
            sys.exit(NOT_INSTALLED)
        stamp.write_text("\n".join(REQUIREMENTS), encoding="utf-8")
    asked = [str(python), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    packages = Path(subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip())
    behind = f"{ROOT}\n{sysconfig.get_path('purelib')}\n"
    (packages / "course.pth").write_text(behind, encoding="utf-8")
    return python


def copy_of_the_sources() -> Path:
    """Copy the site's sources and the cache of executed notebooks, with `conf.py` in place of `_config.yml`."""
    copy = FOLDER / "source"
    shutil.rmtree(copy, ignore_errors=True)
    for name in ("book", "notebooks"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__", ".ipynb_*"))
    for name in ("_config.yml", "_toc.yml"):
        shutil.copy(ROOT / name, copy)
    cache = ROOT / "_build" / ".jupyter_cache"
    if not cache.is_dir():
        raise RuntimeError("there are no executed notebooks; run `make book` first")
    shutil.copytree(cache, copy / "_build" / ".jupyter_cache")
    write = [sys.executable, "-m", "tools.jupyter_book", "config", "sphinx", str(copy)]
    subprocess.run(write, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    configuration = copy / "conf.py"
    text = configuration.read_text(encoding="utf-8")
    text = re.sub("|".join(rf"'{name}', |, '{name}'" for name in GONE), "", text)
    extensions = f"import sys\nsys.path.insert(0, {str(copy / 'book' / '_extensions')!r})\n"
    configuration.write_text(extensions + text, encoding="utf-8")
    return copy


def unexplained(warnings: str) -> list[str]:
    """The lines of Sphinx's warnings that no pattern of `KNOWN` explains."""
    lines = [line for line in warnings.splitlines() if re.search(r"\b(WARNING|ERROR|CRITICAL)\b", line)]
    return [line for line in lines if not any(re.search(pattern, line) for pattern in KNOWN)]


def main(words: list[str]) -> int:
    """Exit status 1 if Sphinx stops, or warns of something that is not known; 75 without the next tools."""
    python, source = environment(), copy_of_the_sources()
    log = FOLDER / "warnings.txt"
    command = [str(python), "-m", "sphinx", "-b", "html", "-n", "-q", "-w", str(log)]
    done = subprocess.run(
        [*command, str(source), str(FOLDER / "html")],
        cwd=source,
        env={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
        stderr=subprocess.DEVNULL,
        check=False,
    )
    found = unexplained(log.read_text(encoding="utf-8"))
    for line in found:
        print(line)
    print(f"Built by the next tools, {len(found)} unexplained warnings, in {FOLDER / 'html'}")
    return 1 if found or done.returncode else 0
