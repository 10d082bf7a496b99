"""A folder of pictures of one's own: every kind of file, the split, and what is kept."""

import os
import shutil
import time

import numpy as np
import pytest
import torch

from gmcourse.data import folder, load
from gmcourse.data.picture import read
from tests.data.picture_files import BAD, noise
from tests.names import hostile


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache folder of this test's own."""
    monkeypatch.setattr(folder, "user_cache_path", lambda *_, **__: tmp_path / "cache")
    return tmp_path / "cache" / "folders"


@pytest.fixture
def root(tmp_path):
    place = tmp_path / "pictures"
    place.mkdir()
    return place


def fill(root, numbers, label=""):
    (root / label).mkdir(exist_ok=True)
    for number in numbers:
        noise(number).save(root / label / f"{number}.png")


def both(root, **options):
    """All pictures, held out or not."""
    parts = [load("folder", split, root=root, **options) for split in ("train", "test")]
    return torch.cat([part.pixels for part in parts]), torch.cat([part.labels for part in parts])


@pytest.mark.skipif(os.name == "nt", reason="links and pipes")
def test_what_gives_no_picture_is_counted_and_named(root):
    fill(root, range(8))
    for name, (write, _) in BAD.items():
        write(root / name)
    with pytest.warns(UserWarning, match=r": 8 pictures; no picture came from 13 files: .* and 8 more"):
        load("folder", root=root)
    for name, (_, reason) in BAD.items():
        for other in set(BAD) - {name}:
            (root / other).unlink(missing_ok=True)
        BAD[name][0](root / name) if not os.path.lexists(root / name) else None
        with pytest.warns(UserWarning, match=rf"from 1 files: {name} \(.*{reason}"):
            load("folder", root=root)


def test_a_folder_of_broken_files_an_empty_one_and_none(root):
    with pytest.raises(ValueError, match="0 pictures; expected a folder with pictures in it"):
        load("folder", root=root)
    (root / "a.jpg").write_bytes(b"no")
    with pytest.raises(ValueError, match=r"0 pictures; no picture came from 1 files: a.jpg \(not a picture"):
        load("folder", root=root)
    for wrong in (root / "none", root / "a.jpg", None, 3):
        with pytest.raises(ValueError, match=r"root is .*; expected"):
            load("folder", root=wrong)
    fill(root, range(5))
    for options in ({"size": 2}, {"size": 8.0}, {"share": 0}, {"share": 1.0}, {"share": float("nan")}):
        with pytest.raises(ValueError, match=f"{next(iter(options))} is .*; expected"):
            load("folder", root=root, **options)
    fill(one := root / "one", range(1))
    with pytest.raises(ValueError, match="with which no picture falls to"):
        both(one)


def test_classes_are_those_of_torchvision(root):
    datasets = pytest.importorskip("torchvision.datasets")
    for label, numbers in {"cat": range(4), "Dog": range(4, 9), "10": range(9, 12)}.items():
        fill(root, numbers, label)
    (root / "cat" / "deeper").mkdir()
    noise(99).save(root / "cat" / "deeper" / "99.png")
    theirs = datasets.ImageFolder(str(root))
    images = load("folder", root=root, size=20)
    assert list(images.names) == theirs.classes
    assert load("folder", root=root / "cat").names == ("", "deeper")
    pixels, labels = both(root, size=20)
    mine = {bytes(picture.numpy().tobytes()): int(label) for picture, label in zip(pixels, labels, strict=True)}
    assert mine == {np.asarray(image).transpose(2, 0, 1).tobytes(): label for image, label in theirs}


def test_hidden_files_doubles_and_loops(root):
    fill(root, range(10), "a")
    fill(root, range(5), "b")  # the same contents again
    for hidden in (".DS_Store", "a/._1.png", ".hidden/1.png"):
        (root / hidden).parent.mkdir(exist_ok=True)
        (root / hidden).write_bytes(b"\0\0\0\1Bud1")
    (root / "a" / "up").symlink_to(root, target_is_directory=True)
    (root / "A").symlink_to(root / "b", target_is_directory=True)  # before it in the alphabet
    left_out = r"no picture came from 2 files: A \(a link to a folder .*\), a/up \(a link to a folder .*\)$"
    with pytest.warns(UserWarning, match=f"10 pictures; 5 more files repeat the content of one of them; {left_out}"):
        pixels, labels = both(root)
    assert len(pixels) == 10
    assert labels.unique().tolist() == [0]


@pytest.mark.skipif(os.name == "nt", reason="links")
def test_a_class_that_is_a_link_is_followed_or_named(root, tmp_path):
    outside = tmp_path / "elsewhere"
    fill(outside.parent, range(6), outside.name)
    fill(root, range(6, 12), "real")
    (root / "outside").symlink_to(outside, target_is_directory=True)
    (root / "again").symlink_to(outside, target_is_directory=True)
    (root / "itself").symlink_to(root / "itself", target_is_directory=True)
    with pytest.warns(UserWarning, match=r"12 pictures; .* 2 files: itself \(.*nowhere\), outside \(a link to"):
        pixels, labels = both(root)
    assert len(pixels) == 12
    assert labels.bincount().tolist() == [6, 6]
    with pytest.warns(UserWarning, match="12 pictures"):
        assert load("folder", root=root).names == ("again", "real")


@pytest.mark.skipif(os.name == "nt", reason="has no time of the last change of a file's rights")
def test_another_content_of_the_same_size_and_time_is_read_anew(root):
    """As programs leave it that copy files with their times; a change of the rights counts, too."""

    def mark():
        time.sleep(0.02)  # longer than the clock of a file system stands still
        return folder.mark_of(folder.list_files(root)[0])

    fill(root, range(3))
    marks, changed = [mark()], root / "1.png"
    before = changed.stat()
    changed.write_bytes(changed.read_bytes()[:-1] + b"\0")
    os.utime(changed, ns=(before.st_atime_ns, before.st_mtime_ns))
    marks.append(mark())
    changed.chmod(0o600)
    marks.append(mark())
    assert len({*marks, mark()}) == 3


def test_a_picture_never_changes_sides(root):
    fill(root, range(120))
    before = {
        split: {each.numpy().tobytes() for each in load("folder", split, root=root).pixels}
        for split in ("train", "test")
    }
    assert not before["train"] & before["test"]
    assert 10 < len(before["test"]) < 40  # 24 ± 4.4
    fill(root, range(120, 200), "more")
    (root / "7.png").rename(root / "more" / "renamed.png")
    after = {split: {each.numpy().tobytes() for each in load("folder", split, root=root).pixels} for split in before}
    assert all(before[split] <= after[split] for split in before)
    larger = {each.numpy().tobytes() for each in load("folder", "test", root=root, share=0.5).pixels}
    assert after["test"] < larger


def test_the_share_is_that_of_uniform_hashes():
    digests = torch.zeros(4, 32, dtype=torch.uint8)
    digests[:, 0] = torch.tensor([0, 51, 52, 255])  # 52/256 = 0.203
    assert folder.held_out(digests, 0.2).tolist() == [True, True, False, False]


@pytest.fixture
def reads(monkeypatch):
    """How often a file was read."""
    counted = []
    monkeypatch.setattr(folder, "read", lambda *given: counted.append(given) or read(*given))
    return counted


def test_what_was_read_is_kept_until_something_changes(root, cache, reads):
    fill(root, range(6))
    first = both(root)
    assert len(reads) == 6
    assert all(torch.equal(one, other) for one, other in zip(first, both(root), strict=True))
    assert len(reads) == 6
    both(root, size=16), both(root, grey=True), both(root, keep=False)
    assert len(reads) == 6 + 6 + 6 + 12
    reads.clear()
    for change in (
        lambda: noise(50).save(root / "50.png"),
        lambda: (root / "50.png").unlink(),
        lambda: (root / "1.png").rename(root / "one.png"),
        lambda: os.utime(root / "2.png", (1, 1)),
        lambda: noise(60).save(root / "2.png"),
    ):
        change()
        reads.clear()
        pixels, _ = both(root)
        assert len(reads) == len(list(root.iterdir()))
        assert len(pixels) == len(reads)


@pytest.mark.parametrize(
    "damage",
    [
        lambda old: old[:-1],
        lambda old: b"",
        lambda old: b"no tensors",
        lambda old: old[:-5] + bytes([old[-5] ^ 1]) + old[-4:],
        lambda old: old.replace(b"c.txt", b"d.txt"),
    ],
    ids=["cut", "empty", "another format", "a flipped bit", "another name"],
)
def test_a_damaged_cache_is_made_anew(damage, root, cache, reads):
    fill(root, range(5))
    (root / "c.txt").write_text("no picture")
    with pytest.warns(UserWarning, match=r"c.txt"):
        wanted = load("folder", root=root)
    (kept,) = cache.iterdir()
    kept.write_bytes(damage(kept.read_bytes()))
    with pytest.warns(UserWarning, match=r"c.txt"):
        both(root)
    with pytest.warns(UserWarning, match=r"c.txt"):
        assert torch.equal(load("folder", root=root).pixels, wanted.pixels)
    assert len(reads) == 12


def test_without_the_cache_none_is_written(root, cache):
    fill(root, range(5))
    both(root, keep=False)
    assert not cache.exists()


def test_a_cache_that_cannot_be_written_is_no_error(root, cache):
    fill(root, range(5))
    cache.parent.parent.mkdir(exist_ok=True)
    cache.parent.write_bytes(b"a file where the folder should be")
    assert len(both(root)[0]) == 5


def test_any_name_is_read(root, tmp_path):
    names = hostile(root)
    for number, name in enumerate(names):
        (root / name).mkdir()
        noise(number).save(root / name / "picture.png")
        noise(100 + number).save(tmp_path / "x.png")
        shutil.move(tmp_path / "x.png", root / name / f"{name[:100]}.png")
    pixels, _ = both(root)
    assert len(pixels) == 2 * len(names)
    assert len(load("folder", root=root).names) == len(names)
    "".join(load("folder", root=root).names).encode("utf-8")
    for name in names:
        (root / name / f"{name[:90]}.txt").write_text("no picture")
        with pytest.warns(UserWarning, match="no picture") as told:
            load("folder", root=root / name)
        assert set(str(told[0].message)).isdisjoint("\x1b\x07\n\u202e\udcff")
        (root / name / f"{name[:90]}.txt").unlink()
    fill(root / names[0], range(50, 55))
    assert len(both(root / names[0])[0]) == 7


@pytest.mark.slow
def test_two_thousand_pictures_take_seconds(root):
    for number in range(2000):
        noise(number, (400, 300)).save(root / f"{number}.jpg", quality=60)
    began = time.monotonic()
    both(root)
    first, began = time.monotonic() - began, time.monotonic()
    both(root)
    assert first < 60
    assert time.monotonic() - began < first / 3
