"""Stopping a loop between two steps."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def gentle_interrupt() -> Iterator[Callable[[], bool]]:
    """Let Ctrl-C and the notebook's stop button end a loop after the step at hand, not inside it.

    Half an optimiser step would leave a model that no seed can give again. A second signal is obeyed at once.

    Yields:
        Whether to stop.
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
