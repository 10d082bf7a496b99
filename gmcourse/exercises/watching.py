"""Looking over an answer's shoulder: how many rows a network was given, and which functions of torch were called."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from gmcourse.exercises.mistakes import mistake


class Counted(nn.Module):
    """A network that counts the calls and the rows that it is given: one call on n copies is n times the work."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.calls = self.rows = 0

    def forward(self, x: Tensor, *more: Any) -> Any:
        """Give what the network gives."""
        self.calls += 1
        self.rows += len(x)
        return self.network(x, *more)


class _Refusing(TorchFunctionMode):
    def __init__(self, words: str, names: tuple[str, ...]) -> None:
        super().__init__()
        self.words, self.names = words, names

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        name = getattr(func, "__name__", "").removeprefix("linalg_")
        if name in self.names:
            mistake(f"{self.words}: `{name}` was called")
        return func(*args, **(kwargs or {}))


@contextmanager
def without(words: str, *names: str) -> Iterator[None]:
    """Refuse the functions of torch with these names while an answer runs: "no determinant is to be computed".

    Torch's Python functions and methods are seen. What NumPy computes is not: where that matters, make the
    forbidden way give another result, as entries that are not a number do where only a diagonal may be read.
    """
    with _Refusing(words, names):
        yield
