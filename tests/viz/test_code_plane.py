"""Drawings of the plane of codes: from what they promise to take, and refusals."""

import matplotlib.pyplot as plt
import pytest
import torch

from gmcourse.reproducible import generator
from gmcourse.viz import code_plane


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


Z = torch.randn(30, 2, generator=generator(0))
LABELS = torch.arange(30) % 10


def decode(z):
    return z.sum(1).sigmoid()[:, None, None, None].expand(-1, 1, 8, 8)


def test_codes_are_written_as_their_names():
    ax = code_plane.labelled_codes(Z, LABELS, "abcdefghij", title="t")
    assert [text.get_text() for text in ax.texts][:3] == ["a", "b", "c"]
    assert ax.get_xlim()[0] < Z[:, 0].quantile(0.01)


def test_the_explorer_says_how_far_the_nearest_code_is():
    draw = code_plane.explorer(decode, Z, LABELS, "0123456789")
    z1, z2 = (Z[3] + torch.tensor([0.003, 0.004])).tolist()
    titles = [ax.get_title() for ax in draw(z1, z2).axes] + [ax.get_title("left") for ax in draw(z1, z2).axes]
    assert any("0.01 away" in title or "0.00 away" in title for title in titles)


def test_walks_have_a_row_each():
    ways = {"a": Z[:5], "b": Z[5:10]}
    assert len(code_plane.walks(decode, Z, LABELS, ways).axes) == 3


def test_arrows_of_two_denoisers():
    ax = code_plane.denoising_field(Z[:4], Z[4:8], Z[8:12], Z)
    assert [text.get_text() for text in ax.get_legend().get_texts()][1] == "denoiser"
