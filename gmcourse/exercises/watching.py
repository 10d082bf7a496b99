"""Looking over an answer's shoulder: which functions of torch it calls."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from torch.overrides import TorchFunctionMode

from gmcourse.exercises.mistakes import mistake


class _Refusing(TorchFunctionMode):
    def __init__(self, words: str, names: tuple[str, ...]) -> None:
        super().__init__()
        self.words, self.names, self.begins = words, names, tuple(f"{each}_" for each in names)

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        name = getattr(func, "__name__", "").removeprefix("linalg_").removeprefix("_")
        if name in self.names or name.startswith(self.begins):
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
