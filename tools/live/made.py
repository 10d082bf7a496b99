"""The MADEs of the live figure `next_pixel`, one for each order, as a script: open weights alone, in eight bits.

The two masks of a hidden unit complement each other: what it may look at has a place of at most its degree, and it
speaks to larger places only. So one tensor (units, places, levels) has both, in the order of writing.
"""

from __future__ import annotations

import copy
from typing import Any

import torch

from gmcourse import zoo
from gmcourse.models.autoregressive import MADE
from tools.live.wire import Numbers

ORDERS = ("made_digits_backwards", "made_digits_random")


def rounded() -> tuple[list[MADE], Numbers]:
    """The models of the zoo with the weights that the page has, and these numbers."""
    numbers, models = Numbers(), []
    for name in ORDERS:
        model: Any = copy.deepcopy(zoo.load(name)).double()
        first, last = model.network[0], model.network[-1]
        place = model.order.argsort().repeat_interleave(model.levels)  # of each input, and of each logit
        looks = first.mask > 0
        assert torch.equal(looks, last.mask.T == 0)
        written = (
            place.argsort(stable=True),
            (-1, model.dims, model.levels),
        )  # inputs in the order of writing
        both = torch.where(looks, first.weight, last.weight.T)[:, written[0]].reshape(written[1])
        both = numbers.add("weights", both, "int8").reshape(len(both), -1)[:, written[0].argsort()]
        first.weight.data, last.weight.data = both, both.T.contiguous()  # the masks choose
        numbers.add("degrees", looks.sum(1) // model.levels - 1, "uint8")
        numbers.add("order", model.order, "uint8")
        numbers.add("hidden", first.bias)
        bias = numbers.add("bias", last.bias[written[0]].reshape(written[1][1:]), "float16").flatten()
        last.bias.data = bias[written[0].argsort()]
        models.append(model)
    return models, numbers


def as_script() -> str:
    """The script that gives a page `gm.weights("made_digits")`."""
    return rounded()[1].script("made_digits")
