"""Make the site's fonts out of the packages they come in: `python -m tools.fonts FOLDER…`.

A page asks for weights of 400 to 700, for kerning, ligatures and accents, and for Greek as letters of formulas. What
is beyond that goes, which takes away a third of the bytes. The licence of these fonts keeps the name "Source" for the
originals, so the files say "Course"; style sheets and drawings still call them by the name that readers may know.

The fonts of KaTeX lose their hints for coarse screens, and the one of rare signs all but the capital letters, those
of 𝔼 and ℝ; a test of the site finds a formula that asks it for another.

It needs `brotli` beside `fonttools`, which nothing else does: install it into an environment of your own.
"""

from __future__ import annotations

import re
import string
import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

from tools.environment import ROOT

HERE = ROOT / "book" / "_static" / "vendor" / "fonts"
KATEX = HERE.parent / "katex"
WEIGHTS = (400, 700)
FEATURES = ["kern", "liga", "ccmp", "mark", "mkmk"]
GREEK = [*range(0x391, 0x3A2), *range(0x3A3, 0x3AA), *range(0x3B1, 0x3CA), 0x3D1, 0x3D5]


def reduced(font: TTFont, letters: list[int]) -> TTFont:
    """Keep these letters of a font, and no hints for coarse screens."""
    subsetter = Subsetter(Options(layout_features=FEATURES, hinting=False, name_IDs=["*"], notdef_outline=True))
    subsetter.populate(unicodes=letters)
    subsetter.subset(font)
    font.flavor = "woff2"
    return font


def of_formulas(path: Path) -> TTFont:
    """Read a font of KaTeX and leave only what the site asks for."""
    font = TTFont(path)
    capitals = [ord(letter) for letter in string.ascii_uppercase]
    return reduced(font, capitals if "AMS" in path.name else list(font.getBestCmap()))


def small(path: Path) -> TTFont:
    """Read a variable font and leave only what the site asks for."""
    font = TTFont(path)
    letters = [each for each in font.getBestCmap() if "greek" not in path.name or each in GREEK]
    font = instantiateVariableFont(reduced(font, letters), {"wght": WEIGHTS})
    for record in font["name"].names:
        if record.nameID not in (0, 7, 13, 14):  # whose it is, and its licence, stay as they are
            record.string = str(record).replace("Source", "Course")
    return font


def main(folders: list[str]) -> int:
    """Write each font of the site anew, from the file of its name in one of the folders."""
    for target in sorted([*HERE.glob("*.woff2"), *(KATEX / "fonts").glob("*.woff2")]):
        source = next((path for folder in folders for path in Path(folder).rglob(target.name)), None)
        if source is None:
            print(f"{target.name} is in none of the folders: unpack its package first", file=sys.stderr)
            return 1
        font = of_formulas(source) if target.parent.parent == KATEX else small(source)
        font.save(target)
    sheet = KATEX / "katex.min.css"  # without the addresses of older formats, which are not here
    sheet.write_text(re.sub(r",url\([^)]*\) format\(\"(woff|truetype)\"\)", "", sheet.read_text()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
