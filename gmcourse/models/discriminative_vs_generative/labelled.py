"""What every function of the chapter asks of labelled data."""

from torch import Tensor

from gmcourse import expect


def check_labelled(x: Tensor, y: Tensor, classes: int, *, seen: bool = True) -> None:
    """Refuse all but points (N, D) and labels (N,) in 0 … classes − 1; without `seen` no value is looked at."""
    expect.whole("classes", classes, least=2)
    expect.tensor("x", x, "N D", finite=seen)
    expect.tensor(
        "y", y, str(len(x)), dtype="integer", finite=seen, within=(0, classes - 1) if seen else None
    )
    expect.same_device(x=x, y=y)
