"""The families of generative models as a tree whose leaves lead to their lessons."""

import os
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from gmcourse.expect.door import drawing
from gmcourse.viz.palette import BLUE, GREEN, GREY, INK, VERMILION

WIDTH, ROW, TOP = 656, 44, 30
COLUMNS = (4, 130, 268, 392)  # left edges of root, density, kind, leaf
SIZES = (106, 118, 104, 262)
# (density, kind, colour) → families, each with the page that has it; None says that the course has none
TREE: dict[tuple[str, str, str], tuple[tuple[str, str | None], ...]] = {
    ("explicit density", "tractable", BLUE): (
        ("Normals and mixtures: lesson 01", "01_discriminative_vs_generative"),
        ("NICE: lesson 06", "06_nice"),
        ("Glow: lesson 07", "07_glow"),
        ("SRFlow, conditional: lesson 08", "08_srflow"),
        ("Autoregressive: no lesson", None),
    ),
    ("explicit density", "approximate", GREEN): (
        ("Variational autoencoder: lesson 04", "04_vae"),
        ("Diffusion: what came after", "../book/after"),
        ("Boltzmann machine: no lesson", None),
    ),
    ("implicit", "samples only", VERMILION): (
        ("GAN: lesson 02", "02_gan"),
        ("StyleGAN2: lesson 09", "09_stylegan2"),
        ("Stochastic network (GSN): no lesson", None),
    ),
}
SAYS = (
    "A tree from left to right. Generative models have an explicit density or an implicit one. Explicit and "
    "tractable: normals and mixtures, NICE, Glow, SRFlow, autoregressive models. Explicit and approximate: "
    "variational autoencoder, diffusion, Boltzmann machine. Implicit, samples only: GAN, StyleGAN2, generative "
    "stochastic network."
)


def _address(page: str, folder: Path) -> str | None:
    """Find where a page is seen from a lesson: as HTML on the site, as a file in Jupyter; None if it is not there."""
    suffix = next((s for s in (".ipynb", ".md") if (folder / (page + s)).is_file()), None)
    if suffix is None:
        return None
    return page + (".html" if os.environ.get("GMCOURSE_STATIC") == "1" else suffix)


def _box(column: int, middle: float, text: str, color: str, link: str | None = None) -> str:
    left, width = COLUMNS[column], SIZES[column]
    plain = column == 3 and link is None
    look = f'fill="#fff" stroke="{GREY if plain else color}" stroke-width="{1 if plain else 1.8}"'
    dash = ' stroke-dasharray="4 3"' if "no lesson" in text else ""
    frame = f'<rect x="{left}" y="{middle - 16:g}" width="{width}" height="32" rx="6" {look}{dash}/>'
    ink = f'fill="{BLUE}" text-decoration="underline"' if link else f'fill="{INK}"'
    words = f'<text x="{left + 10}" y="{middle + 5:g}" {ink}>{escape(text)}</text>'
    return f'<a href="{escape(link)}">{frame}{words}</a>' if link else frame + words


def _line(column: int, start: float, end: float, color: str) -> str:
    left, right = COLUMNS[column] + SIZES[column], COLUMNS[column + 1]
    bend = (left + right) / 2
    path = f"M{left} {start:g} C{bend:g} {start:g} {bend:g} {end:g} {right} {end:g}"
    return f'<path d="{path}" fill="none" stroke="{color}" stroke-width="1.8"/>'


@drawing()
def taxonomy_svg(folder: Path | str = ".") -> str:
    """Draw the tree as SVG. A leaf is a link where its page is there, seen from the lessons' folder, else text.

    After the figure of Goodfellow 2016 (arXiv:1701.00160, fig. 9), with diffusion added.
    """
    folder, parts, y = Path(folder), [], TOP
    kinds: list[tuple[str, str, str, float]] = []
    for (density, kind, color), leaves in TREE.items():
        middles = [y + ROW * i for i in range(len(leaves))]
        middle = sum(middles) / len(middles)
        for (name, page), at in zip(leaves, middles, strict=True):
            link = _address(page, folder) if page else None
            parts += [_line(2, middle, at, color), _box(3, at, name, color, link)]
        kinds.append((density, kind, color, middle))
        y = middles[-1] + ROW + 14
    height = y - 14 - ROW / 2 + 8
    explicit, implicit = (kinds[0][3] + kinds[1][3]) / 2, kinds[2][3]
    root = (explicit + implicit) / 2
    for name, middle in (("explicit density", explicit), ("implicit", implicit)):
        parts += [_line(0, root, middle, INK), _box(1, middle, name, INK)]
    for density, kind, color, middle in kinds:
        parts.append(_line(1, explicit if density == "explicit density" else implicit, middle, color))
        parts.append(_box(2, middle, kind, color))
    parts.append(_box(0, root, "model of p(x)", INK))
    size = f'viewBox="0 0 {WIDTH + 4} {height:g}" width="{WIDTH}"'
    style = "background:#fff;min-width:600px;max-width:100%;height:auto;font:14px 'Source Sans 3',sans-serif"
    return f'<svg {size} role="group" aria-label="{SAYS}" style="{style}">{"".join(parts)}</svg>'


@dataclass(frozen=True)
class _Shown:
    """HTML, as the last line of a cell shows it."""

    html: str = field(repr=False)

    def _repr_html_(self) -> str:
        return self.html


def taxonomy() -> _Shown:
    """Draw the tree, for the last line of a cell."""
    look = 'tabindex="0" role="region" aria-label="Families of generative models" style="overflow-x:auto"'
    return _Shown(f"<div {look}>{taxonomy_svg()}</div>")
