"""What takes minutes, cut down so that every line of it still runs once."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import torch

import gmcourse.training
from gmcourse.data import digits, faces, photos, vision
from gmcourse.data.images import Images
from gmcourse.models import discriminative_vs_generative as lesson_01
from gmcourse.reproducible import generator

FIT = gmcourse.training.fit


class Short:
    """A lesson's `fit`, with twenty steps, the least that curves are thinned to.

    With callbacks it makes fifty, so that one that looks now and then looks once.
    """

    whole = False  # for cells that need all their steps

    def fit(self, step: Any, data: Any, *, steps: int, **options: Any) -> Any:
        most = steps if self.whole else 50 if options.get("callbacks") else 20
        return FIT(step, data, steps=min(steps, most), **options)


def mnist(name: str, split: str, **options: Any) -> Images:
    """Noise in the place of MNIST."""
    pixels = torch.randint(256, (40, 1, 28, 28), generator=generator(0)).to(torch.uint8)
    return Images(pixels, torch.arange(40) % 10, 256, tuple("0123456789"))


@contextmanager
def short_training() -> Iterator[Short]:
    """A lesson's `fit` makes few steps, and what is measured twenty times is measured twice."""
    short = Short()
    with ExitStack() as stack:
        stack.enter_context(patch.object(gmcourse.training, "fit", short.fit))
        for name, cut in {"learning_curve": {"repeats": 2}, "fit_logistic": {"steps": 10}}.items():
            whole = getattr(lesson_01, name)
            stack.enter_context(patch.object(lesson_01, name, less(whole, cut)))
        yield short


def less(whole: Any, cut: dict[str, int]) -> Any:
    return lambda *args, **options: whole(*args, **options | cut)


@contextmanager
def little_data(train: int, test: int) -> Iterator[None]:
    """No set of pictures has more than so many, and MNIST is there."""

    def cut(load: Any) -> Any:
        def first(split: str = "train", n: int | None = None, **options: Any) -> Images:
            most = train if split == "train" else test
            wanted = most if n is None else min(n, most)
            if load is digits_load:
                return load(split)[:wanted]
            return load(split, n=wanted, **options)

        return first

    digits_load = digits.load
    with ExitStack() as stack:
        for module in (digits, faces, photos):
            stack.enter_context(patch.object(module, "load", cut(module.load)))
        stack.enter_context(patch.object(vision, "load", mnist))
        yield
