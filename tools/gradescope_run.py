"""What Gradescope runs for each submission: judge the notebook, write results.json with one test an exercise.

`tools.gradescope` puts this file into the zip. It needs nothing but the installed course.
"""

import json
import sys
from pathlib import Path

from gmcourse.exercises.judge.judgement import PASSED, judge
from gmcourse.exercises.judge.notebook import chapter


def results(folder: Path, name: str, most: float) -> dict[str, object]:
    """Make the content of results.json for the one notebook of a submission."""
    found = sorted(path for path in folder.rglob("*") if path.name.lower().endswith((".ipynb", ".ipynb.txt")))
    if not found:
        return {"score": 0, "output": "No notebook was handed in: expected a file that ends in .ipynb."}
    try:
        judgement = judge(found[0])
    except ValueError as error:
        return {"score": 0, "output": str(error).replace(str(folder), "").lstrip("/")}
    if judgement.chapter != name:
        return {"score": 0, "output": f"This is {judgement.chapter}; expected the exercises of {name}."}
    stars = {each.name: each.stars for each in chapter(name).exercises}
    share = most / sum(stars.values())
    tests = [
        {
            "name": each.title,
            "score": round(share * stars[each.exercise], 2) if each.status == PASSED else 0,
            "max_score": round(share * stars[each.exercise], 2),
            "status": "passed" if each.status == PASSED else "failed",
            "output": "\n".join([each.status, each.message]).strip(),
        }
        for each in judgement.verdicts
    ]
    return {"tests": tests, "output": f"{judgement.passed} of {len(tests)} passed."}


if __name__ == "__main__":
    submission, name, most, target = sys.argv[1:]
    Path(target).write_text(
        json.dumps(results(Path(submission), name, float(most)), indent=1), encoding="utf-8"
    )
