"""Pictures of pages: fewer bytes, no other pixel, and a place before they are fetched."""

import numpy as np
import pytest
from PIL import Image

from tools import page_pictures

NAME = f"{'0a' * 32}.png"


@pytest.fixture
def site(tmp_path):
    """A site with one picture that a cell drew, one that nobody drew, and a diagram."""
    folder = tmp_path / "_images"
    folder.mkdir()
    drawn = np.full((60, 1200, 4), 255, dtype=np.uint8)
    drawn[10:50, 10:90, :3] = np.arange(80, dtype=np.uint8)[:, None]
    drawn[0, 0] = (9, 8, 7, 0)  # a colour that nobody sees
    Image.fromarray(drawn).save(folder / NAME)
    Image.fromarray(drawn).save(folder / "wall.png")
    (folder / "a.svg").write_text('<svg viewBox="0 0 64 32.4"/>', encoding="utf-8")
    return tmp_path


def placed(site, tag):
    return page_pictures.placed(f"<p>{tag}</p>", site, site / "kept")


@pytest.mark.parametrize(
    ("tag", "expected"),
    [
        ('<img src="../_images/a.svg"/>', '<img width="64" height="32" src="../_images/a.svg"/>'),
        ('<img src="_images/wall.png">', '<img width="1200" height="60" src="_images/wall.png">'),
        ('<img width="9" src="_images/wall.png">', '<img width="9" src="_images/wall.png">'),
        ('<img src="elsewhere/wall.png">', '<img src="elsewhere/wall.png">'),
    ],
)
def test_a_picture_gets_the_size_that_it_has(site, tag, expected):
    assert placed(site, tag) == f"<p>{expected}</p>"


def test_what_a_cell_drew_is_the_same_in_fewer_bytes(site):
    got = placed(site, f'<img src="_images/{NAME}" alt="b"/>')
    small = site / "_images" / NAME.replace("png", "webp")
    assert got == (
        '<p><span class="gm-picture gm-broad" style="--width: 1200px; --height: 60px">'
        f'<img width="1200" height="60" src="_images/{small.name}" alt="b"/></span></p>'
    )
    large = small.with_suffix(".png")
    assert small.stat().st_size < large.stat().st_size
    assert np.array_equal(Image.open(small).convert("RGBA"), Image.open(large))


def test_what_was_made_before_is_not_made_again(site, monkeypatch):
    first = placed(site, f'<img src="_images/{NAME}"/>')
    (site / "_images" / NAME.replace("png", "webp")).unlink()
    monkeypatch.setattr(Image.Image, "save", lambda *a, **k: pytest.fail("made again"))
    assert placed(site, f'<img src="_images/{NAME}"/>') == first


def test_a_picture_that_would_grow_stays(site):
    noise = np.random.default_rng(0).integers(0, 255, (4, 4, 3), dtype=np.uint8)
    tiny = site / "_images" / f"{'0b' * 32}.png"
    Image.fromarray(noise).save(tiny, optimize=True)
    size = page_pictures.lighter(tiny, site / "kept")
    assert size.stat().st_size == min(tiny.stat().st_size, tiny.with_suffix(".webp").stat().st_size)


def test_a_heavy_picture_loses_what_no_eye_finds(site):
    y, x = np.mgrid[:500, :600] / 100
    grain = np.random.default_rng(0).normal(0, 4, (500, 600, 3))
    waves = 128 + 80 * np.stack([np.sin(x), np.cos(y), np.sin(x + y)], 2)
    heavy = site / "_images" / f"{'0c' * 32}.png"
    Image.fromarray((waves + grain).clip(0, 255).astype(np.uint8)).save(heavy)
    small = page_pictures.lighter(heavy, site / "kept")
    assert small.stat().st_size < heavy.stat().st_size / 3
    lost = np.abs(np.asarray(Image.open(small), float) - np.asarray(Image.open(heavy), float))
    assert 0 < lost.mean() < 5
