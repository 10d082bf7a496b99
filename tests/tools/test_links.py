"""The check of links finds what is broken, and nothing else."""

from __future__ import annotations

from pathlib import Path

from tools.links import broken


def _site(folder: Path, **pages: str) -> Path:
    for name, text in pages.items():
        (folder / f"{name}.html").write_text(text, encoding="utf-8")
    return folder


def test_good_links_are_good(tmp_path):
    (tmp_path / "a picture.png").write_bytes(b"")
    site = _site(
        tmp_path,
        one='<a href="two.html#here">x</a> <a href="#top">x</a> <p id="top"> <img src="a%20picture.png">',
        two='<p id="here"> <a href="one.html">x</a> <a href="https://example.org/nowhere">x</a> <a href="#">x</a>',
    )
    assert broken(site) == []


def test_a_missing_page_an_anchor_and_a_picture_are_named(tmp_path):
    site = _site(tmp_path, one='<a href="gone.html">x</a> <a href="one.html#gone">x</a> <img src="gone.png">')
    assert broken(site) == ["one.html → gone.html", "one.html → one.html#gone", "one.html → gone.png"]
