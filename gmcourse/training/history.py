"""What was measured during training: named curves that survive as JSON."""

import json
from collections.abc import Iterator, Mapping

import numpy as np
from torch import Tensor

from gmcourse import expect


class History(Mapping[str, list[float]]):
    """Curves by name. A quantity that is measured only now and then has a shorter curve.

    >>> history = History()
    >>> history.record(0, {"loss": 2.0}); history.record(1, {"loss": 1.0, "r1": 0.5})
    >>> history["loss"], history.curve("r1")
    ([2.0, 1.0], ([1], [0.5]))
    """

    def __init__(self) -> None:
        self._steps: dict[str, list[int]] = {}
        self._values: dict[str, list[float]] = {}
        self.seconds = 0.0
        self.interrupted = False

    @expect.door(step=">= 0", values="unseen empty")
    def record(self, step: int, values: Mapping[str, float]) -> None:
        """Append one value to each curve that is named. NaN and infinity are recorded as they are."""
        for name, value in values.items():
            if isinstance(value, Tensor) and (value.numel() != 1 or value.is_complex() or value.is_meta):
                expect.refuse(f"values[{name!r}]", expect.described(value), "a number, as float(…) gives")
        plain = {name: each.detach() if isinstance(each, Tensor) else each for name, each in values.items()}
        self.append(step, {name: float(value) for name, value in plain.items()})

    def append(self, step: int, values: Mapping[str, float]) -> None:
        """Do what `record` does with numbers that need no check: a step of `fit` has no time for one."""
        for name, value in values.items():
            self._steps.setdefault(name, []).append(step)
            self._values.setdefault(name, []).append(value)

    def __getitem__(self, name: str) -> list[float]:
        if name not in self._values:
            raise KeyError(f"no curve is called {name!r}; there are {sorted(self._values)}")
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    @expect.door()
    def curve(self, name: str) -> tuple[list[int], list[float]]:
        """Return steps and values of one curve, as a plot wants them."""
        return list(self._steps.get(name, [])), list(self[name])

    @expect.door(points=">= 1")
    def thinned(self, points: int = 400) -> "History":
        """The same curves as means over at most `points` equal blocks: small enough to be shipped."""
        thin = History()
        thin.seconds, thin.interrupted = self.seconds, self.interrupted
        for name in self:
            steps, values = self.curve(name)
            blocks = np.array_split(np.arange(len(values)), min(points, len(values)))
            thin._steps[name] = [steps[b[-1]] for b in blocks]
            thin._values[name] = [float(np.mean([values[i] for i in b])) for b in blocks]
        return thin

    def to_json(self) -> str:
        """One JSON object: the curves, the seconds that training took, and whether it was interrupted."""
        curves = {name: {"steps": self._steps[name], "values": self._values[name]} for name in self}
        return json.dumps({"seconds": self.seconds, "interrupted": self.interrupted, "curves": curves})

    @classmethod
    @expect.door()
    def from_json(cls, text: str) -> "History":
        """Read what `to_json` wrote."""
        history = cls()
        try:
            content = json.loads(text)
            history.seconds = float(content["seconds"])
            history.interrupted = bool(content["interrupted"])
            for name, curve in content["curves"].items():
                pairs = [*zip(curve["steps"], curve["values"], strict=True)]
                history._steps[name] = [expect.whole("a step", step, least=0) for step, _ in pairs]
                history._values[name] = [float(value) for _, value in pairs]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ValueError(f"text is no history ({error}); expected what History.to_json writes") from error
        return history
