"""Pictures below the first one are fetched when the reader comes near them, so that a long lesson opens light."""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx


def mark(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Every picture of a page but the first, and each that only one theme shows: the other one is not fetched."""
    for i, picture in enumerate(doctree.findall(nodes.image)):
        if i or {"only-light", "only-dark"} & set(picture["classes"]):
            picture["loading"] = "lazy"


def setup(app: Sphinx) -> dict[str, bool]:
    """When a page's tree is whole."""
    app.connect("doctree-resolved", mark)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
