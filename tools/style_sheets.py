"""One small style sheet out of several: without what no page needs, and with the fonts of the first lines in it.

Rules go whose classes or ids stand in no page and no script, then custom properties that nothing asks for any more.
"""

from __future__ import annotations

import base64
import functools
import re
from collections.abc import Iterator
from pathlib import Path

import tinycss2
from tinycss2.ast import AtRule, Node, QualifiedRule

INLINE = ("source-serif-4-latin-wght-normal", "source-sans-3-latin-wght-normal")
URL = re.compile(r"url\(\s*([\"']?)(?!data:|#|https?:)([^\"')]+)\1\s*\)")
IMPORT = re.compile(r"@import\s+[\"']([^\"']+)[\"'];")
VALUE = r"""(?:"[^"]*"|'[^']*'|\([^()]*\)|[^;{}"'])*"""  # a semicolon may stand in an address
PROPERTY = re.compile(rf"(?<=[{{;\s])(--[\w-]+)\s*:{VALUE}(?:;|(?=}}))")
PARTS = {"skip_comments": True, "skip_whitespace": True}


@functools.cache
def joined(paths: tuple[Path, ...], static: Path, words: frozenset[str]) -> str:
    """Join style sheets of the folder `static`; `words` are the classes and ids that may occur."""
    text = "".join(trimmed(path, static, words) for path in paths)
    while (less := without_unasked(text)) != text:  # one property may have been asked for by another
        text = less
    return text


@functools.cache
def trimmed(path: Path, static: Path, words: frozenset[str]) -> str:
    """A style sheet without rules that nothing needs, its addresses seen from `static`."""
    rules = tinycss2.parse_stylesheet(path.read_text(encoding="utf-8"), **PARTS)
    text = "\n".join(needed(rules, words)) + "\n"
    text = URL.sub(lambda found: address(found[2], path, static), text)
    return IMPORT.sub(lambda found: trimmed((path.parent / found[1]).resolve(), static, words), text)


def needed(rules: list[Node], words: frozenset[str]) -> Iterator[str]:
    """The rules that are needed; those in a condition of a screen are looked at one by one."""
    for rule in rules:
        if isinstance(rule, QualifiedRule):
            kept = [each.strip() for each in selectors(rule) if may_match(each, words)]
            if kept:
                yield squeezed(f"{','.join(kept)}{{{tinycss2.serialize(rule.content).strip()}}}")
        elif isinstance(rule, AtRule) and rule.lower_at_keyword in ("media", "supports") and rule.content:
            inner = tinycss2.parse_rule_list(rule.content, **PARTS)
            if inside := "\n".join(needed(inner, words)):
                yield f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{inside}}}"
        elif isinstance(rule, AtRule) and rule.lower_at_keyword != "charset":
            yield squeezed(rule.serialize())


def selectors(rule: QualifiedRule) -> list[str]:
    """Split at the commas that stand in no bracket."""
    found = [""]
    for token in rule.prelude:
        if token == ",":
            found.append("")
        else:
            found[-1] += token.serialize()
    return found


def may_match(selector: str, words: frozenset[str]) -> bool:
    """Whether every class and id that it asks for may occur; what it says in brackets is not looked at."""
    if "\\" in selector:
        return True
    plain = re.sub(r"\[[^]]*\]", "", selector)
    while plain != (plain := re.sub(r":[\w-]+\([^()]*\)", "", plain)):
        pass
    return set(re.findall(r"[.#](-?[A-Za-z_][\w-]*)", plain)) <= words


def squeezed(rule: str) -> str:
    """Without comments, and one blank where several are."""
    return re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", rule, flags=re.DOTALL))


def without_unasked(text: str) -> str:
    """Take away custom properties that no rule reads; live figures read those whose names begin with `--gm`."""
    asked = set(re.findall(r"var\(\s*(--[\w-]+)", text))
    return PROPERTY.sub(lambda found: found[0] if found[1] in asked or found[1].startswith("--gm") else "", text)


def address(url: str, sheet: Path, static: Path) -> str:
    """Say where a file is, seen from `static`; a font of the first lines is put in as itself."""
    file = (sheet.parent / re.split("[?#]", url)[0]).resolve()
    if file.stem in INLINE and file.is_file():
        return f'url("data:font/woff2;base64,{base64.b64encode(file.read_bytes()).decode()}")'
    try:
        return f'url("{file.relative_to(static.resolve()).as_posix()}")'
    except ValueError:
        return f'url("{url}")'
