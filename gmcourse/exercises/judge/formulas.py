"""Formulas of hints and messages as pictures inside a page that runs no script and fetches nothing."""

import io
import re
from functools import cache
from html import escape

from gmcourse.console import visible

FORMULA = re.compile(r"\$\$(.+?)\$\$|\$(.+?)\$", re.DOTALL)
# What matplotlib's TeX lacks, and what says the same there.
OTHERWISE = {
    r"\\([bB]igg?[lr]?)(?![a-z])|\\displaystyle": "",
    r"\\[lr](Vert|vert)": r"\\\1 ",
    r"\\tfrac": r"\\frac",
    r"\\frac(\d)(\w)": r"\\frac{\1}{\2}",
    r"\\(ge|le|ne)(?![a-z])": r"\\\1q",
    r"\\text(?=\{)": r"\\mathrm",
    r"\\dots(?![a-z])": r"\\ldots",
}


def with_formulas(text: str) -> str:
    """The text as HTML: what stands between dollar signs as a drawing, with its source as the words for it."""
    parts, end = [], 0
    for match in FORMULA.finditer(text):
        parts += [_plain(text[end : match.start()]), _drawn(match[1] or match[2])]
        end = match.end()
    return "".join([*parts, _plain(text[end:])])


def _plain(text: str) -> str:
    shown = "\n".join(map(visible, text.split("\n")))
    return re.sub(r"`([^`\n]+)`", r'<code class="name">\1</code>', escape(shown))


@cache
def _drawn(source: str) -> str:
    """One formula as SVG, or as its source where matplotlib does not know a sign of it."""
    from matplotlib.figure import Figure
    from matplotlib.mathtext import MathTextParser

    plain = " ".join(source.split())
    tex = plain
    for pattern, words in OTHERWISE.items():
        tex = re.sub(pattern, words, tex)
    try:
        width, height, depth, *_ = MathTextParser("path").parse(f"${tex}$", dpi=72)
    except ValueError:
        return f"<code>{escape(plain)}</code>"
    size = 10.0  # points of a font size of ten are em / 10
    figure = Figure(figsize=(max(width, 1) / 72, max(height, 1) / 72))
    figure.text(0, depth / max(height, 1), f"${tex}$", fontsize=size)
    file = io.StringIO()
    figure.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    svg = file.getvalue()
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    box = re.search(r'viewBox="[^"]*"', svg)
    assert box is not None
    style = f"height:{height / size:.3f}em;vertical-align:-{depth / size:.3f}em"
    opening = f'<svg role="img" aria-label="{escape(plain, quote=True)}" {box[0]} style="{style}">'
    return opening + svg.partition(">")[2]
