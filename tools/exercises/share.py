"""How many of the wrong answers hear their own reason, judged with many seeds, and whether chance has a say."""

from __future__ import annotations

from collections.abc import Sequence

from gmcourse.exercises.judge import notebook
from tests.exercises import answers as collection
from tests.exercises.trial import attempt

UNNAMED = ("wrong for fresh inputs", "the shape is")


def lines(slugs: Sequence[str] | None = None, repeats: int = 3, only: str | None = None) -> tuple[list[str], float]:
    """Judge every shipped answer with so many seeds.

    Args:
        slugs: chapters, by slug or name; all by default.
        repeats: seeds for each answer.
        only: the name of one exercise.

    Returns:
        What went otherwise than it should, one line each, with the count at the end; and the share of the wrong
        answers that hear the reason that they are to hear, each time.
    """
    chosen = [notebook.chapter(slug) for slug in slugs] if slugs else list(notebook.chapters().values())
    reports: list[str] = []
    wrong = named = 0
    for chapter in chosen:
        for answer in collection.answers(chapter.slug):
            if only and answer.exercise != only:
                continue
            seen = [attempt(chapter, answer.exercise, answer.source, seed) for seed in range(repeats)]
            good = "passed" if answer.is_right else "failed"
            off = sorted({each.message.partition("\n")[0] or each.status for each in seen if each.status != good})
            reasons = {each.reason for each in seen if each.status == "failed"}
            if not answer.is_right:
                wrong += 1
                right_words = all((answer.expects or "").lower() in each.lower() for each in reasons)
                mine = not off and right_words and len(reasons) == 1
                named += mine and not any(words in reason for words in UNNAMED for reason in reasons)
                off += [] if mine else sorted(reasons)
            if off:
                reports.append(f"{answer.exercise}, {answer.name}: {' | '.join(off)}")
    share = named / max(1, wrong)
    reports.append(f"{named} of {wrong} wrong answers ({share:.1%}) hear their reason, with {repeats} seeds each")
    return reports, share
