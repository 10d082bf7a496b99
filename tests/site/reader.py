"""Someone in front of a live figure, and what a reader can do to it."""

from __future__ import annotations

import re

PICTURE = "(box, i) => box.querySelectorAll('.gm-pane canvas')[i].toDataURL()"


class Reader:
    """Someone in front of a figure."""

    def __init__(self, page, box):
        self.page, self.box = page, box

    def press(self, name):
        self.box.get_by_role("button", name=name).first.click()

    def slide(self, name, value):
        slider = self.box.get_by_role("slider", name=name)
        slider.evaluate(
            "(each, v) => { each.value = v; each.dispatchEvent(new Event('input', {bubbles: true})); }", value
        )
        self.page.wait_for_timeout(300)

    def number(self, name):
        """The first number of the part of the readout that begins with a name."""
        text = self.box.locator(".gm-readout > span", has_text=name).first.inner_text()
        found = re.findall(r"[−+-]?\d+\.?\d*", text[text.index(name) + len(name) :])
        return float(found[0].replace("−", "-"))

    def text(self, name):
        return self.box.locator(".gm-readout > span", has_text=name).first.inner_text()

    def drag(self, x, y):
        """Point at a share of the width and of the height of the plane."""
        plane = self.box.locator("canvas[tabindex]")
        plane.scroll_into_view_if_needed()
        size = plane.bounding_box()
        plane.click(position={"x": x * size["width"], "y": y * size["height"]})

    def picture(self, i):
        return self.box.evaluate(PICTURE.replace("(box, i)", "box").replace("[i]", f"[{i}]"))
