"""The loop: batches in, history out. It can be interrupted, and it goes on bit for bit."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import torch
from tqdm.auto import tqdm

from gmcourse import expect
from gmcourse.processes import any_of_us, rank_and_world
from gmcourse.reproducible import mixed_seed, seed_torch
from gmcourse.training.batches import Batch, Batches, Data, rows_of
from gmcourse.training.history import History
from gmcourse.training.last_good import Diverged, as_numbers, check_finite
from gmcourse.training.saved_run import SavedRun
from gmcourse.training.schedules import Schedule, set_rates
from gmcourse.training.step import Step


@contextmanager
def gentle_interrupt() -> Iterator[Callable[[], bool]]:
    """Let Ctrl-C, the notebook's stop button and SIGTERM end a loop after the step at hand, not inside it.

    Half an optimiser step would leave a model that no seed can give again. A second signal is obeyed at once. It
    gives a function that says whether to stop. SIGTERM, with which a cluster ends a job, ends the process afterwards.
    """
    asked: list[int] = []

    def handle(number: int, frame: Any) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)

    if threading.current_thread() is not threading.main_thread():  # signals reach the main thread only
        yield lambda: False
        return
    previous = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(asked)
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
        if signal.SIGTERM in asked:
            signal.raise_signal(signal.SIGTERM)


BLOCK = 64
Callback = Callable[[int, History], object]


def fit(
    step: Step,
    data: Data,
    *,
    steps: int,
    batch_size: int,
    seed: int = 0,
    schedule: Schedule | None = None,
    callbacks: Sequence[Callback] = (),
    checkpoint: str | Path | None = None,
    run: str = "",
    minutes: float = 5.0,
    resume: bool = False,
    extend: bool = False,
    overwrite: bool = False,
    progress: bool = True,
) -> History:
    """Call `step` on one batch after another, record what it returns, and keep checkpoints.

    Every step begins by seeding torch from (seed, step), and its batch is a function of (seed, step) too. So a
    run that was interrupted, or killed and resumed from its last checkpoint, ends with the same bits as one
    that was left alone (same device, same number of threads).

    A checkpoint is written every `minutes`, at the end, on interruption (Ctrl-C or SIGTERM), and as it was after the
    last good step when something is not finite, or the data's function or a callback raises. It never becomes
    shorter: a run that would take its place is refused. Returns the history; `history.interrupted` says whether the
    run was stopped early. The model is usable then.

    Args:
        step: a `Step`, such as `Minimize`: it is called as `step(batch)` and returns scalars by name.
        data: a tensor or tuple of tensors, on the device of use, or a function `(generator, batch_size) -> batch`.
        steps: how many steps the run has in all, those before a resumption included.
        batch_size: the number of samples in a step, over all processes together.
        seed: determines the batches and all noise inside the steps.
        schedule: changes the learning rates, see `gmcourse.training.schedules`. None leaves them alone.
        callbacks: each is called after every step as `callback(step, history)`; random draws in it change nothing.
        run: what the run is called; the checkpoint of one of another name is refused, whatever its file is called.
        minutes: the time on the clock between two checkpoints.
        resume: continue from `checkpoint` if that file exists.
        extend: a resumed run may have more steps than the checkpoint's. A schedule follows the new number.
        overwrite: a run that is not resumed may replace a checkpoint that is there already.
        progress: show a bar; the environment variable `GMCOURSE_PROGRESS=off` hides all of them.

    Raises:
        ValueError: sizes that do not fit, or a checkpoint that is broken, of another run, or would be spoilt.
        OSError: the checkpoint cannot be written, at the beginning or the end; on the way that is a warning.
        Diverged: something was not finite; the message has the step's number.
    """
    flags = {"resume": resume, "extend": extend, "overwrite": overwrite, "progress": progress}
    _check(step, steps, minutes, schedule, callbacks, flags)
    expect.instance("run", run, str, "a name")
    rank, world = rank_and_world()
    batches = Batches(data, batch_size, seed)
    if batch_size % world:
        expect.refuse("batch_size", batch_size, f"a multiple of {world}, the number of processes")
    saved = SavedRun(checkpoint, step, (seed, batch_size, batches.length, run), steps)
    first, history = saved.begin(resume=resume, extend=extend, overwrite=overwrite)
    history.interrupted, before, began = False, history.seconds, time.monotonic()
    gpus = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    hidden = not progress or rank > 0 or os.environ.get("GMCOURSE_PROGRESS") == "off"
    with (
        tqdm(total=steps, initial=first, disable=hidden, unit="step", mininterval=0.5, leave=False) as bar,
        torch.random.fork_rng(devices=gpus),  # torch's generators stay as they were
        gentle_interrupt() as interrupted,
    ):
        for now in range(first, steps):
            if schedule is not None:
                set_rates(step.optimizers, schedule, now, steps)
            seed_torch(_seeds(seed, now // BLOCK)[now % BLOCK])
            try:
                batch = rows_of(batches[now], rank, world)
            except BaseException:
                saved.save(now, history)
                raise
            values = _values(step, batch, now, partial(saved.save, now, history))
            history.append(now, values)
            history.seconds = before + (clock := time.monotonic()) - began
            bar.update()
            if now % 20 == 0 and not hidden:
                bar.set_postfix({name: f"{value:.3g}" for name, value in values.items()}, refresh=False)
            try:
                for callback in callbacks:
                    callback(now, history)
            except BaseException:
                saved.save(now + 1, history)
                raise
            part = batch if isinstance(batch, torch.Tensor) else batch[0]
            history.interrupted = any_of_us(interrupted(), part.device)
            if history.interrupted or now + 1 == steps or clock - saved.at > 60 * minutes:
                saved.save(now + 1, history)
            if history.interrupted:
                break
    return history


@lru_cache(maxsize=2)
def _seeds(seed: int, block: int) -> list[int]:
    """The seeds of a block of steps: one hash between two steps takes as long as ten in a row."""
    return [mixed_seed("step", seed, now) for now in range(BLOCK * block, BLOCK * (block + 1))]


def _values(step: Step, batch: Batch, now: int, save: Callable[[], None]) -> dict[str, float]:
    """What one step measured. Where something is not finite, the last good step is saved first."""
    measured = None
    try:
        measured = step(batch)
        values = as_numbers(measured)
        check_finite(values)
    except Diverged as error:
        if measured is None:  # else it is a step of one's own, which has not put anything back
            save()
        raise Diverged(f"step {now}: {error}") from None
    return values


def _check(step: Any, steps: Any, minutes: Any, schedule: Any, callbacks: Any, flags: dict[str, Any]) -> None:
    if not isinstance(step, Step):
        expect.refuse("step", expect.described(step), "a training.Step, such as Minimize or Adversarial")
    expect.whole("steps", steps, least=0)
    expect.number("minutes", minutes, least=0)
    if schedule is not None:
        expect.function("schedule", schedule, "a function (step, steps) → share, such as schedules.cosine")
    for name, flag in flags.items():
        expect.instance(name, flag, bool, "True or False")
    if not isinstance(callbacks, Sequence):
        expect.refuse("callbacks", expect.described(callbacks), "a list of functions")
    for number, callback in enumerate(callbacks):
        expect.function(f"callbacks[{number}]", callback, "a function of (step, history)")
