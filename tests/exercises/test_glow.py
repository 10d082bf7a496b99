from tests.exercises.both_ways import BothWays


class TestGlow(BothWays):
    chapter = "glow"
