from tests.exercises.both_ways import BothWays


class TestStyleGAN2(BothWays):
    chapter = "stylegan2"
