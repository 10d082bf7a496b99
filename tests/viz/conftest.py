"""Figures are drawn without a window, in the course's style, and closed after each test."""

import matplotlib as mpl
import pytest

mpl.use("Agg")

import matplotlib.pyplot as plt

from gmcourse import viz


@pytest.fixture(autouse=True)
def _close():
    viz.style()
    yield
    plt.close("all")
