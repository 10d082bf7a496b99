"""Widgets for class. On the site, where no Python runs, the same cell shows a still picture."""

import os
from collections.abc import Callable

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from gmcourse import expect

Slider = tuple[float, float, float, float]


@expect.drawing()
def explore(draw: Callable[..., Figure], **sliders: Slider) -> None:
    """Show draw(**values), with one slider for each value.

    Where `GMCOURSE_STATIC=1` is set (when the site is built) the picture of the first values is shown: no widget
    could move there. A slider is name=(least, most, step, at first). A whole-number step gives whole numbers.
    """
    for name, (least, most, step, first) in sliders.items():
        if not (least <= first <= most and step > 0):
            expect.refuse(name, (least, most, step, first), "least ≤ first ≤ most, step > 0")
    if os.environ.get("GMCOURSE_STATIC") == "1":
        draw(**{name: first for name, (_, _, _, first) in sliders.items()})
        plt.show()
        return
    import ipywidgets
    from IPython.display import display

    controls: dict[str, ipywidgets.Widget] = {}
    for name, (least, most, step, first) in sliders.items():
        whole = all(float(v).is_integer() for v in (least, most, step, first))
        kind = ipywidgets.IntSlider if whole else ipywidgets.FloatSlider
        number = int if whole else float
        ends = {"min": number(least), "max": number(most), "step": number(step), "value": number(first)}
        controls[name] = kind(**ends, description=name.replace("_", " "), continuous_update=False)

    def show(**values: float) -> None:
        draw(**values)
        plt.show()

    display(ipywidgets.VBox([*controls.values(), ipywidgets.interactive_output(show, controls)]))
