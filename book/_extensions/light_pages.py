"""Pages that open at once: one style sheet, two scripts, and formulas' machinery only where there are formulas.

The theme brings eleven style sheets and a dozen scripts to every page, most of which no page uses. When all pages are
written, style sheets become one, from which rules go whose class names stand in no page and no script, and which has
the two fonts of the first lines in it, so that no text moves when they arrive. Scripts become two: those of the
head, and those that are deferred. Nothing else is changed, and paths stay relative, so that pages open from a disk.
"""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

import tinycss2
from sphinx.application import Sphinx

from tools.environment import repository

SHEET = re.compile(
    r'[ \t]*<link (?=[^>]*rel="stylesheet")[^>]*href="([^"]*?)_static/([^"?]+\.css)[^"]*"[^>]*>\n?'
)
SCRIPT = re.compile(
    r'[ \t]*<script (?P<how>[^>]*)src="(?P<up>[^"]*?)_static/(?P<file>[^"?]+\.js)[^"]*"[^>]*></script>\n?'
)
PRELOAD = re.compile(r'[ \t]*<link rel="preload" as="script"[^>]*>\n?')
MATHS = re.compile(r'[ \t]*<script[^>]*(?:>window\.MathJax = |src="[^"]*mathjax/)[^\n]*</script>\n?')
OPTIONS = re.compile(r"[ \t]*<script>DOCUMENTATION_OPTIONS\.[^\n]*</script>\n")
ALONE = ("mathjax", "searchtools", "language_data", "searchindex")  # scripts of some pages only
INLINE = ("source-serif-4-latin-wght-normal", "source-sans-3-latin-wght-normal")
URL = re.compile(r"url\(\s*([\"']?)(?!data:|#|https?:)([^\"')]+)\1\s*\)")
IMPORT = re.compile(r"@import\s+[\"']([^\"']+)[\"'];")
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
    pages = {
        path: text for path, text in written.items() if THEME in text
    }  # those of the theme: slides are not
    words = used(pages.values(), static)
    for path, text in pages.items():
        path.write_text(head(text, static, words), encoding="utf-8")


def used(pages: Iterable[str], static: Path) -> set[str]:
    """Every class of a page, and every word of a script, which might be a class."""
    classes = {
        word for page in pages for each in re.findall(r'class="([^"]*)"', page) for word in each.split()
    }
    scripts = (p.read_text(encoding="utf-8") for p in static.rglob("*.js") if "weights" not in p.parts)
    return classes.union(*(re.findall(r"[A-Za-z_][\w-]*", script) for script in scripts))


def head(text: str, static: Path, words: set[str]) -> str:
    """One page with its style sheets and its scripts joined."""
    if 'class="math' not in text and "mjx-" not in text:
        text = MATHS.sub("", text)
    text = PRELOAD.sub("", text).replace(THEME, KNOWN)
    if 'class="bd-sidebar-secondary' in text:
        # the page's contents come after its text: course.css keeps their place until they are there
        text = text.replace("<html", "<html data-contents", 1)
    sheets = list(SHEET.finditer(text))
    if not sheets:
        return text
    up = sheets[0][1]
    style = keep(static, "css", "".join(trimmed(static / each[2], static, words) for each in sheets))
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
            joined = ";\n".join((static / each["file"]).read_text(encoding="utf-8") for each in scripts)
            file = keep(static, "js", joined)
            text = _replace(text, scripts, f'    <script {how}src="{up}_static/{file}"></script>\n{then}')
    waiting = f"    {FONTS}" + (f"    {FORMULAS}" if "vendor/mathjax" in text else "")
    return text.replace("  </head>", f"{waiting}  </head>", 1)


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


_known: dict[Path, str] = {}


def trimmed(path: Path, static: Path, words: set[str]) -> str:
    """A style sheet without rules that nothing needs, its addresses seen from `_static`."""
    if path not in _known:
        rules = tinycss2.parse_stylesheet(
            path.read_text(encoding="utf-8"), skip_comments=True, skip_whitespace=True
        )
        text = "\n".join(serialized(rules, words)) + "\n"
        text = URL.sub(lambda found: address(found[2], path, static), text)
        _known[path] = IMPORT.sub(
            lambda found: trimmed((path.parent / found[1]).resolve(), static, words), text
        )
    return _known[path]


def serialized(rules: list[object], words: set[str]) -> Iterator[str]:
    """The rules that are needed; those in a condition of a screen are looked at one by one."""
    for rule in rules:
        if isinstance(rule, tinycss2.ast.QualifiedRule):
            selectors = tinycss2.serialize(rule.prelude).split(",")
            plain = [re.sub(r"\[[^]]*\]|\\.", "", each) for each in selectors]
            if any(
                set(re.findall(r"\.([A-Za-z_][\w-]*)", each)) <= words for each in plain
            ) or "\\" in "".join(selectors):
                yield rule.serialize()
        elif (
            isinstance(rule, tinycss2.ast.AtRule)
            and rule.lower_at_keyword in ("media", "supports")
            and rule.content
        ):
            inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
            if kept := "\n".join(serialized(inner, words)):
                yield f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{kept}}}"
        elif isinstance(rule, tinycss2.ast.AtRule) and rule.lower_at_keyword != "charset":
            yield rule.serialize()


def address(url: str, sheet: Path, static: Path) -> str:
    """A file seen from `_static`; a font of the first lines as itself."""
    file = (sheet.parent / re.split("[?#]", url)[0]).resolve()
    if file.stem in INLINE and file.is_file():
        return f'url("data:font/woff2;base64,{base64.b64encode(file.read_bytes()).decode()}")'
    try:
        return f'url("{file.relative_to(static.resolve()).as_posix()}")'
    except ValueError:
        return f'url("{url}")'


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
