"""The `gmcourse` command by itself: what there is, and which version."""

import pytest

import gmcourse
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
