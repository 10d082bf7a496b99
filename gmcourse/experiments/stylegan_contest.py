"""Several generators of both kinds, trained side by side, so that a difference can be told from luck."""

from functools import partial

from torch import nn

from gmcourse import expect
from gmcourse.models.stylegan2.generator import Generator


class Contest(nn.Module):
    """`runs` generators with AdaIN layers, then as many with demodulation (see `names`), z and w of one width."""

    @expect.door(runs=">= 1", width=">= 1", mapping_layers=">= 1", channel_base=">= 1", channel_max=">= 1")
    def __init__(
        self,
        *,
        runs: int = 3,
        width: int = 32,
        resolution: int = 16,
        mapping_layers: int = 2,
        channel_base: int = 256,
        channel_max: int = 32,
        style_mixing: float = 0.9,
    ) -> None:
        super().__init__()
        self.names = ["AdaIN"] * runs + ["StyleGAN2"] * runs
        build = partial(
            Generator,
            z_dim=width,
            w_dim=width,
            resolution=resolution,
            mapping_layers=mapping_layers,
            channel_base=channel_base,
            channel_max=channel_max,
            style_mixing=style_mixing,
        )
        each = ("adain" if name == "AdaIN" else "demodulation" for name in self.names)
        self.generators = nn.ModuleList(build(normalization=kind) for kind in each)
