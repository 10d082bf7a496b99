"""torchvision's sets, read from small files of our own making, and from the real MNIST where it lies."""

import gzip
import os
import pickle
import struct
from pathlib import Path

import numpy as np
import pytest
import torch

from gmcourse import doctor
from gmcourse.data import at_hand, load
from gmcourse.data.vision import data_root, state

pytest.importorskip("torchvision")

MNIST = Path(os.environ.get("GMCOURSE_DATA") or Path(__file__).parents[3] / "shared" / "data")


def idx(array):
    """A uint8 array in the format of MNIST's files."""
    return struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape) + array.tobytes()


def write_mnist(folder, images=12):
    """A small MNIST of noise in torchvision's layout; returns its raw folder."""
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    noise = np.random.default_rng(0)
    for part in ("train", "t10k"):
        pixels = noise.integers(0, 256, (images, 28, 28), dtype=np.uint8)
        (raw / f"{part}-images-idx3-ubyte").write_bytes(idx(pixels))
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(idx(np.arange(images, dtype=np.uint8) % 10))
    return raw


def test_mnist_is_read(tmp_path):
    write_mnist(tmp_path)
    images = load("mnist", "test", root=tmp_path)
    assert images.pixels.shape == (12, 1, 28, 28)
    assert images.labels.tolist()[:3] == [0, 1, 2]
    assert len(load("mnist", root=tmp_path, limit=5)) == 5


def test_a_label_that_is_no_class_is_told(tmp_path):
    """One flipped bit made class 137 of ten."""
    labels = write_mnist(tmp_path) / "t10k-labels-idx1-ubyte"
    labels.write_bytes(labels.read_bytes()[:-1] + bytes([137]))
    with pytest.raises(ValueError, match=r"of mnist in .* are damaged \(a label is 137, but there are 10 classes\)"):
        load("mnist", "test", root=tmp_path)


@pytest.mark.parametrize(
    "damage",
    [
        lambda old: old[:1000],
        lambda old: b"",
        lambda old: gzip.compress(b"not images"),
        lambda old: old[:4] + struct.pack(">I", 7) + old[8 : 16 + 7 * 784],  # seven images, twelve labels
    ],
    ids=["cut short", "empty", "another format", "fewer images than labels"],
)
def test_a_damaged_file_is_told(tmp_path, damage):
    images = write_mnist(tmp_path) / "t10k-images-idx3-ubyte"
    images.write_bytes(damage(images.read_bytes()))
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ValueError, match=r"the files of mnist in .* are damaged .* Delete them"):
        load("mnist", "test", root=tmp_path)
    assert sorted(tmp_path.rglob("*")) == before


def write_cifar10(tmp_path, monkeypatch):
    """Twenty-four red pictures in torchvision's layout, whose checksums are then not asked for."""
    from torchvision.datasets import CIFAR10

    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    red = np.zeros((4, 3, 32, 32), dtype=np.uint8)
    red[:, 0] = 200
    for name in ("test_batch", *(f"data_batch_{i}" for i in range(1, 6))):
        batch = {"data": red.reshape(4, -1), "labels": [0, 1, 2, 9]}
        (folder / name).write_bytes(pickle.dumps(batch))
    monkeypatch.setattr(CIFAR10, "_check_integrity", lambda self: True)
    monkeypatch.setattr(CIFAR10, "_load_meta", lambda self: None)
    return folder


def test_cifar10_is_read(tmp_path, monkeypatch):
    write_cifar10(tmp_path, monkeypatch)
    images = load("cifar10", "test", root=tmp_path)
    assert images.pixels.shape == (4, 3, 32, 32)
    assert images.pixels[:, 0].unique().tolist() == [200]
    assert images.names[int(images.labels[3])] == "truck"
    assert len(load("cifar10", root=tmp_path)) == 20


def write_celeba(tmp_path, monkeypatch):
    """Four green pictures in torchvision's layout, two of them to learn from."""
    from PIL import Image
    from torchvision.datasets import CelebA

    folder = tmp_path / "celeba"
    (folder / "img_align_celeba").mkdir(parents=True)
    names = [f"{i:06d}.jpg" for i in range(1, 5)]
    for name in names:
        Image.new("RGB", (178, 218), (10, 200, 30)).save(folder / "img_align_celeba" / name)
    (folder / "list_eval_partition.txt").write_text("".join(f"{n} {2 * (n > names[1])}\n" for n in names))
    (folder / "identity_CelebA.txt").write_text("".join(f"{n} 7\n" for n in names))
    # the real table of attributes has a space at the end of its second line too
    for table, columns, row in (
        ("list_attr_celeba", "Smiling Young ", "1 -1"),
        ("list_bbox_celeba", "image_id x_1 y_1 width height", "1 2 3 4"),
        ("list_landmarks_align_celeba", "lefteye_x lefteye_y", "1 2"),
    ):
        rows = "".join(f"{n} {row}\n" for n in names)
        (folder / f"{table}.txt").write_text(f"4\n{columns}\n{rows}")
    monkeypatch.setattr(CelebA, "_check_integrity", lambda self: True)
    return folder


def test_celeba_is_read(tmp_path, monkeypatch):
    write_celeba(tmp_path, monkeypatch)
    images = load("celeba", root=tmp_path, size=32, limit=2)
    assert images.pixels.shape == (2, 3, 32, 32)
    assert images.labels.tolist() == [[1.0, 0.0], [1.0, 0.0]]
    assert images.names == ("Smiling", "Young")
    assert abs(int(images.pixels[0, 1, 16, 16]) - 200) < 5


def cut(path):
    path.write_bytes(path.read_bytes()[:500])


@pytest.mark.parametrize(
    ("name", "write", "damage"),
    [
        ("mnist", lambda path, _: write_mnist(path), lambda raw: cut(raw / "train-images-idx3-ubyte")),
        ("mnist", lambda path, _: write_mnist(path), lambda raw: (raw / "t10k-labels-idx1-ubyte").unlink()),
        ("cifar10", write_cifar10, lambda folder: cut(folder / "test_batch")),
        ("cifar10", write_cifar10, lambda folder: (folder / "data_batch_5").unlink()),
        ("celeba", write_celeba, lambda folder: (folder / "img_align_celeba" / "000004.jpg").unlink()),
        ("celeba", write_celeba, lambda folder: (folder / "list_attr_celeba.txt").unlink()),
    ],
)
def test_a_set_is_there_when_it_can_be_loaded(name, write, damage, tmp_path, monkeypatch):
    folder = write(tmp_path, monkeypatch)
    monkeypatch.setenv("GMCOURSE_DATA", str(tmp_path))
    assert state(name) == ("complete", "")
    assert at_hand(name, otherwise="photos") == name
    damage(folder)
    found, reason = state(name)
    assert (found, "are damaged" in reason) == ("damaged", True)
    with pytest.warns(UserWarning, match="photos is used, since"):
        assert at_hand(name, otherwise="photos") == "photos"
    told = [each for each in doctor.findings(kernel=False) if each.topic == "data"]
    assert [each.text for each in told if each.level == doctor.BAD] == [reason]


@pytest.mark.parametrize(
    ("name", "left"),
    [
        ("mnist", "MNIST/raw/train-images-idx3-ubyte.gz"),
        ("kmnist", "KMNIST/raw/k"),
        ("fashion_mnist", "FashionMNIST/raw/f"),
        ("cifar10", "cifar-10-python.tar.gz"),
        ("celeba", "celeba/img_align_celeba.zip"),
    ],
)
def test_half_a_download_is_damaged_and_an_empty_folder_is_nothing(name, left, tmp_path):
    (tmp_path / left).parent.mkdir(parents=True, exist_ok=True)
    assert state(name, tmp_path)[0] == "missing"
    (tmp_path / left).write_bytes(b"half")
    assert state(name, tmp_path)[0] == "damaged"


@pytest.mark.parametrize("name", ["mnist", "fashion_mnist", "kmnist", "cifar10", "celeba"])
def test_a_set_that_is_not_there_names_a_bundled_one(name, tmp_path):
    with pytest.raises(RuntimeError, match=r"is not in .*GMCOURSE_DATA.*bundled load\("):
        load(name, root=tmp_path)
    assert state(name, tmp_path)[0] == "missing"


def test_bad_options(tmp_path):
    with pytest.raises(ValueError, match="limit is 0"):
        load("mnist", root=tmp_path, limit=0)
    with pytest.raises(ValueError, match="size is -1"):
        load("celeba", root=tmp_path, size=-1)


def test_the_data_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("GMCOURSE_DATA", str(tmp_path))
    assert data_root() == tmp_path
    assert data_root("elsewhere") == Path("elsewhere")


def test_larger_data_is_used_where_it_is(monkeypatch, tmp_path):
    monkeypatch.setenv("GMCOURSE_DATA", str(tmp_path))
    assert at_hand("mnist", otherwise="digits") == "digits"
    raw = write_mnist(tmp_path)
    assert at_hand("mnist", otherwise="digits") == "mnist"
    (raw / "t10k-labels-idx1-ubyte").unlink()
    with pytest.warns(UserWarning, match="digits is used, since the files of mnist in .* are damaged"):
        assert at_hand("mnist", otherwise="digits") == "digits"
    monkeypatch.delenv("GMCOURSE_DATA")
    assert at_hand("mnist", otherwise="digits") == "digits"
    with pytest.raises(ValueError, match="expected one of 'mnist'"):
        at_hand("digits", otherwise="faces")


def test_a_failed_download_says_so_and_leaves_nothing(monkeypatch, tmp_path):
    import urllib.error

    from torchvision.datasets import mnist

    def refuse(*args, **kwargs):
        raise urllib.error.URLError("no network")

    monkeypatch.setattr(mnist, "download_and_extract_archive", refuse)
    with pytest.raises(RuntimeError, match="bundled load"):
        load("mnist", root=tmp_path, download=True)
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]


@pytest.mark.skipif(not (MNIST / "MNIST" / "raw").is_dir(), reason=f"no MNIST in {MNIST}; set GMCOURSE_DATA")
def test_the_real_mnist():
    test = load("mnist", "test", root=MNIST)
    assert test.pixels.shape == (10_000, 1, 28, 28)
    assert torch.bincount(test.labels).tolist()[:2] == [980, 1135]
