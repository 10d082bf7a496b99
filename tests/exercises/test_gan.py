from tests.exercises.both_ways import BothWays


class TestGAN(BothWays):
    chapter = "gan"
