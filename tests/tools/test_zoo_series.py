"""Training a list of models within a number of minutes: no failure ends it, and nothing is lost."""

import signal
import sys
from functools import partial

import pytest

from gmcourse import zoo
from tools.zoo import __main__, series


@pytest.mark.slow  # it waits for its end
@pytest.mark.parametrize("before", [signal.default_int_handler, signal.SIG_IGN])
def test_a_list_goes_on_after_a_failure_and_ends_in_time(tmp_path, monkeypatch, request, before):
    """Small programs stand for trainings: one that fails, one that is done, one that is asked to stop."""
    request.addfinalizer(partial(signal.signal, signal.SIGINT, signal.signal(signal.SIGINT, before)))
    zoo.save(zoo.manifest("vae_digits_2d"), zoo.load("vae_digits_2d"), folder=tmp_path / "zoo")
    programs = {
        "ae_digits_2d": "print('a word'); raise SystemExit(3)",
        "vae_faces": "import time\ntry:\n    time.sleep(60)\nexcept KeyboardInterrupt:\n    print('saved')",
        "glow_faces": "",
    }
    monkeypatch.setattr(series, "command", lambda name, *more: [sys.executable, "-c", programs[name]])
    monkeypatch.setattr(series, "LEAST", 3.0)
    monkeypatch.setattr(series, "GRACE", 4.0)
    rows = series.train(["vae_digits_2d", "ae_digits_2d", "vae_faces", "glow_faces"], minutes=8 / 60, out=tmp_path)
    assert [row.outcome for row in rows] == ["done before", "failed", "stopped, goes on", "no time left"]
    assert rows[1].measured == "a word"
    assert (tmp_path / "logs" / "vae_faces.log").read_text() == "saved\n"
    assert (tmp_path / "table.txt").read_text().count("\n") == 4
    with pytest.raises(ValueError, match="no recipe is called"):
        series.train(["glow_faces", "nothing"], minutes=1, out=tmp_path)


@pytest.mark.slow
def test_two_models_are_trained_and_brought_back(tmp_path, capsys):
    call = ["train", "vae_digits_2d", "ae_digits_2d", "--minutes", "5", "--steps", "3", "--device", "cpu"]
    assert __main__.main([*call, "--out", str(tmp_path)]) == 0
    assert zoo.names(own=tmp_path / "zoo") == ["ae_digits_2d", "vae_digits_2d"]
    assert zoo.manifest("ae_digits_2d", own=tmp_path / "zoo").steps == 3
    capsys.readouterr()
    assert __main__.main([*call, "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out.count("done before") == 2
