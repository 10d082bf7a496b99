"""How long a fit takes: seconds of the processor, which other work on the machine does not change."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Fitted = TypeVar("Fitted")


def timed(fit: Callable[[], Fitted]) -> tuple[Fitted, float]:
    """Fit, and say how many seconds of the processor it took."""
    began = time.process_time()
    fitted = fit()
    return fitted, time.process_time() - began
