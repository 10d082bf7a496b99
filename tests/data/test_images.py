"""Images in memory, and everything that `load` can be asked for."""

import gzip
import os
import shutil
from pathlib import Path

import pytest
import torch

from gmcourse.data import Images, at_hand, load
from gmcourse.data.vision import available, data_root

MNIST = Path(os.environ.get("GMCOURSE_DATA") or Path(__file__).parents[3] / "shared" / "data")


def make(n=10, levels=256):
    return Images(torch.zeros(n, 1, 4, 4, dtype=torch.uint8), torch.arange(n), levels, ("a",))


def test_digits_are_real_and_split_for_good():
    train, test = load("digits"), load("digits", "test")
    assert (len(train), len(test), train.shape, train.levels) == (1437, 360, (1, 8, 8), 17)
    assert int(train.pixels.max()) == 16
    assert float(train.unit().max()) == 1.0
    assert torch.bincount(test.labels).min() >= 34
    seen = {bytes(p.flatten().tolist()) for p in train.pixels}
    assert not any(bytes(p.flatten().tolist()) in seen for p in test.pixels)


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


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "kmnist", "cifar10", "celeba"])
def test_a_set_that_is_not_there_names_a_bundled_one(name, tmp_path):
    pytest.importorskip("torchvision")
    with pytest.raises(RuntimeError, match=r"is not in .*GMCOURSE_DATA.*bundled load\("):
        load(name, root=tmp_path)
    assert not available(tmp_path)[name]


def test_the_data_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("GMCOURSE_DATA", str(tmp_path))
    assert data_root() == tmp_path
    assert data_root("elsewhere") == Path("elsewhere")


def test_larger_data_is_used_where_it_is(monkeypatch, tmp_path):
    pytest.importorskip("torchvision")
    monkeypatch.setenv("GMCOURSE_DATA", str(tmp_path))
    assert at_hand("mnist", otherwise="digits") == "digits"
    (tmp_path / "MNIST" / "raw").mkdir(parents=True)
    assert at_hand("mnist", otherwise="digits") == "mnist"
    monkeypatch.delenv("GMCOURSE_DATA")
    assert at_hand("mnist", otherwise="digits") == "digits"
    with pytest.raises(ValueError, match="none of torchvision's"):
        at_hand("digits", otherwise="faces")


def test_a_failed_download_says_so_and_leaves_nothing(monkeypatch, tmp_path):
    pytest.importorskip("torchvision")
    import urllib.error

    from torchvision.datasets import mnist

    def refuse(*args, **kwargs):
        raise urllib.error.URLError("no network")

    monkeypatch.setattr(mnist, "download_and_extract_archive", refuse)
    with pytest.raises(RuntimeError, match="bundled load"):
        load("mnist", root=tmp_path, download=True)
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]


@pytest.mark.skipif(not (MNIST / "MNIST" / "raw").is_dir(), reason=f"no MNIST in {MNIST}; set GMCOURSE_DATA")
class TestMnist:
    def test_it_is_read(self):
        test = load("mnist", "test", root=MNIST)
        assert test.pixels.shape == (10_000, 1, 28, 28)
        assert torch.bincount(test.labels).tolist()[:2] == [980, 1135]
        assert len(load("mnist", "test", root=MNIST, limit=50)) == 50

    def test_a_damaged_file_is_told(self, tmp_path):
        raw = tmp_path / "MNIST" / "raw"
        raw.mkdir(parents=True)
        for file in (MNIST / "MNIST" / "raw").glob("t10k*ubyte"):
            shutil.copy(file, raw)
        for name in ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"):
            (raw / name).write_bytes(b"")
        images = raw / "t10k-images-idx3-ubyte"
        images.write_bytes(images.read_bytes()[:1000])
        with pytest.raises(ValueError, match="damaged"):
            load("mnist", "test", root=tmp_path)
        images.write_bytes(gzip.compress(b"not images"))
        with pytest.raises(ValueError, match="damaged"):
            load("mnist", "test", root=tmp_path)
