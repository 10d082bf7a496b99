"""The loop: batches in, history out. It can be interrupted, and it goes on bit for bit."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from tqdm.auto import tqdm

from gmcourse.processes import any_of_us, mean_of, rank_and_world
from gmcourse.reproducible import mixed_seed
from gmcourse.training.batches import Batches, Data, device_of, rows_of
from gmcourse.training.checkpoint import load_checkpoint, save_checkpoint
from gmcourse.training.history import History
from gmcourse.training.step import Diverged, Step, check_finite

Callback = Callable[[int, History], Any]


@contextmanager
def _gentle_interrupt() -> Iterator[Callable[[], bool]]:
    """Ctrl-C and the notebook's stop button end the loop after the step at hand, not inside it.

    Half an optimiser step would leave a model that no seed can give again. A second signal is obeyed at once.
    """
    asked = False

    def handle(number: int, frame: Any) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = True

    if threading.current_thread() is not threading.main_thread():  # signals reach the main thread only
        yield lambda: False
        return
    previous = signal.signal(signal.SIGINT, handle)
    try:
        yield lambda: asked
    finally:
        signal.signal(signal.SIGINT, previous)


def fit(
    step: Step,
    data: Data,
    *,
    steps: int,
    batch_size: int,
    seed: int = 0,
    history: History | None = None,
    callbacks: Sequence[Callback] = (),
    checkpoint: str | Path | None = None,
    minutes: float = 5.0,
    resume: bool = False,
    progress: bool = True,
) -> History:
    """Call `step` on one batch after another, record what it returns, and keep checkpoints.

    Every step begins by seeding torch from (seed, step), and its batch is a function of (seed, step) too.
    So nothing random has to be saved: a run that was interrupted, or killed and resumed from its last
    checkpoint, ends with the same bits as one that was left alone (same device, same number of threads).

    Args:
        step: `step(batch) -> dict of scalars`; see `gmcourse.training.Minimize`.
        data: a tensor or a tuple of tensors, on the device where they are to be used, or a function
            `(generator, batch_size) -> batch`.
        steps: how many steps the run has in all, those before a resumption included.
        batch_size: samples in a step, over all processes together.
        seed: of the batches and of all noise inside the steps.
        history: curves to continue; by default new ones. With `resume` those of the checkpoint count.
        callbacks: each is called after every step as `callback(step, history)`; it may draw random numbers
            without changing the run.
        checkpoint: where to save. Written atomically every `minutes`, at the end, and on interruption.
        minutes: wall-clock minutes between checkpoints.
        resume: continue from `checkpoint` if that file exists.
        progress: show a bar; the environment variable `GMCOURSE_PROGRESS=off` hides all of them.

    Returns:
        The history. `history.interrupted` says whether the run was stopped early; the model is usable then.

    Raises:
        ValueError: sizes that do not fit, or a checkpoint that is broken or of another run.
        Diverged: a loss was not finite; the message has the step's number. The last checkpoint is kept.
    """
    if steps < 0:
        raise ValueError(f"steps is {steps}; expected 0 or more")
    rank, world = rank_and_world()
    if batch_size % world:
        raise ValueError(f"batch_size is {batch_size}, which {world} processes do not divide")
    batches = Batches(data, batch_size, seed)
    history, first = history or History(), 0
    if resume and checkpoint is not None and Path(checkpoint).is_file():
        first, history = _resume(step, Path(checkpoint), seed, batch_size)

    def save(done: int) -> None:
        if checkpoint is not None and rank == 0:
            position = {"step": done, "seed": seed, "batch_size": batch_size}
            save_checkpoint(
                checkpoint, {**position, "history": history.to_json(), "state": step.state_dict()}
            )

    hidden = not progress or rank > 0 or os.environ.get("GMCOURSE_PROGRESS") == "off"
    gpus = [torch.cuda.current_device()] if torch.cuda.is_available() else []
    history.interrupted = False
    began, saved, before = time.monotonic(), time.monotonic(), history.seconds
    bar = tqdm(
        total=steps, initial=min(first, steps), disable=hidden, unit="step", mininterval=0.5, leave=False
    )
    with bar, torch.random.fork_rng(devices=gpus), _gentle_interrupt() as interrupted:
        for now in range(first, steps):
            torch.manual_seed(mixed_seed("step", seed, now))
            try:
                batch = rows_of(batches[now], rank, world)
                measured = {name: mean_of(value) for name, value in step(batch).items()}
                check_finite(measured)
            except Diverged as error:
                kept = f" The last good checkpoint is {checkpoint}." if checkpoint and saved > began else ""
                raise Diverged(f"step {now}: {error}{kept}") from None
            history.record(now, {name: float(value) for name, value in measured.items()})
            history.seconds = before + time.monotonic() - began
            bar.update()
            if now % 20 == 0:
                shown = {name: f"{float(value):.3g}" for name, value in measured.items()}
                bar.set_postfix(shown, refresh=False)
            for callback in callbacks:
                callback(now, history)
            if any_of_us(interrupted(), device_of(batch)):
                history.interrupted = True
                save(now + 1)
                break
            if time.monotonic() - saved > 60 * minutes:
                save(now + 1)
                saved = time.monotonic()
        else:
            save(steps)
    return history


def _resume(step: Step, path: Path, seed: int, batch_size: int) -> tuple[int, History]:
    """Put the step into the state of the checkpoint; return where to go on, and the history so far."""
    saved = load_checkpoint(path)
    for name, wanted in (("seed", seed), ("batch_size", batch_size)):
        if saved.get(name) != wanted:
            raise ValueError(
                f"{path} was written with {name} = {saved.get(name)}, but this run has {wanted}; "
                "give the same value, or another checkpoint path"
            )
    try:
        step.load_state_dict(saved["state"])
    except (RuntimeError, KeyError, ValueError) as error:
        raise ValueError(f"{path} is the checkpoint of another model or optimiser: {error}") from error
    return int(saved["step"]), History.from_json(saved["history"])
