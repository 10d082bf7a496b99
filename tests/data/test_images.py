"""Images in memory, and the names that `load` knows."""

import torch

from gmcourse.data import Images


def make(n=10, levels=256):
    return Images(torch.zeros(n, 1, 4, 4, dtype=torch.uint8), torch.arange(n), levels, ("a",))


def test_splitting_and_slicing():
    first, rest = make().split(0.7, seed=1)
    assert sorted([*first.labels.tolist(), *rest.labels.tolist()]) == list(range(10))
    assert make()[2:4].labels.tolist() == [2, 3]
    assert torch.equal(make().split(0.7, seed=1)[0].labels, first.labels)
