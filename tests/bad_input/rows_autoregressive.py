"""Rows of chapter 11: masks, attention, the prose, and models of whole numbers."""

import torch

from gmcourse.models.autoregressive import MADE, PixelCNN
from tests.bad_input.harness import row

AR = "models.autoregressive"
X = torch.tensor([[0, 2, 1, 1], [2, 2, 0, 1]])
WHOLE = torch.tensor([0, 1, 2])


def made():
    return MADE(4, 3, hidden=(4,))


row("nn.masked.MaskedLinear", lambda: {"mask": torch.ones(2, 3)}, fine={"mask": "shape batch"})
row(
    "nn.masked.masked_mlp",
    lambda: {"first": WHOLE, "hidden": (4,), "last": WHOLE, "dropout": 0.1},
    fine={"first": "shape batch", "last": "shape batch", "hidden": "length"},
    bad={"dropout": (1.0,)},
)
row("nn.masked.MaskedConv2d", lambda: {"in_channels": 2, "out_channels": 2, "size": 3, "centre": True})
row("nn.attention.TransformerBlock", lambda: {"width": 4, "heads": 2, "dropout": 0.1}, bad={"dropout": (1.0,)})
row("data.prose.load", lambda: {"split": "test"})
row(
    "data.prose.written",
    lambda: {"codes": WHOLE},
    fine={"codes": "shape batch"},
    bad={"codes": (WHOLE + 73,)},
)
row(
    f"{AR}.MADE",
    lambda: {"dims": 4, "levels": 3, "hidden": (4,), "dropout": 0.1, "order": [2, 0, 3, 1]},
    fine={"hidden": "length"},
    bad={"dims": (1,), "levels": (1,), "order": ([0, 1, 2, 2], [0, 1, 2, 4])},
)
row(
    f"{AR}.PixelCNN",
    lambda: {"shape": (2, 2), "levels": 3, "channels": 4, "blocks": 1, "dropout": 0.1, "colours": 2},
    bad={"levels": (1,), "shape": ((2,), (0, 2)), "colours": (3,)},
)
row(
    f"{AR}.PixelCNN.written",
    lambda: {"pixels": torch.zeros(2, 1, 2, 2, dtype=torch.uint8)},
    on=lambda: PixelCNN((2, 2), 3),
    fine={"pixels": "batch"},
    bad={"pixels": (torch.full((2, 1, 2, 2), 3), torch.full((2, 1, 2, 2), -1))},
)
row(
    f"{AR}.PixelCNN.pictures",
    lambda: {"x": X},
    on=lambda: PixelCNN((2, 2), 3),
    fine={"x": "batch"},
    bad={"x": (X + 3, X - 3)},
)
row(
    f"{AR}.Transformer",
    lambda: {"dims": 4, "levels": 3, "width": 4, "depth": 1, "heads": 2, "dropout": 0.1},
    bad={"levels": (1,), "heads": (3,)},
)
for name in ("forward", "each_log_prob", "log_prob"):
    row(
        f"{AR}.Autoregressive.{name}",
        lambda: {"x": X},
        on=made,
        fine={"x": "batch"},
        bad={"x": (X + 1, X - 1)},
    )
row(
    f"{AR}.Autoregressive.sample",
    lambda: {"n": 2, "known": X[:, :2], "temperature": 0.7},
    on=made,
    fine={"known": "shape"},
    bad={"temperature": (0.0,), "known": (X + 1, torch.cat([X, X], 1))},
)
