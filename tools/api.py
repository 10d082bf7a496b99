"""Writes the API pages, one a package, from the modules that are there. `make book` calls it.

The pages are generated and not committed: what they say stands in the docstrings.
"""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path

from tools.environment import ROOT

FOLDER = ROOT / "book" / "api"
PACKAGES = {
    "gmcourse.data": "Data",
    "gmcourse.nn": "Networks",
    "gmcourse.densities": "Densities",
    "gmcourse.flows": "Flows",
    "gmcourse.metrics": "Metrics",
    "gmcourse.training": "Training",
    "gmcourse.viz": "Figures",
    "gmcourse.adversarial": "Adversarial training",
    "gmcourse.models": "Models",
    "gmcourse.converters": "Converters",
    "gmcourse.zoo": "Trained models",
    "gmcourse.experiments": "Experiments",
    "gmcourse_recipes": "Recipes",
    "gmcourse.exercises": "Exercises",
}
ALONE = ("console", "expect", "precision", "reproducible", "processes", "storage", "checkpoint", "latent", "doctor")
LEFT_OUT = ("gmcourse.exercises.templates",)


def modules_of(package: str) -> list[str]:
    """List every public module of a package, itself first."""
    root = importlib.import_module(package)
    found = [package]
    for module in pkgutil.walk_packages(getattr(root, "__path__", []), f"{package}."):
        if not module.name.startswith(LEFT_OUT) and not module.name.rpartition(".")[2].startswith("_"):
            found.append(module.name)
    return found


def page(title: str, modules: list[str]) -> str:
    """One page: a heading a module, and what autodoc finds in it."""
    parts = [f"# {title}\n"]
    for name in modules:
        if len(modules) > 1:
            parts.append(f"## {name}\n")
        # a package names again what its modules define: there, only its own words are shown
        is_package = hasattr(importlib.import_module(name), "__path__")
        option = ":no-members:" if is_package else ":members:"
        parts.append(f"```{{eval-rst}}\n.. automodule:: {name}\n   {option}\n```\n")
    return "\n".join(parts)


def write() -> list[Path]:
    """Write every page, and only if it has changed, so that Sphinx sees what is new."""
    pages = {name[len("gmcourse.") :]: page(title, modules_of(name)) for name, title in PACKAGES.items()}
    alone = [f"gmcourse.{name}" for name in ALONE if (ROOT / "gmcourse" / f"{name}.py").is_file()]
    pages["alone"] = page("Modules of their own", alone)
    written = []
    for name, text in pages.items():
        path = FOLDER / f"{name}.md"
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            written.append(path)
    return written
