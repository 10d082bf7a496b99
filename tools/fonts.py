"""Make the site's fonts out of the packages they come in: `python -m tools.fonts FOLDER…`.

A page asks for weights of 400 to 700, for kerning, ligatures and accents, and for Greek as letters of formulas. What
is beyond that goes, which takes away a third of the bytes. The licence of these fonts keeps the name "Source" for the
originals, so the files say "Course"; style sheets and drawings still call them by the name that readers may know.

It needs `brotli` beside `fonttools`, which nothing else does: install it into an environment of your own.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib.instancer import instantiateVariableFont

from tools.environment import ROOT

HERE = ROOT / "book" / "_static" / "vendor" / "fonts"
WEIGHTS = (400, 700)
FEATURES = ["kern", "liga", "ccmp", "mark", "mkmk"]
GREEK = [*range(0x391, 0x3A2), *range(0x3A3, 0x3AA), *range(0x3B1, 0x3CA), 0x3D1, 0x3D5]


def small(path: Path) -> TTFont:
    """Read a variable font and leave only what the site asks for."""
    font = TTFont(path)
    letters = [each for each in font.getBestCmap() if "greek" not in path.name or each in GREEK]
    chosen = Options(layout_features=FEATURES, hinting=False, name_IDs=["*"], notdef_outline=True)
    subsetter = Subsetter(chosen)
    subsetter.populate(unicodes=letters)
    subsetter.subset(font)
    font = instantiateVariableFont(font, {"wght": WEIGHTS})
    for record in font["name"].names:
        if record.nameID not in (0, 7, 13, 14):  # whose it is, and its licence, stay as they are
            record.string = str(record).replace("Source", "Course")
    font.flavor = "woff2"
    return font


def main(folders: list[str]) -> int:
    """Write each font of the site anew, from the file of its name in one of the folders."""
    for target in sorted(HERE.glob("*.woff2")):
        source = next((path for folder in folders for path in Path(folder).rglob(target.name)), None)
        if source is None:
            print(f"{target.name} is in none of the folders: unpack its package first", file=sys.stderr)
            return 1
        font = small(source)
        font.save(target)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
