"""The directive for live figures:

    :::{live} vae_plane
    :weights: vae_digits_2d
    :alt: What the still picture shows.
    :::

It writes the box that `course.js` brings to life, with the still picture inside for readers without
JavaScript, and fails the build where the figure, its weights, its picture or the alt text is missing.
"""

from __future__ import annotations

from pathlib import Path

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective
from sphinx.util.osutil import relative_uri

LIVE = Path(__file__).parents[1] / "_static" / "live"


class LiveNode(nodes.General, nodes.Element):
    """A live figure with its name, weights and alt text."""


class Live(SphinxDirective):
    """`{live} NAME`."""

    required_arguments = 1
    option_spec = {"alt": directives.unchanged_required, "weights": directives.unchanged}  # noqa: RUF012

    def run(self) -> list[nodes.Node]:
        """Check that all parts are there."""
        name, weights = self.arguments[0], self.options.get("weights", "").split()
        if not self.options.get("alt"):
            raise self.error(f"live figure {name}: it needs an :alt: that says what the still picture shows")
        needed = [f"{name}.js", f"stills/{name}.png", *(f"weights/{each}.js" for each in weights)]
        for file in needed:
            if not (LIVE / file).is_file():
                raise self.error(f"live figure {name}: book/_static/live/{file} is missing")
        return [LiveNode(name=name, weights=" ".join(weights), alt=self.options["alt"])]


def visit(self, node: LiveNode) -> None:
    """Write the box; paths are relative to the page."""
    from PIL import Image

    width, height = Image.open(LIVE / "stills" / f"{node['name']}.png").size
    attributes = {"class": "gm-live", "data-figure": node["name"]}
    if node["weights"]:
        attributes["data-weights"] = node["weights"]
    self.body.append(self.starttag({}, "div", **attributes))
    still = f"_static/live/stills/{node['name']}.png"
    src = relative_uri(self.builder.get_target_uri(self.builder.current_docname), still)
    self.body.append(
        self.emptytag({}, "img", src=src, alt=node["alt"], width=width, height=height, loading="lazy")
    )
    self.body.append("</div>\n")
    raise nodes.SkipNode


def skip(self, node: LiveNode) -> None:
    """Other builders leave it out."""
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_node(LiveNode, html=(visit, None), text=(skip, None), latex=(skip, None))
    app.add_directive("live", Live)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
