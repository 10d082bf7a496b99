"""The `gmcourse` command by itself: what there is, which version, and how it ends when it is not let finish."""

import subprocess
import sys

import pytest

import gmcourse
from gmcourse import __main__ as command
from gmcourse.__main__ import COMMANDS, main


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"]])
def test_alone_it_says_what_there_is(words, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(words)
    told = capsys.readouterr()
    assert (stopped.value.code, told.err) == (0, "")
    for name, (_, what) in COMMANDS.items():
        (line,) = (line for line in told.out.splitlines() if line.split()[:1] == [name])
        assert what in line


def test_it_says_its_version(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["--version"])
    assert (stopped.value.code, capsys.readouterr().out) == (0, f"gmcourse {gmcourse.__version__}\n")


def test_an_unknown_word_is_an_error(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["dance"])
    assert stopped.value.code == 2
    assert "dance" in capsys.readouterr().err


@pytest.mark.parametrize("when", ["while it imports", "while it runs"])
def test_ctrl_c_is_one_line(monkeypatch, capsys, when):
    """The seconds in which torch is imported ended with a traceback of forty lines."""

    def stopped(*_):
        raise KeyboardInterrupt

    if when == "while it imports":
        monkeypatch.setattr(command.importlib, "import_module", stopped)
    else:
        monkeypatch.setattr("gmcourse.zoo.command.run", stopped)
    assert main(["zoo"]) == 130
    assert capsys.readouterr().err == "gmcourse zoo: stopped\n"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="pipes end otherwise there")
def test_a_reader_that_has_gone_is_no_error():
    """`gmcourse … | head -1` complained of a broken pipe, from here or as Python ended."""
    script = "import sys, time; time.sleep(1.0); from gmcourse.__main__ import main; sys.exit(main(['zoo']))"
    asked = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    asked.stdout.close()
    assert asked.stderr.read() == b""
    assert asked.wait() == 1
