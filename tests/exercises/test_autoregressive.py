from __future__ import annotations

from tests.exercises.both_ways import BothWays


class TestAutoregressive(BothWays):
    chapter = "autoregressive"
