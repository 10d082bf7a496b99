"""The wire format of the live figures: named numbers, on their way from torch into a page.

A file of `book/_static/live/weights` is one call that `runtime.js` answers, and nothing else:

    gm.receive(FORMAT, NAME, HEADER, PAYLOAD, SUM);

HEADER is JSON, `{"described": …, "numbers": {name: {"kind", "count", "shape", "at", "scale"}}}`. PAYLOAD is base64
of little-endian bytes: from `at`, `count` tensors of one shape; from `scale`, if the kind is rounded, a float32 for
each of their rows. A row is all that belongs to one index of the first dimension. SUM is the CRC-32 of header and
payload, so that a page finds a damaged file. It is a script because a page opened from disk may load scripts alone.
"""

from __future__ import annotations

import ast
import base64
import json
import math
import zlib
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

FORMAT = 1
KINDS = {"float32": "<f4", "float16": "<f2", "int16": "<i2", "int8": "<i1", "uint8": "<u1"}
ROUNDED = {"int16": 2**15 - 1, "int8": 2**7 - 1}  # kind → the whole number that the largest of a row becomes


def _as_stored(values: Tensor, kind: str) -> tuple[Tensor, Tensor | None]:
    """A tensor as it is written, in float64, and the scales of its rows, (rows, 1, …), where the kind has them."""
    values = values.detach().cpu().double()
    if not values.isfinite().all():
        raise ValueError("there is NaN or infinity among the numbers; expected finite ones")
    if kind in ROUNDED:
        if values.ndim < 2:
            raise ValueError(f"kind {kind!r} got shape {tuple(values.shape)}; expected two dimensions or more")
        most = values.abs().amax(tuple(range(1, values.ndim)), keepdim=True)
        scales = (most / ROUNDED[kind]).clamp_min(1e-12).float().double()
        return (values / scales).round().clamp(-ROUNDED[kind], ROUNDED[kind]), scales
    with np.errstate(over="ignore", invalid="ignore"):  # what does not fit is said below
        stored = torch.from_numpy(values.numpy().astype(KINDS[kind]).astype("<f8"))
    if not stored.isfinite().all() or (kind == "uint8" and not torch.equal(stored, values)):
        held = "whole numbers of 0 … 255" if kind == "uint8" else "smaller numbers"
        raise ValueError(f"numbers of {values.min():.3g} … {values.max():.3g} do not fit; {kind} holds {held}")
    return stored, None


class Numbers:
    """Numbers by name, rounded one after another until all are written as a script."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[str, list[Tensor], list[Tensor]]] = {}

    def add(self, name: str, values: Tensor, kind: str = "float32") -> Tensor:
        """Add a tensor; the same name again adds one more of the same shape and kind, as layers repeat.

        Args:
            name: what the page asks for.
            values: finite numbers of any shape; rows along the first dimension for the rounded kinds.
            kind: "float32", "float16", "uint8" (whole numbers of 0 … 255), or "int16" and "int8", which round.

        Returns:
            The numbers as the page will see them, in float64.

        Raises:
            ValueError: an unknown kind, numbers that it cannot hold, or a shape or kind other than the name's.
        """
        if kind not in KINDS:
            raise ValueError(f"kind is {kind!r}; expected one of {', '.join(KINDS)}")
        stored, scales = _as_stored(values, kind)
        known, tensors, rows = self._found.setdefault(name, (kind, [], []))
        if known != kind or (tensors and tensors[0].shape != stored.shape):
            raise ValueError(
                f"{name!r} got {kind} {tuple(stored.shape)}; "
                f"expected {known} {tuple(tensors[0].shape)} as before, or another name"
            )
        tensors.append(stored)
        rows += [] if scales is None else [scales]
        return stored if scales is None else stored * scales

    def script(self, name: str, described: dict[str, Any] | None = None) -> str:
        """The script that gives a page `gm.weights(name)`, with whatever JSON describes the numbers."""
        payload, slices = bytearray(), {}
        for each, (kind, tensors, scales) in self._found.items():
            shape = list(tensors[0].shape)
            slices[each] = {"kind": kind, "count": len(tensors), "shape": shape, "at": len(payload)}
            payload += torch.stack(tensors).numpy().astype(KINDS[kind]).tobytes()
            if scales:
                slices[each]["scale"] = len(payload)
                payload += torch.cat(scales).numpy().astype("<f4").tobytes()
        both = {"described": described or {}, "numbers": slices}
        header = json.dumps(both, separators=(",", ":"), allow_nan=False)
        text = base64.b64encode(payload).decode()
        # a tuple of numbers and ASCII text reads the same in Python and in JavaScript
        return f"gm.receive{(FORMAT, name, header, text, zlib.crc32((header + text).encode()))!r};\n"


class Received(NamedTuple):
    """What a page finds in a script."""

    name: str
    described: dict[str, Any]
    numbers: dict[str, Tensor]  # (count, *shape) in float64, as the page sees them
    steps: dict[str, Tensor]  # of the rounding: how far the next number is, broadcasting over `numbers`


def read(script: str) -> Received:
    """Read a script as a page does.

    Raises:
        ValueError: another format, or a damaged script.
    """
    try:
        words = script.strip().removeprefix("gm.receive").removesuffix(";")
        form, name, header, text, total = ast.literal_eval(words)
    except (SyntaxError, ValueError, TypeError):
        raise ValueError("this is no script of weights, or it is cut off; write it anew") from None
    if form != FORMAT:
        raise ValueError(f"the script has format {form}; expected {FORMAT}: write it anew")
    if zlib.crc32((header + text).encode()) != total:
        raise ValueError(f"the script of {name!r} is damaged: its sum is wrong; write it anew")
    parts, payload = json.loads(header), base64.b64decode(text)
    numbers, steps = {}, {}

    def cut(kind: str, at: int, shape: list[int]) -> Tensor:
        return torch.from_numpy(np.frombuffer(payload, kind, math.prod(shape), at).astype("<f8")).reshape(shape)

    for each, part in parts["numbers"].items():
        shape = [part["count"], *part["shape"]]
        numbers[each] = cut(KINDS[part["kind"]], part["at"], shape)
        steps[each] = torch.zeros(())
        if "scale" in part:
            steps[each] = cut("<f4", part["scale"], shape[:2] + [1] * (len(shape) - 2))
            numbers[each] = numbers[each] * steps[each]
        elif part["kind"] == "float16":
            steps[each] = numbers[each].abs() / 2**10
    return Received(name, parts["described"], numbers, steps)


def differences(old: Received, new: Received) -> list[str]:
    """What another processor does not explain: "described", and names of numbers that are other ones.

    Numbers that a network computed differ from processor to processor by what float32 loses: below 1e-5 of the
    largest, ten times what some hundreds of additions of 2⁻²⁴ come to. One that lies between two steps of the
    rounding may then fall on either side.
    """
    found = [] if old.described == new.described else ["described"]
    for name in sorted(old.numbers.keys() | new.numbers.keys()):
        a, b = old.numbers.get(name), new.numbers.get(name)
        if a is not None and b is not None and a.shape == b.shape:
            step = torch.maximum(old.steps[name], new.steps[name])
            if ((a - b).abs() <= 1.01 * step + 1e-5 * b.abs().max()).all():
                continue
        found.append(name)
    return found
