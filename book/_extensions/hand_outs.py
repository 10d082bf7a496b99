"""The site shows an exercise with its folded solutions; what a student takes from it is the notebook handed out.

Links of lessons to a hand-out lead to the page. The page's buttons (download, Colab, Binder, JupyterHub) lead to the
hand-out, and the site holds no file of a solved notebook. Where the solution is left out (`GMCOURSE_SOLUTIONS`, see
`tools/solutions.py`), the hand-out itself is the page, and the page of marked examples has none of this chapter.
"""

import posixpath
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform

from tools.solutions import released

HANDED_OUT = re.compile(r"notebooks/exercises/(\w+)_exercises")
EXAMPLES = "book/instructor/marked_examples"
SOLVED = re.compile(r"notebooks/solutions/(\w+)_solutions\.ipynb")


class Exercises(SphinxTransform):
    """Of a hand-out and its solution one is a page of the site; links to either lead there."""

    default_priority = 203

    def apply(self, **kwargs: object) -> None:
        """Change the tree in place."""
        env = self.document.settings.env
        folder = posixpath.dirname(env.docname)
        for link in self.document.findall(addnodes.pending_xref):
            target = HANDED_OUT.sub(r"notebooks/solutions/\1_solutions", link["reftarget"])
            name = target.removesuffix(".ipynb")
            # Markdown's links are relative to the source folder, those of a card to the page
            if {name, posixpath.normpath(posixpath.join(folder, name))} & env.found_docs:
                link["reftarget"] = target


def redirect_buttons(
    app: Sphinx, page: str, template: str, context: dict[str, Any], tree: nodes.document | None
) -> None:
    """Every button of the page that leads to the solved notebook."""
    for button in _buttons(context.get("header_buttons", [])):
        if "url" in button:
            button["url"] = SOLVED.sub(r"notebooks/exercises/\1_exercises.ipynb", button["url"])


def _buttons(found: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for button in found:
        yield button
        yield from _buttons(button.get("buttons", []))


def leave_examples_out(app: Sphinx, page: str, source: list[str]) -> None:
    """Before the page is read."""
    if page == EXAMPLES:
        source[0] = released(source[0])


def exchange_files(app: Sphinx, error: Exception | None) -> None:
    """Among the files to download, the hand-outs in place of the solved ones, and the examples as they are shown."""
    examples = Path(app.outdir) / "_sources" / f"{EXAMPLES}.md"
    if not error and examples.is_file():
        examples.write_text(released(examples.read_text(encoding="utf-8")), encoding="utf-8")
    sources = Path(app.outdir) / "_sources" / "notebooks"
    if not error and (sources / "solutions").is_dir():
        shutil.rmtree(sources / "solutions")
        given, hidden = Path(app.srcdir) / "notebooks" / "exercises", shutil.ignore_patterns(".*")
        shutil.copytree(given, sources / "exercises", ignore=hidden, dirs_exist_ok=True)


def setup(app: Sphinx) -> dict[str, bool]:
    """After the theme has made its buttons, and after all pages are written."""
    app.add_transform(Exercises)
    app.connect("source-read", leave_examples_out)
    app.connect("html-page-context", redirect_buttons, priority=900)
    app.connect("build-finished", exchange_files)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
