"""The bundled digits."""

import subprocess
import sys

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


def test_the_split_is_that_of_scikit_learn():
    from sklearn.datasets import load_digits
    from sklearn.model_selection import train_test_split

    bunch = load_digits()
    parts = train_test_split(range(len(bunch.target)), test_size=360, random_state=0, stratify=bunch.target)
    for name, indices in zip(("train", "test"), parts, strict=True):
        ours, chosen = load("digits", name), sorted(indices)
        assert torch.equal(ours.pixels[:, 0], torch.as_tensor(bunch.images[chosen]).byte())
        assert torch.equal(ours.labels, torch.as_tensor(bunch.target[chosen]))


def test_reading_them_does_not_import_scikit_learn():
    """Its import takes about a second, and most lessons and checks begin with the digits."""
    reads = "from gmcourse.data import load; load('digits'); load('photos', n=1)"
    code = f"import sys; {reads}; sys.exit('sklearn' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_all_1797_are_there_once():
    from sklearn.datasets import load_digits

    ours = torch.cat([load("digits").pixels, load("digits", "test").pixels]).flatten(1)
    theirs = torch.as_tensor(load_digits().data).byte()
    assert sorted(map(tuple, ours.tolist())) == sorted(map(tuple, theirs.tolist()))
