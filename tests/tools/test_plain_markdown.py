"""What the site makes of plain Markdown: boxes, equations, links, live figures; and what it complains of."""

from __future__ import annotations

import io
import json
import re
import sys

import pytest
from docutils import nodes

from tools.environment import ROOT
from tools.papers import papers

pytest.importorskip("sphinx")
PAPER = papers()["kingma2014auto"]
BOX = '<blockquote class="predict" style="padding: 0.5em 1em">\n\n{}\n\nWhich one?\n\n</blockquote>\n'
ADDRESS = "https://github.com/someone/course"
LAUNCH = {
    "repository_url": ADDRESS,
    "launch_buttons": {
        "colab_url": "https://colab.example.org",
        "binderhub_url": "https://binder.example.org",
        "jupyterhub_url": "https://hub.example.org",
    },
}
STILL = "book/_static/live/stills/kl.png"
LESSON = rf"""# One

{BOX.format("**Predict, then run**")}
$$
a = b \tag{{1.1}}
$$

Of 5 %, at β = 2, and not `5 %`, · too.

By equation (1.1), and not by (1.1), `equation (1.1)` or equation (9.9), see {PAPER.textual}.

![What is to be seen.]({STILL})

*A still picture: on the site of the course, this figure is live.*

[Exercises](exercises/one_exercises.ipynb)
"""


def build(folder, texts, monkeypatch):
    """A site of a few notebooks and pages; returns its trees by name, and the warnings."""
    from sphinx.application import Sphinx

    monkeypatch.setattr(sys, "path", [str(ROOT / "book" / "_extensions"), *sys.path])
    for name, text in {"book/bibliography.md": "# B\n\n```{bibliography}\n:all:\n```", **texts}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        cell = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": text}
        notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        path.write_text(json.dumps(notebook) if name.endswith(".ipynb") else text, encoding="utf-8")
    (folder / STILL).parent.mkdir(parents=True)
    (folder / STILL).write_bytes((ROOT / STILL).read_bytes())
    extensions = [
        "myst_nb",
        "sphinxcontrib.bibtex",
        "hand_outs",
        "left_out",
        "plain_markdown",
        "live_figures",
    ]
    warnings = io.StringIO()
    app = Sphinx(
        str(folder),
        None,
        str(folder / "out"),
        str(folder / "trees"),
        "html",
        confoverrides={
            "extensions": extensions,
            "bibtex_bibfiles": [str(ROOT / "book" / "references.bib")],
            "exclude_patterns": ["notebooks/exercises", "notebooks/three.ipynb"],
            "myst_enable_extensions": ["dollarmath"],
            "nb_execution_mode": "off",
            "html_theme": "sphinx_book_theme",
            "html_theme_options": LAUNCH,
            "math_numfig": False,
            "root_doc": "notebooks/one",
        },
        status=None,
        warning=warnings,
    )
    app.build()
    heard = [line for line in warnings.getvalue().splitlines() if "toctree" not in line]
    trees = {name: app.env.get_and_resolve_doctree(name, app.builder) for name in app.env.found_docs}
    return trees, "\n".join(heard), folder / "out"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """One lesson that has everything, and another that refers to it."""
    texts = {
        "notebooks/one.ipynb": LESSON,
        "notebooks/two.ipynb": "# Two\n\nEquation (1.1) of lesson 01, see [lesson 03](three.ipynb) or {doc}`three`.",
        "notebooks/three.ipynb": "# A lesson that the class leaves out",
        "notebooks/solutions/one_solutions.ipynb": "# Solved",
        "notebooks/exercises/one_exercises.ipynb": "# Handed out",
    }
    with pytest.MonkeyPatch.context() as patch:
        yield build(tmp_path_factory.mktemp("site"), texts, patch)


def links(tree):
    return [(one.astext(), one.get("refuri") or "#" + one.get("refid", "")) for one in tree.findall(nodes.reference)]


def test_everything_is_translated_in_silence(site):
    trees, heard, out = site
    tree = trees["notebooks/one"]
    assert heard == ""
    [box] = tree.findall(nodes.admonition)
    assert (box["classes"], box[0].astext(), box[1].astext()) == (
        ["predict"],
        "Predict, then run",
        "Which one?",
    )
    [equation] = tree.findall(nodes.math_block)
    assert (equation.astext(), equation["number"], equation["ids"]) == ("a = b", "1.1", ["eq-1-1"])
    html = (out / "notebooks" / "one.html").read_text(encoding="utf-8")
    assert '<span class="eqno">(1.1)' in html
    assert 'data-figure="kl"' in html
    assert "A still picture" not in html
    assert 'alt="What is to be seen."' in html
    assert "Of 5\xa0%, at β\xa0=\xa02, and not 5 %,\xa0· too." in tree.astext()


@pytest.mark.parametrize(
    ("tex", "coloured"),
    [
        (r"\log p_\theta(x_t)", r"\log {\htmlClass{gm-model}{p_\theta}}({\htmlClass{gm-data}{x}}_t)"),
        (r"\mathbb{E}_z \text{ for x}", r"\mathbb{E}_{\htmlClass{gm-latent}{z}} \text{ for x}"),
        (r"\operatorname{max} y \begin{aligned}", r"\operatorname{max} y \begin{aligned}"),
    ],
)
def test_ideas_have_their_colours(site, tex, coloured):
    import plain_markdown

    assert plain_markdown.coloured(tex) == coloured


def test_links_lead_to_equations_papers_and_exercises(site):
    trees, _, _ = site
    found = dict(links(trees["notebooks/one"]))
    assert [link for link in links(trees["notebooks/one"]) if "#eq" in link[1]] == [("(1.1)", "#eq-1-1")]
    assert found["Kingma and Welling (2014)"].startswith("../book/bibliography.html#")
    assert found["Exercises"] == "solutions/one_solutions.html"
    assert links(trees["notebooks/two"]) == [("(1.1)", "one.html#eq-1-1")], "a link to a lesson that is left out"
    assert "see lesson 03 or three." in trees["notebooks/two"].astext()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (BOX.format("Predict, then run"), "needs a bold first line"),
        (BOX.format("**Predict** something"), "needs a bold first line"),
        (BOX.format("**Predict**").replace("</blockquote>", ""), "a closing tag"),
        ("$$\na \\tag{1.1}\n$$\n\n$$\nb \\tag{1.1}\n$$", "duplicate label of equation eq-1.1"),
        (f"![]({STILL})", "live figure kl: it needs an alt text"),
        ("![What is to be seen.](book/_static/live/stills/none.png)", "book/_static/live/none.js is missing"),
    ],
)
def test_what_is_wrong_is_said(tmp_path, monkeypatch, text, complaint):
    _, heard, _ = build(tmp_path, {"notebooks/one.ipynb": f"# One\n\n{text}\n"}, monkeypatch)
    assert complaint in heard


def test_a_student_gets_the_hand_out_from_page_and_buttons(site):
    _, _, out = site
    page = (out / "notebooks" / "solutions" / "one_solutions.html").read_text(encoding="utf-8")
    given = re.findall(r'href="([^"]+\.ipynb[^"]*)"', page)
    assert len(given) == 4, "download, Colab, Binder, JupyterHub"
    assert [url for url in given if "notebooks/exercises/one_exercises.ipynb" not in url] == []
    assert "Handed out" in (out / "_sources/notebooks/exercises/one_exercises.ipynb").read_text(encoding="utf-8")
    assert [path.name for path in out.rglob("*_solutions.ipynb")] == []
    lesson = (out / "notebooks" / "one.html").read_text(encoding="utf-8")
    assert "_sources/notebooks/one.ipynb" in lesson
