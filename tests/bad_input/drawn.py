"""What the rows of drawings are given."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import torch

from tests.bad_input.harness import row

mpl.use("agg")
EXTENT = (-2.0, 2.0, -2.0, 2.0)
LEFT_IS_RIGHT = {"extent": ((1.0, 1.0, -2.0, 2.0),)}
WORD = "unknown"  # any text will do
NUMBERS = "nan inf"  # a curve may have gaps
FREE = dict.fromkeys(
    ("title", "titles", "xlabel", "ylabel", "names", "labels", "label", "edits", "attributes", "map_name"),
    WORD,
)


def add(name, good, *, fine=None, bad=None):
    """Drawings accept any words, and labels of the wrong sign are negative numbers."""

    def drawn():
        plt.close("all")
        return good()

    row(f"viz.{name}", drawn, fine=FREE | (fine or {}), bad=bad)


def plane(n=6):
    return torch.randn(n, 2, generator=torch.Generator().manual_seed(0))


def line(n=6):
    return torch.linspace(0.1, 0.9, n)


def classes(n=6):
    return torch.arange(n) % 2


def pictures(n=4, channels=3):
    return torch.rand(n, channels, 8, 8)


def log_prob(x):
    return -0.5 * x.square().sum(1)


def log_posterior(x):
    return torch.stack([x[:, 0], -x[:, 0]], 1).log_softmax(1)


def axes():
    return plt.subplots()[1]


def labelled(**more):
    return {"z": plane(), "labels": classes(), "names": ["a", "b"], **more}


WRONG_LABELS = {"labels": (torch.tensor([0, 1, 2, 0, 1, 0]), torch.tensor([0, -1, 0, 0, 1, 0]))}
GREY = {"x": (pictures(channels=2), (255 * pictures()).byte(), 255 * pictures(), 2 * pictures() - 1)}
NAN = {"log_prob": (lambda x: x.sum(1) * float("nan"), lambda x: x)}


def frame():
    from gmcourse.viz.game import Frame

    return Frame(1, torch.rand(4, 4), plane(), plane(), EXTENT)
