from tests.exercises.both_ways import BothWays


class TestNICE(BothWays):
    chapter = "nice"
