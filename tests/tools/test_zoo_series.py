"""Training a list of models within a number of minutes: no failure ends it, and nothing is lost."""

import os
import signal
import sys
import threading
from functools import partial

import pytest

from gmcourse import zoo
from gmcourse_recipes import running
from tools.zoo import __main__, series

WORTH = series.IN_ORDER_OF_WORTH
# what a GPU is wanted for
ROWS = {"nice_faces", "vae_faces", "vae_faces_two_levels", "glow_faces", "stylegan2_faces", "stylegan2_faces_64"}
ROWS |= {"srflow_faces", "srflow_faces_64", "attribute_network", "features", "vae_mnist", "nice_mnist_paper"}
ROWS |= {"glow_mnist", "iwae_mnist", "iwae_mnist_50", "stylegan_contest_faces_64", "flow_matching_faces"}
ROWS |= {"diffusion_faces", "pixelcnn_faces"}


def test_the_list_in_order_of_worth():
    """All are recipes, none stands twice, every row is there, and each follows the one that it begins with."""
    assert set(WORTH) <= set(running.names())
    assert len(set(WORTH)) == len(WORTH)
    assert set(WORTH) >= ROWS
    for place, name in enumerate(WORTH):
        first = running.find(name).begins_with
        assert first is None or first in WORTH[:place], name


def test_the_list_is_what_is_trained_where_no_name_is_given(tmp_path):
    rows = series.train(minutes=0, out=tmp_path, keep=False)
    assert [(row.name, row.outcome) for row in rows] == [(name, "no time left") for name in WORTH]


STOPPED = """
import time
print("began", flush=True)
try:
    time.sleep(60)
except KeyboardInterrupt:
    time.sleep(1)
    print("saved")
"""


@pytest.mark.slow  # it waits for its end
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_one_that_is_stopped_by_hand_is_asked_once_and_awaited(tmp_path, monkeypatch, capsys, number):
    """The signal reaches this process alone, as from `kill` or a cluster; a second one would end the training."""
    log = tmp_path / "logs" / "vae_faces.log"
    monkeypatch.setattr(series, "command", lambda *given: [sys.executable, "-c", STOPPED])

    def stop():
        while not log.is_file() or not log.read_text():
            threading.Event().wait(0.05)
        os.kill(os.getpid(), number)

    threading.Thread(target=stop, daemon=True).start()
    handlers = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    assert __main__.main(["train", "vae_faces", "--minutes", "1", "--out", str(tmp_path)]) == 130
    assert "the same call goes on" in capsys.readouterr().err
    assert log.read_text() == "began\nsaved\n"
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == handlers


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
    assert [row.measured for row in rows[1:]] == ["a word", "saved", ""]
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


@pytest.mark.slow
def test_a_trial_measures_nothing(tmp_path, capsys):
    call = ["train", "vae_digits_2d", "--minutes", "5", "--steps", "3", "--device", "cpu", "--no-keep"]
    for _ in range(2):  # the second time it goes on from a checkpoint that has all its steps
        assert __main__.main([*call, "--out", str(tmp_path)]) == 0
        assert "trained, not measured" in capsys.readouterr().out
    assert zoo.names(own=tmp_path / "zoo") == []
    assert (tmp_path / "runs" / "vae_digits_2d.safetensors").is_file()
