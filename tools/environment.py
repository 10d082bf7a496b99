"""The environment `.venv`: made when missing, brought up to date when what it depends on has changed."""

import hashlib
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / ".venv"
STAMP = FOLDER / "installed.txt"
SETS = ("class", "dev")  # of pyproject's extras; the second holds the first


def repository() -> str:
    """The course's address: Repository under `[project.urls]` in pyproject.toml; "" while it is not known.

    The address in pyproject.toml is under example.org until somebody has written a real one.
    """
    described = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    address = str(described["project"]["urls"]["Repository"])
    return "" if "//example.org/" in address else address


def python_of(folder: Path) -> Path:
    """Return the interpreter of a virtual environment."""
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def inside(extra: str = "dev") -> bool:
    """Whether this process runs in `.venv`, and `.venv` has this set, up to date."""
    return Path(sys.prefix).resolve() == FOLDER.resolve() and _is_current(extra)


def wanted(extra: str = "dev") -> str:
    """A hash of what decides what is installed: the set, requirements, constraints, our packages, the Python."""
    described = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = {key: described["project"].get(key) for key in ("dependencies", "optional-dependencies", "scripts")}
    parts = (
        extra,
        json.dumps(project, sort_keys=True),
        (ROOT / "constraints.txt").read_text(encoding="utf-8"),
        *sorted(path.parent.name for path in ROOT.glob("gmcourse*/__init__.py")),
        f"{sys.version_info.major}.{sys.version_info.minor}",
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def _is_current(extra: str) -> bool:
    enough = [wanted(each) for each in SETS[SETS.index(extra) :]]
    return STAMP.is_file() and STAMP.read_text(encoding="utf-8") in enough


def _make() -> None:
    """An empty environment with pip; a RuntimeError says what this Python lacks."""
    cure = "On Debian and Ubuntu: apt-get install python3-venv"
    try:
        import ensurepip  # noqa: F401 - Debian ships venv without it, and venv says so late
        import venv
    except ImportError as error:
        raise RuntimeError(f"this Python has no module {error.name!r}. {cure}") from None
    try:
        venv.create(FOLDER, with_pip=True, clear=True)
    except PermissionError as error:
        raise RuntimeError(
            f"{error.filename or FOLDER} cannot be written to; move the course to a folder of your own"
        ) from None
    except (subprocess.CalledProcessError, OSError) as error:
        raise RuntimeError(f"the environment cannot be made: {error}. {cure}") from None


def ready(extra: str = "dev") -> Path:
    """The interpreter of an environment that has this set; makes and fills it where needed.

    Raises:
        RuntimeError: it cannot be made, or pip fails.
    """
    python = python_of(FOLDER)
    if python.is_file() and _is_current(extra):
        return python
    if not python.is_file():
        print(f"making the environment {FOLDER.name} ...", flush=True)
        _make()
    print("installing the course and what it needs; the first time takes some minutes ...", flush=True)
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    command = [*install, "-c", "constraints.txt", "-e", f".[{extra}]"]
    if subprocess.call(command, cwd=ROOT) != 0:
        raise RuntimeError("pip could not install the course; its last lines above say why")
    STAMP.write_text(wanted(extra), encoding="utf-8")
    return python
