"""The package as it is installed: a wheel works without the repository, weights, checks and all."""

import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.exercises.student import SOLVED, answers_in
from tests.test_architecture import MODULES

TRY = """
import importlib
import pkgutil
import sys
from pathlib import Path
import gmcourse
from gmcourse import zoo
from gmcourse.exercises.judge import notebook

assert Path(gmcourse.__file__).is_relative_to(sys.argv[1]), gmcourse.__file__
for module in pkgutil.walk_packages(gmcourse.__path__, "gmcourse."):
    importlib.import_module(module.name)
for name in zoo.names():
    if zoo.manifest(name).sha256:
        zoo.load(name)
for chapter in notebook.chapters().values():
    exec(compile(chapter.set_up, chapter.name, "exec"), {})
print((Path(gmcourse.__file__).parent / "py.typed").is_file())
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder, source = tmp_path_factory.mktemp("wheel"), tmp_path_factory.mktemp("source")
    # from a copy: a build leaves files behind, and takes up those of an earlier one
    for name in ("gmcourse", "gmcourse_recipes"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE", "THIRD_PARTY.md"):
        shutil.copy(ROOT / name, source)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder)]
    done = subprocess.run(build, capture_output=True, text=True, cwd=source)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    (path,) = folder.glob("*.whl")
    return path


@pytest.mark.slow
def test_it_holds_what_is_needed_and_nothing_else(wheel):
    held = zipfile.ZipFile(wheel)
    names = held.namelist()
    modules = {path.relative_to(ROOT).as_posix() for path in MODULES.values()}
    assert {name for name in names if name.endswith(".py")} == modules
    here = {p.name for p in (ROOT / "gmcourse" / "zoo" / "weights").iterdir()}
    assert {Path(name).name for name in names if "/zoo/weights/" in name} == here
    templates = {p.name for p in (ROOT / "gmcourse" / "exercises" / "templates").glob("*.ipynb")}
    assert {Path(name).name for name in names if "/exercises/templates/" in name} == templates
    assert not any(name.split("/")[0] in ("tests", "tools", "notebooks", "book") for name in names)
    (entry_points,) = (name for name in names if name.endswith(".dist-info/entry_points.txt"))
    assert "gmcourse = gmcourse.__main__:main" in held.read(entry_points).decode()
    assert wheel.stat().st_size < 70e6


@pytest.mark.slow
def test_it_holds_no_answer(wheel):
    """What a class installs has the hand-outs and the checks, and of the solved notebooks not a line."""
    held = zipfile.ZipFile(wheel)
    texts = {name: held.read(name).decode() for name in held.namelist() if name.endswith((".py", ".ipynb"))}
    assert answers_in(texts) == []
    assert answers_in({"solved.ipynb": SOLVED.read_text(encoding="utf-8")}) == ["solved.ipynb"]


@pytest.mark.slow
def test_it_works_without_the_repository(wheel, tmp_path):
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*install, "--target", str(tmp_path / "site"), str(wheel)], check=True)
    # torch and the rest come from this environment; gmcourse must come from the wheel
    found = os.pathsep.join([str(tmp_path / "site"), sysconfig.get_paths()["purelib"]])
    done = subprocess.run(
        [sys.executable, "-S", "-c", TRY, str(tmp_path / "site")],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": found},
    )
    assert done.stdout.split() == ["True"], done.stdout + done.stderr[-3000:]
