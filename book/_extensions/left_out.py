"""A lesson that `_toc.yml` does not name is no page of the site; links to it become plain words.

A class may leave lessons out. What is not in the course's folder at all is still a broken link, and fails the build.
"""

from __future__ import annotations

import posixpath
from pathlib import Path

from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform


class LeftOut(SphinxPostTransform):
    """Before links are resolved: those to notebooks that are there and are no page lose their link."""

    default_priority = 5

    def run(self, **kwargs: object) -> None:
        """Change the tree in place."""
        folder = posixpath.dirname(self.env.docname)
        for link in list(self.document.findall(addnodes.pending_xref)):
            target = link.get("reftarget", "").removesuffix(".ipynb")
            # Markdown's links are relative to the source folder, those of a card to the page
            for name in (target, posixpath.normpath(posixpath.join(folder, target))):
                is_there = (Path(self.env.srcdir) / f"{name}.ipynb").is_file()
                if is_there and name not in self.env.found_docs:
                    link.replace_self(link.children)
                    break


def setup(app: Sphinx) -> dict[str, bool]:
    """Register."""
    app.add_post_transform(LeftOut)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
