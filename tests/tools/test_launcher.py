"""The launcher on machines that lack something: an old Python, no venv, no pip, no right to write."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools import environment
from tools.environment import ROOT

LAUNCHER = [ROOT / "tools" / name for name in ("__init__.py", "__main__.py")]
OLD = [f"3.{minor}" for minor in range(6, 11)]

# Run before the launcher: a Python of another version, or without some modules.
PRETEND = """
import runpy, sys
hidden = {hidden!r}
class Hide:
    def find_spec(self, name, path=None, target=None):
        if name in hidden:
            raise ImportError(f"No module named {{name!r}}", name=name)
for name in hidden:
    sys.modules.pop(name, None)
sys.meta_path.insert(0, Hide())
sys.version_info = {version!r} + ("final", 0)
sys.version = "{version[0]}.{version[1]}.{version[2]} (pretended)"
sys.argv = ["tools", "check"]
runpy.run_module("tools", run_name="__main__")
"""


def launched(tmp_path, version=(3, 11, 2), hidden=()):
    for name in ("tools", "gmcourse", "pyproject.toml", "constraints.txt"):
        (tmp_path / name).symlink_to(ROOT / name)
    code = PRETEND.format(version=version, hidden=tuple(hidden))
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        check=False,
    )


def test_an_old_python_can_read_the_launcher():
    """As far as this one can tell: its grammar, and no annotation that an old one would look up and not find."""
    for path in LAUNCHER:
        tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 6))
        for node in ast.walk(tree):
            assert not (isinstance(node, ast.ImportFrom) and node.module == "__future__"), "3.6 has no annotations"
            for given in (getattr(node, "annotation", None), getattr(node, "returns", None)):
                assert not isinstance(given, ast.Subscript | ast.BinOp), ast.unparse(node)


def old_pythons():
    """Those that are installed here, in the path or by pyenv."""
    versions = Path.home() / ".pyenv" / "versions"
    for version in OLD:
        found = [shutil.which(f"python{version}"), *versions.glob(f"{version}.*/bin/python")]
        yield from (str(each) for each in found if each and subprocess.call([each, "-c", ""]) == 0)


def test_the_old_pythons_that_are_here_hear_what_is_needed():
    for python in old_pythons():
        done = subprocess.run([python, "-m", "tools", "lab"], cwd=ROOT, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (2, ""), python
        assert done.stderr.startswith("Python 3.11 or newer is needed"), (python, done.stderr)
        assert "make lab PYTHON=python3.12" in done.stderr


@pytest.mark.parametrize("version", [(3, 8, 18), (3, 9, 2), (3, 10, 12)])
def test_an_old_python_hears_what_is_needed(tmp_path, version):
    done = launched(tmp_path, version, hidden=["tomllib"])
    assert done.returncode == 2
    assert done.stderr.startswith(f"Python 3.11 or newer is needed; this is {'.'.join(map(str, version))}.")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("module", ["venv", "ensurepip"])
def test_a_python_without_venv_or_pip_hears_how_to_get_it(monkeypatch, tmp_path, module):
    monkeypatch.setattr(environment, "FOLDER", tmp_path / ".venv")
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(RuntimeError, match="apt-get install python3-venv"):
        environment.ready()


def test_a_folder_that_cannot_be_written_is_named(monkeypatch, tmp_path):
    def refused(*args, **kwargs):
        raise PermissionError(13, "Permission denied", str(tmp_path))

    monkeypatch.setattr(environment, "FOLDER", tmp_path / ".venv")
    monkeypatch.setattr("venv.create", refused)
    with pytest.raises(RuntimeError, match="cannot be written to; move the course"):
        environment.ready()
