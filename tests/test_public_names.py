"""No dead code: each public name of the package is used, by the package, a tool, a lesson, a solution or a page."""

import ast
import json
import re
from collections import Counter

from tests.conftest import ROOT
from tests.test_architecture import MODULES, TREES

# Found by their names: commands, recipes, hooks of pytest and of torch, data sets, what judged copies call.
BY_NAME = re.compile(
    r".*\.(add_arguments|run|RECIPE|pytest_\w+|setup_context)|gmcourse\.data\.\w+\.load|.*\.clean_slate\.\w+"
)


def origins(package):
    """Where the names of a package's `__init__` come from: name → module.name."""
    froms = [node for node in TREES[package].body if isinstance(node, ast.ImportFrom)]
    return {
        each.asname or each.name: f"{node.module}.{each.name}"
        for node in froms
        for each in node.names
        if str(node.module).startswith("gmcourse")
    }


ORIGINS = {name: origins(name) for name, path in MODULES.items() if path.name == "__init__.py"}


def resolved(name):
    """The full name of where something is defined, through the packages that pass it on."""
    place, _, last = name.rpartition(".")
    further = ORIGINS.get(place, {}).get(last)
    return resolved(further) if further not in (None, name) else name


def used_in(tree, passes_on=False):
    """Full names that a syntax tree uses, and the attributes that it asks anything for."""
    modules, names, attributes = {}, set(), set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("gmcourse"):
            for each in node.names:
                name = resolved(f"{node.module}.{each.name}")
                modules[each.asname or each.name] = name
                names |= set() if passes_on else {name}
        elif isinstance(node, ast.Import):
            modules |= {each.asname or each.name.partition(".")[0]: each.name for each in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            attributes.add(node.attr)
            written, _, last = ast.unparse(node).rpartition(".")
            first, dot, rest = written.partition(".")
            if first in modules:
                place = first if modules[first].startswith(f"{first}.") else modules[first]
                names.add(resolved(f"{resolved(place + dot + rest)}.{last}"))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            attributes |= {node.value}  # getattr
            names |= {resolved(node.value.replace(":", "."))} if ":" in node.value else set()
        elif isinstance(node, ast.Name) and passes_on and node.id in modules:
            names.add(modules[node.id])
    return names, attributes


def cells(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    lines = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code").splitlines()
    return ast.parse("\n".join(line for line in lines if not line.lstrip().startswith(("%", "!"))))


def users():
    """The syntax tree of everything that may use a name of the package, by where it is."""
    scripts = [*ROOT.glob("tools/**/*.py"), *ROOT.glob("book/_extensions/*.py")]
    notebooks = [
        path for folder in ("notebooks", "notebooks/solutions", "book") for path in (ROOT / folder).glob("*.ipynb")
    ]
    assert len(notebooks) > 18
    return (
        TREES
        | {path: ast.parse(path.read_text(encoding="utf-8")) for path in scripts}
        | {path: cells(path) for path in notebooks}
    )


def words_of_pages():
    pages = [
        ROOT / "README.md",
        ROOT / "CONTRIBUTING.md",
        *ROOT.glob("book/*.md"),
        *ROOT.glob("book/instructor/*.md"),
    ]
    code = [
        part for page in pages for part in re.findall(r"```.*?```|`[^`]*`", page.read_text(encoding="utf-8"), re.S)
    ]
    return set(re.findall(r"\w+", " ".join(code)))


def defined(tree):
    """Public names at the top of a module, and the public methods of its classes."""
    for node in tree.body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        names = [target.id for target in targets if isinstance(target, ast.Name)]
        names += [node.name] if isinstance(node, ast.FunctionDef | ast.ClassDef) else []
        yield from (name for name in names if not name.startswith("_"))
        if isinstance(node, ast.ClassDef):
            methods = (each.name for each in node.body if isinstance(each, ast.FunctionDef))
            yield from (f"{node.name}.{name}" for name in methods if not name.startswith("_"))


def dead(trees, everything, words):
    """Public names of modules that nothing uses. In its own module, being read is use."""
    found = {place: used_in(tree, passes_on=place in ORIGINS) for place, tree in everything.items()}
    names = set().union(*(names for names, _ in found.values()))
    attributes = set().union(*(attributes for _, attributes in found.values()))
    for place, tree in trees.items():
        read = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        for name in defined(tree):
            last = name.rpartition(".")[2]
            if not (f"{place}.{name}" in names | words or (last in attributes if "." in name else last in read)):
                yield f"{place}.{name}"


def test_every_public_name_is_used():
    often = Counter(name for tree in TREES.values() for name in defined(tree))
    written = words_of_pages()
    words = {
        f"{place}.{name}"
        for place, tree in TREES.items()
        for name in defined(tree)
        if often[name] == 1 and name in written
    }
    unused = {name for name in dead(TREES, users(), words) if not BY_NAME.fullmatch(name)}
    assert not unused, f"used by tests alone, if at all: {sorted(unused)}; use or remove them"


def test_this_test_can_fail():
    tree = ast.parse(
        "LIMIT = 3\nASIDE = 4\ndef given(): return LIMIT\nclass Kind:\n def known(self): ...\n def odd(self): ..."
    )
    user = ast.parse("from gmcourse import there\nthere.given().known()")
    assert set(dead({"gmcourse.there": tree}, {"gmcourse.there": tree, "a": user}, set())) == {
        "gmcourse.there.ASIDE",
        "gmcourse.there.Kind",
        "gmcourse.there.Kind.odd",
    }
