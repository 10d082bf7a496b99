"""A folder of pictures of one's own: every kind of file, the split, and what is kept."""

import io
import os
import shutil
import time
import warnings
import zlib

import numpy as np
import pytest
import torch
from PIL import Image

from gmcourse.data import folder, folder_cache, load
from gmcourse.data.picture import read
from tests.names import hostile

RED, GREEN, WHITE = (200, 30, 10), (20, 180, 40), (255, 255, 255)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """A cache folder of this test's own."""
    monkeypatch.setattr(folder_cache, "user_cache_path", lambda *_, **__: tmp_path / "cache")
    return tmp_path / "cache" / "folders"


@pytest.fixture
def root(tmp_path):
    place = tmp_path / "pictures"
    place.mkdir()
    return place


def plain(colour, size=(40, 60), mode="RGB"):
    return Image.new(mode, size, colour)


def noise(number, size=(20, 20)):
    pixels = np.random.default_rng(number).integers(0, 256, (*size, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def fill(root, numbers, label=""):
    (root / label).mkdir(exist_ok=True)
    for number in numbers:
        noise(number).save(root / label / f"{number}.png")


def both(root, **options):
    """All pictures, held out or not."""
    parts = [load("folder", split, root=root, **options) for split in ("train", "test")]
    return torch.cat([part.pixels for part in parts]), torch.cat([part.labels for part in parts])


def halves(upper, lower, mode="RGB", size=(40, 60)):
    """A picture of two colours: the upper half and the lower half."""
    image = Image.new(mode, size, lower)
    image.paste(upper, (0, 0, size[0], size[1] // 2))
    return image


def sixteen_bits(path):
    levels = np.full((30, 30), 40_000, dtype=np.uint16)
    Image.fromarray(levels).save(path)


def turned(path):
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright: turn by 90° to the right
    image = Image.new("RGB", (60, 60), RED)
    image.paste(GREEN, (0, 0, 30, 60))  # the left half, which comes to lie above
    image.save(path, exif=exif, quality=95)


def palette(path, **more):
    plain(RED).convert("P", palette=Image.Palette.ADAPTIVE).save(path, **more)


def bad_exif(path):
    plain(RED).save(path, exif=b"Exif\0\0garbage", quality=95)


def squeezed(image, path):
    image.save(path, quality=95)


# what is written, and the colours that are then to be seen in the upper and the lower half
KINDS = {
    "rgb.png": (lambda path: plain(RED).save(path), RED, RED),
    "wide.jpg": (lambda path: squeezed(plain(RED, (3000, 50)), path), RED, RED),
    "tiny.bmp": (lambda path: plain(RED, (1, 1)).save(path), RED, RED),
    "grey.png": (lambda path: plain(77, mode="L").save(path), (77,) * 3, (77,) * 3),
    "one_bit.png": (lambda path: plain(1, mode="1").save(path), WHITE, WHITE),
    "palette.gif": (palette, RED, RED),
    "clear_palette.png": (lambda path: palette(path, transparency=0), WHITE, WHITE),
    "alpha.png": (lambda path: halves((*RED, 255), (*RED, 0), "RGBA").save(path), RED, WHITE),
    "half_alpha.webp": (
        lambda path: plain((0, 0, 0, 128), mode="RGBA").save(path, lossless=True),
        (127,) * 3,
        (127,) * 3,
    ),
    "grey_alpha.png": (lambda path: halves((50, 255), (50, 0), "LA").save(path), (50,) * 3, WHITE),
    "clear_colour.png": (lambda path: plain(RED).save(path, transparency=RED), WHITE, WHITE),
    "16_bit.png": (sixteen_bits, (156,) * 3, (156,) * 3),
    "16_bit.tiff": (sixteen_bits, (156,) * 3, (156,) * 3),
    "turned.jpg": (turned, GREEN, RED),
    "bad_exif.jpg": (bad_exif, RED, RED),
    "cmyk.jpg": (lambda path: squeezed(plain((0, 255, 255, 0), mode="CMYK"), path), (255, 0, 0), (255, 0, 0)),
    "animated.gif": (
        lambda path: plain(RED).save(path, save_all=True, append_images=[plain(GREEN)], duration=50),
        RED,
        RED,
    ),
    "animated.png": (
        lambda path: plain(RED).save(path, save_all=True, append_images=[plain(GREEN)]),
        RED,
        RED,
    ),
    "wrong_ending.txt": (lambda path: plain(RED).save(path, format="PNG"), RED, RED),
    "no_ending": (lambda path: plain(RED).save(path, format="PNG"), RED, RED),
}


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_of_picture_has_the_colours_that_one_sees(name, root):
    write, upper, lower = KINDS[name]
    write(root / name)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, which `load` silences
        pixels, _ = read(root / name, 16, False)
    assert pixels.shape == (3, 16, 16)
    assert pixels.dtype == np.uint8
    for half, colour in ((pixels[:, :6], upper), (pixels[:, -6:], lower)):
        assert np.abs(half.astype(int) - np.reshape(colour, (3, 1, 1))).max() <= 8
    grey, _ = read(root / name, 16, True)
    assert grey.shape == (1, 16, 16)


def png_chunk(kind, content):
    return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")


def bomb(path):
    """A small file that says it has 100,000 × 100,000 pixels."""
    head = (100_000).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", head) + png_chunk(b"IDAT", zlib.compress(b"0" * 999))
    )


def cut(path, share):
    content = io.BytesIO()
    noise(0, (90, 90)).save(content, format="JPEG" if path.suffix == ".jpg" else "PNG")
    path.write_bytes(content.getvalue()[: int(share * content.tell())])


BAD = {
    "cut.jpg": (lambda path: cut(path, 0.5), "broken: image file is truncated"),
    "cut.png": (lambda path: cut(path, 0.5), "broken"),
    "empty.png": (lambda path: path.write_bytes(b""), "not a picture"),
    "notes.txt": (lambda path: path.write_text("notes"), "not a picture"),
    "zeros.jpg": (lambda path: path.write_bytes(bytes(5000)), "not a picture"),
    "page.svg": (lambda path: path.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>"), "not a picture"),
    "script.eps": (lambda path: plain(RED).save(path, format="EPS"), "not a picture"),
    "bomb.png": (bomb, "pixels"),
    "float.tiff": (lambda path: plain(0.5, mode="F").save(path), "neither of 8 nor of 16 bits"),
    "link.png": (lambda path: path.symlink_to("nowhere.png"), "leads nowhere"),
    "itself.png": (lambda path: path.symlink_to(path.name), "leads nowhere"),
    "pipe.png": (os.mkfifo, "not a file"),
}


@pytest.mark.skipif(os.name == "nt", reason="links and pipes")
def test_what_gives_no_picture_is_counted_and_named(root):
    fill(root, range(8))
    for name, (write, _) in BAD.items():
        write(root / name)
    with pytest.warns(UserWarning, match=r": 8 pictures; no picture came from 12 files: .* and 7 more"):
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
    with pytest.raises(ValueError, match="none of the 1 pictures falls to"):
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
    pixels, labels = both(root, size=20)
    mine = {
        bytes(picture.numpy().tobytes()): int(label) for picture, label in zip(pixels, labels, strict=True)
    }
    assert mine == {np.asarray(image).transpose(2, 0, 1).tobytes(): label for image, label in theirs}


def test_hidden_files_doubles_and_loops(root):
    fill(root, range(10), "a")
    fill(root, range(5), "b")  # the same contents again
    for hidden in (".DS_Store", "a/._1.png", ".hidden/1.png"):
        (root / hidden).parent.mkdir(exist_ok=True)
        (root / hidden).write_bytes(b"\0\0\0\1Bud1")
    (root / "a" / "up").symlink_to(root, target_is_directory=True)
    (root / "c").symlink_to(root / "a", target_is_directory=True)
    with pytest.warns(UserWarning, match="10 pictures; 5 more files repeat the content of one of them$"):
        pixels, labels = both(root)
    assert len(pixels) == 10
    assert labels.unique().tolist() == [0]


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
    after = {
        split: {each.numpy().tobytes() for each in load("folder", split, root=root).pixels}
        for split in before
    }
    assert all(before[split] <= after[split] for split in before)
    larger = {each.numpy().tobytes() for each in load("folder", "test", root=root, share=0.5).pixels}
    assert after["test"] < larger


def test_the_share_is_that_of_uniform_hashes():
    digests = torch.zeros(4, 32, dtype=torch.uint8)
    digests[:, 0] = torch.tensor([0, 51, 52, 255])  # 52/256 = 0.203
    assert folder.held_out(digests, 0.2).tolist() == [True, True, False, False]


def test_scaling_does_not_alias(root):
    """A board of single pixels has no grey but the mean at an eighth of its size."""
    board = (np.indices((256, 256)).sum(0) % 2 * 255).astype(np.uint8)
    Image.fromarray(board).save(root / "board.png")
    pixels, _ = read(root / "board.png", 32, True)
    assert np.abs(pixels[:, 2:-2, 2:-2].astype(int) - 127).max() <= 2


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
