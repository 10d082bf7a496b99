"""Pages that open at once: one style sheet, two scripts, and formulas' machinery only where there are formulas.

The theme brings eleven style sheets and a dozen scripts to every page, most of which no page uses. When all pages are
written, style sheets become one, from which rules go whose class names stand in no page and no script, and which has
the two fonts of the first lines in it, so that no text moves when they arrive. Scripts become two: those of the
head, and those that are deferred. Nothing else is changed, and paths stay relative, so that pages open from a disk.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path

from sphinx.application import Sphinx

from tools import page_pictures, style_sheets
from tools.environment import repository

SHEET = re.compile(
    r'[ \t]*<link (?=[^>]*rel="stylesheet")[^>]*href="([^"]*?)_static/([^"?]+\.css)[^"]*"[^>]*>\n?'
)
SCRIPT = re.compile(
    r'[ \t]*<script (?P<how>[^>]*)src="(?P<up>[^"]*?)_static/(?P<file>[^"?]+\.js)[^"]*"[^>]*></script>\n?'
)
PRELOAD = re.compile(r'[ \t]*<link rel="preload" as="script"[^>]*>\n?')
MATHS = re.compile(r'[ \t]*<script[^>]*src="[^"]*?_static/formulas\.js[^\n]*</script>\n?')
KATEX = "vendor/katex/katex.min"
# how wide the letters are of alphabets in which no formula is written
ALPHABETS = re.compile(r'"(?:Fraktur|SansSerif|Script|Typewriter)-\w+":\{[^{}]*\},?')
# code in the colour of the text: a third of a lesson's bytes were marks of names, brackets and blanks, a tenth those
# of operators, which had the colour of strings
PLAIN = re.compile(r'<span class="(?:n|nn|o|p|w)">([^<]*)</span>')
STRING = '<span class="(?:s1|s2|sa|se|si)">'  # parts of a string have one colour, and become one
PARTS = re.compile(f"({STRING}[^<]*)</span>{STRING}")
NUMBERED = re.compile(
    r'<span class="caption-number">[^<]*</span>'
)  # no text refers to a figure by its number
OPTIONS = re.compile(r"[ \t]*<script>DOCUMENTATION_OPTIONS\.[^\n]*</script>\n")
NEEDED_BY = {  # scripts of a few pages
    "design-tabs.js": "sd-tab",
    "togglebutton.js": r'class="([^"]* )?(toggle|dropdown admonition|admonition dropdown)[ "]',
}
ALONE = ("formulas", "searchtools", "language_data", "searchindex")  # scripts of some pages only
NOT_HERE = re.compile(
    "(?:version-|bd-header-(?:version|announcement)|navbar-nav|list-group|btn-(?:group|check)|progress"
    "|alert|card|nav-(?:tabs|pills|item)|offcanvas|dropdown-menu-(?:dark|end)|marginnote|sidenote|pst-collapse)"
)
THEME = 'dataset.theme = localStorage.getItem("theme") || "auto";'
# the theme is known before anything is drawn, so that no picture of the other one is fetched or laid out
KNOWN = """dataset.theme = ({ light: "light", dark: "dark" })[localStorage.getItem("mode")]
      || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");"""
# the fonts are in the style sheet, but take a moment to be read; formulas take longer, see course.js
FONTS = """<script>
      { document.documentElement.classList.add("gm-fonts");
      const shown = () => document.documentElement.classList.remove("gm-fonts");
      const fonts = ["1em 'Source Serif 4'", "1em 'Source Sans 3'"];
      Promise.all(fonts.map((font) => document.fonts.load(font))).then(shown, shown);
      setTimeout(shown, 1000); }
    </script>
"""
FORMULAS = '<script>document.documentElement.classList.add("gm-setting");</script>\n'


def lighten(app: Sphinx, error: Exception | None) -> None:
    """Rewrite the head of every page."""
    if error or app.builder.name != "html":
        return
    out, static = Path(app.outdir), Path(app.outdir) / "_static"
    written = {path: path.read_text(encoding="utf-8") for path in out.rglob("*.html")}
    # those of the theme: slides are not
    pages = {
        path: page_pictures.placed(with_less_marks(text), out, out.parent / "pictures")
        for path, text in written.items()
        if THEME in text
    }
    words = used(pages.values(), static)
    for path, text in pages.items():
        path.write_text(head(text, static, words), encoding="utf-8")
    for picture in (out / "_images").glob("*.webp"):  # no page asks for the larger one any more
        if page_pictures.DRAWN.fullmatch(f"{picture.stem}.png"):
            picture.with_suffix(".png").unlink(missing_ok=True)


def with_less_marks(text: str) -> str:
    """Take away the marks in code that change no colour."""
    text = PLAIN.sub(r"\1", text)
    while (less := PARTS.sub(r"\1", text)) != text:
        text = less
    return text


def used(pages: Iterable[str], static: Path) -> frozenset[str]:
    """Every class and every id of a page, and every longer word of a script, which might be one.

    Scripts of the theme know parts that this site has not, as a switch between versions.
    """
    in_pages = {
        word
        for page in pages
        for each in re.findall(r' (?:class|id)="([^"]*)"', page)
        for word in each.split()
    }
    scripts = (
        p.read_text(encoding="utf-8")
        for p in static.rglob("*.js")
        if not {"weights", "vendor"} & set(p.parts)
    )
    in_scripts = {word for script in scripts for word in re.findall(r"[A-Za-z_][\w-]{3,}", script)}
    return frozenset(in_pages | {word for word in in_scripts if not NOT_HERE.match(word)})


def head(text: str, static: Path, words: frozenset[str]) -> str:
    """One page with its style sheets and its scripts joined."""
    maths = 'class="math' in text
    text = MATHS.sub("", text)
    text = PRELOAD.sub("", text).replace(THEME, KNOWN)
    if 'class="bd-sidebar-secondary' in text:
        # the page's contents come after its text: course.css keeps their place until they are there
        text = text.replace("<html", "<html data-contents", 1)
    if "gm-lede" in text:
        text = text.replace(
            "<html", "<html data-front", 1
        )  # the front page, whose one note stands in the text
    elif 'class="expect admonition' in text:
        text = text.replace("<html", "<html data-notes", 1)  # the page has a margin for notes on wide screens
    text = NUMBERED.sub("", text)
    sheets = list(SHEET.finditer(text))
    if not sheets:
        return text
    up = sheets[0][1]
    style = keep(
        static, "css", style_sheets.joined(tuple(static / each[2] for each in sheets), static, words)
    )
    text = _replace(text, sheets, f'    <link rel="stylesheet" href="{up}_static/{style}" />\n')
    # what is said of this page needs a name from the first script; what is said of the others comes before them
    options = "".join(OPTIONS.findall(text))
    text = OPTIONS.sub("", text)
    for how, then in (("", options), ("defer ", "")):
        scripts = [
            each
            for each in SCRIPT.finditer(text)
            if ("defer" in each["how"]) == bool(how) and not any(word in each["file"] for word in ALONE)
        ]
        if scripts:
            files = [each["file"] for each in scripts if re.search(NEEDED_BY.get(each["file"], ""), text)]
            joined = ";\n".join((static / file).read_text(encoding="utf-8") for file in files)
            file = keep(static, "js", joined)
            text = _replace(text, scripts, f'    <script {how}src="{up}_static/{file}"></script>\n{then}')
    waiting = f"    {FONTS}" + (formulas(static, up) if maths else "")
    return text.replace("  </head>", f"{waiting}  </head>", 1)


def formulas(static: Path, up: str) -> str:
    """What sets the formulas of a page: one script, and a style sheet beside the one of all pages."""
    script = "".join((static / each).read_text(encoding="utf-8") for each in (f"{KATEX}.js", "formulas.js"))
    script = ALPHABETS.sub("", script)
    return (
        f'    <link rel="stylesheet" href="{up}_static/{KATEX}.css" />\n'
        f'    <script defer src="{up}_static/{keep(static, "js", script)}"></script>\n    {FORMULAS}'
    )


def _replace(text: str, found: list[re.Match[str]], one: str) -> str:
    """Put one line where the last was found, and nothing where the others were."""
    last = found[-1]
    text = text[: last.start()] + one + text[last.end() :]
    for each in reversed(found[:-1]):
        text = text[: each.start()] + text[each.end() :]
    return text


def keep(static: Path, kind: str, text: str) -> str:
    """Write what was joined, under a name that changes with it."""
    name = f"all.{sha256(text.encode()).hexdigest()[:10]}.{kind}"
    if not (static / name).exists():
        (static / name).write_text(text, encoding="utf-8")
    return name


def know_address(app: Sphinx, docname: str, source: list[str]) -> None:
    """Write the repository's address where a page tells how to clone it."""
    known = (
        os.environ.get("GMCOURSE_REPOSITORY") or repository() or "https://example.org/address-of-this-course"
    )
    source[0] = source[0].replace("ADDRESS_OF_THIS_REPOSITORY", known)


def setup(app: Sphinx) -> dict[str, bool]:
    """Last of all, when other extensions have written their files."""
    app.connect("source-read", know_address)
    app.connect("build-finished", lighten, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
