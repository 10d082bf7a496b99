"""Weights and still pictures of the live figures.

python -m tools.live weights     write book/_static/live/weights/*.js from the zoo
python -m tools.live stills      photograph every figure of the built site into book/_static/live/stills
"""

from __future__ import annotations

import io
import json
import re
import sys
from collections.abc import Collection
from typing import TYPE_CHECKING

from PIL import Image

from tools.environment import ROOT
from tools.live.weights import LIVE, weights_file, write_weights
from tools.zoo import stamp

# a picture has no slider that moves, and paper has none either
STILL = ".gm-controls, .gm-buttons, .gm-help, .gm-large { display: none !important; }"

if TYPE_CHECKING:
    from playwright.sync_api import ElementHandle, Page


def write_stills(only: Collection[str] | None = None) -> None:
    """Photograph every live figure of the built site, or only some, in the light theme, without its controls.

    How high each stands is written beside, on a wide page and on a phone: the page keeps as much room free.
    """
    from tools.browser import open_browser, serve
    from tools.lessons import pages

    heights = LIVE / "stills" / "heights.json"
    known = json.loads(heights.read_text(encoding="utf-8")) if heights.is_file() else {}
    with serve() as address, open_browser() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 1000}, color_scheme="light")
        for name in pages():
            page.goto(f"{address}/{name}.html")
            for box in page.query_selector_all(".gm-live[data-figure]"):
                figure = box.get_attribute("data-figure") or ""
                if only is not None and figure not in only:
                    continue
                box.scroll_into_view_if_needed()
                page.wait_for_selector(f".gm-live[data-figure={figure}][data-ready]")
                path = LIVE / "stills" / f"{figure}.png"
                path.parent.mkdir(parents=True, exist_ok=True)
                picture = Image.open(io.BytesIO(box.screenshot(style=STILL))).convert("RGB")
                picture.quantize(128, dither=Image.Dither.NONE).save(path, optimize=True)  # a third of the weight
                known[figure] = [_height(box, page, width) for width in (1280, 390)]
                scripts = re.findall(r'"weights/(\w+)\.js"', (LIVE / f"{figure}.js").read_text(encoding="utf-8"))
                stamp.write(path, set().union(*(stamp.models_of(weights_file(each)) for each in scripts)))
                print(path.relative_to(ROOT).as_posix())
    heights.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n", encoding="utf-8")


def _height(box: ElementHandle, page: Page, width: int) -> int:
    """How high a figure stands on a page so many pixels wide; the page is as wide as before afterwards."""
    page.set_viewport_size({"width": width, "height": 844 if width < 600 else 1000})
    page.wait_for_timeout(300)
    height = int(box.evaluate("each => each.getBoundingClientRect().height"))
    page.set_viewport_size({"width": 1280, "height": 1000})
    return height


def main(words: list[str]) -> int:
    """Exit status 2 for a word that is not known."""
    if words == ["weights"]:
        write_weights()
    elif words == ["stills"]:
        write_stills()
    else:
        print(__doc__)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
