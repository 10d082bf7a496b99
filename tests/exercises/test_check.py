"""What students do to a notebook, and what the judge makes of it."""

import json
import os
import random
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from gmcourse.__main__ import main
from gmcourse.exercises.judge import check_command, judged_copy, nbval_run, notebook
from gmcourse.exercises.judge.judgement import Judgement, judge
from gmcourse.exercises.judge.nbval_run import Limits
from gmcourse.exercises.mistakes import NotDone
from tests.exercises.student import (
    ROOT,
    SOLVED,
    UNTOUCHED,
    Json,
    answer,
    code,
    edited,
    load,
    source,
    unmarked,
    where,
    without_kernels,
)

EXERCISES = [each.name for each in notebook.chapter("vae").exercises]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with without_kernels(monkeypatch):
        yield


def status(judgement: Judgement) -> dict[str, str]:
    return {each.exercise: each.status for each in judgement.verdicts}


def message(judgement: Judgement, exercise: str) -> str:
    return next(each.message for each in judgement.verdicts if each.exercise == exercise)


# --- what leaves a solved notebook solved ---------------------------------------------------------------


def nothing(_: Json) -> None: ...


def reverse_order(nb: Json) -> None:
    nb["cells"].reverse()


def shuffle(nb: Json) -> None:
    random.Random(1).shuffle(nb["cells"])


def add_cells(nb: Json) -> None:
    at = where(nb, "exercise: elbo")
    nb["cells"].insert(at, code("scratch = [1, 2, 3]\nscratch"))
    nb["cells"].insert(0, code("import numpy as np"))
    nb["cells"].append(code("raise ValueError('an experiment that went wrong')"))
    nb["cells"].append({"cell_type": "markdown", "metadata": {}, "source": "# exercise: kl\nnot code"})


def overwrite_a_name_later(nb: Json) -> None:
    nb["cells"].append(code("kl = kl(torch.zeros(2, 3), torch.zeros(2, 3))\nsample = 3"))


def split_a_cell(nb: Json) -> None:
    at = where(nb, "exercise: kl")
    nb["cells"].insert(at + 1, code("def kl(mean, log_var):\n    return helper(mean, log_var).sum(1)"))
    answer(nb, "kl", "def helper(mean, log_var):\n    return 0.5 * (mean**2 + log_var.exp() - 1 - log_var)")


def helper_at_the_end(nb: Json) -> None:
    answer(nb, "kl", "def kl(mean, log_var):\n    return terms(mean, log_var).sum(1)")
    nb["cells"].append(code("def terms(m, lv):\n    return 0.5 * (m**2 + lv.exp() - 1 - lv)"))


def delete_the_checks(nb: Json) -> None:
    nb["cells"] = [cell for cell in nb["cells"] if not source(cell).startswith("# check")]


def delete_the_set_up(nb: Json) -> None:
    del nb["cells"][where(nb, "set-up")]


def extend_the_set_up(nb: Json) -> None:
    cell = nb["cells"][where(nb, "set-up")]
    cell["source"] = source(cell) + "\nfrom torch.distributions import Normal, kl_divergence"
    answer(
        nb,
        "kl",
        "def kl(mean, log_var):\n    q = Normal(mean, (log_var / 2).exp())\n"
        "    return kl_divergence(q, Normal(0.0, 1.0)).sum(1)",
    )


def answer_in_the_check_cell(nb: Json) -> None:
    text = source(nb["cells"].pop(where(nb, "exercise: kl"))).split("\n", 1)[1]
    nb["cells"][where(nb, "check: kl")]["source"] = f"# check: kl\n{text}\nchecks.kl(kl)"


def merge_answer_and_check(nb: Json) -> None:
    text = source(nb["cells"].pop(where(nb, "check: kl")))
    cell = nb["cells"][where(nb, "exercise: kl")]
    cell["source"] = source(cell) + "\n" + text


def lose_a_marker(nb: Json) -> None:
    cell = nb["cells"][where(nb, "exercise: sample")]
    cell["source"] = source(cell).split("\n", 1)[1]


def lose_markers_and_ids(nb: Json) -> None:
    for cell in nb["cells"]:
        cell.pop("id", None)
        if source(cell).startswith("# exercise"):
            cell["source"] = source(cell).split("\n", 1)[1]


def comment_above_the_marker(nb: Json) -> None:
    cell = nb["cells"][where(nb, "exercise: kl")]
    cell["source"] = "# my best try\n" + source(cell)


def save_on_colab(nb: Json) -> None:
    nb["nbformat_minor"] = 0
    nb["metadata"] = {
        "colab": {"provenance": []},
        "kernelspec": {"name": "python3", "display_name": "Python 3"},
    }
    for cell in nb["cells"]:
        cell["metadata"] = {"id": cell.pop("id")[:12], "colab": {"base_uri": "https://localhost:8080/"}}
        cell["source"] = source(cell).replace("\n", "\r\n")


def save_in_vs_code(nb: Json) -> None:
    nb["nbformat_minor"] = 2
    for cell in nb["cells"]:
        cell["metadata"] = {"vscode": {"languageId": "python"}}
        cell["source"] = source(cell).splitlines(keepends=True)
        del cell["id"]


def run_and_save(nb: Json) -> None:
    nb["metadata"]["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {"a": {}}}}
    for number, cell in enumerate(nb["cells"]):
        if cell["cell_type"] == "code":
            cell["execution_count"] = number
            cell["outputs"] = [{"output_type": "stream", "name": "stdout", "text": ["✓ kl passed\n"]}] * 3


def break_the_metadata(nb: Json) -> None:
    nb["metadata"] = None
    for cell in nb["cells"]:
        cell["metadata"] = "gone"
    nb["cells"] += [None, 3, {}, {"cell_type": "code"}, {"cell_type": "code", "source": 7}]


def print_a_lot(nb: Json) -> None:
    answer(
        nb,
        "kl",
        "def kl(mean, log_var):\n    for i in range(5000):\n        print(i)\n"
        "    return 0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum(1)",
    )


HARMLESS = [
    nothing,
    reverse_order,
    shuffle,
    add_cells,
    overwrite_a_name_later,
    split_a_cell,
    helper_at_the_end,
    delete_the_checks,
    delete_the_set_up,
    extend_the_set_up,
    answer_in_the_check_cell,
    merge_answer_and_check,
    lose_a_marker,
    lose_markers_and_ids,
    comment_above_the_marker,
    save_on_colab,
    save_in_vs_code,
    run_and_save,
    break_the_metadata,
    print_a_lot,
]


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("edit", HARMLESS, ids=lambda edit: edit.__name__)
def test_still_solved(edit: object, tmp_path: Path) -> None:
    """Under another name, too."""
    judgement = judge(edited(SOLVED, edit, tmp_path / "Kopie von homework (2).ipynb"))  # type: ignore[arg-type]
    assert judgement.chapter == "04_vae"
    assert status(judgement) == dict.fromkeys(EXERCISES, "passed"), judgement


# --- what must not pass ---------------------------------------------------------------------------------


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("edit", [nothing, run_and_save, save_on_colab, shuffle], ids=lambda e: e.__name__)
def test_untouched_is_not_done(edit: object, tmp_path: Path) -> None:
    """Not even with outputs that claim success."""
    judgement = judge(edited(UNTOUCHED, edit, tmp_path / "04_vae_exercises.ipynb"))  # type: ignore[arg-type]
    assert status(judgement) == dict.fromkeys(EXERCISES, "not done")


@pytest.mark.usefixtures("quick")
def test_only_the_broken_answer_fails(tmp_path: Path) -> None:
    def edit(nb: Json) -> None:
        answer(nb, "kl", "def kl(mean, log_var)\n    return 1")
        answer(nb, "elbo", "def elbo(logits, x, mean, log_var):\n    return logits.nosuch()")
        answer(nb, "hidden_beta", "beta = 1 / 0\ndef hidden_beta(D, d, v):\n    return beta")
        del nb["cells"][where(nb, "exercise: slide_kl")]

    judgement = judge(edited(SOLVED, edit, tmp_path / "x.ipynb"))
    assert status(judgement) == {
        "kl": "failed",
        "sample": "passed",
        "elbo": "failed",
        "kl_normals": "passed",
        "importance_bound": "passed",
        "slide_kl": "not done",
        "hidden_beta": "failed",
        "choose_beta": "passed",
    }
    assert message(judgement, "kl").startswith("its cell stops with SyntaxError")
    assert "line 2" in message(judgement, "kl")
    assert "`elbo` stops with AttributeError" in message(judgement, "elbo")
    assert "missing" in message(judgement, "slide_kl")
    assert "ZeroDivisionError" in message(judgement, "hidden_beta")


@pytest.mark.usefixtures("quick")
def test_a_renamed_function_is_judged_all_the_same(tmp_path: Path) -> None:
    def edit(nb: Json) -> None:
        answer(nb, "kl", "def my_kl(mean, log_var):\n    return (mean**2 + log_var.exp() - 1 - log_var).sum(1)")
        answer(nb, "elbo", "def Elbo(*arguments):\n    return hidden_beta(1, 1, 1)")
        text = source(nb["cells"][where(nb, "exercise: sample")])
        answer(nb, "sample", text.partition("\n")[2].replace("def sample", "def draw"))
        answer(nb, "slide_kl", "x = 3")
        answer(nb, "hidden_beta", "def elbo(D, d, v):\n    return D")  # the name of another

    judgement = judge(edited(SOLVED, edit, tmp_path / "x.ipynb"))
    assert "½ is missing" in message(judgement, "kl")
    assert status(judgement)["sample"] == "passed"
    assert message(judgement, "slide_kl") == "nothing is called `slide_kl`: write the answer under this name"
    assert "nothing is called `hidden_beta`" in message(judgement, "hidden_beta")


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize("where_id", ["id", "metadata"])  # Colab keeps it in the metadata
def test_a_lost_marker_is_made_up_for_by_the_id(where_id: str, tmp_path: Path) -> None:
    def edit(nb: Json) -> None:
        cell = nb["cells"][where(nb, "exercise: kl")]
        cell["source"] = "def kl(mean, log_var)\n    return 1"
        if where_id == "metadata":
            cell["metadata"] = {"id": cell.pop("id")}

    judgement = judge(edited(SOLVED, edit, tmp_path / "x.ipynb"))
    assert "SyntaxError" in message(judgement, "kl")


@pytest.mark.usefixtures("quick")
@pytest.mark.parametrize(
    "trick",
    [
        "def kl(mean, log_var):\n    print('✓ kl passed')",
        "checks.kl = lambda answer: None\nkl = 3",
        "kl = None",
        "kl = ...",
        "kl = 3",
    ],
)
def test_tricks_do_not_pass(trick: str, tmp_path: Path) -> None:
    def edit(nb: Json) -> None:
        answer(nb, "kl", trick)

    import gmcourse.exercises.checks.vae as checks

    genuine = checks.kl
    try:
        judgement = judge(edited(UNTOUCHED, edit, tmp_path / "x.ipynb"))
    finally:
        checks.kl = genuine
    assert status(judgement)["kl"] != "passed"


# --- files that are no notebooks --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "it is empty"),
        (b"hello", "not JSON"),
        (b"\x89PNG\r\n\x1a\n\xff\xfe", "not JSON"),
        (b"[1, 2]", "a JSON object"),
        (b'{"a": 1}', "no list of cells"),
        (b'{"cells": 3}', "no list of cells"),
        (b'{"cells": []}', "no exercise of this course"),
        (b"[" * 100_000, "not JSON"),
        (json.dumps({"cells": [code("print(1)")]}).encode(), "no exercise of this course"),
    ],
)
def test_not_a_notebook(content: bytes, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "homework.ipynb"
    path.write_bytes(content)
    assert main(["check", str(path)]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said


def test_no_file_and_a_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path / "none.ipynb")]) == 2
    assert "is not there" in capsys.readouterr().err
    assert main(["check", str(tmp_path)]) == 2
    assert "is a folder" in capsys.readouterr().err


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_whatever_an_editor_made_of_the_bytes(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "x.ipynb").write_bytes(SOLVED.read_text(encoding="utf-8").encode(encoding))
    assert notebook.read(tmp_path / "x.ipynb") == notebook.read(SOLVED)


def test_format_three_is_read(tmp_path: Path) -> None:
    old = {"worksheets": [{"cells": [{"cell_type": "code", "input": ["# exercise: kl\n", "x = 1"]}]}]}
    path = tmp_path / "old.ipynb"
    path.write_text(json.dumps(old))
    cells, _ = notebook.read(path)
    assert cells[0].marked("exercise") == ["kl"]


def test_limits_too_small_are_refused() -> None:
    with pytest.raises(ValueError, match="time limit"):
        Limits(seconds=0)
    with pytest.raises(ValueError, match="memory limit"):
        Limits(gigabytes=0.1)


@pytest.mark.usefixtures("quick")
def test_the_table_says_what_and_the_next_hint(tmp_path: Path) -> None:
    def edit(nb: Json) -> None:
        answer(
            nb,
            "kl",
            "def kl(mean, log_var):\n    return -0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum(1)",
        )

    text = check_command.table(judge(edited(UNTOUCHED, edit, tmp_path / "x.ipynb")), hints=True, width=300)
    assert "✗ kl" in text
    assert "never negative" in text
    assert "Hint: In one dimension the result is" in text  # begun: the second hint
    assert "Hint: A sampler has no derivative" in text  # not begun: the first
    assert f"0 of {len(EXERCISES)} passed." in text


def test_a_verdict_in_a_notebook_is_words_not_a_traceback() -> None:
    assert NotDone("not done yet")._render_traceback_() == ["· not done yet"]


# --- end to end, through nbval and a kernel ---------------------------------------------------------------


@pytest.mark.slow
def test_end_to_end_solution_and_untouched(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(SOLVED)]) == 0
    assert f"{len(EXERCISES)} of {len(EXERCISES)} passed." in capsys.readouterr().out
    assert main(["check", str(UNTOUCHED)]) == 1
    assert f"0 of {len(EXERCISES)} passed." in capsys.readouterr().out


@pytest.mark.slow
def test_end_to_end_everything_that_can_go_wrong(tmp_path: Path) -> None:
    """One wrong answer, a syntax error, an endless loop, a memory hog, a dead kernel: each alone fails."""

    def edit(nb: Json) -> None:
        answer(nb, "kl", "def kl(mean, log_var):\n    return (mean**2 + log_var.exp() - 1 - log_var).sum(1)")
        answer(nb, "sample", "while True:\n    pass")
        answer(
            nb,
            "elbo",
            "def elbo(logits, x, mean, log_var):\n    hog = []\n"
            "    while True:\n        hog.append(torch.ones(2**25))",
        )
        answer(nb, "slide_kl", "def slide_kl(mean, std)\n    return 1")
        answer(nb, "hidden_beta", "import os\ndef hidden_beta(D, d, v):\n    os._exit(1)")
        nb["cells"].append(code("for i in range(20_000):\n    print('a line', i)"))

    judgement = judge(edited(SOLVED, edit, tmp_path / "x.ipynb"), Limits(seconds=6, gigabytes=1.5))
    assert status(judgement) == {
        "kl": "failed",
        "sample": "stopped",
        "elbo": "stopped",
        "kl_normals": "passed",
        "importance_bound": "passed",
        "slide_kl": "failed",
        "hidden_beta": "stopped",
        "choose_beta": "passed",
    }, judgement
    assert "½ is missing" in message(judgement, "kl")
    assert "longer than 6 s" in message(judgement, "sample")
    assert "more than 1.5 GB" in message(judgement, "elbo")
    assert "SyntaxError" in message(judgement, "slide_kl")
    assert "ended the kernel" in message(judgement, "hidden_beta")


KL = "return 0.5 * (mean**2 + log_var.exp() - 1 - log_var).sum(1)"
HOSTILE = {  # what a cell of `kl` does, and what its own exercise hears; the five others pass
    "kills its parent": ("import os, signal\nos.kill(os.getppid(), signal.SIGKILL)", "stopped"),
    "stops the kernel": ("get_ipython().kernel.do_shutdown(False)\nimport os\nos._exit(0)", "stopped"),
    "a timer that exits later": (
        "import os, threading\nthreading.Timer(1.5, os._exit, [1]).start()",
        "passed",
    ),
    "another device": ("torch.set_default_device('meta')", "passed"),
    "another dtype, no gradients": (
        "torch.set_default_dtype(torch.float64)\ntorch.set_grad_enabled(False)",
        "passed",
    ),
    "its folder deleted": ("import os, shutil\nshutil.rmtree(os.getcwd())", "passed"),
    "other checks": (
        "class Kind:\n    def __getattr__(self, n): return lambda a: print(f'✓ {n} passed')\n"
        "checks = Kind()\nimport gmcourse.exercises.checks.vae as own\nown.kl = own.elbo = Kind().kl",
        "passed",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize(("does", "hears"), HOSTILE.values(), ids=HOSTILE)
def test_what_one_cell_does_costs_its_own_exercise_at_most(does: str, hears: str, tmp_path: Path) -> None:
    def edit(nb: Json) -> None:
        answer(nb, "kl", f"{does}\ndef kl(mean, log_var):\n    {KL}")
        answer(nb, "elbo", "import time\ntime.sleep(2)\n" + source(nb["cells"][where(nb, "exercise: elbo")]))

    judgement = judge(edited(SOLVED, edit, tmp_path / "x.ipynb"), Limits(seconds=30))
    assert status(judgement) == dict.fromkeys(EXERCISES, "passed") | {"kl": hears}, judgement


@pytest.mark.slow
def test_checks_of_ones_own_pass_nothing(tmp_path: Path) -> None:
    def edit(nb: Json) -> None:
        answer(nb, "kl", HOSTILE["other checks"][0] + "\ndef kl(mean, log_var):\n    return mean")

    assert status(judge(edited(SOLVED, edit, tmp_path / "x.ipynb")))["kl"] == "failed"


@pytest.mark.slow
def test_the_time_of_a_whole_notebook_is_limited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Endless cells, each within its own limit, do not add up; in a flood of output, too. The others are judged."""

    def edit(nb: Json) -> None:
        answer(nb, "kl", "while True:\n    print('x' * 1000)")
        for name in ("sample", "elbo", "kl_normals", "importance_bound"):
            answer(nb, name, "while True:\n    pass")

    took = []
    run = nbval_run.run
    monkeypatch.setattr(nbval_run, "GRACE", 5.0)
    monkeypatch.setattr(nbval_run, "run", lambda *words: took.append(run(*words)) or took[-1])
    judgement = judge(edited(SOLVED, edit, tmp_path / "x.ipynb"), Limits(seconds=12, total=20))
    assert sum(each.seconds for each in took) < 20 + 2 * 12 + 5
    expected = dict.fromkeys(EXERCISES, "stopped") | {
        "slide_kl": "passed",
        "hidden_beta": "passed",
        "choose_beta": "passed",
    }
    assert status(judgement) == expected, judgement
    assert "longer than 12 s" in message(judgement, "kl")


@pytest.mark.slow
def test_a_slow_start_takes_no_time_of_the_student(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judged_copy, "PROLOGUE", judged_copy.PROLOGUE + "\nimport time\ntime.sleep(12)")
    judgement = judge(edited(SOLVED, unmarked, tmp_path / "x.ipynb"), Limits(seconds=9, total=11))
    assert judgement.passed == len(judgement.verdicts)


class Member:
    """A process of a family whose pages are partly shared."""

    def memory_info(self) -> SimpleNamespace:
        return SimpleNamespace(rss=600)

    def memory_full_info(self) -> SimpleNamespace:
        return SimpleNamespace(uss=100, pss=350)


def test_memory_that_processes_share_counts_once() -> None:
    family = [Member(), Member()]
    assert [nbval_run._exceeds(family, limit) for limit in (1300, 1000, 700, 699)] == [
        False,
        False,
        False,
        True,
    ]


@pytest.mark.slow
def test_hundreds_of_cells(tmp_path: Path) -> None:
    """Their roles do not fit into the environment of a process."""
    path = edited(SOLVED, lambda nb: nb["cells"].extend(code("1") for _ in range(2600)), tmp_path / "x.ipynb")
    judgement = judge(path)
    assert judgement.passed == len(judgement.verdicts)


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_nothing_outlives_a_killed_judge(tmp_path: Path) -> None:
    path = edited(SOLVED, lambda nb: answer(nb, "kl", "import time\ntime.sleep(600)"), tmp_path / "x.ipynb")
    (temporary := tmp_path / "temporary").mkdir()
    environment = os.environ | {"TMPDIR": str(temporary)}
    process = subprocess.Popen([sys.executable, "-m", "gmcourse", "check", str(path)], env=environment)
    family: list[psutil.Process] = []
    while len(family) < 2 and process.poll() is None:
        time.sleep(0.2)
        family = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.wait()
    _, alive = psutil.wait_procs(family, timeout=20)
    assert not alive
    assert not list(temporary.glob("gmcourse-*")), "not even its folder"


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="`sleep`")
def test_nothing_that_a_cell_started_outlives_its_judgement(tmp_path: Path) -> None:
    """Not even what has left the family: a session of its own, whose parent has ended."""
    run_away = "import subprocess\nprint(subprocess.Popen(['sleep', '4321'], start_new_session=True))"
    path = edited(SOLVED, lambda nb: nb["cells"].append(code(run_away)), tmp_path / "x.ipynb")
    judge(path)
    assert not [each for each in psutil.process_iter(["cmdline"]) if "4321" in (each.info["cmdline"] or [])]


@pytest.mark.slow
def test_plain_nbval_on_the_handed_out_notebook(tmp_path: Path) -> None:
    """Documented in the guide: the check cells fail as not done yet, all other cells pass."""
    (tmp_path / "04_vae_exercises.ipynb").write_bytes(UNTOUCHED.read_bytes())
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--nbval-lax",
        "--nbval-current-env",
        "04_vae_exercises.ipynb",
    ]
    found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    cells = [cell for cell in load(UNTOUCHED)["cells"] if cell["cell_type"] == "code"]
    assert found.returncode == 1
    assert f"{len(EXERCISES)} failed, {len(cells) - len(EXERCISES)} passed" in found.stdout, found.stdout
    assert "not done yet" in found.stdout


def test_nbval_loads_no_grammar():
    """A check of jsonschema's that no notebook needs would cost each judged copy two seconds."""
    asked = "import sys; import gmcourse.exercises.judge.nbval_events, nbval.plugin; print('lark' in sys.modules)"
    run = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
    assert nbval_run.PLUGINS.index("nbval_events") < nbval_run.PLUGINS.index("nbval.plugin"), (
        "ours has to be loaded first"
    )


def test_a_notebook_that_judges_itself_is_judged_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """`!gmcourse check` in a cell of the notebook is run with it, in an environment that the judge has made."""
    made = nbval_run._environment(tmp_path, Limits())
    for key, value in made.items():
        monkeypatch.setenv(key, value)
    monkeypatch.setattr(check_command, "judge", lambda *_: pytest.fail("judged again"))
    assert main(["check", str(SOLVED)]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.slow
def test_a_cell_finds_the_command_in_whatever_way_jupyter_was_started() -> None:
    look = "import shutil\nfrom gmcourse.exercises.checks import vae\nprint(shutil.which('gmcourse'))"
    bare = {**os.environ, "PATH": os.defpath}
    done = subprocess.run(
        [sys.executable, "-c", look], env=bare, capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert Path(done.stdout.strip()).parent == Path(sysconfig.get_path("scripts"))
