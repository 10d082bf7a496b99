"""The bundled digits."""

import torch

from gmcourse.data import load


def test_digits_are_real_and_split_for_good():
    train, test = load("digits"), load("digits", "test")
    assert (len(train), len(test), train.shape, train.grey_levels) == (1437, 360, (1, 8, 8), 17)
    assert int(train.pixels.max()) == 16
    assert float(train.unit().max()) == 1.0
    assert torch.bincount(test.labels).min() >= 34
    seen = {bytes(p.flatten().tolist()) for p in train.pixels}
    assert not any(bytes(p.flatten().tolist()) in seen for p in test.pixels)


def test_the_split_does_not_depend_on_the_seed():
    first = load("digits").pixels
    torch.manual_seed(123)
    assert torch.equal(first, load("digits").pixels)


def test_all_1797_are_there_once():
    from sklearn.datasets import load_digits

    ours = torch.cat([load("digits").pixels, load("digits", "test").pixels]).flatten(1)
    theirs = torch.as_tensor(load_digits().data).byte()
    assert sorted(map(tuple, ours.tolist())) == sorted(map(tuple, theirs.tolist()))
