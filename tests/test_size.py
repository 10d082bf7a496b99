"""The package stays small: its lines are counted, of these the ones that the lessons import, and the recipes."""

import ast

from tests.conftest import ROOT
from tests.test_architecture import MODULES, TREES, imports_of
from tests.test_public_names import cells

# What the course promises of the package, with all thirteen lessons in it: at most 20,000 lines, of which lessons
# import 14,000. What trained the zoo is beside the package, and counted too, so that it grows no more than it has to.
ALL, BY_LESSONS, RECIPES = 20_000, 12_800, 2_792


def lines(modules):
    return sum(len(MODULES[name].read_text(encoding="utf-8").splitlines()) for name in modules)


def at_once(node):
    """The imports that are made when a module is loaded: those inside functions wait until these are called."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        elif not isinstance(child, ast.FunctionDef):
            yield from at_once(child)


def reached(start, direct):
    """The modules of `start`, the packages around them, and what their imports lead to."""
    found, left = set(), set(start)
    while left:
        name = left.pop()
        while name and name not in found:
            found.add(name)
            left |= direct[name]
            name = name.rpartition(".")[0]
    return found


def imported(nodes):
    return imports_of(ast.Module(list(nodes), []), MODULES) & set(MODULES)


def test_the_package_is_small():
    recipes = {name for name in MODULES if name.startswith("gmcourse_recipes")}
    package = lines(MODULES.keys() - recipes)
    assert package <= ALL, f"{package:,} lines; join, tighten or remove, before adding"
    assert lines(recipes) <= RECIPES, f"{lines(recipes):,} lines of recipes; a `replace` of another is short"


def test_lessons_import_less_than_all():
    """What the code cells import, wherever they do it, and what these modules import when they are loaded.

    An import inside a function of the package does not count, nor does what is found by its name at run time.
    """
    direct = {name: imported(at_once(tree)) for name, tree in TREES.items()}
    lessons = [cells(path) for path in sorted((ROOT / "notebooks").glob("*.ipynb"))]
    assert len(lessons) >= 10
    start = set().union(*(imports_of(tree, MODULES) for tree in lessons))
    found = reached(start, direct)
    assert lines(found) <= BY_LESSONS, f"{lines(found):,} lines of {len(found)} modules"
    assert lines(found) > BY_LESSONS / 2, "the lessons cannot import so little: the count is wrong"


def test_what_counts():
    tree = ast.parse("import a\nclass B:\n from c import d\ndef e():\n import f\nif a:\n import g")
    assert [ast.unparse(node) for node in at_once(tree)] == ["import a", "from c import d", "import g"]
    direct = {"p": set(), "p.a": {"p.b"}, "p.b": {"p.a"}, "p.c": {"p.a"}}
    assert reached({"p.a"}, direct) == {"p", "p.a", "p.b"}
