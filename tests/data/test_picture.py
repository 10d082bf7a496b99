"""One picture file becomes a square, whatever it is."""

import warnings

import numpy as np
import pytest
from PIL import Image

from gmcourse.data import picture
from gmcourse.data.picture import read
from tests.data.picture_files import KINDS, RED, WHITE, halves, plain, squeezed


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_picture_has_the_colours_that_one_sees(name, tmp_path):
    write, upper, lower = KINDS[name]
    write(tmp_path / name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, which `load` silences
        pixels, _ = read(tmp_path / name, 16, False)
    assert pixels.shape == (3, 16, 16)
    assert pixels.dtype == np.uint8
    for half, colour in ((pixels[:, :6], upper), (pixels[:, -6:], lower)):
        assert np.abs(half.astype(int) - np.reshape(colour, (3, 1, 1))).max() <= 8
    grey, _ = read(tmp_path / name, 16, True)
    assert grey.shape == (1, 16, 16)


def test_a_picture_that_is_too_large_for_the_memory_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(picture, "MOST", 2_000_000)
    plain(RED, (2000, 1001)).save(tmp_path / "large.png")
    with pytest.raises(ValueError, match="2000×1001; expected at most 2 million pixels"):
        read(tmp_path / "large.png", 32, False)
    squeezed(plain(RED, (2000, 1001)), tmp_path / "large.jpg")  # decoded at an eighth of its size
    assert read(tmp_path / "large.jpg", 32, False)[0].shape == (3, 32, 32)


def test_a_jpeg_is_not_decoded_smaller_than_it_is_wanted(tmp_path):
    squeezed(halves(WHITE, (0, 0, 0), size=(64, 64)), tmp_path / "edge.jpg")
    pixels, _ = read(tmp_path / "edge.jpg", 32, True)
    assert pixels[0, 15].min() > 215
    assert pixels[0, 16].max() < 40


def test_scaling_does_not_alias(tmp_path):
    """A board of single pixels has no grey but the mean at an eighth of its size."""
    board = (np.indices((256, 256)).sum(0) % 2 * 255).astype(np.uint8)
    Image.fromarray(board).save(tmp_path / "board.png")
    pixels, _ = read(tmp_path / "board.png", 32, True)
    assert np.abs(pixels[:, 2:-2, 2:-2].astype(int) - 127).max() <= 2
