"""A chapter is a slug: its lesson, module, exercises, checks and tests all have the same name."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CHAPTERS = {p.stem[:2]: p.stem[3:] for p in sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))}
ORDER = {
    "01": "discriminative_vs_generative",
    "02": "gan",
    "03": "autoencoder",
    "04": "vae",
    "05": "change_of_variables",
    "06": "nice",
    "07": "glow",
    "08": "srflow",
    "09": "stylegan2",
    "10": "recap",
    "11": "autoregressive",
    "12": "diffusion",
    "13": "flow_matching",
}


def exists_as_module(folder, slug):
    return (folder / f"{slug}.py").is_file() or (folder / slug / "__init__.py").is_file()


def test_every_lesson_has_its_number_and_slug():
    assert CHAPTERS.items() <= ORDER.items()


@pytest.mark.parametrize(("number", "slug"), [c for c in CHAPTERS.items() if c[0] != "10"])
def test_a_chapter_is_whole(number, slug):
    name = f"{number}_{slug}"
    assert exists_as_module(ROOT / "gmcourse" / "models", slug), "there is no module of the chapter's models"
    assert (ROOT / "tests" / "models" / f"test_{slug}.py").is_file(), "the chapter's models have no test"
    for folder in ("solutions", "exercises"):
        assert (ROOT / "notebooks" / folder / f"{name}_{folder}.ipynb").is_file(), f"there are no {folder}"
    assert (ROOT / "gmcourse" / "exercises" / "checks" / f"{slug}.py").is_file(), "the exercises have no checks"
    assert (ROOT / "tests" / "exercises" / "answers" / f"{slug}.py").is_file(), (
        "there are no wrong answers to tell apart"
    )
    assert (ROOT / "tests" / "exercises" / f"test_{slug}.py").is_file(), "the exercises are not tested both ways"
    toc = (ROOT / "_toc.yml").read_text(encoding="utf-8")
    assert f"notebooks/{name}" in toc, "the lesson is not in the table of contents"
    assert f"notebooks/solutions/{name}_solutions" in toc, "the exercises are not in the table of contents"


def test_exercises_belong_to_a_chapter():
    """They may be there before their lesson: each stands alone. No two notebooks have the same file name."""
    names = [f"{number}_{slug}" for number, slug in ORDER.items()]
    for folder in ("solutions", "exercises"):
        found = {p.stem for p in (ROOT / "notebooks" / folder).glob("*.ipynb")}
        chapters = {f"{name}_{folder}" for name in names}
        assert found <= chapters, f"{folder} of no chapter: {found - chapters}"
    everywhere = [path.name for path in (ROOT / "notebooks").rglob("[0-9]*.ipynb")]
    assert len(everywhere) == len(set(everywhere)), "a student could take one for the other"
