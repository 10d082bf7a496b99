"""Words that reach any terminal and any file, whatever its encoding and whatever the names of others hold."""

import codecs
import re
import sys
import unicodedata

ERRORS = "gmcourse.readable"  # the name of our error handler; `str.encode(…, errors=ERRORS)` may use it too
LIKE = "→-> ←<- ↔<-> ↦-> ✓+ ✗x ·. −- –- —-- ×x ★* ⁄/ √sqrt ±+- ‖|| ∂d ∈in ≤<= ≥>= ≈~ ≠!= ∞inf"
SIGNS = {each[0]: each[1:] for each in LIKE.split()}
BIDIRECTIONAL = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # they show a name in another order
UNSAFE = re.compile(rf"[\x00-\x1f\x7f-\x9f{BIDIRECTIONAL}]|[\udc80-\udcff]+|[\ud800-\udfff]")


def accept_any_encoding() -> None:
    """Make stdout and stderr write what their encoding lacks in other signs, where they would raise an error.

    A redirected stdout may have no arrow and no ✓. Only what cannot be written changes; a notebook's stay.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors=ERRORS)


def in_ascii(character: str) -> str:
    """Write one character in ASCII: a sign like it, a Greek letter's name, or else its number as an escape.

    >>> [in_ascii(each) for each in "→²βé"]
    ['->', '2', 'beta', '\\\\xe9']
    """
    plain = "".join(SIGNS.get(each, each) for each in unicodedata.normalize("NFKC", character))
    if plain.isascii():
        return plain
    name = unicodedata.name(character, "")
    if name.startswith("GREEK") and " LETTER " in name and " WITH " not in name:
        letter = name.rpartition(" ")[2]
        return letter.capitalize() if "CAPITAL" in name else letter.lower()
    if UNSAFE.match(character):
        return visible(character)
    return character.encode("ascii", "backslashreplace").decode()


def visible(name: str) -> str:
    r"""A name of others as one line that can be shown and written as UTF-8.

    Bytes that are no UTF-8, which Python keeps as lone surrogates, become `\xff`; line ends, the terminal's
    control characters and those that turn the direction of text become escapes. All else stays.
    """
    return UNSAFE.sub(_escape, name)


def _escape(match: re.Match[str]) -> str:
    text = match[0]
    if "\udc80" <= text[0] <= "\udcff":  # a terminal in the C locale gives even good UTF-8 in this form
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return text.encode("unicode_escape").decode()


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(in_ascii, error.object[error.start : error.end])), error.end


codecs.register_error(ERRORS, _replace)
