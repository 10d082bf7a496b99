from tests.exercises.both_ways import BothWays


class TestSRFlow(BothWays):
    chapter = "srflow"
