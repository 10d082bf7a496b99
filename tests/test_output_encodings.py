"""Any encoding that Python gives stdout gets our output: by every command, and by a check."""

from __future__ import annotations

import contextlib
import encodings.aliases
import io
import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from gmcourse import console, doctor
from gmcourse.__main__ import main
from gmcourse.exercises.exercise import exercise
from gmcourse.exercises.judge import nbval_run
from tests.conftest import ROOT
from tests.exercises.student import UNTOUCHED, edited, in_process

UNLIKE_TEXT = {"idna", "punycode", "undefined", "mbcs", "oem"}  # or not everywhere
ENCODINGS = ("ascii", "cp1252", "cp437", "latin-1", "cp037", "shift_jis", "utf-16", "utf-8")
SIGNS = sorted(
    {
        sign
        for folder in ("gmcourse", "gmcourse_recipes", "tools")
        for path in (ROOT / folder).rglob("*.py")
        for sign in path.read_text(encoding="utf-8")
        if ord(sign) > 126
    }
)


class Stream(io.TextIOWrapper):
    """A stdout of an encoding, as Python makes one, and what was written to it."""

    def __init__(self, encoding: str, errors: str = "strict") -> None:
        super().__init__(io.BytesIO(), encoding=encoding, errors=errors, newline="\n")

    def text(self) -> str:
        self.flush()
        written: bytes = self.buffer.getvalue()  # type: ignore[attr-defined]
        return written.decode(self.encoding)


@contextlib.contextmanager
def streams(encoding: str) -> Iterator[Stream]:
    """stdout and stderr of this encoding."""
    made = Stream(encoding)
    with contextlib.redirect_stdout(made), contextlib.redirect_stderr(made):
        yield made


def text_encodings() -> list[str]:
    found = []
    for name in sorted(set(encodings.aliases.aliases.values()) - UNLIKE_TEXT):
        try:
            Stream(name)
        except LookupError:
            continue
        found.append(name)
    return found


def test_every_sign_of_the_course_is_written_in_every_encoding() -> None:
    names = text_encodings()
    assert len(names) > 80
    for name in names:
        with streams(name) as made:
            console.accept_any_encoding()
            for sign in (*SIGNS, "\udcff", "\ud800", "é🙂"):
                print(sign)
        assert made.text().count("\n") == len(SIGNS) + 3, name


def test_what_is_written_in_place_of_a_sign_can_be_read() -> None:
    text = "→ ✓ ✗ · … ≥ β² x⁻¹ \udce9 \udcc3\udca9 é 🙂".encode("ascii", console.ERRORS).decode()
    assert text == r"-> + x . ... >= beta2 x-1 \xe9 \xc3\xa9 \xe9 \U0001f642"
    # Letters with accents stand in names, of people and of students: those stay told apart, by their numbers.
    signs = {sign for sign in SIGNS if not unicodedata.normalize("NFD", sign)[0].isascii()}
    unread = {sign for sign in signs if console.in_ascii(sign).startswith("\\")}
    assert len(unread) < 0.25 * len(signs), unread
    assert console.in_ascii("\udc80") == r"\x80"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_command_writes_to_it(encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nbval_run, "run", in_process)
    monkeypatch.setattr(doctor, "core_speed", lambda: 100.0)  # test_doctor.py measures it
    monkeypatch.setattr(sys, "path", list(sys.path))
    room = tmp_path / "room"
    room.mkdir()
    path = edited(UNTOUCHED, lambda _: None, room / "β → 04_vae_exercises.ipynb")
    with streams(encoding) as stream:
        assert main(["doctor", "--no-kernel"]) in (0, 1)
        assert main(["zoo"]) == main(["zoo", "vae_faces"]) == 0
        assert main(["check", str(path)]) == 1
        assert main(["grade", str(room), "--csv", str(tmp_path / "→.csv")]) == 0
        assert main(["check", str(tmp_path / "✗ none")]) == 2
        assert main(["train", "✓"]) == 2
        with pytest.raises(SystemExit):
            main(["train", "--help"])
    said = stream.text()
    assert re.search(r"note  device +cpu", said)
    assert re.search(r"(→|->) all lessons run on a CPU", said)
    assert re.search(r"[·.] kl +not done", said)
    assert "0 of 8 passed" in said


def print_nothing(answer: object, generator: object) -> None: ...


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_right_answer_passes_a_check_whatever_is_printed(encoding: str) -> None:
    with streams(encoding) as stream:
        exercise(print_nothing)("anything")
    assert re.fullmatch(r"[✓+] print_nothing passed\n", stream.text())


def run(words: list[str], **environment: str) -> subprocess.CompletedProcess[bytes]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("LC_", "LANG", "PYTHONIO"))}
    given = kept | {"PYTHONPATH": str(ROOT)} | environment
    return subprocess.run([sys.executable, *words], env=given, cwd=ROOT, capture_output=True, check=False)


C_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


@pytest.mark.parametrize(
    ("words", "environment", "status", "wanted"),
    [
        pytest.param(
            ["-m", "gmcourse", "doctor", "--no-kernel"],
            {"PYTHONIOENCODING": "cp1252"},
            (0, 1),
            b"-> all lessons",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            ["-m", "gmcourse", "zoo", "→"],
            C_LOCALE,
            (2,),
            b"expected 1 to 100 of the signs",
            marks=pytest.mark.slow,
        ),
        (["-m", "tools.exercises", "build", "--check"], C_LOCALE, (0,), b""),
        (["-m", "tools.notebooks"], C_LOCALE, (2,), b"(MyST text -> notebook)"),
        (["-m", "tools"], {"PYTHONIOENCODING": "utf-16"}, (2,), "usage".encode("utf-16-le")),
    ],
)
def test_commands_of_a_shell(
    words: list[str], environment: dict[str, str], status: tuple[int, ...], wanted: bytes
) -> None:
    done = run(words, **environment)
    assert done.returncode in status, done.stderr
    assert wanted in done.stdout + done.stderr
    assert b"Traceback" not in done.stderr
