"""What a teacher and a student read: a page for each submission, and one for the class. Student text is escaped.

Formulas of hints and messages are pictures inside a page that runs no script and fetches nothing.
"""

import io
import re
from collections import Counter
from collections.abc import Sequence
from functools import cache
from html import escape

from gmcourse.console import visible
from gmcourse.exercises.judge.judgement import PASSED, Judgement, Verdict
from gmcourse.exercises.judge.submissions import Submission

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
STYLE = """
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 80rem; margin: 2rem auto; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .5rem .75rem .5rem 0; }
tr { border-bottom: 1px solid #8886; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 0; font: inherit; }
.code { background: #8881; padding: .5rem; font-family: ui-monospace, monospace; font-size: .875rem; }
mark { background: #d5522a55; color: inherit; }
svg { fill: currentColor; }
ul { margin: 0; padding-left: 1.25rem; }
td b { white-space: nowrap; font-weight: 600; }
details { margin-top: .5rem; }
"""


def _text(text: str) -> str:
    """Text of others as HTML that shows it and does nothing."""
    return escape(visible(text))


def _page(title: str, body: str) -> str:
    """Write a page on which nothing may run or be fetched, whatever a student wrote."""
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{_text(title)}</title>\n'
        '<meta name="viewport" content="width=device-width">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f"<style>{STYLE}</style>\n</head>\n<body>\n<h1>{_text(title)}</h1>\n{body}\n</body>\n</html>\n"
    )


def _table(heading: str, rows: Sequence[tuple[str, ...]]) -> str:
    """Write a table of HTML; the first cell of a row names it."""
    top = "".join(f'<th scope="col">{each}</th>' for each in heading.split("|"))
    cells = (f'<th scope="row">{first}</th><td>' + "</td><td>".join(rest) for first, *rest in rows)
    return "\n".join(["<table>", f"<tr>{top}</tr>", *(f"<tr>{each}</td></tr>" for each in cells), "</table>"])


def page_of(result: Submission) -> str:
    """Write the page for one submission: each verdict, and beside it what the student wrote."""
    if result.judgement is None:
        body = f"<p>This submission could not be judged.</p>\n<pre>{_text(result.problem)}</pre>"
    else:
        body = f"<p>{_text(result.problem)}</p>" * bool(result.problem) + _verdicts(result.judgement)
    return _page(f"{result.student}: {result.name.rpartition('/')[2]}", body)


def _verdicts(judgement: Judgement) -> str:
    passed = f"<p>{_text(judgement.title)}: {judgement.passed} of {len(judgement.verdicts)} passed.</p>"
    rows = []
    for each in judgement.verdicts:
        said = f"<pre>{with_formulas(each.message)}</pre>" if each.message else ""
        if each.hint:
            said += f"<details><summary>Hint</summary>{with_formulas(each.hint)}</details>"
        rows.append((_text(each.title), f"<b>{_text(each.status)}</b>", said, _code(each)))
    return f"{passed}\n{_table('Exercise|Verdict|What the check says|What was written', rows)}"


def _code(verdict: Verdict) -> str:
    """Show the student's code, with the line marked that the message names."""
    if not verdict.code:
        return ""
    named = re.search(r"\bline (\d+)\b(?: of `.*?`: (.*))?", verdict.message)
    lines = verdict.code.splitlines()
    # a number counts in its cell, which may not be the first: the line is the next that says the same
    first = int(named[1]) - 1 if named else len(lines)
    marked = next((i for i in range(first, len(lines)) if named and named[2] in (None, lines[i].strip())), -1)
    shown = [f"<mark>{_text(line)}</mark>" if i == marked else _text(line) for i, line in enumerate(lines)]
    return '<pre class="code">' + "\n".join(shown) + "</pre>"


def index(results: Sequence[Submission]) -> str:
    """A page that leads to all others, after what a teacher brings to class: which mistakes were made, how often."""
    rows = []
    for each in results:
        judged = each.judgement
        passed = f"{judged.passed} of {len(judged.verdicts)}" if judged else "not judged"
        passed += f": {_text(each.problem)}" if each.problem else ""
        rows.append((_text(each.student), f'<a href="{each.slug}.html">{_text(each.name)}</a>', passed))
    table = _table("Student|File|Passed", rows)
    return _page("Feedback", "\n".join([*_mistakes(results), "<h2>Submissions</h2>", table]))


def _mistakes(results: Sequence[Submission]) -> list[str]:
    """Make a table of the exercises of each chapter: how many passed, and what the others heard, by frequency."""
    by_exercise: dict[str, dict[str, list[Verdict]]] = {}
    for judged in (each.judgement for each in results if each.judgement):
        for verdict in judged.verdicts:
            by_exercise.setdefault(judged.title, {}).setdefault(verdict.title, []).append(verdict)
    lines: list[str] = []
    for title, exercises in sorted(by_exercise.items()):
        rows = []
        for exercise, verdicts in sorted(exercises.items()):
            heard = Counter(v.message.partition("\n")[0] or v.status for v in verdicts if v.status != PASSED)
            words = "".join(f"<li>{n} × {with_formulas(said)}</li>" for said, n in heard.most_common())
            passed = f"{sum(v.status == PASSED for v in verdicts)} of {len(verdicts)}"
            rows.append((_text(exercise), passed, f"<ul>{words}</ul>"))
        lines += [f"<h2>{_text(title)}</h2>", _table("Exercise|Passed|Mistakes", rows)]
    return lines


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
