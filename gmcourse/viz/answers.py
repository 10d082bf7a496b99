"""Many answers to one question: the distributions of what they show."""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from torch import Tensor

from gmcourse import expect
from gmcourse.viz.palette import BLUE, GREY, INK, ORANGE


@expect.drawing(faces="N / M / K / >= 0 <= 1")
def posteriors(faces: Sequence[Mapping[str, tuple[Tensor, Tensor, Tensor, float]]], names: Sequence[str]) -> Figure:
    """Draw prior, true posterior and a model's posterior: a column a face, a row an attribute.

    A face has for each attribute (draws of the prior and of the posterior, what answers show, the truth), in [0, 1].
    """
    figure, axes = plt.subplots(
        len(names), len(faces), figsize=(2.9 * len(faces), 1.3 * len(names)), squeeze=False, sharex=True
    )
    edges = np.linspace(0, 1, 25)
    for face, places in zip(faces, axes.T, strict=True):
        for name, ax in zip(names, places, strict=True):
            prior, exact, model, truth = face[expect.one_of("names", name, list(face))]
            for values, label, look in (
                (prior, "before: the crowd", {"color": GREY, "alpha": 0.25}),
                (exact, "given y: the posterior", {"color": BLUE, "alpha": 0.55}),
                (model.clamp(0, 1), "given y: SRFlow", {"histtype": "step", "color": ORANGE, "linewidth": 2}),
            ):
                ax.hist(values.numpy(), edges, density=True, label=label, **look)
            ax.axvline(truth, color=INK, linewidth=1.5, linestyle="--", label="the truth")
            ax.set(yticks=[], xlim=(0, 1))
    for name, ax in zip(names, axes[:, 0], strict=True):
        ax.set_ylabel(name.replace("_", " "), rotation=0, ha="right", va="center")
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2)
    return figure
