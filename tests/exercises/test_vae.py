from tests.exercises.both_ways import BothWays


class TestVAE(BothWays):
    chapter = "vae"
