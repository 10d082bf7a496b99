"""The house is in order: vendored files untouched, sources named, nothing that belongs to one machine."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml

from tools import vendored
from tools.__main__ import TARGETS
from tools.environment import ROOT

# the first major versions that do not need Node 20
ON_NODE_24 = {"checkout": 5, "setup-python": 6, "upload-pages-artifact": 5, "deploy-pages": 5}
HOSTS = [r"pypi\.org", r"pythonhosted\.org", r"npmjs\.(org|com)/", r"deb\.debian\.org"]


def _tracked() -> list[Path]:
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def test_vendored_files_are_the_ones_that_are_named():
    assert vendored.table() in _text(ROOT / "THIRD_PARTY.md"), "see CONTRIBUTING, Vendored files"


def test_no_file_names_a_registry_or_a_path_of_one_machine():
    pattern = re.compile("|".join([*HOSTS, r"(?<![\w.])/(home|work|root|Users)/\w+"]))
    for path in _tracked():
        if "vendor" not in path.parts and path.suffix not in (".svg", ".png"):
            assert not pattern.search(_text(path)), path


def test_no_file_is_over_eight_megabytes():
    assert [path for path in _tracked() if path.stat().st_size > 8 * 2**20] == []


def test_every_paper_has_an_address_and_the_list_is_sorted():
    entries = re.findall(r"^@\w+\{([^,]+),(.*?)^\}", _text(ROOT / "book" / "references.bib"), re.M | re.S)
    keys = [key.lower() for key, _ in entries]
    assert keys == sorted(keys)
    assert len(keys) == len(set(keys))
    for key, fields in entries:
        assert re.search(r"^\s*(doi|eprint|url) = ", fields, re.M), f"{key} has no DOI, arXiv number or address"
        arxiv = re.search(r"eprint = \{(.*)\}", fields)
        assert arxiv is None or re.fullmatch(r"\d{4}\.\d{4,5}", arxiv[1]), f"{key}: {arxiv}"


def test_front_page_links_every_lesson_that_exists():
    front = _text(ROOT / "book" / "intro.md")
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        assert re.search(rf"^:link: \.\./notebooks/{path.stem}$", front, re.M), f"{path.stem} has no card"


@pytest.mark.parametrize("path", sorted((ROOT / ".github" / "workflows").glob("*.yml")), ids=lambda p: p.name)
def test_a_workflow_calls_what_there_is(path):
    """Every target of make, every tool and every script that a workflow runs exists."""
    jobs = yaml.safe_load(_text(path))["jobs"]
    lines = [line for job in jobs.values() for step in job["steps"] for line in step.get("run", "").splitlines()]
    assert lines
    called = [word for line in lines for word in re.findall(r"make (\w+)|-m tools (\w+)", line)]
    assert {first or second for first, second in called} <= set(TARGETS)
    for module in re.findall(r"-m tools\.(\w+)", "\n".join(lines)):
        assert (ROOT / "tools" / f"{module}.py").is_file(), module
    for action, version in re.findall(r"uses: actions/([\w-]+)@v(\d+)", _text(path)):
        assert int(version) >= ON_NODE_24[action], f"{action}@v{version} needs a Node that is gone"
    for script in re.findall(r"(?:bash|python3?) ([\w./]+)", "\n".join(lines)):
        assert (ROOT / script).is_file(), script


def test_the_container_for_grading_gets_what_the_package_needs():
    lines = [line for line in _text(ROOT / ".dockerignore").splitlines() if line.startswith("!")]
    allowed = {line.removeprefix("!") for line in lines}
    assert all((ROOT / name).exists() for name in allowed)
    built = tomllib.loads(_text(ROOT / "pyproject.toml"))["project"]
    packages = {path.parent.name for path in ROOT.glob("gmcourse*/__init__.py")}
    needed = {*packages, "pyproject.toml", "constraints.txt", built["readme"], *built["license-files"]}
    assert allowed == needed
    recipe = _text(ROOT / "Dockerfile")
    assert recipe.startswith("# Written, not built here.")
    assert "[check]" in recipe
    assert "PIP_EXTRA_INDEX_URL" in recipe


def test_static_figures_of_live_figures_are_pictures_and_not_placeholders():
    stills = ROOT / "book" / "_static" / "live" / "stills"
    for script in sorted(stills.parent.glob("*.js")):
        if "gm.figure(" in script.read_text(encoding="utf-8"):
            still = stills / f"{script.stem}.png"
            assert still.is_file(), f"{script.stem} has no still picture"
            assert still.stat().st_size > 5000, f"{still.name} is a placeholder: run `python -m tools.live stills`"
