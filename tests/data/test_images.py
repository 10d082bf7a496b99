"""Images in memory, and the names that `load` knows."""

import pytest
import torch

from gmcourse.data import Images, load


def make(n=10, levels=256):
    return Images(torch.zeros(n, 1, 4, 4, dtype=torch.uint8), torch.arange(n), levels, ("a",))


def test_splitting_and_slicing():
    first, rest = make().split(0.7, seed=1)
    assert sorted([*first.labels.tolist(), *rest.labels.tolist()]) == list(range(10))
    assert make()[2:4].labels.tolist() == [2, 3]
    assert torch.equal(make().split(0.7, seed=1)[0].labels, first.labels)
    with pytest.raises(ValueError, match="leaves one part empty"):
        make().split(1.0)
    with pytest.raises(ValueError, match="sliced"):
        make()[3]


def test_bad_images():
    with pytest.raises(ValueError, match=r"expected \(N, C, H, W\) of torch\.uint8"):
        Images(torch.zeros(2, 1, 4, 4), torch.zeros(2), 256, ())
    with pytest.raises(ValueError, match="3 labels for 2 images"):
        Images(torch.zeros(2, 1, 4, 4, dtype=torch.uint8), torch.zeros(3), 256, ())
    with pytest.raises(ValueError, match="the largest level is 16"):
        Images(torch.full((2, 1, 4, 4), 17, dtype=torch.uint8), torch.zeros(2), 17, ())
    with pytest.raises(ValueError, match="levels is 1"):
        make(levels=1)


def test_unknown_names():
    with pytest.raises(ValueError, match="no data set is called 'imagenet'; there are digits"):
        load("imagenet")
    with pytest.raises(ValueError, match="split is 'dev'"):
        load("digits", "dev")
