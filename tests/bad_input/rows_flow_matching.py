"""Rows of chapter 13: differential equations as flows, the U-Net, and flow matching."""

import torch

from gmcourse.models.flow_matching import FlowMatching
from tests.bad_input.harness import row

FM, ODE = "models.flow_matching", "flows"
X, T = torch.tensor([[0.1, 0.2], [0.3, -0.4], [0.5, 0.6]]), torch.tensor([0.2, 0.5, 0.9])
TIMES, Y = [0.0, 0.5, 1.0], torch.tensor([0, 1, 1])


def still(x, t, y=None):
    return torch.zeros_like(x)


def model():
    torch.manual_seed(0)
    return FlowMatching((2,), width=8, depth=1, classes=2)


for name in ("solve", "trajectory"):
    row(
        f"{ODE}.{name}",
        lambda: {"velocity": still, "x": X, "times": TIMES, "solver": "euler"},
        fine={"x": "batch shape rank", "times": "length negative"},
    )
row(
    f"{ODE}.even_times",
    lambda: {"steps": 3, "start": 0.0, "end": 1.0},
    fine={"end": "0"},
    bad={"end": (1.5,)},
)
row(f"{ODE}.Continuous", lambda: {"velocity": still, "steps": 2, "solver": "heun", "probes": 1, "data_at": 1})
row("nn.unet.UNet", lambda: {"shape": (1, 8, 8), "width": 8, "classes": 2}, bad={"width": (12,)})
row(f"{FM}.guided", lambda: {"velocity": still, "y": Y, "guidance": 1.5}, fine={"y": "batch shape rank"})
row(
    f"{FM}.reflow_pairs",
    lambda: {"velocity": still, "noise": X, "steps": 2, "batch_size": 2},
    fine={"noise": "batch shape rank"},
)
row(
    f"{FM}.straightness",
    lambda: {"velocity": still, "noise": X, "steps": 2},
    fine={"noise": "batch shape rank"},
)
row(
    f"{FM}.FlowMatching",
    lambda: {
        "shape": (2,),
        "network": "mlp",
        "classes": 2,
        "width": 4,
        "depth": 1,
        "dropout": 0.1,
        "times": "middle",
    },
    fine={"shape": "length"},
    bad={"dropout": (1.0,)},
)
row(
    f"{FM}.FlowMatching.velocity",
    lambda: {"y": Y, "guidance": 1.5},
    on=model,
    fine={"y": "batch shape"},
    bad={"y": (Y + 2,)},
)
row(
    f"{FM}.FlowMatching.sample",
    lambda: {"n": 3, "steps": 2, "solver": "euler", "y": Y, "guidance": 1.5},
    on=model,
    bad={"y": (Y + 2,)},
)
row(f"{FM}.FlowMatching.flow", lambda: {"steps": 2, "solver": "euler", "probes": 1, "unit": True}, on=model)
