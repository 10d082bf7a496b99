"""The house stands: imports go down, nothing goes round in circles, and no file is too long to read."""

import ast
import graphlib
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tests.conftest import ROOT

# A module imports from lower floors, and on its own floor only from its own folder.
FLOORS = (
    ("expect", "storage"),
    ("checkpoint", "console", "precision", "processes", "reproducible"),
    ("data", "nn", "latent"),
    ("densities", "flows", "metrics", "training", "viz"),
    ("adversarial",),
    ("models",),
    ("converters", "experiments"),
    ("zoo",),
    ("exercises",),
    ("__main__", "doctor"),
    ("gmcourse_recipes",),
)
FLOOR = {name: number for number, names in enumerate(FLOORS) for name in names}
LONGEST = 250


def name_of(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


# The package, and beside it what trained its models.
MODULES = {name_of(path): path for path in sorted(ROOT.glob("gmcourse*/**/*.py"))}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}


def imports_of(tree, modules):
    """The package's own modules that a syntax tree imports, lazily or not: the most exact name of each."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: a relative import; write the whole name"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            while name and name not in modules:
                name = name.rpartition(".")[0]
            if name and name != "gmcourse":
                found.add(name)
    return found


def part_of(name):
    """The part of the package that a module belongs to, which has a floor."""
    return name.removeprefix("gmcourse.").split(".")[0]


def folder_of(name):
    """What counts as one's own folder: for a chapter its module in `models`, else the part of the package."""
    return ".".join(name.split(".")[1:3]) if part_of(name) == "models" else part_of(name)


def is_allowed(importer, imported):
    """Whether the floors let one module import another."""
    if folder_of(importer) == folder_of(imported):
        return True
    return FLOOR[part_of(imported)] < FLOOR[part_of(importer)]


@cache
def imports():
    """What each module imports of the package: found when a test asks, not by every worker that collects."""
    return {name: imports_of(tree, MODULES) for name, tree in TREES.items()}


def test_every_part_has_a_floor():
    parts = {part_of(name) for name in MODULES if name != "gmcourse"}
    assert parts <= set(FLOOR), f"give {parts - set(FLOOR)} a floor in FLOORS and in CONTRIBUTING.md"


@pytest.mark.parametrize("name", [name for name in MODULES if name != "gmcourse"])
def test_imports_go_down(name):
    upward = sorted(other for other in imports()[name] if not is_allowed(name, other))
    assert not upward, f"{name} (floor {FLOOR[part_of(name)]}) imports {', '.join(upward)}"


def test_no_circles():
    try:
        graphlib.TopologicalSorter(imports()).prepare()
    except graphlib.CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_no_star_imports_and_no_drawers_for_odds_and_ends():
    for name, tree in TREES.items():
        stars = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.names[0].name == "*"]
        assert not stars, f"{name} imports a star"
        assert not re.search(r"\b(utils?|helpers?|misc|common)\b", name), f"{name} says nothing of its content"


def hidden(exported, modules):
    """Names that a package takes from one of its modules though another, or the same, module is called so."""
    return [name for name, origin in exported.items() if name in modules and not origin.endswith(f".{name}.")]


def exports(name):
    """What a package's `__init__` brings in: the name there → where it is from, with a dot after a module's own."""
    froms = [node for node in TREES[name].body if isinstance(node, ast.ImportFrom)]
    found = {alias.asname or alias.name: f"{node.module}.{alias.name}" for node in froms for alias in node.names}
    return {given: f"{origin}." if origin in MODULES else origin for given, origin in found.items()}


@pytest.mark.parametrize("name", [n for n, path in MODULES.items() if path.name == "__init__.py"])
def test_no_function_hides_a_module(name):
    modules = {other.rpartition(".")[2] for other in MODULES if other.rpartition(".")[0] == name}
    taken = hidden(exports(name), modules)
    assert not taken, f"{name}: {', '.join(taken)} hides the module of that name; rename the module"


def is_a_list_of_exercises(path):
    """A chapter's checks: short items, one after another, that belong in one place."""
    return path.parent.name == "checks" and path.stem != "__init__"


@pytest.mark.parametrize("folder", ["gmcourse", "gmcourse_recipes", "tools"])
def test_a_file_is_short_enough_to_read(folder):
    long = {
        str(path.relative_to(ROOT)): length
        for path in (ROOT / folder).rglob("*.py")
        if (length := len(path.read_text(encoding="utf-8").splitlines())) > LONGEST
        and not is_a_list_of_exercises(path)
    }
    assert not long, f"more than {LONGEST} lines: {long}"


def test_every_module_says_what_it_is():
    silent = [name for name, tree in TREES.items() if not ast.get_docstring(tree)]
    silent = [name for name in silent if MODULES[name].stat().st_size > 0]
    assert not silent, f"no docstring: {silent}"


def test_the_import_is_light():
    code = "import sys, gmcourse, gmcourse.data, gmcourse.metrics.frechet, gmcourse.training; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    heavy = {"matplotlib", "torchvision", "sklearn", "IPython", "ipywidgets"} & set(done.stdout.split())
    assert not heavy, f"`import gmcourse` loads {heavy}"


def test_these_tests_can_fail():
    upward = ast.parse("from gmcourse.models.vae import VAE\nimport gmcourse.data.images")
    assert imports_of(upward, MODULES) == {"gmcourse.models.vae", "gmcourse.data.images"}
    assert not is_allowed("gmcourse.metrics.frechet", "gmcourse.models.vae")
    assert not is_allowed("gmcourse.models.glow", "gmcourse.models.nice")
    assert not is_allowed("gmcourse.data", "gmcourse.nn.networks")
    assert not is_allowed("gmcourse.zoo.store", "gmcourse_recipes.running")
    assert not is_allowed("gmcourse.__main__", "gmcourse_recipes.running")
    assert is_allowed("gmcourse_recipes.vae_mnist", "gmcourse.zoo.store")
    assert is_allowed("gmcourse.models.vae.model", "gmcourse.models.vae.likelihoods")
    assert hidden({"fit": "gmcourse.training.fit.fit", "step": "gmcourse.training.step."}, {"fit", "step"}) == ["fit"]
    assert Path(MODULES["gmcourse.data"]).name == "__init__.py"
