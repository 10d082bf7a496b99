from __future__ import annotations

from tests.exercises.both_ways import BothWays


class TestFlowMatching(BothWays):
    chapter = "flow_matching"
