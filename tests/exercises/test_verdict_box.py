"""A verdict in a notebook, in a terminal and under nbval."""

from __future__ import annotations

import ast
import importlib
import inspect
import os
import re

import nbformat
import pytest
import torch
from nbclient import NotebookClient

from gmcourse.exercises import compare, verdict_box
from gmcourse.exercises.checks import vae
from gmcourse.exercises.judge import notebook
from gmcourse.exercises.mistakes import Mistake, NotDone

KL = "lambda m, v: 0.5 * (m**2 + v.exp() - 1 - v).sum(1)"


def test_a_box_holds_the_words_and_runs_nothing() -> None:
    box = verdict_box.Box("✗", "kl: <script>is wrong\nat [0]: got 1 < 2")
    assert repr(box).startswith("✗ kl:")
    html = box._repr_html_()
    assert "&lt;script&gt;is wrong</strong>" in html
    assert "got 1 &lt; 2</div>" in html


def test_outside_of_notebooks_a_refusal_is_raised(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NotDone):
        vae.kl(None)
    with pytest.raises(Mistake):
        vae.kl(lambda m, v: m.sum(1))
    vae.kl(eval(KL))
    line, reward = capsys.readouterr().out.splitlines()
    assert line == "✓ kl passed"
    assert reward.startswith("This is the price")


@pytest.mark.slow
@pytest.mark.parametrize("under_nbval", [False, True])
def test_run_all_goes_on_in_a_notebook_and_stops_under_nbval(
    under_nbval: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not under_nbval:
        for name in [each for each in os.environ if each.startswith("PYTEST_")]:
            monkeypatch.delenv(name)
    cells = [
        "from gmcourse.exercises.checks import vae as checks\nimport torch",
        "checks.kl(None)",
        f"checks.kl({KL})",
    ]
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(each) for each in cells])
    NotebookClient(made, allow_errors=True, timeout=300).execute()
    kinds = [[output.output_type for output in cell.outputs] for cell in made.cells]
    if under_nbval:
        assert kinds[1:] == [["error"], ["stream"]]
    else:
        assert kinds[1:] == [["display_data"], ["display_data"]]
        assert "not done yet" in made.cells[1].outputs[0].data["text/html"]
        assert made.cells[2].outputs[0].data["text/plain"].startswith("✓ kl passed\nThis is the price")


def test_every_entry_that_differs_is_shown_and_none_that_agrees() -> None:
    want = torch.arange(12.0).reshape(3, 4)
    got = want.clone()
    got[2, 1], got[2, 3] = 7.5, float("nan")
    said = compare.differences(got, want)
    assert (
        said
        == "at [2, 1]: got 7.5, expected 9\nat [2, 3]: got nan, expected 11\n2 of 12 entries differ, shape (3, 4)"
    )


@pytest.mark.parametrize("value", [[1.0, 2.0], (1, 2), torch.tensor([1, 2]).numpy(), torch.tensor([1.0, 2.0])])
def test_whatever_torch_takes_is_an_answer(value: object) -> None:
    compare.agree(value, torch.tensor([1.0, 2.0]), "the pair")


def test_an_answer_that_leaves_a_trace_is_refused() -> None:
    right = eval(KL)

    def seeding(m: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        torch.manual_seed(0)
        return right(m, v)

    def doubling(m: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        torch.set_default_dtype(torch.float64)
        return right(m, v)

    with pytest.raises(Mistake, match="changes torch's seed"):
        vae.kl(seeding)
    with pytest.raises(Mistake, match="changes the default dtype"):
        vae.kl(doubling)
    assert torch.get_default_dtype() == torch.float32


def test_every_check_has_a_sentence_of_reward() -> None:
    for chapter in notebook.chapters().values():
        tree = ast.parse(inspect.getsource(importlib.import_module(f"gmcourse.exercises.checks.{chapter.slug}")))
        told = {
            each.name: ast.unparse(each.decorator_list[0]) for each in tree.body if getattr(each, "decorator_list", 0)
        }
        for each in chapter.exercises:
            reward = re.fullmatch(r"teaches\((.*)\)", told[each.name])
            assert reward, f"{chapter.slug}.{each.name}: what does a right answer mean?"
            assert 6 <= len(reward[1].split()) <= 25, reward[1]
