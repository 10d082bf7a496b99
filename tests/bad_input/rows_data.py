"""Rows of `gmcourse.data`, `gmcourse.latent` and `gmcourse.reproducible`."""

import torch

from gmcourse.data import Images, faces, toy
from gmcourse.data.low_resolution import Pairs
from tests.bad_input.harness import row

SIGN = "negative"  # any sign will do
WHOLE = "dtype"  # floats and whole numbers are both fine


def pixels(n=4, side=8):
    return torch.randint(0, 17, (n, 3, side, side), dtype=torch.uint8)


def digits(levels=17):
    return Images(pixels(), torch.arange(4), levels, tuple("abcd"))


def pairs():
    return Pairs(pixels(), torch.rand(4, 3, 4, 4), 2, torch.arange(4))


def pictures(n=3, side=16):
    return torch.rand(n, 3, side, side)


def codes(n=3):
    return torch.randn(n, 4, generator=torch.Generator().manual_seed(n))


OTHER_UNIT = (255 * pictures(),)

row("data.load", lambda: {"name": "digits", "split": "test", "root": None})
row("data.at_hand", lambda: {"name": "mnist", "otherwise": "digits"}, fine={"otherwise": "unknown"})
row("data.digits.load", lambda: {"split": "test"})
row(
    "data.photos.load",
    lambda: {"split": "test", "n": 3, "size": 8, "contrast": 0.05},
    bad={"size": (2, 161), "contrast": (0.9,)},
)
row(
    "data.images.five_bits",
    lambda: {"pixels": pixels()},
    fine={"pixels": "rank shape batch dtype"},
    bad={"pixels": (torch.tensor([256]), torch.tensor([-1]))},
)
row(
    "data.images.Images",
    lambda: {"pixels": pixels(), "labels": torch.arange(4), "grey_levels": 17, "names": tuple("abcd")},
    fine={
        "pixels": "shape empty",
        "labels": f"{WHOLE} rank empty",
        "names": "empty unknown length",
    },
    bad={"pixels": (pixels() + 17,), "grey_levels": (1, 257, 17.0)},
)
row(
    "data.images.Images.split",
    lambda: {"fraction": 0.5, "seed": 1},
    on=digits,
    fine={"seed": SIGN},
    bad={"fraction": (0.01, 1.0)},
)
row("data.images.Images.to", lambda: {"device": "cpu"}, on=digits, foreign={"device": "unknown"})
row(
    "data.low_resolution.downsample",
    lambda: {"x": pictures(), "scale": 2},
    fine={"x": "shape batch"},
    bad={"x": OTHER_UNIT, "scale": (1, 3, 2.0)},
)
row(
    "data.low_resolution.upsample",
    lambda: {"low": pictures(), "scale": 2},
    fine={"low": "shape batch"},
    bad={"low": OTHER_UNIT, "scale": (0, 2.0)},
)
row(
    "data.low_resolution.pairs",
    lambda: {"images": Images(pixels(), torch.arange(4), 256, ()), "scale": 2},
    bad={"images": (digits(),), "scale": (1, 3)},
)
row(
    "data.low_resolution.Pairs",
    lambda: vars(pairs()),
    fine={"high": "shape empty", "low": "shape empty", "labels": f"{WHOLE} rank empty"},
)
row("data.low_resolution.Pairs.to", lambda: {"device": "cpu"}, on=pairs, foreign={"device": "unknown"})
row("data.toy.load", lambda: {"name": "rings"})
row(
    "data.toy.Gaussians",
    lambda: {"centres": torch.rand(4, 2), "sigma": 0.1},
    fine={"centres": "batch"},
    bad={"sigma": (0.0,)},
)
row(
    "data.toy.Rings",
    lambda: {"radii": (1.0, 2.0), "sigma": 0.1},
    bad={"sigma": (0.0,)},
    fine={"radii": "length"},
)
for kind, name in (("Gaussians", "spirals"), ("Rings", "rings"), ("Checkerboard", "checkerboard")):
    row(
        f"data.toy.{kind}.sample",
        lambda: {"n": 3, "generator": torch.Generator()},
        on=lambda name=name: toy.load(name),
        bad={"n": (0,)},
    )
    row(
        f"data.toy.{kind}.log_prob",
        lambda: {"x": torch.rand(3, 2)},
        on=lambda name=name: toy.load(name),
        fine={"x": "batch"},
        bad={"x": (torch.rand(3, 2).half(),)},
    )
row("data.toy.Gaussians.parts", lambda: {"n": 2}, on=lambda: toy.load("spirals"), bad={"n": (0, 7)})

FACES = {"skin": (lambda: faces.middle(2) + 1)()}
row("data.faces.column", lambda: {"name": "yaw"})
row("data.faces.bounds", lambda: {"device": "cpu"}, foreign={"device": "unknown"})
row("data.faces.middle", lambda: {"n": 2}, bad={"n": (0,)})
row("data.faces.share_of_range", lambda: {"attributes": faces.middle(2)}, fine={"attributes": "batch"})
row(
    "data.faces.sample",
    lambda: {"n": 2, "distribution": "natural", "seed": 1},
    fine={"seed": SIGN},
    bad={"n": (0,)},
)
row(
    "data.faces.render",
    lambda: {"attributes": faces.middle(2), "size": 16, "detail": torch.arange(2)},
    fine={"attributes": "empty", "detail": ""},
    bad={"attributes": (faces.middle(2) + 1,), "size": (15, 129)},
)
row(
    "data.faces.load",
    lambda: {"split": "test", "n": 2, "size": 16, "detail": True, "distribution": "natural"},
    bad={"n": (0, 10**12), "size": (15, 129)},
)
row(
    "data.faces.fit",
    lambda: {"pictures": pictures(1), "steps": 1},
    bad={"pictures": OTHER_UNIT},
)
row(
    "data.faces.posterior",
    lambda: {"low": torch.rand(3, 8, 8), "scale": 2, "noise": 0.5, "enough": 1.0, "seed": 1},
    fine={"seed": SIGN},
    bad={"low": (255 * torch.rand(3, 8, 8), torch.rand(3, 8, 4)), "scale": (1, 32)},
)

WAY = {"a": codes(), "b": codes().flip(0), "t": torch.linspace(0, 1, 5)}
OPEN = {"a": "rank", "b": "rank", "t": "shape batch"}
row("latent.lerp", lambda: dict(WAY), fine={"t": "shape batch"})
row(
    "latent.slerp",
    lambda: dict(WAY),
    fine={"t": "shape batch"},
    bad={"a": (0 * codes(), -WAY["b"], codes().half())},
)
row(
    "latent.attribute_direction",
    lambda: {"codes": codes(), "present": torch.tensor([True, False, True])},
    fine={"codes": "shape"},
    bad={"present": (torch.zeros(3).bool(), torch.ones(3).bool())},
)
row(
    "latent.walk",
    lambda: {"codes": codes(), "direction": codes()[0], "amounts": torch.linspace(0, 1, 5)},
    fine={"codes": "batch", "amounts": "shape batch"},
)
row("reproducible.choose_device", lambda: {"name": "cpu"})
row("reproducible.start", lambda: {"seed": 0, "device": "cpu"})
row("reproducible.seed_torch", lambda: {"seed": 0}, fine={"seed": SIGN})
row(
    "reproducible.generator",
    lambda: {"seed": 0, "device": "cpu"},
    fine={"seed": SIGN},
    foreign={"device": "unknown"},
)
row(
    "reproducible.seeded",
    lambda: {"name": "a", "seed": 0, "build": lambda: 1},
    fine={"name": "unknown", "seed": SIGN},
)
