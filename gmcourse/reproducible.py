"""Seeds and devices: the one line with which every lesson and every recipe begins.

The same seed on the same device, with the same versions and the same number of threads, gives the same
numbers. Across devices it does not: sums are taken in another order there, and generators differ.
"""

import hashlib
import os
import random
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TypeVar

import numpy as np
import torch

from gmcourse import expect

T = TypeVar("T")
DEVICES = ("cpu", "cuda", "mps")


@expect.door()
def choose_device(name: str | torch.device | None = None) -> torch.device:
    """The device to compute on: the one asked for, else a CUDA GPU if there is one, else the CPU.

    Apple's GPU ("mps") is used only when it is asked for: some operations of the course are missing there, and
    float64, on which its checks rest, does not exist. A name is "cpu", "cuda", "cuda:1" or "mps". None also reads the
    environment variable `GMCOURSE_DEVICE`, so that a lecturer can set one for a whole class. An unknown kind of
    device is a `ValueError`, one that is not present here a `RuntimeError`.
    """
    best = "cuda" if torch.cuda.is_available() else "cpu"
    wanted = str(os.environ.get("GMCOURSE_DEVICE") or best if name is None else name)
    kind = wanted.split(":")[0]
    if kind not in DEVICES:
        raise ValueError(f"the name of the device is {wanted!r}; expected one of {', '.join(DEVICES)}")
    if kind == "cuda" and not torch.cuda.is_available():
        raise RuntimeError(f"{wanted!r} was asked for, but torch sees no CUDA GPU here; use device='cpu'")
    if kind == "mps" and not torch.backends.mps.is_available():
        raise RuntimeError("'mps' was asked for, but torch sees no Apple GPU here; use device='cpu'")
    return expect.device("the name of the device", wanted)


@expect.door(seed=">= 0")
def start(seed: int = 0, device: str | torch.device | None = None) -> torch.device:
    """Seed every generator, ask torch for deterministic algorithms, and return the device of `choose_device`."""
    chosen = choose_device(device)
    # cuBLAS is deterministic only with a fixed workspace, and reads this before its first call.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - scikit-learn and others read the legacy generator
    torch.manual_seed(seed)
    # The flag of `torch.use_deterministic_algorithms`, which would load torch's compiler, too: a second or more. A
    # warning would tell a reader nothing to act on: some backward passes have no deterministic form on a GPU.
    torch.set_deterministic_debug_mode("warn")
    warnings.filterwarnings("ignore", message=".*does not have a deterministic implementation.*")
    return chosen


@expect.door()
def generator(seed: int, device: str | torch.device = "cpu") -> torch.Generator:
    """Make a generator of its own, for draws that must not depend on what was drawn before."""
    return torch.Generator(device=expect.device("device", device)).manual_seed(seed)


def mixed_seed(*parts: int | str) -> int:
    """Mix one seed out of several numbers or words, the same on every machine and in every run.

    Neighbouring inputs give unrelated seeds, which `seed + step` does not: there run 0 at step 1 would
    draw the numbers of run 1 at step 0.

    >>> mixed_seed(0, 1) == mixed_seed(1, 0)
    False
    """
    digest = hashlib.sha256(":".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8], "little") >> 1  # torch takes 63 bits


def seed_torch(seed: int) -> None:
    """Seed torch's generators, those of a GPU only where one is in use.

    `torch.manual_seed` queues a call with its traceback for a GPU that was not used yet, at each call: in a loop
    this took longer than the step of a small network.
    """
    torch.default_generator.manual_seed(expect.whole("seed", seed))
    if torch.cuda.is_initialized():
        torch.cuda.manual_seed_all(seed)
    if torch.backends.mps.is_available():
        torch.mps.manual_seed(seed)


@contextmanager
def plain_defaults() -> Iterator[None]:
    """Torch's own defaults, float32 on the CPU, whatever the caller has set: bundled data and models need them."""
    dtype = torch.get_default_dtype()
    torch.set_default_dtype(torch.float32)
    try:
        # this context looks at every call of torch, so it is not entered where it would change nothing
        with nullcontext() if torch.get_default_device().type == "cpu" else torch.device("cpu"):
            yield
    finally:
        torch.set_default_dtype(dtype)


@expect.door()
def seeded(name: str, seed: int, build: Callable[[], T]) -> T:
    """What `build()` gives when its first weights are a function of (name, seed) alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(mixed_seed(name, seed))
        return build()
