"""What a manifest says of the machine: the processor's name, where the system tells it."""

import platform
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from gmcourse_recipes.running.train import hardware

CPU = torch.device("cpu")


@pytest.fixture
def machine(monkeypatch):
    """Pretend to be another machine: its system, what it calls its processor, and what it tells beside that."""

    def pretend(system, processor, told=OSError):
        def tell(*args, **kwargs):
            if told is OSError:
                raise OSError
            return SimpleNamespace(stdout=told) if system == "Darwin" else told

        monkeypatch.setattr(platform, "system", lambda: system)
        monkeypatch.setattr(platform, "machine", lambda: "x86_64")
        monkeypatch.setattr(platform, "processor", lambda: processor)
        monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
        monkeypatch.setattr(subprocess, "run", tell)
        monkeypatch.setattr(Path, "read_text", tell)
        return hardware(CPU)

    return pretend


def test_what_each_system_calls_its_processor(machine):
    cores = "processor\t: 0\nmodel name\t: Fast 9\n\nprocessor\t: 1\nmodel name\t: Fast 9\n"
    assert machine("Linux", "", cores) == "x86_64 CPU (Fast 9), 2 thread(s)"
    assert machine("Darwin", "i386", "Apple M9\n") == "x86_64 CPU (Apple M9), 2 thread(s)"
    assert machine("Windows", "Family 6 Model 85") == "x86_64 CPU (Family 6 Model 85), 2 thread(s)"


def test_a_machine_that_tells_nothing_ends_no_run(machine):
    assert machine("Linux", "") == "x86_64 CPU, 2 thread(s)"
    assert machine("Linux", "", "processor\t: 0\n") == "x86_64 CPU, 2 thread(s)"
    assert machine("Darwin", "") == "x86_64 CPU, 2 thread(s)"


def test_a_gpu_has_its_own_name(monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: f"GPU of {device.type}")
    assert hardware(torch.device("cuda")) == "GPU of cuda"
