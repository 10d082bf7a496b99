"""How notebooks are executed for the site."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import nbformat
import psutil
import pytest

from tools import lessons, warm
from tools.environment import ROOT

pytestmark = pytest.mark.slow  # each starts kernels


@pytest.fixture
def executed(tmp_path, monkeypatch):
    """Execute notebooks of one cell each, by their names; outcomes by their names, and the printed text of one."""
    monkeypatch.setattr(lessons, "ROOT", tmp_path)
    monkeypatch.setattr(lessons, "CACHE", tmp_path / "cache")
    monkeypatch.setattr(lessons.os, "environ", dict(lessons.os.environ))

    def execute(**sources):
        paths = [tmp_path / f"{name}.ipynb" for name in sources]
        for path, source in zip(paths, sources.values(), strict=True):
            write(path, source)
        return {outcome.path.stem: outcome for outcome in lessons.execute(paths)}

    execute.outputs = lambda name: lessons.executed(tmp_path / f"{name}.ipynb").cells[0].outputs
    return execute


@pytest.fixture(params=["forked", "as Jupyter does"])
def start(request, monkeypatch):
    """Both ways in which a kernel starts."""
    if request.param == "forked" and not warm.POSSIBLE:
        pytest.skip("kernels are not forked on this system")
    monkeypatch.setattr(warm, "POSSIBLE", request.param == "forked")
    return request.param


def test_a_failing_cell_and_a_dead_kernel_are_reported_and_not_cached(executed, start, capsys):
    sources = {"good": "print(6 * 7)", "bad": "1 / 0", "dead": "import os\nos.kill(os.getpid(), 9)"}
    first = executed(**sources)
    assert {name: outcome.error is None for name, outcome in first.items()} == {
        "good": True,
        "bad": False,
        "dead": False,
    }
    assert "ZeroDivisionError" in first["bad"].error
    assert "died" in first["dead"].error
    assert "ZeroDivisionError" in capsys.readouterr().out
    executed(**sources)
    printed = capsys.readouterr().out
    assert "bad.ipynb" in printed
    assert "dead.ipynb" in printed
    assert "good.ipynb" not in printed


def test_a_kernel_that_dies_before_its_first_cell_ends_no_other(executed, monkeypatch):
    def dead(notebook, **options):
        raise RuntimeError("Kernel died before replying to kernel_info")

    monkeypatch.setattr(lessons, "single_nb_execution", dead)
    assert "died before" in executed(one="print(1)")["one"].error


def test_a_kernel_is_where_its_notebook_is_and_shows_figures(executed, start, tmp_path):
    text = """
        import os, sys
        sys.path, os.getcwd(), os.environ["OMP_NUM_THREADS"], [name for name in sys.modules if "gmcourse" in name]
        import matplotlib.pyplot as plt
        print(os.getcwd(), os.environ["OMP_NUM_THREADS"], __name__, input.__module__)
        plt.plot([1, 2]);
        """
    assert executed(one=text)["one"].error is None
    printed, picture = executed.outputs("one")
    assert printed.text.split() == [str(tmp_path), "1", "__main__", "ipykernel.kernelbase"]
    assert set(picture.data) == {"image/png", "text/plain"}


@pytest.mark.skipif(not warm.POSSIBLE, reason="kernels are not forked on this system")
def test_a_forked_kernel_begins_with_torch_and_with_nothing_of_the_course(executed):
    text = """
        import sys
        from torch.utils import data
        known = {"torch", "torch._dynamo", "matplotlib.pyplot"} & set(sys.modules)
        print(len(known), *[name for name in sys.modules if name.startswith("gmcourse.") and "console" not in name])
        import random
        random.seed = None
        import torch
        torch.set_default_dtype(torch.float64)
        """
    outcomes = executed(one=text, two="import random, torch\nprint(random.seed is None, torch.get_default_dtype())")
    assert {outcome.error for outcome in outcomes.values()} == {None}
    assert executed.outputs("one")[0].text.split() == ["3"]
    assert executed.outputs("two")[0].text.split() == ["False", "torch.float32"]


def test_a_notebook_has_processes_of_its_own(executed, start):
    """They find what a cell defines; those of a fork server did not, and workers of a DataLoader ended."""
    text = """
        import torch
        from torch.utils.data import DataLoader, Dataset
        class Squares(Dataset):
            def __len__(self):
                return 4
            def __getitem__(self, index):
                return torch.tensor(index**2)
        print(sum(batch.sum() for batch in DataLoader(Squares(), num_workers=2)))
        """
    assert executed(one=text)["one"].error is None
    assert executed.outputs("one")[0].text == "tensor(14)\n"


def test_a_notebook_without_a_seed_shows_it(executed, start):
    text = "import random, numpy, torch\nprint(random.random(), numpy.random.rand(), torch.rand(()).item())"
    executed(one=text, two=text + "  # again")
    one, two = (set(executed.outputs(name)[0].text.split()) for name in ("one", "two"))
    assert not one & two


@pytest.mark.parametrize("asked_for", [True, False])
def test_a_kernel_finds_the_repository_only_where_it_is_asked_to(start, tmp_path, asked_for):
    write(tmp_path / "one.ipynb", f"import sys\nassert ({str(ROOT)!r} in sys.path) == {asked_for}, sys.path")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    elsewhere = {"PYTHONPATH": str(ROOT)} if asked_for else {}
    python, script = builder(tmp_path, start)
    begun = f"import runpy, sys; sys.path.insert(0, {str(ROOT)!r}); runpy.run_path({str(script)!r}, {{}}, '__main__')"
    subprocess.run([python, "-c", begun], env=environment | elsewhere, check=True)


def builder(folder, how):
    """A program that executes the notebooks of a folder."""
    program = f"""
        from pathlib import Path
        from tools import lessons, warm
        if __name__ == "__main__":
            folder = Path({str(folder)!r})
            warm.POSSIBLE = {how == "forked"}
            lessons.ROOT, lessons.CACHE = folder, folder / "cache"
            for outcome in lessons.execute(sorted(folder.glob("*.ipynb"))):
                assert outcome.error is None, outcome
        """
    script = folder / "build.py"
    script.write_text(textwrap.dedent(program))
    return [sys.executable, script]


def write(path, source):
    nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(textwrap.dedent(source))]), path)


def test_a_temporary_folder_of_a_long_name_has_no_room_for_a_socket(start, tmp_path):
    """A fork server listens there, and a socket's name has a hundred letters at most."""
    (far := tmp_path / ("far" * 40)).mkdir()
    write(tmp_path / "one.ipynb", "print(1)")
    subprocess.run(
        builder(tmp_path, start), env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(far)}, check=True
    )


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_ctrl_c_ends_it_at_once_and_leaves_no_kernel(start, tmp_path):
    """Two notebooks run, and would run for a minute; the third waits."""
    for name in "abc":
        write(
            tmp_path / f"{name}.ipynb",
            f"""
            import os, time
            open("{name}.pid", "w").write(str(os.getpid()))
            time.sleep(60)
            """,
        )
    build = subprocess.Popen(builder(tmp_path, start), env={**os.environ, "PYTHONPATH": str(ROOT)})
    while not all((tmp_path / f"{name}.pid").is_file() for name in "ab"):
        assert build.poll() is None
        time.sleep(0.1)
    time.sleep(0.5)
    build.send_signal(signal.SIGINT)
    assert build.wait(20) != 0
    assert not (tmp_path / "c.pid").exists()
    for name in "ab":
        with pytest.raises(ProcessLookupError):
            os.kill(int((tmp_path / f"{name}.pid").read_text()), 0)


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, 9], ids=["SIGTERM", "SIGKILL"])
def test_no_kernel_outlives_a_build_that_was_ended(start, tmp_path, number):
    """A closed terminal and a cancelled job do so. Kernels and their fork server stayed, half a gigabyte each."""
    write(tmp_path / "a.ipynb", "import os, time\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(60)")
    build = subprocess.Popen(builder(tmp_path, start), env={**os.environ, "PYTHONPATH": str(ROOT)})
    while not (tmp_path / "pid").is_file():
        assert build.poll() is None
        time.sleep(0.1)
    time.sleep(0.5)
    below = psutil.Process(build.pid).children(recursive=True)
    assert int((tmp_path / "pid").read_text()) in [process.pid for process in below]
    build.send_signal(number)
    build.wait()
    left = psutil.wait_procs(below, timeout=20)[1]
    for process in left:
        process.kill()
    assert not left
