"""What Gradescope runs for each submission: judge the notebook, write results.json with one test an exercise.

`tools.gradescope` puts this file into the zip. It needs nothing but the installed course.
"""

import json
import sys
import tempfile
from itertools import accumulate, pairwise
from pathlib import Path

from gmcourse.exercises.judge import hand_ins
from gmcourse.exercises.judge.judgement import PASSED, Judgement, judge
from gmcourse.exercises.judge.notebook import chapter, chapter_of, marked_solved, read


def results(folder: Path, name: str, most: float, extra: Path | None = None) -> dict[str, object]:
    """Make the content of results.json for the one notebook of a submission, whatever else lies beside it."""
    problems = []
    with tempfile.TemporaryDirectory() as unpacked:
        try:
            for each in hand_ins.collect(folder, Path(unpacked)):
                try:
                    problems.append(each.problem or _problem(each.path, name))
                    if not problems[-1]:
                        return _tests(judge(each.path, extra=extra), most)
                except ValueError as error:
                    problems.append(str(error).replace(str(each.path), each.name))
        except ValueError:
            problems.append("No notebook was handed in: expected a file that ends in .ipynb.")
    return {"score": 0, "output": "\n".join(problems)}


def _problem(path: Path, name: str) -> str:
    """Why a notebook is not judged; "" if it is one to judge."""
    cells, metadata = read(path)
    found = chapter_of(path, cells, metadata).name
    if found != name:
        return f"This is {found}; expected the exercises of {name}."
    solved, answers = marked_solved(cells)
    return "This is the solved notebook that comes with the course." if 0 < solved == answers else ""


def _tests(judgement: Judgement, most: float) -> dict[str, object]:
    stars = {each.name: each.stars for each in chapter(judgement.chapter).exercises}
    edges = [round(most * n / sum(stars.values()), 2) for n in accumulate(stars.values(), initial=0)]
    worth = {name: round(b - a, 2) for name, (a, b) in zip(stars, pairwise(edges), strict=True)}
    tests = [
        {
            "name": each.title,
            "score": worth[each.exercise] if each.status == PASSED else 0,
            "max_score": worth[each.exercise],
            "status": "passed" if each.status == PASSED else "failed",
            "output": "\n".join([each.status, each.message]).strip(),
        }
        for each in judgement.verdicts
    ]
    return {"tests": tests, "output": f"{judgement.passed} of {len(tests)} passed."}


if __name__ == "__main__":
    submission, name, most, target, *extra = sys.argv[1:]
    made = results(Path(submission), name, float(most), *map(Path, extra))
    Path(target).write_text(json.dumps(made, indent=1), encoding="utf-8")
