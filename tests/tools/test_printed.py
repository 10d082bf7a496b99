"""The book on paper: what stands in it, and where its links lead."""

import pytest

from tools import pdf, printed

PAGE = """<title>1 One &amp; all &#8212; Course</title><article>
<h1 id="top">One<a class="headerlink" href="#top">#</a></h1>
<p><a href="two.html#there">two</a> <a href="../book/three.html">three</a> <a href="#top">up</a>
<a href="https://a.org/b">out</a></p><img src="../_images/a.png" loading="lazy"><button>Copy</button>
<details><summary>Answer</summary>Yes.</details>
<div class="gm-live" data-figure="kl"><img src="../_images/b.png"></div>
</article>"""


@pytest.fixture
def page(monkeypatch, tmp_path):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "one.html").write_text(PAGE, encoding="utf-8")
    monkeypatch.setattr(printed, "HTML", tmp_path)
    return printed.article("notebooks/one", {"notebooks/one", "notebooks/two"})


@pytest.mark.parametrize(
    "inside",
    [
        'href="#notebooks-two--there"',
        'href="book/three.html"',
        'href="#notebooks-one--top"',
        'id="notebooks-one--top"',
        'href="https://a.org/b"',
        'src="_images/a.png"',
        '<details open="">',
    ],
)
def test_links_lead_to_places_of_the_document(page, inside):
    assert inside in page


@pytest.mark.parametrize("gone", ["headerlink", "<button", "data-figure", "lazy"])
def test_what_paper_cannot_do_is_left_out(page, gone):
    assert gone not in page


def test_the_contents_know_titles_and_numbers(page):
    chapter = printed.Chapter("notebooks/one", printed.title("notebooks/one"), "Lessons")
    text = printed.front([chapter], {"notebooks/one": 7}, "Version 1")
    assert '<a href="#notebooks-one--">1 One &amp; all</a><span>7</span>' in text
    assert "<h2>Lessons</h2>" in text


def test_pages_are_counted_and_places_found(tmp_path):
    file = tmp_path / "a.pdf"
    pages = b"1 0 obj\n<</Type /Pages>> 4 0 obj\n<</Type /Page\n/A 1>> 9 0 obj\n<</Type /Page>>"
    file.write_bytes(pages + b"<</one-- [4 0 R /XYZ 0 8 0]\n/two--b [9 0 R /XYZ 0 8 0]>>")
    assert pdf.count(file) == 2
    assert pdf.begins(file) == {"one--": 1, "two--b": 2}
