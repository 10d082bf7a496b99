"""The wire format of the live figures, without a browser: what it refuses, and what makes a script a stale one."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tools.live import layers, wire


def script(scale=1.0, moved=0.0, kind="int8", described=None):
    """Two tensors under one name, and one float under another."""
    numbers, random = wire.Numbers(), torch.Generator().manual_seed(0)
    for _ in range(2):
        numbers.add("weight", scale * torch.randn(4, 5, generator=random), kind)
    numbers.add("bias", torch.tensor([1.0, 2.0 + moved]))
    return numbers.script("tried", described or {"layers": 2})


@pytest.mark.parametrize(
    ("kind", "loss"), [("float32", 1e-6), ("float16", 2**-10), ("int16", 1 / 32767), ("int8", 1 / 127)]
)
def test_rounding_loses_half_a_step_at_most(kind, loss):
    values = torch.randn(6, 3, 3, generator=torch.Generator().manual_seed(1)).double()
    numbers = wire.Numbers()
    seen = numbers.add("x", values, kind)
    received = wire.read(numbers.script("tried", {"a": [1, "é’"]}))
    assert received.name == "tried"
    assert received.described == {"a": [1, "é’"]}
    assert torch.equal(received.numbers["x"], seen[None])
    assert ((seen - values).abs() <= 0.501 * loss * values.abs().amax((1, 2), keepdim=True)).all()
    if kind != "float32":
        assert not torch.equal(seen, values)
        assert ((seen - values).abs() <= 0.501 * received.steps["x"][0]).all()


@pytest.mark.parametrize(
    ("values", "kind", "said"),
    [
        (torch.ones(2), "int7", "int7"),
        (torch.tensor([1.0, torch.nan]), "float32", "NaN or infinity"),
        (torch.tensor([[torch.inf]]), "int8", "NaN or infinity"),
        (torch.tensor([1e5]), "float16", "do not fit; float16"),
        (torch.tensor([1e39], dtype=torch.float64), "float32", "do not fit; float32"),
        (torch.tensor([1.5]), "uint8", "whole numbers"),
        (torch.tensor([256]), "uint8", "whole numbers"),
        (torch.ones(3), "int8", "two dimensions"),
    ],
)
def test_numbers_that_a_kind_cannot_hold_are_refused(values, kind, said):
    with pytest.raises(ValueError, match=said):
        wire.Numbers().add("x", values, kind)


@pytest.mark.parametrize(("shape", "kind"), [((3, 2), "int8"), ((2, 3), "int16")])
def test_one_name_has_one_shape_and_one_kind(shape, kind):
    numbers = wire.Numbers()
    numbers.add("x", torch.ones(2, 3), "int8")
    with pytest.raises(ValueError, match="'x' got"):
        numbers.add("x", torch.ones(shape), kind)


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda text: text[:-40], "cut off"),
        (lambda text: "gm.other(1, 2);", "cut off"),
        (lambda text: text.replace('"shape":[4,5]', '"shape":[5,4]'), "damaged"),
        (lambda text: text.replace("AAA", "AAB", 1), "damaged"),
        (lambda text: text.replace("gm.receive(1,", "gm.receive(2,"), "format 2; expected 1"),
    ],
)
def test_a_script_that_is_not_whole_is_refused(damage, said):
    assert damage(script()) != script()
    with pytest.raises(ValueError, match=said):
        wire.read(damage(script()))


def test_stale_is_what_another_processor_does_not_explain():
    old = wire.read(script())
    flipped = old.numbers["weight"].clone()
    flipped[1, 2, 3] += old.steps["weight"][1, 2, 0]
    beside = old._replace(numbers={**old.numbers, "weight": flipped})
    assert wire.differences(old, wire.read(script(1 + 1e-6, 1e-6))) == []
    assert wire.differences(old, beside) == []
    for other, said in (
        (wire.read(script(1.05)), ["weight"]),
        (wire.read(script(moved=1e-4)), ["bias"]),
        (wire.read(script(described={"layers": 3})), ["described"]),
        (old._replace(numbers={"weight": old.numbers["weight"][:1]}), ["bias", "weight"]),
    ):
        assert wire.differences(old, other) == said
        assert wire.differences(other, old) == said


@pytest.mark.parametrize(
    ("module", "said"),
    [
        (nn.GRU(2, 2), "GRU"),
        (nn.Conv2d(4, 4, 3, groups=2), "groups"),
        (nn.Conv2d(1, 1, 3, padding=(1, 0)), "both directions"),
    ],
)
def test_layers_that_the_runtime_does_not_know_are_refused(module, said):
    with pytest.raises(ValueError, match=said):
        layers.network(module, wire.Numbers(), "x")
