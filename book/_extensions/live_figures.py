"""A lesson shows a live figure by its still picture; on the site the picture comes to life.

    ![What the still picture shows.](../book/_static/live/stills/vae_plane.png)

    *A still picture: on the site of the course, this figure is live.*

The picture becomes the box that `course.js` brings to life, with the still one inside for readers without
JavaScript. The line below it, which would not be true there, is left out, and so is the picture of a widget in the
cell before or after it: in JupyterLab the widget moves, on the site the live figure does. The build fails where the
script, a file that it names, the picture or the alt text is missing.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.osutil import relative_uri

LIVE = Path(__file__).parents[1] / "_static" / "live"
STILL = re.compile(r"_static/live/stills/(\w+)\.png$")
WIDGET = re.compile(r"^explore\(", re.MULTILINE)
STILL_HERE = "A still picture: on the site of the course, this figure is live."
log = logging.getLogger(__name__)


class LiveNode(nodes.General, nodes.Element):
    """A live figure with its name and alt text."""


class Live(SphinxTransform):
    """A paragraph with a still picture becomes a live figure, and the next one, on its being still, goes."""

    default_priority = 202

    def apply(self, **kwargs: object) -> None:
        """Change the tree in place."""
        for image in list(self.document.findall(nodes.image)):
            match = STILL.search(image["uri"])
            if not match:
                continue
            problems = missing(match[1], image.get("alt", ""))
            for problem in problems:
                log.warning("live figure %s: %s", match[1], problem, location=image)
            if problems:
                continue
            place = image.parent.parent
            below = place.index(image.parent) + 1
            if below < len(place) and place[below].astext() == STILL_HERE:
                del place[below]
            live = LiveNode(name=match[1], alt=image["alt"])
            place.replace(image.parent, live)
            drop_snapshot(live)


def drop_snapshot(live: LiveNode) -> None:
    """Leave out the picture of a widget, which does not move, in the cell before or after its live twin."""
    siblings, at = live.parent.children, live.parent.index(live)
    for direction in (reversed(siblings[:at]), siblings[at + 1 :]):
        cell = next((each for each in direction if "cell" in each.get("classes", [])), None)
        if cell is not None and WIDGET.search(cell.children[0].astext()):
            for output in [each for each in cell.children if "cell_output" in each.get("classes", [])]:
                cell.remove(output)


def missing(name: str, alt: str) -> list[str]:
    """What a figure lacks: its script, the files that the script asks for, the still picture, the alt text."""
    script = LIVE / f"{name}.js"
    asked = re.findall(r'"([\w/]+\.js)"', script.read_text(encoding="utf-8")) if script.is_file() else []
    files = [script.name, f"stills/{name}.png", *asked]
    absent = [f"book/_static/live/{file} is missing" for file in files if not (LIVE / file).is_file()]
    return absent + ([] if alt else ["it needs an alt text that says what the still picture shows"])


def heights() -> dict[str, list[int]]:
    """How high each figure stands when it lives, on a wide page and on a phone; `tools.live stills` has measured."""
    file = LIVE / "stills" / "heights.json"
    known: dict[str, list[int]] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return known


def visit(self, node: LiveNode) -> None:
    """Write the box; paths are relative to the page."""
    from PIL import Image

    width, height = Image.open(LIVE / "stills" / f"{node['name']}.png").size
    room = dict(zip(("--wide", "--tall"), heights().get(node["name"], ()), strict=False))
    style = "; ".join(f"{screen}: {height}px" for screen, height in room.items())
    self.body.append(
        self.starttag({}, "div", **{"class": "gm-live", "data-figure": node["name"], "style": style})
    )
    still = f"_static/live/stills/{node['name']}.png"
    src = relative_uri(self.builder.get_target_uri(self.builder.current_docname), still)
    first = (
        self.builder.current_docname == self.builder.config.root_doc
    )  # the front page has it on its first screen
    self.body.append(
        self.emptytag(
            {},
            "img",
            src=src,
            alt=node["alt"],
            width=width,
            height=height,
            loading="eager" if first else "lazy",
        )
    )
    self.body.append("</div>\n")
    raise nodes.SkipNode


def skip(self, node: LiveNode) -> None:
    """Other builders leave it out."""
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register."""
    app.add_node(LiveNode, html=(visit, None), text=(skip, None), latex=(skip, None))
    app.add_transform(Live)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
