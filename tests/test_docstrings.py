"""Docstrings are sentences: those of functions say what these do, and none is a word or a formula alone."""

import ast
import re

from tests.conftest import ROOT

# With one of these the docstring of a function begins ("Draw n samples …"); add the one that is missing.
IMPERATIVES = """add append apply ask average bend bring build call change check choose clamp colour compare
compute convert convolve copy count decode differentiate divide double draw encode end enlarge estimate
execute fall fill filter find fit flatten follow give go hash initialise insert intersect join judge keep lay
let list load look make map mark match measure mix move multiply name normalise note open pack paint pair parse
pass photograph plan play predict prepare print put raise read rebuild reconstruct refuse remember reorder
repeat replace reshape restore return rise round run sample save say scale schedule score seed serve set shade
shift show split square stay subtract sum take test tint train transform try turn undo unite update use wait
walk warn weigh write"""
# Or one of these stands in its first sentences: "The bytes that it takes", "Whether the file is there".
FINITE = """is are was were be has have does do may can cannot could would will must
adds allows becomes begins belongs closes colours comes compares cuts decides describes explains fills finds gets
gives goes hashes holds keeps leaves lies makes means measures moves needs opens passes pulls puts raises refuses
replaces returns says sends serves shows stands stays stops takes tells warns widens works writes
come go lie stand stay"""
LEAST = 4  # words


def fault(node, text):
    """What is wrong with a docstring, if anything."""
    opening = text.partition("\n\n")[0]
    words = [word.lower() for word in re.findall(r"[a-zA-Z]+", opening)]
    if len(words) < LEAST:
        return f"fewer than {LEAST} words"
    is_function = isinstance(node, ast.FunctionDef)
    if is_function and words[0] not in IMPERATIVES.split() and not set(FINITE.split()) & set(words):
        return "no verb: say what it does"
    if opening.rstrip()[-1] not in ".:?!":
        return "no end of a sentence"
    return None


def faults(tree):
    for node in ast.walk(tree):
        text = ast.get_docstring(node) if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) else None
        if text and (reason := fault(node, text)):
            yield getattr(node, "lineno", 1), text.partition("\n\n")[0], reason


def test_docstrings_are_sentences():
    found = [
        f"  {path.relative_to(ROOT).as_posix()}:{line}: {text!r}: {reason}"
        for folder in ("gmcourse", "gmcourse_recipes", "tools")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for line, text, reason in faults(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert not found, f"{len(found)} docstrings:\n" + "\n".join(found)


def test_this_test_can_fail():
    functions = [
        "(D,).",
        "See there.",
        "The mean of the points.",
        "One option of all these.",
        "Draw n of the points",
        "Draw n of the points.",
    ]
    source = "\n".join(f"def f():\n    {text!r}" for text in functions)
    assert len(list(faults(ast.parse(source)))) == 5
    assert not list(faults(ast.parse("class A:\n    'The mean of the points.'")))
