"""The doctor says what is wrong in one line, and never falls ill itself."""

import importlib.metadata
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from gmcourse import doctor, zoo
from gmcourse.__main__ import main
from gmcourse.zoo import published, store


def test_here_nothing_stops_a_class(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["doctor", "--no-kernel"])
    lines = capsys.readouterr().out.splitlines()
    assert status == any(line.startswith(doctor.BAD) for line in lines)
    topics = {line[6:].split()[0] for line in lines}
    assert topics >= {
        "Python",
        "gmcourse",
        "torch",
        "device",
        "threads",
        "speed",
        "disk",
        "data",
        "weights",
        "Jupyter",
    }


@pytest.mark.parametrize(
    ("speed", "said"), [(doctor.FAST, "15 to 35 s"), (doctor.FAST / 2.5, "40 to 90 s"), (9000.0, "5 to 5 s")]
)
def test_it_says_what_to_expect_of_this_machine(speed: float, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "core_speed", lambda: speed)
    (told,) = (each.text for each in doctor.findings(kernel=False) if each.topic == "speed")
    assert told == f"{speed:.0f} GFLOP/s a core: a lesson computes for {said}"


def test_the_speed_of_a_core_is_measured_with_one_thread_and_leaves_them_as_they_were() -> None:
    threads = torch.get_num_threads()
    assert 0.1 < doctor.core_speed(tries=10) < 5000
    assert torch.get_num_threads() == threads


def test_a_damaged_model_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = shutil.copytree(store.WEIGHTS, tmp_path / "weights")
    monkeypatch.setattr(store, "WEIGHTS", folder)
    name = store.names()[0]
    weights = folder / f"{name}.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    lines = [str(each) for each in doctor.findings(kernel=False) if each.topic == "weights"]
    assert any(f"{name}.safetensors is not as it was published" in line for line in lines)


def test_weights_of_ones_own_that_are_damaged_are_told(own_zoo: Path) -> None:
    """Only the manifest was read: a model that cannot be loaded stood there as a good one."""
    zoo.save(replace(zoo.manifest("plane_nice_moons"), name="mine"), zoo.load("plane_nice_moons"))
    assert any("mine of your own: " in each.text for each in doctor._weights())
    weights = own_zoo / "mine.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    (line,) = (each for each in doctor._weights() if "mine" in each.text)
    assert "changed or cut short" in line.text


def test_a_model_of_ones_own_stands_apart(own_zoo: Path) -> None:
    own_zoo.mkdir(parents=True)
    (own_zoo / "mine.manifest.json").write_text("{")
    found = [each for each in doctor.findings(kernel=False) if each.topic == "weights"]
    assert [each.level for each in found if "mine.manifest.json" in each.text] == [doctor.NOTE]
    assert not any("mine" in each.text for each in found if each.level == doctor.OK)


def test_a_model_that_did_not_travel_is_not_called_whole() -> None:
    lines = [str(each) for each in doctor.findings(kernel=False) if each.topic == "weights"]
    (told,) = [line for line in lines if "nice_mnist_paper" in line]
    assert told.startswith(doctor.NOTE)
    assert "too large to travel" in told


def test_a_missing_package_names_its_cure(monkeypatch: pytest.MonkeyPatch) -> None:
    def version(name: str) -> str:
        if name == "nbval":
            raise importlib.metadata.PackageNotFoundError(name)
        return "1"

    monkeypatch.setattr(importlib.metadata, "version", version)
    lines = [str(each) for each in doctor.findings(kernel=False) if each.topic == "Jupyter"]
    assert any("missing: nbval" in line and "gmcourse[class]" in line for line in lines)


def test_a_full_disk_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1000))
    assert any(each.level == doctor.BAD for each in doctor.findings(kernel=False) if each.topic == "disk")


def test_torch_and_torchvision_that_do_not_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchvision", None)
    found = [each for each in doctor.findings(kernel=False) if each.topic == "torchvision"]
    assert found[0].level == doctor.BAD
    assert "together" in found[0].cure


def test_a_part_that_breaks_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def names() -> list[str]:
        raise RuntimeError("odd")

    monkeypatch.setattr(published, "names", names)
    found = [each for each in doctor.findings(kernel=False) if each.topic == "weights"]
    assert [each.text for each in found] == ["RuntimeError: odd"]


@pytest.mark.slow
def test_a_kernel_starts() -> None:
    kernel = [each for each in doctor.findings() if each.topic == "kernel"]
    assert kernel[0].level == doctor.OK, kernel
