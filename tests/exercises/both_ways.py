"""Every exercise judged both ways, in this process.

A chapter's test file is three lines:

    class TestVAE(BothWays):
        chapter = "vae"

and its wrong and right answers lie in `tests/exercises/answers/vae.py`. `make check` judges each once, with one seed,
and says the same every day; the slow tests judge it with seeds of the day, too, and one that fails says which.
"""

from __future__ import annotations

import datetime
import json
import os
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
import torch

from gmcourse.exercises.judge import notebook
from tests.exercises.answers import Answer, answers
from tests.exercises.trial import Outcome, attempt

ROOT = Path(__file__).parents[2]
# another one each day, so that an answer that is judged by luck is found at last, and is found again the same day
NEW = int(os.environ.get("GMCOURSE_NEW_SEED", f"{datetime.datetime.now(datetime.UTC):%Y%m%d}"))


def judged(chapter: notebook.Chapter, exercise: str, source: str, seeds: Iterable[int]) -> dict[str, Outcome]:
    """How an answer fares with each of these seeds, by what repeats it."""
    return {f"GMCOURSE_NEW_SEED={seed}": attempt(chapter, exercise, source, seed) for seed in seeds}


def cell(folder: Path, chapter: notebook.Chapter, exercise: str) -> str:
    """The text of an exercise's own cells, in a notebook of the repository."""
    (path,) = folder.glob(f"{chapter.name}_*.ipynb")
    cells, _ = notebook.read(path)
    found = [each.source for each in cells if each.is_code and exercise in each.marked("exercise")]
    assert found, f"no cell of {folder} is marked `# exercise: {exercise}`"
    return "\n\n".join(found)


class BothWays:
    """Inherit, name the chapter: pytest makes the cases (see conftest.py)."""

    chapter: str

    @property
    def here(self) -> notebook.Chapter:
        return notebook.chapter(self.chapter)

    def test_solution_passes(self, exercise: str) -> None:
        self.solves(exercise, (0,))

    @pytest.mark.slow
    def test_solution_passes_by_no_luck(self, exercise: str) -> None:
        self.solves(exercise, (1, NEW))

    def solves(self, exercise: str, seeds: Iterable[int]) -> None:
        solution = cell(ROOT / "notebooks" / "solutions", self.here, exercise)
        outcomes = judged(self.here, exercise, solution, seeds)
        assert {each.status for each in outcomes.values()} == {"passed"}, outcomes

    def test_solution_holds_at_the_edges(self, exercise: str) -> None:
        """Other threads, other matmul precision, gradients off and another dtype outside: the verdict stays."""
        solution = cell(ROOT / "notebooks" / "solutions", self.here, exercise)
        threads, precision = torch.get_num_threads(), torch.get_float32_matmul_precision()
        try:
            torch.set_num_threads(2 if threads == 1 else 1)
            torch.set_float32_matmul_precision("medium")
            with torch.no_grad():
                torch.set_default_dtype(torch.float64)
                outcome = attempt(self.here, exercise, solution)
        finally:
            torch.set_default_dtype(torch.float32)
            torch.set_num_threads(threads)
            torch.set_float32_matmul_precision(precision)
        assert outcome.status == "passed", outcome.message

    def test_untouched_is_not_done_yet(self, exercise: str) -> None:
        outcome = attempt(self.here, exercise, cell(notebook.TEMPLATES, self.here, exercise))
        assert outcome.status == "not done", outcome
        assert "not done yet" in outcome.message

    def test_wrong_answer_is_named(self, wrong: Answer) -> None:
        """By the same words each time: numbers belong below the first line, which the table shows."""
        self.hears_its_reason(wrong, (0,))

    @pytest.mark.slow
    def test_wrong_answer_is_named_by_no_luck(self, wrong: Answer) -> None:
        self.hears_its_reason(wrong, (0, *range(NEW, NEW + 4)))

    def hears_its_reason(self, wrong: Answer, seeds: Iterable[int]) -> None:
        outcomes = judged(self.here, wrong.exercise, wrong.source, seeds)
        assert {each.status for each in outcomes.values()} == {"failed"}, outcomes
        assert wrong.expects is not None
        reasons = {each.reason for each in outcomes.values()}
        assert len(reasons) == 1, outcomes
        assert wrong.expects.lower() in reasons.pop().lower(), outcomes

    def test_right_answer_passes(self, right: Answer) -> None:
        self.passes(right, (0,))

    @pytest.mark.slow
    def test_right_answer_passes_by_no_luck(self, right: Answer) -> None:
        self.passes(right, range(NEW, NEW + 4))

    def passes(self, right: Answer, seeds: Iterable[int]) -> None:
        outcomes = judged(self.here, right.exercise, right.source, seeds)
        assert {each.status for each in outcomes.values()} == {"passed"}, outcomes

    def test_enough_answers(self) -> None:
        known = [each.name for each in self.here.exercises]
        given = answers(self.chapter)
        assert {each.exercise for each in given} == set(known)
        assert max(Counter((each.exercise, each.name) for each in given).values()) == 1
        for name in known:
            mine = [each for each in given if each.exercise == name]
            assert sum(not each.is_right for each in mine) >= 5, f"{name}: at least five wrong answers"
            assert sum(each.is_right for each in mine) >= 3, f"{name}: at least three right answers"

    def test_notebook_has_all_its_parts(self) -> None:
        exercises = self.here.exercises
        assert 4 <= len(exercises) <= 8
        assert 45 <= sum(each.minutes for each in exercises) <= 120
        assert max(each.stars for each in exercises) == 3
        for each in exercises:
            assert each.title, each
            assert each.stars in (1, 2, 3), each
            assert len(each.hints) == 2, f"{each.name}: two folded hints"
        assert any("mistake" in each.title.lower() for each in exercises), "one exercise is find-the-mistake"

    def test_mistakes_are_explained_and_an_open_task_has_a_rubric(self) -> None:
        (path,) = (ROOT / "notebooks" / "solutions").glob(f"{self.here.name}_*.ipynb")
        found = json.loads(path.read_text(encoding="utf-8"))["cells"]
        told: dict[str, bool] = {}
        title = ""
        for each in found:
            text = "".join(each["source"])
            if each["cell_type"] == "markdown" and text.startswith("## "):
                title = text.partition("\n")[0]
                told[title] = False
            told[title] = told.get(title, False) or "<summary>What " in text
        assert all(said for heading, said in told.items() if "Find the mistake" in heading), told
        last = self.here.exercises[-1]
        assert ("Open: " in last.title, last.stars) == (True, 3), last.title
        rubric = (ROOT / "book" / "instructor" / "open_tasks.md").read_text(encoding="utf-8")
        assert f"`{last.name}`" in rubric, f"{last.name}: a rubric for the teacher"

    def test_handed_out_notebook_tells_nothing(self) -> None:
        text = (notebook.TEMPLATES / f"{self.here.name}_exercises.ipynb").read_text(encoding="utf-8")
        assert not re.search("SOLUTION|HANDED OUT|Show a solution", text)
        assert all(not each.get("outputs") for each in json.loads(text)["cells"])
