"""A verdict in a notebook: a small coloured box, so that Run All goes on; words and an exception everywhere else."""

import os
import sys
from html import escape

# Okabe and Ito's green, vermilion and grey: told apart without colours, too, by the sign.
COLOURS = {"✓": "#009e73", "✗": "#d55e00", "·": "#888888"}
# the exercises that passed in this notebook; the judge, who looks at no pictures, has none
solved: set[str] = set()


def in_notebook() -> bool:
    """Whether this runs in a Jupyter kernel in which somebody is looking on, and not under nbval or another test."""
    if "PYTEST_VERSION" in os.environ or "PYTEST_CURRENT_TEST" in os.environ or "IPython" not in sys.modules:
        return False
    from IPython.core.getipython import get_ipython

    shell = get_ipython()
    return type(shell).__name__ != "TerminalInteractiveShell" and hasattr(shell, "kernel")


class Box:
    """What Jupyter displays: HTML for a notebook, plain words for what knows no HTML."""

    def __init__(self, sign: str, text: str) -> None:
        self.sign, self.text = sign, text

    def __repr__(self) -> str:
        return f"{self.sign} {self.text}"

    def _repr_html_(self) -> str:
        """The first line stands out; the numbers stand below it."""
        first, _, rest = self.text.partition("\n")
        # no <pre>: JupyterLab breaks its lines in the middle of words
        body = f'<div style="margin:.3em 0 0;white-space:pre-wrap">{escape(rest)}</div>' if rest else ""
        frame = f"border-left:.3em solid {COLOURS[self.sign]};padding:.4em .8em;margin:.3em 0"
        return f'<div role="status" style="{frame}"><strong>{self.sign} {escape(first)}</strong>{body}</div>'


def show(sign: str, text: str) -> bool:
    """Show a verdict as a box if this is a notebook; whether it was shown."""
    if not in_notebook():
        return False
    from IPython.display import display

    display(Box(sign, text))
    if sign == "✓":
        solved.add(text.partition(" ")[0])
    return True
