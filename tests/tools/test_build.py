"""What decides whether something is built again, and what is built."""

import contextlib
import importlib.metadata
import re
import subprocess
import sys
import tomllib

import pytest
import yaml
from packaging.specifiers import SpecifierSet

from gmcourse.doctor import FAST
from tools import api, book, environment, fingerprint, kernels, lessons, teachers_page
from tools.__main__ import LESS, TARGETS
from tools.environment import ROOT


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A small repository instead of this one."""
    monkeypatch.setattr(fingerprint, "ROOT", tmp_path)
    package = tmp_path / "gmcourse"
    package.mkdir()
    (package / "one.py").write_text("x = 1\n")
    return package


def test_a_change_in_the_package_changes_its_fingerprint(tree):
    before = fingerprint.of(["gmcourse"])
    (tree / "__pycache__").mkdir()
    (tree / "__pycache__" / "one.pyc").write_bytes(b"cache")
    assert fingerprint.of(["gmcourse"]) == before
    (tree / "one.py").write_text("x = 2\n")
    changed = fingerprint.of(["gmcourse"])
    assert changed != before
    (tree / "one.py").rename(tree / "two.py")
    assert fingerprint.of(["gmcourse"]) not in (before, changed)


def test_requirements_decide_about_the_environment(monkeypatch, tmp_path):
    before = environment.wanted()
    copied = ["pyproject.toml", "constraints.txt", *(p.relative_to(ROOT) for p in ROOT.glob("gmcourse*/__init__.py"))]
    for name in copied:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    assert environment.wanted() == before
    (tmp_path / "gmcourse_more").mkdir()
    (tmp_path / "gmcourse_more" / "__init__.py").touch()
    assert environment.wanted() != before, "a package that pip has not installed is not found by the command"
    (tmp_path / "gmcourse_more" / "__init__.py").unlink()
    (tmp_path / "constraints.txt").write_text("torch==1.0\n")
    assert environment.wanted() != before


def test_a_class_installs_less_and_the_rest_comes_on_top(monkeypatch, tmp_path):
    monkeypatch.setattr(environment, "FOLDER", tmp_path)
    monkeypatch.setattr(environment, "STAMP", tmp_path / "installed.txt")
    environment.python_of(tmp_path).parent.mkdir()
    environment.python_of(tmp_path).touch()
    installed = []
    monkeypatch.setattr(environment.subprocess, "call", lambda words, cwd: installed.append(words[-1]) or 0)
    for extra in ("class", "class", "dev", "class", "dev"):
        environment.ready(extra)
    assert installed == [".[class]", ".[dev]"]
    assert LESS == {"lab": "class"}
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert not re.search("mypy|playwright|ruff|sphinx|jupyter-book", str(extras["class"] + extras["check"]))
    assert "gmcourse[class," in extras["dev"][0]


@pytest.mark.parametrize("python", [f"3.11.{micro}" for micro in (0, 2)] + ["3.12.0", "3.13.0", "3.14.0"])
def test_constraints_admit_the_pythons_that_the_package_does(python):
    """Of what is installed here in the version that is pinned; `python -m tools.resolve` asks for every system."""
    refused, looked = [], 0
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines():
        name, _, version = line.partition("==")
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            made = importlib.metadata.metadata(name)
            if not line.startswith("#") and made["Version"] == version:
                looked += 1
                refused += [line] if python not in SpecifierSet(made.get("Requires-Python", "")) else []
    assert refused == []
    assert looked > 50


def test_every_page_exists_and_every_notebook_is_executed():
    names = lessons.pages()
    pages = {name[len("gmcourse.") :] for name in api.PACKAGES}
    assert names[0] == "book/intro"
    assert len(set(names)) == len(names)
    written = {path.stem for path in api.FOLDER.glob("*.md")} | pages | {"alone"}
    outcomes = teachers_page.PAGE.relative_to(ROOT).with_suffix("").as_posix()
    for name in names:
        generated = name == outcomes or (name.startswith("book/api/") and name.rpartition("/")[2] in written)
        assert generated or any((ROOT / f"{name}{suffix}").is_file() for suffix in (".md", ".ipynb")), name
    assert ROOT / "book" / "tools.ipynb" in lessons.notebooks()
    assert {f"book/api/{name}" for name in pages} <= set(names)


def laid_down(folder):
    """Five notebooks, four of which say how long they take."""
    for number in range(5):
        text = "All cells together take 80 to 205 seconds, by" if number else "Seconds."
        (folder / f"{number}.ipynb").write_text(text)
    return sorted(folder.glob("*.ipynb"))


@pytest.mark.parametrize(
    ("speed", "said"),
    [(FAST, "3 to 5 minutes"), (FAST / 2.7, "7 to 12 minutes"), (4 * FAST, "1 to 2 minutes")],
)
def test_the_forecast_is_for_the_machine_that_is_here(tmp_path, speed, said):
    assert f"5 notebooks to execute, and the pages: {said}" in book.forecast(laid_down(tmp_path), speed)
    assert "1 to 2" in book.forecast([], FAST)


@pytest.mark.slow
def test_the_book_says_beforehand_how_long_it_will_take_here(monkeypatch, tmp_path):
    found, heard = laid_down(tmp_path), []
    for module, name, made in (
        (book, "print", lambda text, **_: heard.append(text)),
        (book, "SITE_STAMP", fingerprint.Stamp(tmp_path / "stamp")),
        (book, "core_speed", lambda: FAST / 2.7),
        (book, "drop_stale_cache", lambda: None),
        (api, "write", lambda: None),
        (lessons, "notebooks", lambda: found),
        (lessons, "missing", lambda paths: paths),
        (
            lessons,
            "execute",
            lambda paths: heard.append("executed") or [lessons.Outcome(found[0], 1.0, "no")],
        ),
    ):
        monkeypatch.setattr(module, name, made, raising=False)
    assert book.main([]) == 1
    assert "7 to 12 minutes" in heard[0]
    assert heard[1] == "executed"


@pytest.mark.parametrize(
    ("address", "colab"),
    [("https://github.com/someone/course", True), ("https://git.example.org/a/b", False)],
)
def test_launch_buttons_come_with_an_address(monkeypatch, tmp_path, address, colab):
    """Colab's only for GitHub: elsewhere the theme would warn, and a warning stops the build."""
    monkeypatch.setattr(book, "BUILD", tmp_path)
    monkeypatch.setenv("GMCOURSE_REPOSITORY", address)
    book.configuration()
    described = yaml.safe_load((tmp_path / "_config.yml").read_text(encoding="utf-8"))
    assert described["repository"]["url"] == address
    assert "binderhub_url" in described["launch_buttons"]
    assert ("colab_url" in described["launch_buttons"]) == colab
    assert ("repository_provider" in described["sphinx"]["config"]["html_theme_options"]) != colab
    monkeypatch.delenv("GMCOURSE_REPOSITORY")
    monkeypatch.setattr(book, "repository", lambda: "")
    book.configuration()
    assert "launch_buttons" not in (tmp_path / "_config.yml").read_text(encoding="utf-8")


def test_every_target_has_its_module_its_line_in_the_makefile_and_its_place_in_the_set_up():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for name in TARGETS:
        assert (ROOT / "tools" / f"{name}.py").is_file()
        assert f" {name}" in makefile
    pages = (ROOT / "book" / "setup.md").read_text(encoding="utf-8")
    for name in ("book", "test", "check", "lab", "serve", "pdf"):
        assert f"`make {name}`" in pages
        assert f"python3 -m tools {name}" in pages


def test_the_readme_leads_to_lesson_one_and_repeats_nothing():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    order = [
        "For students",
        "![",
        "## Start with lesson 1",
        "make lab",
        "## Two commands",
        "make book",
        "make test",
    ]
    places = [readme.index(each) for each in order]
    assert places == sorted(places)
    assert len(readme.splitlines()) < 70
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    said = [line for line in readme.splitlines() if len(line) > 40 and line in contributing]
    assert said == []
    for address in re.findall(r"\]\(([^)]+)\)", readme):
        assert (ROOT / address).is_file(), address


def test_an_unknown_target_says_which_there_are():
    done = subprocess.run(
        [sys.executable, "-m", "tools", "dance"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert all(name in done.stderr for name in TARGETS)


def test_a_page_whose_source_is_gone_goes(monkeypatch, tmp_path):
    monkeypatch.setattr(book, "HTML", tmp_path / "html")
    monkeypatch.setattr(book, "BUILD", tmp_path)
    (tmp_path / "html").mkdir()
    (tmp_path / "html" / "renamed.html").write_text('<a href="gone.html">x</a>')
    asked = []

    def run(command, **_):
        asked.append(command)
        return subprocess.CompletedProcess(command, 0, b"", b"")

    monkeypatch.setattr(book.subprocess, "run", run)
    assert book.sphinx() == 0
    assert "build" in asked[-1]
    assert not (tmp_path / "html").exists()


def test_other_machines_are_named(capsys):
    assert kernels.main(["avx3"]) == 2
    assert "avx2, default; not avx3" in capsys.readouterr().err
