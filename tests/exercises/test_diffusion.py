from __future__ import annotations

from tests.exercises.both_ways import BothWays


class TestDiffusion(BothWays):
    chapter = "diffusion"
